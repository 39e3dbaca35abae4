"""The store as it stands, found out without making or changing it."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from collections.abc import Collection, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, Engine, inspect

from eveobs.store import static_tables
from eveobs.store.engine import connect, meaning, of_sqlite, told
from eveobs.store.glance import sqlite_path
from eveobs.store.migrate import REVISIONS, current
from eveobs.store.tables import (
    ANSWERS,
    CHANGES,
    METADATA,
    NAMES,
    OBSERVATIONS,
    REFUSALS,
)

MOMENT = 1.0
"""Seconds to wait for another process that writes."""
LATEST = REVISIONS[-1]
Parts = Mapping[str, tuple[Collection[str], Collection[str]]]
"""The columns and the indexes of each table."""
NEEDED = frozenset(table.name for table in (OBSERVATIONS, CHANGES, ANSWERS, NAMES, REFUSALS)) | {
    "contracts",
    "contract_items",
    "contract_bids",
}
"""Tables that the migrations make; others are made when they are first used."""
"""The version of the tables that this eveobs writes."""


@dataclass(frozen=True, slots=True)
class Standing:
    """`version` of its tables, None for none yet. `bytes` it takes and `free` on its disk are None
    for a server. `busy`: another process is writing. `missing`: tables, columns and indexes that
    this eveobs needs and that are not there, such as `column contracts.price`.
    """

    place: str
    version: str | None
    bytes: int | None = None
    free: int | None = None
    busy: bool = False
    missing: tuple[str, ...] = ()

    @property
    def is_newer(self) -> bool:
        """Whether a newer eveobs wrote it, so that this one leaves it alone."""
        return self.version is not None and self.version not in REVISIONS


def look(url: str) -> Standing:
    """The store at `url`. Raises ConfigError or StoreError where it is not to be had."""
    path = sqlite_path(url)
    if path is not None:
        return _file(path)
    engine = connect(url)
    try:
        with told(engine), engine.connect() as connection:
            version = current(connection)
            there = _of_server(connection)
            return Standing(
                engine.url.render_as_string(), version, missing=_missing(version, there)
            )
    finally:
        engine.dispose()


def static_loaded(url: str) -> static_tables.Loaded | None:
    """The static data that is loaded; None for none. Raises as `look`."""
    path = sqlite_path(url)
    if path is not None and not path.exists():
        return None
    engine = connect(url)
    try:
        return _loaded(engine)
    finally:
        engine.dispose()


def _loaded(engine: Engine) -> static_tables.Loaded | None:
    with told(engine), engine.connect() as connection:
        if not inspect(connection).has_table(static_tables.BUILDS.name):
            return None
        return static_tables.loaded(connection)


def _file(path: Path) -> Standing:
    try:
        free = shutil.disk_usage(_folder_of(path)).free
        if not path.exists():
            return Standing(str(path), None, 0, free)
        version, busy, there = _inside(path)
        missing = _missing(version, there)
        return Standing(str(path), version, _size(path), free, busy, missing)
    except OSError as error:
        raise meaning(str(path), f"unable to open database file: {error.strerror}") from error
    except sqlite3.Error as error:
        raise of_sqlite(str(path), error) from error


def _inside(path: Path) -> tuple[str | None, bool, Parts]:
    """The version, whether somebody is writing, and what there is."""
    address = f"file:{quote(str(path))}?mode=rw"
    with closing(
        sqlite3.connect(address, uri=True, timeout=MOMENT, isolation_level=None)
    ) as database:
        tables = "SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'"
        row = None
        if database.execute(tables).fetchone():
            row = database.execute("SELECT version_num FROM alembic_version").fetchone()
        version = None if row is None else str(row[0])
        there = _of_file(database)
        try:
            database.execute("BEGIN IMMEDIATE")
            database.execute("ROLLBACK")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            return version, True, there
        return version, False, there


def _of_file(database: sqlite3.Connection) -> Parts:
    names = [
        name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    ]
    return {
        name: (
            {row[0] for row in database.execute("SELECT name FROM pragma_table_info(?)", (name,))},
            {row[0] for row in database.execute("SELECT name FROM pragma_index_list(?)", (name,))},
        )
        for name in names
    }


def _of_server(connection: Connection) -> Parts:
    look = inspect(connection)
    return {
        name: (
            {column["name"] for column in look.get_columns(name)},
            {str(index["name"]) for index in look.get_indexes(name)},
        )
        for name in look.get_table_names()
    }


def _missing(version: str | None, there: Parts) -> tuple[str, ...]:
    """What this eveobs needs and is not there.

    An older store is upgraded first, a newer one left alone. A table that other packages or later
    commands make is not missed; a table that is there must be whole.
    """
    if version != LATEST:
        ours = {table.name for table in METADATA.tables.values()} & {*there}
        return ("table alembic_version",) if version is None and ours else ()
    found = [f"table {name}" for name in sorted(NEEDED) if name not in there]
    for table in METADATA.sorted_tables:
        if table.name in there:
            columns, indexes = there[table.name]
            found += [f"column {table.name}.{c.name}" for c in table.c if c.name not in columns]
            found += sorted(f"index {i.name}" for i in table.indexes if str(i.name) not in indexes)
    return tuple(found)


def _folder_of(path: Path) -> Path:
    """The nearest folder above `path` that is there. Raises OSError for a file in its place."""
    nearest = next(one for one in path.absolute().parents if one.exists())
    if not nearest.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(nearest))
    return nearest


def _size(path: Path) -> int:
    return sum(
        file.stat().st_size for file in (path, path.with_name(f"{path.name}-wal")) if file.is_file()
    )
