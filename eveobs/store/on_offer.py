"""Items on offer that are dynamic by their type."""

from __future__ import annotations

from sqlalchemy import Connection, select

from eveobs.records.contracts import CONTRACTS
from eveobs.records.dynamic_items import ABYSSAL, DynamicItem
from eveobs.store.static_tables import static_table
from eveobs.store.tables import tables_of


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
