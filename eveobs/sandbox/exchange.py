"""The regional markets: orders that come, change and go, what was traded each day, and prices.

Everything is a function of the seed, the region and the time, made when it is asked for: a page of
orders is drawn without the others, so a market of 400,000 costs no more than one of a thousand.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from eveobs.records.market_history import DayLine
from eveobs.records.market_orders import MarketOrder
from eveobs.records.market_prices import MarketPrice
from eveobs.sandbox.answers import ROWS_PER_PAGE
from eveobs.sandbox.calendar import DAY, FULL_CYCLE, Calendar, moment
from eveobs.sandbox.capsuleers.turns import Turn, turn
from eveobs.sandbox.draw import dice, happens
from eveobs.sandbox.universe import (
    CONSTELLATIONS,
    REGIONS,
    STATIONS,
    THINGS,
    TYPE_BY_ID,
    Station,
    Type,
)

_ORDER, _PRICE, _DAY = 60, 61, 62
_FIRST_ORDER = 7_000_000_000
_APART = 1 << 21
"""Slots of all regions together; ids of one generation lie so far apart from the next."""
_LARGEST = 2_500
_DAYS = 400
_DURATIONS = (1, 3, 7, 14, 30, 90)
_RANGES = ("station", "solarsystem", "region", "1", "5", "20", "40")
_TRADED = tuple(kind for kind in THINGS if kind.price > 0)
_REGION_OF = {place.id: place.region_id for place in CONSTELLATIONS}
_ABSURD = 0.01
"""So many orders have a price that nobody means."""


class Slot(NamedTuple):
    """A place for one order after the other; `number` is its own among all regions."""

    region_id: int
    number: int


class Exchange:
    """The markets of one seed. `orders`: how many The Forge has; the others in proportion."""

    def __init__(self, seed: int, orders: int | None = None) -> None:
        largest = _LARGEST if orders is None else orders
        weight = max(region.weight for region in REGIONS)
        self._seed = seed
        self.sizes = {
            region.id: largest * region.weight // weight for region in REGIONS if region.weight
        }
        starts, start = {}, 0
        for region_id, size in self.sizes.items():
            starts[region_id] = start
            start += size
        self._starts = starts
        self._stations = {region_id: _stations(region_id) for region_id in self.sizes}

    def pages(self, region_id: int) -> int:
        """Of the list of a region; an empty one has one."""
        return max(1, -(-self.sizes.get(region_id, 0) // ROWS_PER_PAGE))

    def page(self, region_id: int, number: int, calendar: Calendar, at: int) -> list[MarketOrder]:
        """The orders of a page, as they are at a time."""
        first = (number - 1) * ROWS_PER_PAGE
        end = min(first + ROWS_PER_PAGE, self.sizes.get(region_id, 0))
        return [self._order(region_id, index, calendar, at) for index in range(first, end)]

    def orders(self, region_id: int, calendar: Calendar, at: int) -> Iterator[MarketOrder]:
        """All of a region."""
        for number in range(1, self.pages(region_id) + 1):
            yield from self.page(region_id, number, calendar, at)

    def prices(self, at: int) -> list[MarketPrice]:
        """Of every type that is traded; some have no average."""
        day = at // DAY
        return [self._price(kind, day) for kind in sorted(_TRADED)]

    def history(self, region_id: int, type_id: int, at: int) -> list[DayLine] | None:
        """The last 400 days before today; None for a type that no market has."""
        kind = TYPE_BY_ID.get(type_id)
        if kind not in _TRADED:
            return None
        if region_id not in self.sizes:
            return []
        today = at // DAY
        days = (self._day(region_id, kind, day) for day in range(today - _DAYS, today))
        return [day for day in days if day.order_count]

    def types(self, region_id: int) -> list[int]:
        """Those that have orders in a region."""
        return sorted(kind.id for kind in _TRADED) if self.sizes.get(region_id) else []

    def _order(self, region_id: int, index: int, calendar: Calendar, at: int) -> MarketOrder:
        place = self._starts[region_id] + index
        chance = dice(self._seed, _ORDER, place)
        kind, buying = chance.choice(_TRADED), happens(chance, 0.4)
        now = turn(calendar, 5 + chance.randrange(200), (self._seed, place << 8), at)
        order_id = _FIRST_ORDER + (now.generation + 1_000) * _APART + place
        return self._drawn(order_id, region_id, kind, buying, now, calendar, at)

    def _drawn(
        self,
        order_id: int,
        region_id: int,
        kind: Type,
        buying: bool,
        now: Turn,
        calendar: Calendar,
        at: int,
    ) -> MarketOrder:
        """It sells or buys bit by bit, something every five minutes (of a full cycle)."""
        chance = dice(self._seed, _ORDER, order_id)
        there: Station = chance.choice(self._stations[region_id])
        total = max(1, int(min(2e9 / kind.price, 5e6) * chance.random() ** 3))
        tick = max(1, calendar.cycle * 300 // FULL_CYCLE)
        passed = (at - now.since) // tick * tick / (now.until - now.since)
        return MarketOrder(
            order_id=order_id,
            type_id=kind.id,
            location_id=there.id,
            system_id=there.system_id,
            price=_asked(kind, chance, buying=buying),
            volume_remain=max(1, total - int(total * passed * chance.random())),
            volume_total=total,
            min_volume=1,
            issued=moment(now.since + chance.randrange(60)),
            duration=chance.choice(_DURATIONS),
            range=chance.choice(_RANGES) if buying else "region",
            is_buy_order=buying,
        )

    def _price(self, kind: Type, day: int) -> MarketPrice:
        chance = dice(self._seed, _PRICE, kind.id << 20 | day)
        average = round(kind.price * chance.uniform(0.97, 1.05), 2)
        return MarketPrice(
            type_id=kind.id,
            average_price=None if kind.id % 17 == 0 else average,
            adjusted_price=round(average * chance.uniform(0.95, 1.02), 2),
        )

    def _day(self, region_id: int, kind: Type, day: int) -> DayLine:
        chance = dice(self._seed, _DAY, (region_id << 24 | kind.id) << 20 | day)
        weight = self.sizes[region_id] / max(1, *self.sizes.values())
        count = int(weight * 200 * chance.random() * (1 if kind.price < 1e8 else 0.05))
        average = kind.price * chance.uniform(0.94, 1.06)
        low, high = average * chance.uniform(0.85, 1), average * chance.uniform(1, 1.2)
        volume = max(count, int(count * min(1e5, 1e9 / kind.price) * chance.random()))
        date = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)).date()
        return DayLine(
            date=date,
            average=round(average, 2),
            highest=round(high, 2),
            lowest=round(low, 2),
            order_count=count,
            volume=volume,
        )


def _asked(kind: Type, chance: Random, *, buying: bool) -> float:
    """Who buys pays less than who sells asks; a few ask or offer what nobody means."""
    if happens(chance, _ABSURD):
        return round(max(0.01, kind.price * (0.0001 if buying else 100.0)), 2)
    factor = chance.uniform(0.8, 0.97) if buying else 1.0 + 0.4 * chance.random() ** 2
    return round(max(0.01, kind.price * factor), 2)


def _stations(region_id: int) -> Sequence[Any]:
    return [one for one in STATIONS if _REGION_OF[one.constellation_id] == region_id]
