"""What happens to one's own contracts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from eveobs.analysis.competition import Ours, Scope
from eveobs.analysis.market import Market, is_ours, ours_of
from eveobs.operate.alerts.ground import Ground, by, contract_in_words
from eveobs.publish.text import readable, short_isk
from eveobs.records.own_contracts import OWN_CONTRACTS
from eveobs.store.notices import Notice
from eveobs.store.query import Query

TAKEN = {
    "in_progress": "accepted",
    "finished": "accepted",
    "finished_issuer": "completed",
    "finished_contractor": "completed",
    "failed": "failed",
    "rejected": "rejected",
}
"""What became of a contract that somebody else has decided about, in words."""


def accepted(ground: Ground) -> Iterator[Notice]:
    """Somebody took one, or refused it."""
    for row in _issued(ground):
        became = TAKEN.get(row["status"])
        moment = row["date_completed"] or row["date_accepted"]
        if became and moment is not None:
            # The issuer is named: who has several characters would take "accepted by X" for the
            # deed of one of them.
            text = (
                f"{_contract_of(row)} {became}{by(row['acceptor_name'])}: {contract_in_words(row)}"
            )
            yield Notice("accepted", f"{row['contract_id']} {became}", text, moment)


def undercut(ground: Ground) -> Iterator[Notice]:
    """Somebody in the same region sells the same for less."""
    market = Market(ground.store, ground.now, _ours(ground))
    own = {one.contract_id: one for one in market.ours_on_offer()}
    for standing in market.compare(list(own.values()), Scope.REGION):
        if standing.rivals:
            best, mine = standing.rivals[0], standing.offer
            less = (1 - best.offer.unit_price / mine.unit_price) * 100
            words = readable(own[mine.contract_id].words) or "a contract"
            text = (
                f"{words} for {short_isk(mine.price)} (contract {mine.contract_id}): "
                f"contract {best.offer.contract_id} is {less:.1f} % cheaper"
                + (f", best again at {standing.best_price:,.2f} ISK" if standing.best_price else "")
            )
            key = f"{mine.contract_id} {best.offer.contract_id}"
            yield Notice("undercut", key, text, best.since)


def expiring(ground: Ground) -> Iterator[Notice]:
    """One that is still on offer ends soon."""
    last = ground.now + timedelta(hours=ground.settings.expiring_hours)
    for row in _issued(ground):
        if row["status"] == "outstanding" and ground.now < row["date_expired"] <= last:
            text = f"ends {row['date_expired']:%d %b %H:%M}: {contract_in_words(row)}"
            yield Notice("expiring", str(row["contract_id"]), text, row["date_expired"])


def _issued(ground: Ground) -> Iterator[dict[str, Any]]:
    """One's own contracts among those that are observed: not what was only assigned to one."""
    ours = _ours(ground)
    for row in ground.store.rows(OWN_CONTRACTS, Query(gone_too=True), summaries=True):
        if is_ours(row, ours):
            yield row


def _contract_of(row: dict[str, Any]) -> str:
    """`contract of NAME`, who issued it: a character, or the corporation for which it did."""
    corporation = row["issuer_corporation_name"] if row["for_corporation"] else None
    name = corporation or row["issuer_name"]
    return f"contract of {readable(str(name))}" if name else "your contract"


def _ours(ground: Ground) -> Ours:
    signed_in = (entry.character_id for entry in ground.entries)
    return ours_of(ground.store, signed_in, ground.me)
