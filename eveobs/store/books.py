"""What is asked and offered for types on a market: its orders, of some types, in bulk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, cast

from sqlalchemy import Connection, Integer, select, type_coerce

from eveobs.records.market_orders import MARKET_ORDERS
from eveobs.records.market_prices import MARKET_PRICES
from eveobs.store.chunks import chunks
from eveobs.store.tables import tables_of

PORTION = 5000
"""Rows that are read at once."""


class Placed(NamedTuple):
    """An order: `price` for one unit, `volume` units left. ESI's own meaning. What comes from the
    database is a plain row of the same fields: to be unpacked.
    """

    type_id: int
    is_buy_order: bool
    price: float
    volume: int


def placed(
    connection: Connection,
    types: Iterable[int],
    region_id: int,
    location_id: int | None = None,
    *,
    to_buy: bool | None = None,
) -> Iterator[Placed]:
    """Orders for `types` in a region, or at one place of it; only those `to_buy`, or to sell, where
    that is said; in no order.
    """
    table = tables_of(MARKET_ORDERS).listed.c
    buying = type_coerce(table.is_buy_order, Integer)  # a bool a row would cost a call a row
    wanted = select(table.type_id, buying, table.price, table.volume_remain)
    wanted = wanted.where(table.region_id == region_id)
    if location_id is not None:
        wanted = wanted.where(table.location_id == location_id)
    if to_buy is not None:
        wanted = wanted.where(table.is_buy_order == to_buy)
    for some in chunks(sorted(set(types))):
        found = connection.execute(
            wanted.where(table.type_id.in_(some)), execution_options={"yield_per": PORTION}
        )
        for portion in found.partitions():
            yield from cast("Sequence[Placed]", portion)


def averages(connection: Connection, types: Iterable[int]) -> dict[int, float]:
    """What the game holds `types` for, where it says so, in ISK a unit."""
    table = tables_of(MARKET_PRICES).listed.c
    wanted = select(table.type_id, table.average_price)
    found: dict[int, float] = {}
    for some in chunks(sorted(set(types))):
        rows = connection.execute(wanted.where(table.type_id.in_(some)))
        found |= {number: price for number, price in rows if price is not None}
    return found
