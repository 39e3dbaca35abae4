"""What is on offer of each type, and what became of it a day at a time. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from eveobs.analysis.history import Day, days
from eveobs.analysis.offer import Kind, Offer


@dataclass(slots=True)
class Tally:
    """How many offers there are, and the lowest price a piece, of copies a run."""

    count: int
    lowest: float


def tally(offers: Iterable[Offer], now: datetime) -> dict[int, dict[Kind, Tally]]:
    """Those of `offers` that can be accepted, by type and kind. Nothing else is kept of them."""
    found: dict[int, dict[Kind, Tally]] = {}
    for one in offers:
        if one.ended(now) is None:
            kinds = found.setdefault(one.ware.type_id, {})
            told = kinds.setdefault(one.ware.kind, Tally(0, one.unit_price))
            told.count += 1
            told.lowest = min(told.lowest, one.unit_price)
    return found


class Price(NamedTuple):
    """The lowest price of a day, None where there was no offer."""

    day: date
    lowest: float | None


@dataclass(frozen=True, slots=True)
class Section:
    """All of one kind of a type: what can be had, the cheapest first, and its past, a day at a
    time: `days` on which there was an offer, and `prices` of every day from the first of them.
    """

    kind: Kind
    offers: Sequence[Offer]
    days: Sequence[Day]
    prices: Sequence[Price]

    @property
    def lowest(self) -> float | None:
        """What it costs now."""
        return self.offers[0].unit_price if self.offers else None


def sections(offers: Sequence[Offer], first: date, now: datetime) -> list[Section]:
    """`offers` of one type by kind, from the day `first` on."""
    past = days(offers, first, now)
    return [
        _section(kind, [one for one in offers if one.ware.kind is kind], past, now)
        for kind in Kind
        if any(one.kind is kind for one in past)
    ]


def _section(kind: Kind, offers: Sequence[Offer], past: Sequence[Day], now: datetime) -> Section:
    mine = [one for one in past if one.kind is kind]
    there = sorted(
        (one for one in offers if one.ended(now) is None),
        key=lambda one: (one.unit_price, one.contract_id),
    )
    return Section(kind, there, mine, _prices(mine, now.date()))


def _prices(some: Sequence[Day], last: date) -> list[Price]:
    lowest = {one.day: one.lowest for one in some}
    first = some[0].day
    every = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return [Price(day, lowest.get(day)) for day in every]
