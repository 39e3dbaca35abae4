"""An SQLite file with one table."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

from eveobs.store.columns import Field, Holds, Portion

AFFINITIES = {
    Holds.INTEGER: "INTEGER",
    Holds.NUMBER: "REAL",
    Holds.FLAG: "BOOLEAN",
    Holds.TIME: "TEXT",
    Holds.TEXT: "TEXT",
}


def write_database(
    part: Path, table: str, fields: Sequence[Field], portions: Iterable[Portion]
) -> int:
    """A table of that name; moments are text in UTC, flags 0 and 1. Returns how many rows.

    Raises OSError.
    """
    try:
        with closing(sqlite3.connect(part)) as database, database:
            database.execute("PRAGMA journal_mode=OFF")
            return _fill(database, table, fields, portions)
    except sqlite3.Error as error:
        raise OSError(0, str(error)) from error


def _fill(
    database: sqlite3.Connection, table: str, fields: Sequence[Field], portions: Iterable[Portion]
) -> int:
    columns = ", ".join(f'"{one.name}" {AFFINITIES[one.holds]}' for one in fields)
    marks = ", ".join("?" * len(fields))
    count = 0
    database.execute(f'CREATE TABLE "{table}" ({columns})')
    insert = f'INSERT INTO "{table}" VALUES ({marks})'  # noqa: S608 - names of our own schemas
    for some in portions:
        database.executemany(insert, zip(*some, strict=True))
        count += len(some[0])
    return count
