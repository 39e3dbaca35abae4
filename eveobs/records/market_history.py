"""What was traded in a region each day, type by type.

Shape: ESI's route `/markets/{region_id}/history` at compatibility date 2026-08-18: some 400 days,
renewed once a day at 11:05 UTC. A day without a trade is not in it.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

from eveobs.records.schema import Column, Filter, Kind, Match, Record, Schema, SubjectKind
from eveobs.records.units import Isk

TYPE_BITS = 24
DAY_BITS = 16
EPOCH = date(1970, 1, 1)


class DayLine(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A day as ESI sends it: prices of one unit in ISK, units traded, and in how many orders."""

    date: date
    average: Isk
    highest: Isk
    lowest: Isk
    order_count: int
    volume: int


class MarketDay(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A day of one type in one region. `date` is its beginning in UTC."""

    day_id: int
    type_id: int
    date: datetime
    average: Isk
    highest: Isk
    lowest: Isk
    order_count: int
    volume: int


def market_day(region_id: int, type_id: int, line: DayLine) -> MarketDay:
    """`line` with what it is of."""
    start = datetime(line.date.year, line.date.month, line.date.day, tzinfo=UTC)
    return MarketDay(
        day_id=day_id(region_id, type_id, line.date),
        type_id=type_id,
        date=start,
        average=line.average,
        highest=line.highest,
        lowest=line.lowest,
        order_count=line.order_count,
        volume=line.volume,
    )


def day_id(region_id: int, type_id: int, day: date) -> int:
    """One number for the three, of 63 bits: 23 of the region, 24 of the type, 16 of the day.

    Regions have ids of 10 to 15 million, so ten million are taken off.
    """
    region = region_id - 10_000_000
    return (region << TYPE_BITS | type_id) << DAY_BITS | (day - EPOCH).days


MARKET_HISTORY = Schema(
    name="market-history",
    singular="market-day",
    subjects=(SubjectKind.REGION,),
    record=MarketDay,
    key="day_id",
    names={"type_id": "type_name", "region_id": "region_name"},
    filters=(
        Filter("region", "region_id", Match.EQUALS, "Region, by name or id.", names=True),
        Filter("type", "type_id", Match.CONTAINS, "Type id, or part of its name.", names=True),
        Filter(
            "before",
            "date",
            Match.BEFORE,
            "Days before this: a date, or 30d for that long ago.",
            kind=Kind.TIME,
            past=True,
        ),
    ),
    columns=(
        Column("date", "Day", Kind.TIME),
        Column("type_name", "Type", flexible=True),
        Column("lowest", "Lowest", Kind.ISK, rank=2),
        Column("average", "Average", Kind.ISK),
        Column("highest", "Highest", Kind.ISK, rank=2),
        Column("volume", "Traded", Kind.NUMBER),
        Column("order_count", "Orders", Kind.NUMBER, rank=4),
        Column("region_name", "Region", rank=3, flexible=True),
    ),
    sort="-date",
    ledger=True,
    by_type=True,
    on_demand=True,
    indexed=("type_id",),
)
"""A day that has grown older than ESI tells of is kept."""
