"""The cache's folder as a whole: what is in it, put right and cleared. Runs use `ResponseCache`.

The tables are those of diskcache 5.6: a row of `Cache` is an entry, large ones are a file each,
triggers keep their number and size in `Settings`. A row is deleted before its file, so what a kill
in between leaves is a file without a row, which `check` finds.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from eveobs.esi import cache_statistics
from eveobs.esi.cache import Entry, unpack
from eveobs.esi.cache_file import changing, looking, one_kind_of_error, remove
from eveobs.esi.cache_schema import check_cache, content
from eveobs.esi.decompress import DecompressError
from eveobs.esi.disk import PATIENCE, DamagedError, DiskError
from eveobs.esi.entry_files import MAX_SIZE, EntryFiles

if TYPE_CHECKING:
    import sqlite3

FILE = "cache.db"
ENTRIES = (
    "SELECT rowid, key, raw, store_time, expire_time, size, mode, filename, "
    "CASE WHEN length(value) <= ? THEN value END FROM Cache"
)
"""What is larger than any entry is not read at all."""
NO_ROOM = ("full", "disk I/O error")
UNDER_WAY = 600.0
"""Seconds for which a file without a row may be one that is being written."""


class View(NamedTuple):
    """What an entry answers: an address as it was asked, for whom it is the same."""

    url: str
    tenant: str = ""
    language: str = ""
    compatibility_date: str = ""
    character_id: int | None = None
    scope: str = ""

    @classmethod
    def of(cls, key: str) -> View:
        """The view that `key` stands for; a key that is not one of ours is all address."""
        parts = key.split("|")
        if len(parts) not in {4, 6}:
            return cls(key)
        tenant, language, date, url, *private = parts
        if not private:
            return cls(url, tenant, language, date)
        whose, scope = private
        return cls(url, tenant, language, date, int(whose) if whose.isdecimal() else None, scope)


class Kept(NamedTuple):
    """One row. `bytes` as kept; `until` when it is forgotten; `damage` says why there is no entry.

    Times are seconds since the epoch.
    """

    row: int
    key: str
    bytes: int
    stored: float
    until: float | None
    entry: Entry | None
    damage: str = ""

    @property
    def view(self) -> View:
        """What it answers."""
        return View.of(self.key)


@dataclass(slots=True)
class Findings:
    """What `check` found. `structure`: SQLite's own words for a database that is broken."""

    entries: int = 0
    bytes: int = 0
    damaged: tuple[Kept, ...] = ()
    strays: tuple[Path, ...] = ()
    structure: str = ""
    statistics: str = ""

    def __bool__(self) -> bool:
        return bool(self.damaged or self.strays or self.structure or self.statistics)


class CacheFolder:
    """The cache in `folder`, which need not exist. Every method raises DiskError, or DamagedError
    where the database is none; nothing but `forget`, `repair` and `clear` changes anything.
    """

    def __init__(self, folder: Path, *, patience: float = PATIENCE) -> None:
        self.folder = folder
        self._file = folder / FILE
        self._files = EntryFiles(folder)
        self._patience = patience

    def is_there(self) -> bool:
        """Whether anything was ever kept here."""
        with one_kind_of_error():
            if self.folder.exists() and not self.folder.is_dir():
                raise DiskError("it is not a folder")
            return self._file.exists()

    def entries(self) -> Iterator[Kept]:
        """All there is, one at a time."""
        if not self.is_there():
            return
        with looking(self._file, patience=self._patience) as database:
            check_cache(database)
            for row in database.execute(ENTRIES, (MAX_SIZE,)):
                yield self._kept(row)

    def size(self) -> int:
        """Bytes on disk, of everything in the folder."""
        with one_kind_of_error():
            files = self.folder.rglob("*") if self.folder.is_dir() else ()
            return sum(_length(file) for file in files)

    def check(self) -> Findings:
        """Read everything there is, and say what of it is damaged."""
        found = Findings(strays=self._strays() if self.is_there() else ())
        try:
            found.structure = self._structure()
            for kept in self.entries() if not found.structure else ():
                found.entries += 1
                found.bytes += kept.bytes
                if why := kept.damage or _unreadable(kept):
                    found.damaged += (kept._replace(entry=None, damage=why),)
        except DamagedError as error:
            found.structure = str(error)
        try:
            cache_statistics.CacheStatistics.load(self.folder)
        except DamagedError as error:
            found.statistics = str(error)
        return found

    def repair(self, found: Findings) -> None:
        """Drop what `check` found: damaged entries, or all of a database that is broken."""
        if found.structure:
            self._remove_entries()
        else:
            self.forget(kept.row for kept in found.damaged)
        with one_kind_of_error():
            for file in found.strays:
                self._files.remove(file.relative_to(self.folder).as_posix())
        if found.statistics:
            remove(self.folder / cache_statistics.FILE)

    def forget(self, rows: Iterable[int]) -> int:
        """Delete these rows, all or none; how many there were."""
        wanted = list(rows)
        if not wanted or not self.is_there():
            return 0
        files: list[str] = []
        number = 0
        with changing(self._file, patience=self._patience) as database:
            check_cache(database)
            for row in wanted:
                files += _file_of(database, row)
                number += database.execute("DELETE FROM Cache WHERE rowid = ?", (row,)).rowcount
        self._remove(files)
        return number

    def clear(self) -> int:
        """Forget all entries and counts, also of a cache that is damaged; how many there were.

        Where even deleting rows needs more room than the disk has, the files go as they are.
        """
        if not self.is_there():
            remove(self.folder / cache_statistics.FILE)
            return 0
        number = 0
        try:
            number = self._number()
            with changing(self._file, patience=self._patience) as database:
                number = database.execute("DELETE FROM Cache").rowcount
        except DamagedError:
            self._remove_entries()
        except DiskError as error:
            if not any(sign in str(error) for sign in NO_ROOM):
                raise
            self._remove_entries()
        self._remove([name for name, _ in self._files.names()])
        remove(self.folder / cache_statistics.FILE)
        return number

    def _number(self) -> int:
        with looking(self._file, patience=self._patience) as database:
            check_cache(database)
            return _int(database.execute("SELECT count(*) FROM Cache").fetchone()[0])

    def is_sound(self) -> bool:
        """Whether the database is whole, without reading what the entries hold."""
        return not self.is_there() or not self._structure()

    # -- one row ----------------------------------------------------------------------------------

    def _kept(self, row: tuple[object, ...]) -> Kept:
        number, key, raw, stored, until, size, mode, file, value = row
        text = key if isinstance(key, str) else repr(key)[:80]
        kept = Kept(_int(number), text, _int(size), _time(stored), _maybe(until), None)
        if raw != 1 or not isinstance(key, str):
            return kept._replace(damage="its key is not plain text")
        try:
            data = content(self._files, mode, file, value)
            return kept._replace(bytes=len(data), entry=unpack(data))
        except FileNotFoundError:
            return kept._replace(damage="its file is gone")
        except OSError as error:
            return kept._replace(damage=f"its file cannot be read: {error.strerror}")
        except (ValueError, msgspec.DecodeError) as error:
            return kept._replace(damage=str(error))

    # -- all of it --------------------------------------------------------------------------------

    def _structure(self) -> str:
        if not self._file.exists():
            return ""
        try:
            with looking(self._file, patience=self._patience) as database:
                check_cache(database)
                (words,) = database.execute("PRAGMA quick_check(1)").fetchone()
        except DamagedError as error:
            return str(error)
        return "" if words == "ok" else " ".join(str(words).split())

    def _strays(self) -> tuple[Path, ...]:
        """Files that belong to no entry; not those that another process may be writing."""
        try:
            with looking(self._file, patience=self._patience) as database:
                rows = database.execute("SELECT filename FROM Cache WHERE filename IS NOT NULL")
                known = {name for (name,) in rows}
        except DamagedError:
            known = set()
        before = time.time() - UNDER_WAY
        with one_kind_of_error():
            return tuple(
                self._files.path(name)
                for name, found in self._files.names()
                if name not in known and found.st_mtime < before
            )

    def _remove_entries(self) -> None:
        remove(self._file)
        self._remove([name for name, _ in self._files.names()])

    def _remove(self, names: Iterable[str]) -> None:
        """Delete those of these files that the cache made; others are not touched."""
        with one_kind_of_error():
            for name in names:
                self._files.remove(name)


def _unreadable(kept: Kept) -> str:
    """Why the body of an entry is none; "" for one that is whole."""
    assert kept.entry is not None  # noqa: S101 - one without an entry has its damage already
    try:
        msgspec.json.decode(kept.entry.text(), type=msgspec.Raw)
    except (DecompressError, msgspec.DecodeError, RecursionError) as error:
        return f"its body is damaged: {error}"
    return ""


def _file_of(database: sqlite3.Connection, row: int) -> list[str]:
    found = database.execute("SELECT filename FROM Cache WHERE rowid = ?", (row,)).fetchone()
    return [found[0]] if found and isinstance(found[0], str) else []


def _length(file: Path) -> int:
    """Bytes of a file; none of one that has just been removed."""
    try:
        return file.stat().st_size if file.is_file() else 0
    except FileNotFoundError:
        return 0


def _int(value: object) -> int:
    return value if isinstance(value, int) else 0


def _time(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _maybe(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
