"""Rows that are what their list shows now: replaced by its next reading, deleted when they left it.

They are read as a stream and written in portions, so that the 400,000 orders of a region need the
memory of one portion; which of them were seen is kept in the rows themselves.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property, partial
from itertools import islice
from typing import Any

from msgspec.structs import astuple
from sqlalchemy import ColumnElement, Connection, Table, case, delete, func, select

from eveobs.records.schema import Record, Schema
from eveobs.store.bulk import Conflict, Row, add_rows
from eveobs.store.chunks import CHUNK
from eveobs.store.life_cycle import row_hash
from eveobs.store.tables import tables_of

BORN = ("first_seen", "first_observation")
SEEN = ("last_seen", "last_observation")
TOLD = ("changed_at", "changed_observation")


@dataclass(frozen=True)
class Reading:
    """Whose list was read, the moment its rows are of, and the observation that read them."""

    schema: Schema
    subject_id: int
    seen_at: datetime
    number: int

    @property
    def table(self) -> Table:
        """Where they are kept."""
        return tables_of(self.schema).listed

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The columns that are written."""
        seen = (name for both in zip(BORN, SEEN, strict=True) for name in both)
        of_store = (self.schema.subject_field, *seen, "row_hash")
        return (*self.schema.record.__struct_fields__, *of_store)

    def row(self, record: Record) -> Row:
        """Its values, in the order of `names`."""
        at, by = self.seen_at, self.number
        return (*astuple(record), self.subject_id, at, at, by, by, row_hash(record))


def put(connection: Connection, reading: Reading, records: Iterable[Record]) -> tuple[int, int]:
    """Write `records`; returns how many were new and how many are told otherwise than before.

    A row that is already known of a later moment stays as it is.
    """
    left = iter(records)
    renew = _renewing(reading.table, reading.names, reading.schema.key)
    while some := [reading.row(record) for record in islice(left, CHUNK)]:
        add_rows(connection, reading.table, reading.names, some, renew)
    table = reading.table.c
    new = _count(connection, reading, table.first_observation == reading.number)
    return new, _count(connection, reading, table.changed_observation == reading.number)


def drop_unseen(connection: Connection, reading: Reading) -> int:
    """Delete what the whole list did not show; returns how many there were."""
    table = reading.table
    result = connection.execute(
        delete(table).where(
            table.c[reading.schema.subject_field] == reading.subject_id,
            table.c.last_observation != reading.number,
            table.c.last_seen <= reading.seen_at,
        )
    )
    return result.rowcount


def _count(connection: Connection, reading: Reading, condition: ColumnElement[bool]) -> int:
    table = reading.table
    whose = table.c[reading.schema.subject_field] == reading.subject_id
    counted = select(func.count()).select_from(table).where(whose, condition)
    return int(connection.execute(counted).scalar_one())


@cache
def _renewing(table: Table, names: tuple[str, ...], key: str) -> Conflict:
    """What becomes of a row that is there already; the same object for the same table, so that the
    statement is prepared once.
    """
    return partial(_renewed, table, names, key)


def _renewed(table: Table, names: tuple[str, ...], key: str, statement: Any) -> Any:
    new = statement.excluded
    differs = table.c.row_hash != new.row_hash
    told = {
        there: case((differs, new[seen]), else_=table.c[there])
        for there, seen in zip(TOLD, SEEN, strict=True)
    }
    written = {name: new[name] for name in names if name not in (key, *BORN)}
    return statement.on_conflict_do_update(
        index_elements=[key], set_=written | told, where=table.c.last_seen <= new.last_seen
    )
