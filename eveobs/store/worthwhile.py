"""Public contracts that may be worth more than they ask, found by the database."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Subquery,
    and_,
    case,
    func,
    select,
    type_coerce,
)

from eveobs.records.contracts import CONTRACTS
from eveobs.records.market_orders import MARKET_ORDERS
from eveobs.store.chunks import chunks
from eveobs.store.tables import tables_of

GIVING = ("item_exchange", "auction")


class Given(NamedTuple):
    """A contract that can be accepted for a price; `price` of an auction is its buyout, `worth`
    what its parts would bring if there were no end to the best price. In ISK.
    """

    contract_id: int
    type: str
    title: str | None
    price: float
    reward: float
    issuer_id: int
    region_id: int
    start_location_id: int | None
    volume: float | None
    date_expired: datetime
    worth: float
    issuer_corporation_id: int | None = None
    for_corporation: bool | None = None


class Content(NamedTuple):
    """Something in a contract, offered or, not `is_included`, asked for."""

    contract_id: int
    type_id: int
    quantity: int
    is_included: bool
    is_blueprint_copy: bool | None


def bargains(
    connection: Connection,
    *,
    market: int,
    buying: bool,
    now: datetime,
    factor: float,
    profit: float = 0.0,
    regions: Collection[int] = (),
) -> list[Given]:
    """Contracts whose parts, at the best price there is on the market of a region, are worth more
    than `factor` times what they cost, and than that and `profit`; what they ask for beside the
    price is not counted.

    `buying`: at the most that is offered, otherwise at the least that is asked.
    """
    listed, item = tables_of(CONTRACTS).listed, tables_of(CONTRACTS).details["items"]
    best = _best(market, buying=buying)
    price = case((listed.c.type == "auction", listed.c.buyout), else_=listed.c.price)
    cost = func.coalesce(price, 0) - func.coalesce(listed.c.reward, 0)
    conditions: list[ColumnElement[bool]] = [
        listed.c.gone_at.is_(None),
        listed.c.date_expired > now,
        listed.c.type.in_(GIVING),
        (listed.c.type != "auction") | (listed.c.buyout > 0),
    ]
    if regions:
        conditions.append(listed.c.region_id.in_(regions))
    worth = (
        select(item.c.contract_id, func.sum(item.c.quantity * best.c.price).label("isk"))
        # Nearly all rows are wanted: one after the other is quicker than by the index of types,
        # which SQLite does not take for an expression.
        .join(best, best.c.type_id == item.c.type_id + 0)
        .where(item.c.is_included, ~func.coalesce(item.c.is_blueprint_copy, False))
        .group_by(item.c.contract_id)
        .subquery()
    )
    fields: dict[str, Any] = {name: listed.c[name] for name in Given._fields if name in listed.c}
    fields |= {"price": func.coalesce(price, 0), "reward": func.coalesce(listed.c.reward, 0)}
    fields["worth"] = worth.c.isk
    wanted = (
        select(*(fields[name].label(name) for name in Given._fields))
        .join(
            worth,
            and_(
                worth.c.contract_id == listed.c.contract_id,
                worth.c.isk > cost * factor,
                worth.c.isk >= cost + profit,
            ),
        )
        .where(*conditions)
    )
    return [Given._make(row) for row in connection.execute(wanted)]


def contents(connection: Connection, contracts: Iterable[int]) -> Iterator[Content]:
    """All that is in these contracts."""
    item = tables_of(CONTRACTS).details["items"]
    flags = {"is_included", "is_blueprint_copy"}
    columns = (
        type_coerce(item.c[name], Integer) if name in flags else item.c[name]
        for name in Content._fields
    )
    wanted = select(*columns)
    for some in chunks(list(contracts)):
        for row in connection.execute(wanted.where(item.c.contract_id.in_(some))).all():
            yield Content(*row)


def _best(market: int, *, buying: bool) -> Subquery:
    """The best price of each type on one market."""
    table = tables_of(MARKET_ORDERS).listed.c
    price = func.max(table.price) if buying else func.min(table.price)
    return (
        select(table.type_id, price.label("price"))
        .where(table.region_id == market, table.is_buy_order == buying)
        .group_by(table.type_id)
        .subquery()
    )
