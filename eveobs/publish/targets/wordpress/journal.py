"""What is remembered of a site that keeps no index itself, and what was under way when it ended.

An SQLite file a site. It is a memory, not the truth: lost or damaged, the site itself is read.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import IO

from eveobs.errors import EveobsError
from eveobs.files import open_lock, private_database, private_folder, try_lock
from eveobs.publish.document import Key
from eveobs.publish.target import Published, State
from eveobs.publish.targets.wordpress import wording

_TABLES = """
PRAGMA journal_mode = WAL;
CREATE TABLE IF NOT EXISTS document (
    kind TEXT, external_id TEXT, post_id TEXT NOT NULL, hash TEXT NOT NULL, digests TEXT NOT NULL,
    state TEXT NOT NULL, PRIMARY KEY (kind, external_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS under_way (
    kind TEXT, external_id TEXT, PRIMARY KEY (kind, external_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""
_PUT = "INSERT OR REPLACE INTO document VALUES (?, ?, ?, ?, ?, ?)"


class Journal:
    """The memory of `site` in `folder`; `warn` hears of one that had to be given up.

    Raises EveobsError while another publish to that site is under way.
    """

    def __init__(self, folder: Path, site: str, warn: Callable[[str], None]) -> None:
        self._path = folder / f"{sha256(site.encode()).hexdigest()[:16]}.sqlite3"
        self._site, self._warn = site, warn
        self._lock: IO[bytes] | None = None
        try:
            self._hold(folder)
        except OSError as error:
            self._give_up(str(error.strerror or error))
            return
        try:
            self._database = self._opened()
        except sqlite3.DatabaseError:
            warn(f"what was remembered of {site} is damaged; the site is read instead")
            self._anew()

    def known(self, only: State | None = None) -> dict[Key, Published]:
        """All documents that the site is remembered to hold, or those in one state."""
        rows = self._database.execute(
            "SELECT kind, external_id, post_id, hash, digests, state FROM document "
            "WHERE ?1 IS NULL OR state = ?1",
            (only and only.value,),
        )
        return {
            Key(kind, external_id): Published(
                post_id, digest, State(state), wording.unpack(packed)
            )
            for kind, external_id, post_id, digest, packed, state in rows
        }  # fmt: skip

    def replace(self, known: Mapping[Key, Published]) -> None:
        """Remember just `known`: the site was read."""
        with self._database:
            self._database.execute("DELETE FROM document")
            self._database.execute("DELETE FROM under_way")
            self._database.executemany(_PUT, _rows(known))

    def begin(self, keys: Iterable[Key]) -> None:
        """These are about to be sent."""
        with self._database:
            self._database.executemany("INSERT OR REPLACE INTO under_way VALUES (?, ?)", keys)

    def end(self, known: Mapping[Key, Published], missing: Sequence[Key] = ()) -> None:
        """What became of what was sent: `known` is there, `missing` is not."""
        with self._database:
            self._database.executemany(_PUT, _rows(known))
            for table in ("document", "under_way") if missing else ():
                self._forget(table, missing)
            self._forget("under_way", known)

    def under_way(self) -> list[Key]:
        """What an earlier run sent without learning what became of it."""
        rows = self._database.execute("SELECT kind, external_id FROM under_way")
        return [Key(*row) for row in rows]

    def fact(self, name: str) -> str:
        """What was noted under `name`, "" for nothing."""
        row = self._database.execute("SELECT value FROM fact WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else ""

    def note(self, name: str, value: str) -> None:
        """Note a fact."""
        with self._database:
            self._database.execute("INSERT OR REPLACE INTO fact VALUES (?, ?)", (name, value))

    def close(self) -> None:
        """Let another publish have it."""
        self._database.close()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _forget(self, table: str, keys: Iterable[Key]) -> None:
        statement = f"DELETE FROM {table} WHERE kind = ? AND external_id = ?"  # noqa: S608 - ours
        self._database.executemany(statement, [tuple(key) for key in keys])

    def _hold(self, folder: Path) -> None:
        private_folder(folder)
        lock = open_lock(self._path.with_suffix(".lock"))
        if not try_lock(lock):
            lock.close()
            raise EveobsError(
                f"another publish to {self._site} is under way", hint="Wait until it is done."
            )
        self._lock = lock

    def _opened(self) -> sqlite3.Connection:
        private_database(self._path)
        database = sqlite3.connect(self._path)
        database.executescript(_TABLES)
        (state,) = database.execute("PRAGMA quick_check(1)").fetchone()
        if state != "ok":
            raise sqlite3.DatabaseError(state)
        return database

    def _anew(self) -> None:
        for ending in ("", "-wal", "-shm"):
            with suppress(OSError):
                self._path.with_name(self._path.name + ending).unlink()
        try:
            self._database = self._opened()
        except sqlite3.Error as error:
            self._give_up(str(error))

    def _give_up(self, reason: str) -> None:
        self._warn(f"nothing can be remembered of {self._site}: {reason}")
        self._database = sqlite3.connect(":memory:")
        self._database.executescript(_TABLES)


def _rows(known: Mapping[Key, Published]) -> Iterable[tuple[str, ...]]:
    for key, one in known.items():
        packed = wording.pack(one.digests) if one.digests else ""
        yield (*key, one.post_id, one.hash, packed, one.state.value)
