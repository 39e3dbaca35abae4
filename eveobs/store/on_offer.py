"""Items on offer that are dynamic by their type."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, func, select

from eveobs.records.collected import Meaning
from eveobs.records.contracts import CONTRACTS
from eveobs.records.dynamic_items import ABYSSAL, DYNAMIC_ITEMS, DynamicItem
from eveobs.store.static_tables import static_table
from eveobs.store.tables import ANSWERS, tables_of

PORTION = 5000
"""Rows in memory at a time."""


def not_dynamic(connection: Connection, *, gone_too: bool) -> Iterator[tuple[int, int, int]]:
    """Item, type and contract of what looked dynamic and of which ESI said that it is not; of an
    item that several contracts offer, the newest.
    """
    listed, item = tables_of(CONTRACTS).listed, tables_of(CONTRACTS).details["items"]
    there = [] if gone_too else [listed.c.gone_at.is_(None)]
    newest = func.max(item.c.contract_id)
    found = connection.execute(
        select(item.c.item_id, func.max(item.c.type_id), newest)
        .join(listed, listed.c.contract_id == item.c.contract_id)
        .join(ANSWERS, ANSWERS.c.parent == item.c.item_id)
        .where(
            ANSWERS.c.processor == DYNAMIC_ITEMS.name,
            ANSWERS.c.detail == DYNAMIC_ITEMS.details[0].name,
            ANSWERS.c.meaning == str(Meaning.NOT_FOUND),
            *there,
        )
        .group_by(item.c.item_id)
        .order_by(item.c.item_id),
        execution_options={"yield_per": PORTION},
    )
    yield from (tuple(row) for row in found)


def dynamic_items(connection: Connection, region_id: int) -> list[DynamicItem] | None:
    """The dynamic items that outstanding contracts of a region offer; of one that several do, the
    newest contract. None where no type is known to be dynamic: there is no static data.
    """
    types = static_table("types")
    abyssal = select(types.c.type_id).where(types.c.meta_group_id == ABYSSAL)
    if connection.execute(abyssal.limit(1)).first() is None:
        return None
    listed, item = tables_of(CONTRACTS).listed, tables_of(CONTRACTS).details["items"]
    found = connection.execute(
        select(item.c.item_id, item.c.contract_id, item.c.type_id)
        .join(listed, listed.c.contract_id == item.c.contract_id)
        .where(
            item.c.type_id.in_(abyssal),
            item.c.item_id.is_not(None),
            item.c.is_included,
            listed.c.region_id == region_id,
            listed.c.gone_at.is_(None),
        )
        .order_by(item.c.contract_id)
    )
    rows = (DynamicItem(item_id=one, contract_id=of, type_id=kind) for one, of, kind in found)
    return list({row.item_id: row for row in rows}.values())
