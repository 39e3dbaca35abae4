"""What a type is worth on a market: its orders, the best first. Pure.

Prices are ISK a unit. The percentile is what traders in this game go by: the average of the best
five percent of all units, which one order with a price that nobody means does not move.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from eveobs.store.books import Placed

SHARE = 0.05
FEW = 3
"""A side with fewer orders says little."""
FAR = 3.0
"""A price so many times the game's own average is nobody's opinion but the seller's."""


class Basis(StrEnum):
    """Which price counts: what buyers offer, what sellers ask, half way between, or the percentile
    of what sellers ask.
    """

    BUY = "buy"
    SELL = "sell"
    SPLIT = "split"
    PERCENTILE = "percentile"


class Step(NamedTuple):
    """So many units at a price."""

    price: float
    units: int


class Dealt(NamedTuple):
    """What a number of units brings or costs in all, and how many of them find nobody."""

    isk: float
    left: int


@dataclass(frozen=True, slots=True)
class Book:
    """The orders for one type: buyers who offer most first, sellers who ask least first."""

    buyers: Sequence[Step] = ()
    sellers: Sequence[Step] = ()

    @property
    def buy(self) -> float | None:
        """The most that is offered."""
        return self.buyers[0].price if self.buyers else None

    @property
    def sell(self) -> float | None:
        """The least that is asked."""
        return self.sellers[0].price if self.sellers else None

    @property
    def split(self) -> float | None:
        """Half way between the two; one of them where the other is missing."""
        known = [price for price in (self.buy, self.sell) if price is not None]
        return sum(known) / len(known) if known else None

    def price(self, basis: Basis) -> float | None:
        """The price that counts; None where nobody says one."""
        if basis is Basis.PERCENTILE:
            return percentile(self.sellers)
        return {Basis.BUY: self.buy, Basis.SELL: self.sell, Basis.SPLIT: self.split}[basis]

    def side(self, basis: Basis) -> Sequence[Step]:
        """Whose orders tell the price: buyers, or sellers."""
        return self.buyers if basis is Basis.BUY else self.sellers

    def sold(self, units: int) -> Dealt:
        """What `units` bring if they are sold to those who offer most, one after the other."""
        return _walk(self.buyers, units)

    def bought(self, units: int) -> Dealt:
        """What `units` cost if they are bought of those who ask least."""
        return _walk(self.sellers, units)

    @property
    def thin(self) -> bool:
        """Whether few people say what the price is."""
        return len(self.buyers) < FEW or len(self.sellers) < FEW


NO_ORDERS = Book()


def books_of(orders: Iterable[Placed]) -> dict[int, Book]:
    """The books of the types of `orders`."""
    sides: dict[tuple[int, bool], list[Step]] = {}
    for number, buying, price, units in orders:
        sides.setdefault((number, bool(buying)), []).append(Step(price, units))
    for (_, best_is_most), side in sides.items():
        side.sort(reverse=best_is_most)
    return {
        number: Book(sides.get((number, True), ()), sides.get((number, False), ()))
        for number in {number for number, _ in sides}
    }


def percentile(steps: Sequence[Step], share: float = SHARE) -> float | None:
    """The average price of the best `share` of all units; None for none."""
    total = sum(step.units for step in steps)
    if not total:
        return None
    wanted = left = max(1.0, total * share)
    parts, dearest = [], steps[0].price
    for price, units in steps:
        taken = min(left, units)
        parts.append(price * taken)
        dearest = price
        left -= taken
        if left <= 0:
            break
    # An average lies between what it is of; that of floats may miss it by its last digit.
    return min(max(math.fsum(parts) / wanted, steps[0].price), dearest)


def far_from(price: float | None, average: float | None) -> bool:
    """Whether `price` is many times what the game holds the type for."""
    return bool(price and average and price > average * FAR)


def _walk(steps: Sequence[Step], units: int) -> Dealt:
    parts, left = [], units
    for price, there in steps:
        taken = min(left, there)
        parts.append(price * taken)
        left -= taken
        if not left:
            break
    return Dealt(math.fsum(parts), left)


def with_average(books: Mapping[int, Book], averages: Mapping[int, float]) -> dict[int, float]:
    """What the game holds types for that have no order at all."""
    return {number: price for number, price in averages.items() if number not in books}
