"""What became of offers: of all of a type, a day at a time, and of one contract. Pure.

What is gone was declared so by a whole reading of its list; a partial one changes nothing here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from eveobs.analysis.competition import Standing
from eveobs.analysis.offer import Kind, Offer

DAY = timedelta(days=1)


class Day(NamedTuple):
    """Offers of a kind on one day (UTC): how many were `on_offer` at any time of it, came `new`,
    were `taken` or withdrawn (ESI does not tell which), `expired`; and the lowest price a piece, of
    copies a run, at which one could be had.
    """

    day: date
    kind: Kind
    on_offer: int
    new: int
    taken: int
    expired: int
    lowest: float


def days(offers: Iterable[Offer], first: date, now: datetime) -> list[Day]:
    """Every day from `first` to that of `now` on which there were any, the oldest first."""
    found: dict[tuple[date, Kind], list[Offer]] = {}
    for one in offers:
        for day in _days_of(one, first, now):
            found.setdefault((day, one.ware.kind), []).append(one)
    return [_day(day, kind, some, now) for (day, kind), some in sorted(found.items())]


def _days_of(offer: Offer, first: date, now: datetime) -> Iterator[date]:
    day = max(offer.issued.astimezone(UTC).date(), first)
    last = (offer.ended(now) or now).astimezone(UTC).date()
    while day <= last:
        yield day
        day += DAY


def _day(day: date, kind: Kind, some: Sequence[Offer], now: datetime) -> Day:
    ended = [one for one in some if _on(one.ended(now), day)]
    expired = sum(one.gone_at is None or one.gone_at >= one.expires for one in ended)
    return Day(
        day=day,
        kind=kind,
        on_offer=len(some),
        new=sum(_on(one.issued, day) for one in some),
        taken=len(ended) - expired,
        expired=expired,
        lowest=min(one.unit_price for one in some),
    )


def _on(moment: datetime | None, day: date) -> bool:
    return moment is not None and moment.astimezone(UTC).date() == day


class Event(NamedTuple):
    """Something that happened to a contract, and when; in words."""

    at: datetime
    what: str
    text: str = ""


def life(row: Mapping[str, Any], standing: Standing | None) -> list[Event]:
    """What is known of a contract, the oldest first. `row` has its bids; `standing` its rivals."""
    events = [Event(row["date_issued"], "issued"), Event(row["first_seen"], "first seen")]
    events += [Event(one["date_bid"], "bid", f"{one['amount']:,.2f} ISK") for one in row["bids"]]
    for name, what in (("date_accepted", "accepted"), ("date_completed", "completed")):
        if row.get(name):
            events.append(Event(row[name], what))
    if row.get("changed_at"):
        fields = ", ".join(dict.fromkeys(one["field"] for one in row["changes"]))
        events.append(Event(row["changed_at"], "changed", fields))
    for rival in (*standing.rivals, *standing.past) if standing else ():
        words = f"by contract {rival.offer.contract_id}, {rival.offer.price:,.2f} ISK"
        events.append(Event(rival.since, "undercut", words))
        if rival.until is not None:
            events.append(Event(rival.until, "rival gone", words.removeprefix("by ")))
    if row["gone_at"]:
        how = str(row["gone_how"] or "gone").replace("_", " ")
        events.append(Event(row["gone_at"], "gone", how))
    return sorted(events, key=lambda one: one.at)
