"""What is stored of public contracts, as an archive in EVE Ref's layout."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from eveobs.archives import layout
from eveobs.archives.writing import Writer
from eveobs.records.contracts import BIDS, CONTRACTS, ITEMS
from eveobs.records.dynamic_items import ATTRIBUTES, DYNAMIC_ITEMS, EFFECTS, ORIGINS
from eveobs.store.handing_out import Part

if TYPE_CHECKING:
    from eveobs.store.store import Store

PARTS = {
    layout.CONTRACTS: Part(
        CONTRACTS, at="start_location_id", stations_below=layout.FIRST_STRUCTURE
    ),
    layout.ITEMS: Part(CONTRACTS, ITEMS),
    layout.BIDS: Part(CONTRACTS, BIDS),
    layout.DYNAMIC_ITEMS: Part(DYNAMIC_ITEMS, ORIGINS, within=CONTRACTS),
    layout.NON_DYNAMIC_ITEMS: Part(DYNAMIC_ITEMS, within=CONTRACTS, not_found=True),
    layout.DOGMA_ATTRIBUTES: Part(DYNAMIC_ITEMS, ATTRIBUTES, within=CONTRACTS),
    layout.DOGMA_EFFECTS: Part(DYNAMIC_ITEMS, EFFECTS, within=CONTRACTS),
}
"""What is stored of each table."""


def write_archive(
    store: Store, out: BinaryIO, *, folder: Path, gone_too: bool, now: datetime
) -> int:
    """Write the contracts that are outstanding to `out`, or all; returns how many they are.

    `folder` has room for one unpacked table.

    The last modification of a row is that of the answer it came in, as far as that is kept: of
    bids, and of what was stored before it was, it is when the contract was last seen or its items
    were asked for.
    """
    start, end = store.span_listed(CONTRACTS, gone_too=gone_too)
    number = {}
    with Writer.open(out, end or now, folder=folder) as archive:
        archive.meta(start or now, end or now)
        for table in layout.TABLES:
            part = PARTS[table]
            names = _stored(table)
            rows = store.plain_rows(part, names, gone_too=gone_too)
            number[table] = archive.table(table, rows)
    return number[layout.CONTRACTS]


def _stored(table: layout.Table) -> tuple[str, ...]:
    """The columns of a table by the store's names."""
    modified = layout.MODIFIED.name
    return tuple("last_seen" if name == modified else name for name in table.names)
