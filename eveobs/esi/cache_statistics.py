"""How well the cache works, by route and level, over all runs since it was made or cleared.

A small SQLite file beside the entries. What a run has counted is added to it now and then, each
time in one transaction: a process that is killed loses what it counted since the last time, and
nothing that it or another counted before.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from eveobs.esi.cache_file import changing, looking, one_kind_of_error
from eveobs.esi.cache_schema import check_objects
from eveobs.esi.disk import PATIENCE
from eveobs.files import private_folder

if TYPE_CHECKING:
    import sqlite3

FILE = "statistics.db"
MOST_HITS = 2000
"""Keys whose hits are remembered; beyond that, the half with fewer hits is forgotten."""
TABLES = {
    "about": "name TEXT PRIMARY KEY, value REAL",
    "counts": "route TEXT, tally TEXT, number INTEGER, PRIMARY KEY (route, tally)",
    "hits": "key TEXT PRIMARY KEY, number INTEGER",
}
OBJECTS = {name: f"CREATE TABLE {name} ({columns})" for name, columns in TABLES.items()} | {
    f"sqlite_autoindex_{name}_1": "" for name in TABLES
}
"""All that the database has: what else was planted there could run by itself."""


class Tally(StrEnum):
    """What is counted for a route. MEMORY and DISK: found there, fresh or not; ABSENT: nowhere."""

    MEMORY = "memory"
    DISK = "disk"
    ABSENT = "absent"
    FRESH = "fresh"
    REVALIDATED = "revalidated"
    MISSED = "missed"
    STORED = "stored"
    BYTES_SAVED = "bytes_saved"


class Saved(NamedTuple):
    """The counts as they are kept; `since` is in seconds since the epoch, None for no counts yet.

    `hits` are answers given without a new body, by key: nearly right for keys that are often used.
    """

    since: float | None
    counts: dict[str, dict[str, int]]
    hits: dict[str, int]


class Counted(NamedTuple):
    """What was counted and is not saved yet."""

    counts: dict[str, dict[str, int]]
    hits: dict[str, int]

    def save(self, folder: Path, *, patience: float = PATIENCE) -> None:
        """Add these counts to the folder's, safely beside other processes. Raises DiskError."""
        if not self.counts:
            return
        with one_kind_of_error():
            private_folder(folder)
        with changing(folder / FILE, patience=patience) as database:
            _add(database, self.counts, self.hits)


class CacheStatistics:
    """The counts of this run that are not saved yet. All of it is for one thread."""

    def __init__(self) -> None:
        self.counts: dict[str, dict[str, int]] = {}
        self._hits: dict[str, int] = {}
        self._kept: dict[str, dict[str, int]] = {}

    def __bool__(self) -> bool:
        return bool(self.counts)

    def count(self, route: str, tally: Tally, by: int = 1) -> None:
        """Add `by` to what is known of `route`."""
        of_route = self.counts.get(route)
        if of_route is None:
            of_route = self.counts[route] = {}
        of_route[tally] = of_route.get(tally, 0) + by

    def served(self, key: str) -> None:
        """The entry of `key` was of use once more."""
        self._hits[key] = self._hits.get(key, 0) + 1

    def take(self) -> Counted:
        """What was counted, to be saved from any thread; from now on it counts from nothing."""
        _gather(self._kept, self.counts)
        taken = Counted(self.counts, self._hits)
        self.counts, self._hits = {}, {}
        return taken

    def save(self, folder: Path) -> None:
        """Add these counts to the folder's, and count from nothing. Raises DiskError."""
        self.take().save(folder)

    def of_run(self) -> dict[str, dict[str, int]]:
        """All counts of this run, those that are in the folder by now too."""
        counts: dict[str, dict[str, int]] = {}
        _gather(counts, self._kept)
        _gather(counts, self.counts)
        return counts

    @staticmethod
    def load(folder: Path) -> Saved:
        """The counts of all runs. Raises DiskError where they cannot be read."""
        with one_kind_of_error():
            if not (folder / FILE).exists():
                return Saved(None, {}, {})
        with looking(folder / FILE) as database:
            check_objects(database, OBJECTS)
            if not database.execute("SELECT 1 FROM sqlite_master").fetchone():
                return Saved(None, {}, {})  # its maker was killed before the first transaction
            counts: dict[str, dict[str, int]] = {}
            for route, tally, number in database.execute("SELECT route, tally, number FROM counts"):
                counts.setdefault(route, {})[tally] = number
            since = database.execute("SELECT value FROM about WHERE name = 'since'").fetchone()
            return Saved(
                since and since[0], counts, dict(database.execute("SELECT key, number FROM hits"))
            )


def _gather(to: dict[str, dict[str, int]], some: Mapping[str, Mapping[str, int]]) -> None:
    for route, counts in some.items():
        of_route = to.setdefault(route, {})
        for tally, number in counts.items():
            of_route[str(tally)] = of_route.get(str(tally), 0) + number


def _add(
    database: sqlite3.Connection,
    counts: Mapping[str, Mapping[str, int]],
    hits: Mapping[str, int],
) -> None:
    check_objects(database, OBJECTS)
    for table, columns in TABLES.items():
        database.execute(f"CREATE TABLE IF NOT EXISTS {table} ({columns})")
    database.execute("INSERT OR IGNORE INTO about VALUES ('since', ?)", (time.time(),))
    database.executemany(
        "INSERT INTO counts VALUES (?, ?, ?) "
        "ON CONFLICT (route, tally) DO UPDATE SET number = number + excluded.number",
        _flat(counts),
    )
    database.executemany(
        "INSERT INTO hits VALUES (?, ?) "
        "ON CONFLICT (key) DO UPDATE SET number = number + excluded.number",
        hits.items(),
    )
    (known,) = database.execute("SELECT count(*) FROM hits").fetchone()
    if known > MOST_HITS:
        database.execute(
            "DELETE FROM hits WHERE key NOT IN (SELECT key FROM hits ORDER BY number DESC LIMIT ?)",
            (MOST_HITS // 2,),
        )


def _flat(counts: Mapping[str, Mapping[str, int]]) -> Iterator[tuple[str, str, int]]:
    for route, of_route in counts.items():
        for tally, number in of_route.items():
            yield route, str(tally), number
