"""What is stored of public contracts, as an archive in EVE Ref's layout."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from eveobs.archives import layout
from eveobs.archives.writing import Writer
from eveobs.records.contracts import BIDS, CONTRACTS, ITEMS

if TYPE_CHECKING:
    from eveobs.store.store import Store

DETAILS = ((layout.ITEMS, ITEMS), (layout.BIDS, BIDS))


def write_archive(store: Store, path: Path, *, gone_too: bool, now: datetime) -> int:
    """Write the contracts that are outstanding to `path`, or all; returns how many they are.

    What a row calls its last modification is when it was last seen.
    """
    start, end = store.span_listed(CONTRACTS, gone_too=gone_too)
    with Writer.open(path, end or now) as archive:
        archive.meta(start or now, end or now)
        names = _stored(layout.CONTRACTS)
        rows = store.plain_listed(CONTRACTS, names, "start_location_id", gone_too=gone_too)
        number = archive.table(layout.CONTRACTS, rows)
        for table, detail in DETAILS:
            hanging = store.plain_hanging(CONTRACTS, detail, _stored(table), gone_too=gone_too)
            archive.table(table, hanging)
        for table in layout.TABLES[1 + len(DETAILS) :]:
            archive.table(table, ())
    return number


def _stored(table: layout.Table) -> tuple[str, ...]:
    """The columns of a table by the store's names."""
    modified = layout.MODIFIED.name
    return tuple("last_seen" if name == modified else name for name in table.names)
