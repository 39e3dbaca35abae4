"""Market orders of characters and corporations: open ones, and those of the last 90 days.

Shapes: ESI's routes `/characters/{character_id}/orders`, `…/orders/history` and those of
corporations at compatibility date 2026-08-18.
"""

from __future__ import annotations

from datetime import datetime

from eveobs.records.schema import Column, Filter, Kind, Match, Record, Schema, SubjectKind
from eveobs.records.units import Days, Isk

OPEN = "open"
CLOSED = "closed"
"""The end of an order of which no more is known."""
SIDES = ("buy", "sell")


class OrderLine(Record, frozen=True, kw_only=True, omit_defaults=True):
    """An order as ESI sends it; history has a `state`. `duration` is in days from `issued`. Buy
    orders have `escrow` and `min_volume`, those of a corporation `issued_by` and `wallet_division`.
    """

    order_id: int
    type_id: int
    region_id: int
    location_id: int
    price: Isk
    volume_remain: int
    volume_total: int
    issued: datetime
    duration: Days
    range: str
    is_buy_order: bool = False
    min_volume: int | None = None
    escrow: Isk | None = None
    is_corporation: bool | None = None
    issued_by: int | None = None
    wallet_division: int | None = None
    state: str | None = None


class Order(OrderLine, frozen=True, kw_only=True, omit_defaults=True):
    """An order with what follows from the list it was in: `state` is open, or what history says,
    and `side` buy or sell. One that was filled is `expired` with nothing remaining.
    """

    side: str


ORDERS = Schema(
    name="orders",
    singular="order",
    subjects=(SubjectKind.CHARACTER, SubjectKind.CORPORATION),
    record=Order,
    key="order_id",
    names={
        "owner_id": "owner_name",
        "type_id": "type_name",
        "region_id": "region_name",
        "issued_by": "issued_by_name",
    },
    places={"location_id": "location_name"},
    filters=(
        Filter("character", "owner_id", Match.EQUALS, "Of this character.", names=True),
        Filter("corporation", "owner_id", Match.EQUALS, "Of this corporation.", names=True),
        Filter("side", "side", Match.EQUALS, "To buy or to sell.", choices=SIDES),
        Filter(
            "state",
            "state",
            Match.EQUALS,
            "What became of it.",
            choices=(OPEN, "cancelled", "expired"),
        ),
        Filter("type", "type_id", Match.CONTAINS, "Type id, or part of its name.", names=True),
        Filter("region", "region_id", Match.EQUALS, "Region, by name or id.", names=True),
    ),
    columns=(
        Column("order_id", "Order", Kind.ID, rank=3),
        Column("side", "Side"),
        Column("state", "State", rank=2),
        Column("type_name", "Type", flexible=True),
        Column("price", "Price", Kind.ISK),
        Column("volume_remain", "Left", Kind.NUMBER),
        Column("volume_total", "Of", Kind.NUMBER, rank=4),
        Column("location_name", "Where", rank=5, flexible=True),
        Column("region_name", "Region", rank=8, flexible=True),
        Column("owner_name", "Owner", rank=6, flexible=True),
        Column("issued", "Issued", Kind.TIME, rank=7),
    ),
    sort="-issued",
    gone_early=CLOSED,
)
"""An order that left the open list is closed: gone, until history tells how it ended."""
