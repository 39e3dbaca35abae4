"""The store as it stands, found out without making or changing it."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Engine, inspect

from eveobs.store import static_tables
from eveobs.store.engine import connect, meaning, of_sqlite, told
from eveobs.store.glance import sqlite_path
from eveobs.store.migrate import REVISIONS, current

MOMENT = 1.0
"""Seconds to wait for another process that writes."""
LATEST = REVISIONS[-1]
"""The version of the tables that this eveobs writes."""


@dataclass(frozen=True, slots=True)
class Standing:
    """`version` of its tables, None for none yet. `bytes` it takes and `free` on its disk are None
    for a server. `busy`: another process is writing.
    """

    place: str
    version: str | None
    bytes: int | None = None
    free: int | None = None
    busy: bool = False

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
            return Standing(engine.url.render_as_string(), current(connection))
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
        version, busy = _inside(path)
        return Standing(str(path), version, _size(path), free, busy)
    except OSError as error:
        raise meaning(str(path), f"unable to open database file: {error.strerror}") from error
    except sqlite3.Error as error:
        raise of_sqlite(str(path), error) from error


def _inside(path: Path) -> tuple[str | None, bool]:
    """The version, and whether somebody is writing."""
    address = f"file:{quote(str(path))}?mode=rw"
    with closing(
        sqlite3.connect(address, uri=True, timeout=MOMENT, isolation_level=None)
    ) as database:
        tables = "SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'"
        row = None
        if database.execute(tables).fetchone():
            row = database.execute("SELECT version_num FROM alembic_version").fetchone()
        version = None if row is None else str(row[0])
        try:
            database.execute("BEGIN IMMEDIATE")
            database.execute("ROLLBACK")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            return version, True
        return version, False


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
