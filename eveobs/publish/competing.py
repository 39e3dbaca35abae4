"""How one's own contracts stand in the market, as facts for their pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from eveobs.analysis.competition import Ours, Rival, Scope, Standing
from eveobs.analysis.market import Market, Own
from eveobs.analysis.offer import Kind, Offer
from eveobs.records.contracts import CONTRACTS
from eveobs.records.own_contracts import OWN_CONTRACTS
from eveobs.store.standings import Standing as Observed
from eveobs.store.store import Store

Facts = dict[str, Any]
UNKNOWN_PLACE = "the public contracts of its region are not stored"


@dataclass
class Competing:
    """One's own offers among all that is stored. `ours`: whose offers are no rivals.

    Time is that of the newest whole reading, not that of the clock: the same data says the same.
    """

    store: Store
    ours: Ours

    @cached_property
    def regions(self) -> dict[int, Observed]:
        """The regions whose public contracts were read as a whole."""
        return {
            one.subject_id: one
            for one in self._observed
            if one.processor == CONTRACTS.name and one.whole_at is not None
        }

    @cached_property
    def standings(self) -> dict[int, Standing]:
        """How each of one's own that can be compared stands, by contract."""
        if self._market is None:
            return {}
        return {
            one.offer.contract_id: one
            for one in self._market.compare(self._own, Scope.REGION)
            if _unlike(one.offer) is None and one.offer.region_id in self.regions
        }

    @cached_property
    def facts(self) -> Mapping[int, Facts]:
        """What the page of each of one's own offers is told of the market, by contract."""
        names = self.store.names_of(_ids(self.standings.values()))
        return {one.contract_id: self._facts(one, names) for one in self._own}

    @cached_property
    def _observed(self) -> list[Observed]:
        return self.store.standings()

    @cached_property
    def _market(self) -> Market | None:
        moments = [
            one.whole_at
            for one in self._observed
            if one.processor in (CONTRACTS.name, OWN_CONTRACTS.name) and one.whole_at is not None
        ]
        return Market(self.store, max(moments), self.ours) if moments else None

    @cached_property
    def _own(self) -> list[Own]:
        return [] if self._market is None else self._market.ours_on_offer()

    def _facts(self, own: Own, names: Mapping[int, str]) -> Facts:
        standing = self.standings.get(own.contract_id)
        if standing is None:
            why = own.unfit or (own.offer and _unlike(own.offer)) or UNKNOWN_PLACE
            return {"why_not": str(why)}
        offer = standing.offer
        return {
            "why_not": "",
            "rank": standing.rank,
            "of": standing.of,
            "unit": unit_of(offer.ware.kind),
            "unit_price": offer.unit_price,
            "runs": offer.ware.runs or None,
            **_research(offer),
            "type_id": offer.ware.type_id,
            "region_id": offer.region_id,
            "region_name": names.get(offer.region_id or 0),
            "best_price": standing.best_price,
            "rival": _rival(offer, standing.rivals[0]) if standing.rivals else None,
        }


def unit_of(kind: Kind) -> str:
    """What its price is compared by."""
    return "run" if kind is Kind.COPY else "piece"


def _unlike(offer: Offer) -> str | None:
    """Why nothing is like `offer`, if so."""
    if offer.ware.kind is Kind.BUNDLE:
        return "it is a bundle of several things"
    return "its research is not known" if offer.research is None else None


def _research(offer: Offer) -> Facts:
    known = offer.research if offer.ware.kind is not Kind.PLAIN else None
    return {"me": known.me if known else None, "te": known.te if known else None}


def _rival(own: Offer, rival: Rival) -> Facts:
    offer, since = rival.offer, rival.since
    return {
        "contract_id": offer.contract_id,
        "price": offer.price,
        "unit_price": offer.unit_price,
        "less": own.unit_price - offer.unit_price,
        "less_percent": (1 - offer.unit_price / own.unit_price) * 100,
        "runs": offer.ware.runs or None,
        **_research(offer),
        "better": offer.research != own.research,
        "since": since,
    }


def _ids(standings: Iterable[Standing]) -> set[int]:
    return {one.offer.region_id for one in standings if one.offer.region_id is not None}


def moment_of(observed: Observed) -> datetime:
    """When a region was last read as a whole."""
    assert observed.whole_at is not None  # noqa: S101 - `Competing.regions` has looked
    return observed.whole_at
