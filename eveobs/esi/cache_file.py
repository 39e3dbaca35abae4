"""The SQLite files in the cache's folder, opened without diskcache: to be looked at, or put right.

Looking changes nothing and makes nothing, and works in a folder that may not be written to.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from eveobs.esi.cache_schema import ForeignError
from eveobs.esi.disk import PATIENCE, DamagedError, DiskError
from eveobs.files import private_database

CANNOT_LOOK = ("unable to open database file", "readonly database", "disk I/O error")
"""What SQLite says where it would have to make a file beside the database only to read it."""
DAMAGED = ("not a database", "malformed", "no such table", "no such column", "unexpected")
BESIDE = ("", "-wal", "-shm", "-journal")
"""What a database consists of, appended to its name."""


@contextmanager
def looking(file: Path, *, patience: float = PATIENCE) -> Iterator[sqlite3.Connection]:
    """Read `file` as it is at one moment. Raises DamagedError or DiskError."""
    with one_kind_of_error(), closing(_open_to_look(file, patience)) as database:
        database.execute("BEGIN")
        yield database


@contextmanager
def changing(file: Path, *, patience: float = PATIENCE) -> Iterator[sqlite3.Connection]:
    """One transaction on `file`, which is made where it is missing, but not its folder.

    Raises DamagedError or DiskError, and then nothing was changed.
    """
    with one_kind_of_error():
        if not file.exists():
            private_database(file)
    with one_kind_of_error(), closing(_connect(file, "rwc", patience)) as database, database:
        database.execute("PRAGMA synchronous=OFF")  # what a crash of the machine costs is speed
        database.execute("BEGIN IMMEDIATE")
        yield database


def remove(file: Path) -> None:
    """Delete the database `file`; whoever has it open goes on with what is no longer there."""
    with one_kind_of_error():
        for ending in BESIDE:
            file.with_name(file.name + ending).unlink(missing_ok=True)


def _open_to_look(file: Path, patience: float) -> sqlite3.Connection:
    database = _connect(file, "ro", patience)
    try:
        database.execute("SELECT 1 FROM sqlite_master").fetchone()
    except sqlite3.OperationalError as error:
        database.close()
        if not any(sign in str(error) for sign in CANNOT_LOOK) or _has_more(file):
            raise
        return _connect(file, "ro&immutable=1", patience)
    except sqlite3.Error:
        database.close()
        raise
    return database


def _has_more(file: Path) -> bool:
    """Whether something was written that is not in the database itself yet."""
    log = file.with_name(file.name + "-wal")
    return log.exists() and log.stat().st_size > 0


def _connect(file: Path, mode: str, patience: float) -> sqlite3.Connection:
    address = f"file:{quote(str(file))}?mode={mode}"
    return sqlite3.connect(address, uri=True, timeout=patience, isolation_level=None)


@contextmanager
def one_kind_of_error() -> Iterator[None]:
    """DamagedError for what is no cache any more, DiskError for a place that does not allow it."""
    try:
        yield
    except ForeignError as error:
        raise DiskError(f"it belongs to another program ({error})") from error
    except (OSError, sqlite3.Error) as error:
        words = str(error)
        if "locked" in words:
            raise DiskError("another process holds it") from error
        kind = DamagedError if any(sign in words for sign in DAMAGED) else DiskError
        raise kind(words) from error
