"""What things are worth on one market, by what the store knows of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import fsum
from typing import TYPE_CHECKING, NamedTuple

from eveobs.analysis.book import NO_ORDERS, Basis, Book, books_of, far_from
from eveobs.analysis.market import BLUEPRINT
from eveobs.analysis.pasting import Found
from eveobs.records.market_orders import MARKET_ORDERS

if TYPE_CHECKING:
    from eveobs.store.store import Store

CENTS = 2
"""Decimal places of ISK."""
PLACES_OF_M3 = 6
"""Decimal places of a volume in m³; those of types have five at most."""


@dataclass(frozen=True, slots=True)
class Place:
    """Whose prices count: a region's, or those at one station or structure of it."""

    region_id: int
    location_id: int | None = None


class Valued(NamedTuple):
    """A line of an appraisal. `book` are the orders for its type, `average` what the game holds one
    for; `m3` the volume of one, assembled. `wanted`: it is asked for, not given. `copy` is None of
    a blueprint that may be an original or a copy.
    """

    type_id: int
    quantity: int
    copy: bool | None
    book: Book
    average: float | None
    m3: float | None
    wanted: bool = False

    def unit(self, basis: Basis) -> float | None:
        """ISK for one: by the orders; where there is none, what the game holds it for. A copy of a
        blueprint has no price on a market.
        """
        if self.copy:
            return None
        price = self.book.price(basis)
        return self.average if price is None and not self.has_orders else price

    def total(self, basis: Basis) -> float | None:
        """ISK for all of them; less than nothing for what is asked for."""
        unit = self.unit(basis)
        if unit is None:
            return None
        # A product of doubles is off by a billionth of a cent: 225065.25999999998.
        return round(unit * (-self.quantity if self.wanted else self.quantity), CENTS)

    @property
    def volume(self) -> float | None:
        """Volume of all units, in m³."""
        return None if self.m3 is None else round(self.m3 * self.quantity, PLACES_OF_M3)

    @property
    def has_orders(self) -> bool:
        """Whether anybody says a price."""
        return bool(self.book.buyers or self.book.sellers)

    @property
    def remark(self) -> str:
        """What makes the price doubtful, in a few words; "" for nothing."""
        if self.copy:
            return "a copy: no market price"
        if self.copy is None:
            return "valued as an original: may be a copy, which has no market price"
        if not self.has_orders:
            return "no price known" if self.average is None else "no orders: New Eden's average"
        buyers_want = sum(step.units for step in self.book.buyers)
        if far_from(self.book.sell, self.average):
            return "asked far above New Eden's average"
        if self.book.thin:
            return "few orders"
        return f"buyers want {buyers_want:,} only" if self.quantity > buyers_want else ""


@dataclass(frozen=True, slots=True)
class Valuer:
    """Values things at one place."""

    store: Store
    place: Place

    def valued(self, found: Iterable[tuple[Found, bool]]) -> list[Valued]:
        """Lines for things, each with whether it is asked for."""
        things = list(found)
        types = {one.type_id for one, _ in things}
        books = self.books(types)
        averages, about = self.store.averages(types), self.store.static_types(types)
        blueprints = {number for number, one in about.items() if one["category_id"] == BLUEPRINT}
        return [
            Valued(
                type_id=one.type_id,
                quantity=one.quantity,
                copy=one.copy if one.type_id in blueprints else bool(one.copy),
                book=books.get(one.type_id, NO_ORDERS),
                average=averages.get(one.type_id),
                m3=about.get(one.type_id, {}).get("volume"),
                wanted=wanted,
            )
            for one, wanted in things
        ]

    def books(self, types: Iterable[int]) -> dict[int, Book]:
        """The orders for `types`."""
        return books_of(self.store.placed(types, self.place.region_id, self.place.location_id))

    def seen_at(self) -> datetime | None:
        """When the orders of the region were last read; None for never."""
        return next(
            (
                one.last_at
                for one in self.store.standings()
                if one.processor == MARKET_ORDERS.name and one.subject_id == self.place.region_id
            ),
            None,
        )


class Total(NamedTuple):
    """What all lines are worth together, in ISK, and their volume in m³, None where that of `no_m3`
    lines is unknown; of `unknown` lines no price is known.
    """

    buy: float
    sell: float
    split: float
    percentile: float
    m3: float | None
    unknown: int
    no_m3: int


def total(lines: Sequence[Valued]) -> Total:
    """The sums of `lines`."""
    sums = {
        basis: round(fsum(line.total(basis) or 0.0 for line in lines), CENTS) for basis in Basis
    }
    volumes = [line.volume for line in lines if not line.wanted]
    known = [volume for volume in volumes if volume is not None]
    no_m3 = len(volumes) - len(known)
    return Total(
        buy=sums[Basis.BUY],
        sell=sums[Basis.SELL],
        split=sums[Basis.SPLIT],
        percentile=sums[Basis.PERCENTILE],
        m3=None if no_m3 else round(fsum(known), PLACES_OF_M3),
        unknown=sum(line.unit(Basis.SPLIT) is None for line in lines),
        no_m3=no_m3,
    )
