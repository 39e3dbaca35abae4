"""Public contracts that sell one sort of thing, read in bulk and without names."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, Subquery, and_, case, func, or_, select

from eveobs.records.contracts import CONTRACTS
from eveobs.store.chunks import chunks
from eveobs.store.tables import tables_of

SORT = ("type_id", "is_blueprint_copy", "runs", "material_efficiency", "time_efficiency")
"""What must be the same of all items of a contract."""
NONE = -9
"""Stands for NULL where values are compared: none of SORT can be that."""


class Sold(NamedTuple):
    """A contract that sells one sort of thing, `quantity` of it in all. ESI's own names."""

    contract_id: int
    type: str
    issuer_id: int
    issuer_corporation_id: int
    for_corporation: bool | None
    price: float | None
    buyout: float | None
    start_location_id: int | None
    region_id: int
    date_issued: datetime
    date_expired: datetime
    gone_at: datetime | None
    type_id: int
    is_blueprint_copy: int
    runs: int | None
    material_efficiency: int | None
    time_efficiency: int | None
    quantity: int


def selling(
    connection: Connection,
    types: Iterable[int],
    *,
    alive_after: datetime,
    runs: Collection[int] | None = None,
) -> Iterator[Sold]:
    """Public contracts that sell one of `types` and nothing else, all of it the same, for a price,
    and could be accepted after that moment; of copies, where `runs` are given, only those of them.
    """
    item = tables_of(CONTRACTS).details["items"]
    for some in chunks(sorted(set(types))):
        of_types = select(item.c.contract_id).where(item.c.type_id.in_(some))
        yield from _found(connection, _sold(of_types, runs), _alive(alive_after))


def selling_in(connection: Connection, region_id: int, *, alive_after: datetime) -> Iterator[Sold]:
    """The same of all types, in one region."""
    listed = tables_of(CONTRACTS).listed
    alive = and_(_alive(alive_after), listed.c.region_id == region_id)
    yield from _found(connection, _sold(select(listed.c.contract_id).where(alive)), alive)


def _found(connection: Connection, sold: Subquery, alive: ColumnElement[bool]) -> Iterator[Sold]:
    listed = tables_of(CONTRACTS).listed
    fields = [listed.c[name] for name in Sold._fields if name in listed.c]
    wanted = (
        select(*fields, *(sold.c[name] for name in (*SORT, "quantity")))
        .join(sold, sold.c.contract_id == listed.c.contract_id)
        .where(alive)
    )
    yield from map(Sold._make, connection.execute(wanted))


def _alive(after: datetime) -> ColumnElement[bool]:
    """For a price, and to be accepted after that moment."""
    listed = tables_of(CONTRACTS).listed
    price = case((listed.c.type == "auction", listed.c.buyout), else_=listed.c.price)
    return and_(
        listed.c.date_expired > after,
        or_(listed.c.gone_at.is_(None), listed.c.gone_at > after),
        listed.c.type.in_(("item_exchange", "auction")),
        price > 0,
    )


def _sold(some: Select[tuple[int]], runs: Collection[int] | None = None) -> Subquery:
    """What the contracts `some` sell, of those that sell only one sort of thing.

    Those of one type are found first, by the index alone: a bundle has many rows.
    """
    item = tables_of(CONTRACTS).details["items"]
    alone = (
        select(item.c.contract_id)
        .where(item.c.contract_id.in_(some))
        .group_by(item.c.contract_id)
        .having(func.min(item.c.type_id) == func.max(item.c.type_id))
    )
    values: dict[str, ColumnElement[Any]] = {
        name: func.coalesce(item.c[name], NONE) for name in SORT
    }
    values["is_blueprint_copy"] = _flag(item.c.is_blueprint_copy)
    low = {name: func.min(value) for name, value in values.items()}
    high = {name: func.max(value) for name, value in values.items()}
    return (
        select(
            item.c.contract_id,
            *(func.nullif(low[name], NONE).label(name) for name in SORT),
            func.sum(item.c.quantity).label("quantity"),
        )
        .where(item.c.contract_id.in_(alone))
        .group_by(item.c.contract_id)
        .having(
            func.min(_flag(item.c.is_included)) == 1,
            *(low[name] == high[name] for name in SORT),
            *_of_runs(low, runs),
        )
        .subquery()
    )


def _of_runs(
    low: Mapping[str, ColumnElement[Any]], runs: Collection[int] | None
) -> Iterator[ColumnElement[bool]]:
    """Of copies only those of `runs`, where they are given."""
    if runs is not None:
        yield or_(low["is_blueprint_copy"] == 0, low["runs"].in_(runs))


def _flag(column: ColumnElement[Any]) -> ColumnElement[int]:
    """1 for what is true, 0 for the rest; databases differ in what they sum up and compare."""
    return case((column.is_(True), 1), else_=0)
