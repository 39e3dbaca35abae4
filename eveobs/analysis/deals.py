"""Contracts that cost less than their parts bring, after tax and fees, and what may be wrong.

A part is worth what those who want it pay for all of it, one after the other, less the sales tax;
or, for who has the time, what the cheapest seller asks for it, less the tax and the broker's fee.
What nobody wants is worth nothing; neither is a copy of a blueprint, which no market takes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import fsum
from typing import TYPE_CHECKING, NamedTuple

from eveobs.analysis.book import FEW, NO_ORDERS, Basis, Book, books_of, far_from
from eveobs.store.chunks import chunks
from eveobs.store.worthwhile import Content, Given

if TYPE_CHECKING:
    from datetime import datetime

    from eveobs.store.store import Store

FIRST_STRUCTURE = 10**12
"""Ids of places from here on are players' structures."""
PORTION = 200
"""Contracts that are looked at together."""
GIANT = 0.8
"""A part with so much of the value is what the deal stands and falls with."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How parts are valued: `basis` buy or sell, tax and fee as fractions."""

    basis: Basis = Basis.BUY
    sales_tax: float = 0.08
    broker_fee: float = 0.03

    @property
    def kept(self) -> float:
        """What is left of an ISK that is paid."""
        fee = self.broker_fee if self.basis is Basis.SELL else 0.0
        return 1.0 - self.sales_tax - fee


class Part(NamedTuple):
    """A type in a contract: `isk` is what all of it brings, before tax; `left` finds nobody."""

    type_id: int
    quantity: int
    isk: float
    left: int
    book: Book


class Deal(NamedTuple):
    """A contract that costs less than its parts bring. `cost` is its price, less its reward, and
    what it takes to buy what it asks for; `value` what its parts bring after tax and fees.
    """

    contract: Given
    cost: float
    value: float
    parts: Sequence[Part]
    traps: Sequence[str]

    @property
    def profit(self) -> float:
        """ISK that are left over."""
        return self.value - self.cost

    @property
    def margin(self) -> float:
        """The profit as a fraction of the cost; infinite where it costs nothing."""
        return self.profit / self.cost if self.cost > 0 else float("inf")


@dataclass(slots=True)
class Bargains:
    """Finds deals by the prices of one `market` at the moment `now`: with a `margin` of at least
    that much of the cost, and a profit of at least `least` ISK. Orders are read once a type, and
    only those of the side that counts: of what is offered, and of what is asked for in return.
    """

    store: Store
    terms: Terms
    market: int
    now: datetime
    margin: float = 0.0
    least: float = 0.0
    regions: Collection[int] = ()
    books: dict[int, Book] = field(default_factory=dict)
    prices: dict[int, Book] = field(default_factory=dict)
    averages: dict[int, float] = field(default_factory=dict)

    def best(self, limit: int = 0, fits: Callable[[Deal], bool] = bool) -> list[Deal]:
        """Those that fit, the largest profit first; with `limit` no more are looked at than it
        takes to know the best ones, so there may be more than are returned.
        """
        given = sorted(self._given(), key=self._most, reverse=True)
        found: list[Deal] = []
        for some in chunks(given, PORTION):
            if limit and len(found) >= limit and found[limit - 1].profit >= self._most(some[0]):
                break
            found += (deal for deal in self._deals(some) if self._is_one(deal) and fits(deal))
            found.sort(key=lambda deal: (-deal.profit, deal.contract.contract_id))
        return found

    def _given(self) -> list[Given]:
        kept = self.terms.kept
        return self.store.bargains(
            market=self.market,
            buying=self.terms.basis is Basis.BUY,
            now=self.now,
            factor=(1.0 + self.margin) / kept if kept > 0 else float("inf"),
            profit=self.least,
            regions=self.regions,
        )

    def _most(self, one: Given) -> float:
        """The largest profit that it can have."""
        return one.worth * self.terms.kept - (one.price - one.reward)

    def _is_one(self, deal: Deal) -> bool:
        return deal.profit > 0 and deal.profit >= self.least and deal.margin >= self.margin

    def _deals(self, some: Sequence[Given]) -> Iterator[Deal]:
        inside: dict[int, list[Content]] = {}
        for one in self.store.contents([contract.contract_id for contract in some]):
            inside.setdefault(one.contract_id, []).append(one)
        things = [one for held in inside.values() for one in held]
        buying = self.terms.basis is Basis.BUY
        offered = {one.type_id for one in things if one.is_included and not one.is_blueprint_copy}
        self._read(offered, self.books, to_buy=buying)
        self._read({one.type_id for one in things if not one.is_included}, self.prices)
        for contract in some:
            held = inside[contract.contract_id]
            yield deal_of(contract, held, self.books, self.averages, self.terms, self.prices)

    def _read(self, types: Collection[int], into: dict[int, Book], *, to_buy: bool = False) -> None:
        new = [number for number in types if number not in into]
        into |= dict.fromkeys(new, NO_ORDERS)
        into |= books_of(self.store.placed(new, self.market, to_buy=to_buy))
        self.averages |= self.store.averages(new)


def deal_of(
    contract: Given,
    inside: Iterable[Content],
    books: Mapping[int, Book],
    averages: Mapping[int, float],
    terms: Terms,
    prices: Mapping[int, Book] | None = None,
) -> Deal:
    """What `contract` costs and brings, by the `books` of what it offers and the `prices` of what
    it asks for, which are books too (the same, if none are given).
    """
    things = list(inside)
    offered = _sums(one for one in things if one.is_included and not one.is_blueprint_copy)
    asked = _sums(one for one in things if not one.is_included)
    parts = [_part(number, units, books, terms) for number, units in offered.items()]
    cost = contract.price - contract.reward + _to_buy(asked, books if prices is None else prices)
    value = fsum(part.isk for part in parts) * terms.kept
    doubts = _doubts(parts, averages, terms.basis)
    traps = [*_asks(asked), *doubts, *_of_place(contract), *_copies(things)]
    return Deal(contract, cost, value, parts, traps)


def _sums(things: Iterable[Content]) -> dict[int, int]:
    sums: dict[int, int] = {}
    for one in things:
        sums[one.type_id] = sums.get(one.type_id, 0) + one.quantity
    return sums


def _part(number: int, units: int, books: Mapping[int, Book], terms: Terms) -> Part:
    book = books.get(number, NO_ORDERS)
    if terms.basis is Basis.BUY:
        isk, left = book.sold(units)
        return Part(number, units, isk, left, book)
    return Part(number, units, (book.sell or 0.0) * units, 0 if book.sellers else units, book)


def _to_buy(asked: Mapping[int, int], books: Mapping[int, Book]) -> float:
    """What it costs to get hold of what is asked for; without end if nobody sells it all."""
    cost = 0.0
    for number, units in asked.items():
        isk, left = books.get(number, NO_ORDERS).bought(units)
        cost += isk if not left else float("inf")
    return cost


def _asks(asked: Mapping[int, int]) -> Iterator[str]:
    if asked:
        yield f"asks for {sum(asked.values()):,} things in return"


def _doubts(parts: Sequence[Part], averages: Mapping[int, float], basis: Basis) -> Iterator[str]:
    """What the value hangs on: one giant among many, few orders, prices that nobody means."""
    total = fsum(part.isk for part in parts)
    heavy = [part for part in parts if total and part.isk >= total * GIANT]
    if heavy and len(parts) > 1:
        yield f"{heavy[0].isk / total:.0%} of it is one thing"
    counted = [part for part in parts if total and part.isk >= total * (1 - GIANT)]
    if any(len(part.book.side(basis)) < FEW for part in counted):
        yield "few orders"
    if any(far_from(_unit(part), averages.get(part.type_id)) for part in counted):
        yield "priced far above New Eden's average"
    if any(part.left for part in parts):
        yield "buyers do not want all of it"


def _unit(part: Part) -> float:
    return part.isk / max(1, part.quantity - part.left)


def _of_place(contract: Given) -> Iterator[str]:
    if (contract.start_location_id or 0) >= FIRST_STRUCTURE:
        yield "in a structure: may you dock?"


def _copies(things: Sequence[Content]) -> Iterator[str]:
    if any(one.is_blueprint_copy and one.is_included for one in things):
        yield "copies count for nothing"
