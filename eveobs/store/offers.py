"""Public contracts that sell one sort of thing, read in bulk and without names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Subquery, and_, case, func, or_, select

from eveobs.records.contracts import CONTRACTS
from eveobs.store.chunks import chunks
from eveobs.store.tables import tables_of

FIELDS = (
    *("contract_id", "type", "issuer_id", "issuer_corporation_id", "for_corporation", "price"),
    *("buyout", "start_location_id", "region_id", "date_issued", "date_expired", "gone_at"),
)
SORT = ("type_id", "is_blueprint_copy", "runs", "material_efficiency", "time_efficiency")
"""What must be the same of all items of a contract."""
NONE = -9
"""Stands for NULL where values are compared: none of SORT can be that."""

Row = Mapping[str, Any]


def selling(
    connection: Connection, types: Iterable[int], *, alive_after: datetime
) -> Iterator[Row]:
    """Public contracts that sell one of `types` and nothing else, all of it the same, and could be
    accepted after that moment. A row is the contract and its only sort of item, their `quantity`
    summed up, and `bid`, the highest on an auction.
    """
    listed = tables_of(CONTRACTS).listed
    fields = [listed.c[name] for name in FIELDS]
    alive = and_(
        listed.c.date_expired > alive_after,
        or_(listed.c.gone_at.is_(None), listed.c.gone_at > alive_after),
        listed.c.type.in_(("item_exchange", "auction")),
    )
    bids = _bids()
    for some in chunks(sorted(set(types))):
        sold = _sold(some)
        wanted = (
            select(*fields, *(sold.c[name] for name in (*SORT, "quantity")), bids.c.bid)
            .join(sold, sold.c.contract_id == listed.c.contract_id)
            .outerjoin(bids, bids.c.contract_id == listed.c.contract_id)
            .where(alive)
        )
        for row in connection.execute(wanted).mappings():
            yield {**row, "is_included": True}


def _sold(types: Iterable[int]) -> Subquery:
    """What contracts sell that sell one of `types` and only one sort of thing."""
    item = tables_of(CONTRACTS).details["items"]
    some = select(item.c.contract_id).where(item.c.type_id.in_(types), item.c.is_included)
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
        .where(item.c.contract_id.in_(some))
        .group_by(item.c.contract_id)
        .having(
            func.min(_flag(item.c.is_included)) == 1, *(low[name] == high[name] for name in SORT)
        )
        .subquery()
    )


def _flag(column: ColumnElement[Any]) -> ColumnElement[int]:
    """1 for what is true, 0 for the rest; databases differ in what they sum up and compare."""
    return case((column.is_(True), 1), else_=0)


def _bids() -> Subquery:
    bid = tables_of(CONTRACTS).details["bids"]
    return (
        select(bid.c.contract_id, func.max(bid.c.amount).label("bid"))
        .group_by(bid.c.contract_id)
        .subquery()
    )
