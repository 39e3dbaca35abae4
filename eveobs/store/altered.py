"""Values that eveobs cannot have written: found after a failure, to name the row that caused it.

SQLite keeps whatever it is given in any column, so a store that was edited by hand can hold text
where a number belongs. PostgreSQL checks types by itself.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import quote

from sqlalchemy import Boolean, Column, Double, Integer, Table

from eveobs.store.glance import sqlite_path
from eveobs.store.tables import CHANGES, METADATA, UtcTime

TIMEOUT = 20.0
"""Seconds to look for one: half a million rows take less than one."""
STEPS = 100_000
MAX_SHOWN = 60
TIME = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]Z"
LARGEST_DOUBLE = "1.7976931348623157e308"


@dataclass(frozen=True, slots=True)
class Altered:
    """A value, and where it is."""

    table: str
    key: str
    column: str
    value: str
    expected: str

    def __str__(self) -> str:
        return f"{self.table}.{self.column} where {self.key} is {self.value}, not {self.expected}"


def first_altered(url: str) -> Altered | None:
    """The first value that does not fit its column, of the tables that this process knows; None for
    none, and for a store that is no SQLite file. Raises sqlite3.Error, also when time is up.
    """
    path = sqlite_path(url)
    if path is None:
        return None
    ends = time.monotonic() + TIMEOUT
    with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as database:
        database.text_factory = lambda raw: raw.decode("utf-8", "replace")
        database.set_progress_handler(lambda: time.monotonic() > ends, STEPS)
        there = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
        found = (_first(database, table) for table in METADATA.sorted_tables if table.name in there)
        return next((one for one in found if one is not None), None)


def _first(database: sqlite3.Connection, table: Table) -> Altered | None:
    there = {row[1] for row in database.execute(f'PRAGMA table_info("{table.name}")')}
    checks = {
        column.name: check
        for column in table.columns
        if column.name in there and (check := _check(column))
    }
    wrong = " OR ".join(f"({condition})" for condition, _ in checks.values())
    keys = [column.name for column in table.primary_key if column.name in there]
    if not checks:
        return None
    shown = ", ".join(
        f"substr(quote({_quoted(name)}), 1, {MAX_SHOWN})" for name in (*keys, *checks)
    )
    flags = ", ".join(f"coalesce({condition}, 0)" for condition, _ in checks.values())
    # Every identifier is one of this module's tables, none is typed by anybody.
    row = database.execute(
        f"SELECT {shown}, {flags} FROM {_quoted(table.name)} WHERE {wrong} LIMIT 1"  # noqa: S608
    ).fetchone()
    if row is None:
        return None
    number = next(i for i, _ in enumerate(checks) if row[len(keys) + len(checks) + i])
    column = [*checks][number]
    key = " and ".join(f"{name} is {value}" for name, value in zip(keys, row, strict=False))
    return Altered(table.name, key, column, row[len(keys) + number], checks[column][1])


def _check(column: Column[object]) -> tuple[str, str] | None:
    """The SQL condition of a value that does not fit, and what would."""
    name = _quoted(column.name)
    parts = [*_conditions(name, column)]
    if not parts:
        return None
    wrong = " OR ".join(condition for condition, _ in parts)
    empty = f"{name} IS NOT NULL AND ({wrong})" if column.nullable else f"{name} IS NULL OR {wrong}"
    return empty, parts[0][1]


def _conditions(name: str, column: Column[object]) -> Iterator[tuple[str, str]]:
    if isinstance(column.type, Boolean):
        yield f"typeof({name}) <> 'integer' OR {name} NOT IN (0, 1)", "a flag (0 or 1)"
    elif isinstance(column.type, Integer):
        yield f"typeof({name}) <> 'integer'", "a whole number"
    elif isinstance(column.type, Double):
        real = f"typeof({name}) NOT IN ('real', 'integer') OR abs({name}) > {LARGEST_DOUBLE}"
        yield real, "a number"
    elif isinstance(column.type, UtcTime):
        wrong = f"typeof({name}) <> 'text' OR {name} NOT GLOB '{TIME}'"
        wrong += f" OR datetime({name}) IS NULL OR {name} < '0001'"
        yield wrong, "a time like 2026-09-23T08:11:31Z"
    elif column.table is CHANGES and column.name in {"old", "new"}:
        yield f"typeof({name}) <> 'text' OR NOT json_valid({name})", "JSON"
    else:
        yield f"typeof({name}) <> 'text'", "text"


def _quoted(name: str) -> str:
    return f'"{name}"'
