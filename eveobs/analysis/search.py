"""Who sells something, and for how much a piece or a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from eveobs.analysis.offer import Kind, Offer, Research, offer_of_sold
from eveobs.store.store import Store


@dataclass(frozen=True, slots=True)
class Wish:
    """What is looked for: None and 0 do not matter. `regions` by id; empty for all. Research and
    runs are those of each blueprint, `max_unit_price` is ISK a piece, of copies a run.
    """

    kind: Kind | None = None
    min_me: int = 0
    min_te: int = 0
    min_runs: int = 0
    max_unit_price: float | None = None
    regions: frozenset[int] = frozenset()

    def grants(self, offer: Offer) -> bool:
        """Whether `offer` is one."""
        research = offer.research or Research()
        return (
            (self.kind is None or offer.ware.kind is self.kind)
            and research.at_least(Research(self.min_me, self.min_te))
            and (not self.min_runs or offer.ware.runs >= self.min_runs)
            and (self.max_unit_price is None or offer.unit_price <= self.max_unit_price)
            and (not self.regions or offer.region_id in self.regions)
        )


def search(store: Store, types: Mapping[int, bool], wish: Wish, now: datetime) -> Iterator[Offer]:
    """Public offers of `types` (whether each is a blueprint) that `wish` grants, in no order."""
    blueprints = frozenset(number for number, is_one in types.items() if is_one)
    for sold in store.selling(types, alive_after=now):
        offer = offer_of_sold(sold, blueprints)
        if offer is not None and offer.ended(now) is None and wish.grants(offer):
            yield offer


def past(
    store: Store, types: Mapping[int, bool], regions: frozenset[int], since: datetime
) -> Iterator[Offer]:
    """Public offers of `types` that were there at `since` or later, also those that are gone."""
    blueprints = frozenset(number for number, is_one in types.items() if is_one)
    for sold in store.selling(types, alive_after=since):
        offer = offer_of_sold(sold, blueprints)
        if offer is not None and (not regions or offer.region_id in regions):
            yield offer
