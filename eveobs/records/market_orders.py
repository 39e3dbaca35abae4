"""Market orders of a region: what is for sale and wanted there now.

Shape: ESI's route `/markets/{region_id}/orders` at compatibility date 2026-08-18. It shows orders
in stations and in structures that anybody may dock at, renewed every five minutes.
"""

from __future__ import annotations

from datetime import datetime

from eveobs.records.schema import Column, Filter, Kind, Match, Record, Schema, SubjectKind
from eveobs.records.units import Days, Isk


class MarketOrder(Record, frozen=True, kw_only=True, omit_defaults=True):
    """An order. `price` is for one unit, `duration` in days from `issued`; a buy order takes at
    least `min_volume` at once, within `range` (station, solarsystem, region, or so many jumps).
    """

    order_id: int
    type_id: int
    location_id: int
    system_id: int
    price: Isk
    volume_remain: int
    volume_total: int
    min_volume: int
    issued: datetime
    duration: Days
    range: str
    is_buy_order: bool


MARKET_ORDERS = Schema(
    name="market-orders",
    singular="market-order",
    subjects=(SubjectKind.REGION,),
    record=MarketOrder,
    key="order_id",
    names={"type_id": "type_name", "system_id": "system_name", "region_id": "region_name"},
    places={"location_id": "location_name"},
    filters=(
        Filter("region", "region_id", Match.EQUALS, "Region, by name or id.", names=True),
        Filter("type", "type_id", Match.CONTAINS, "Type id, or part of its name.", names=True),
        Filter("buy", "is_buy_order", Match.EQUALS, "To buy, or to sell.", kind=Kind.FLAG),
        Filter("station", "location_id", Match.EQUALS, "Station, by name or id.", names=True),
        Filter("min-price", "price", Match.AT_LEAST, "Of at least this price.", kind=Kind.ISK),
        Filter("max-price", "price", Match.AT_MOST, "Of at most this price.", kind=Kind.ISK),
    ),
    columns=(
        Column("order_id", "Order", Kind.ID, rank=4),
        Column("is_buy_order", "Buys", Kind.FLAG, rank=2),
        Column("type_name", "Type", flexible=True),
        Column("price", "Price", Kind.ISK),
        Column("volume_remain", "Left", Kind.NUMBER),
        Column("location_name", "Where", rank=3, flexible=True),
        Column("region_name", "Region", rank=6, flexible=True),
        Column("issued", "Issued", Kind.TIME, rank=5),
    ),
    sort="price",
    fleeting=True,
    on_demand=True,
    indexed=("type_id",),
)
"""What a region's market was yesterday is not kept as orders: there are 400,000 in The Forge."""
