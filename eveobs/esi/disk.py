"""The cache's folder: diskcache holding bytes, with one kind of error for all that can go wrong."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Self

from eveobs.esi.cache_schema import ForeignError, check_cache
from eveobs.esi.entry_files import RefusedEntryError
from eveobs.files import private_database

FILE_FROM = 1024 * 1024
"""Bytes from which an entry is a file of its own instead of a row."""
PATIENCE = 5.0
"""Seconds to wait for another process that writes, which takes milliseconds."""


class DiskError(Exception):
    """The folder cannot be used: not a cache, read-only, full, locked or damaged."""


class DamagedError(DiskError):
    """What is there is no cache, or not any more."""


class DiskLevel:
    """Bytes by text key, in a folder shared by processes. Each method raises DiskError."""

    def __init__(
        self, folder: Path, *, size_limit: int = 64 * FILE_FROM, patience: float = PATIENCE
    ) -> None:
        with _one_kind_of_error():
            import diskcache

            from eveobs.esi.bytes_disk import BytesCache, BytesDisk

            private_database(folder / diskcache.core.DBNAME)
            try:
                _look_at(folder / diskcache.core.DBNAME, patience)
                self._cache = BytesCache(
                    str(folder),
                    disk=BytesDisk,
                    disk_min_file_size=FILE_FROM,
                    eviction_policy="least-recently-stored",
                    size_limit=size_limit,
                    timeout=patience,
                )
            except (ForeignError, TypeError, ValueError, AttributeError) as error:
                raise DiskError("it belongs to another program") from error

    def get(self, key: str) -> bytes | None:
        """The bytes of `key`. Raises ValueError for an entry that is not bytes, and
        RefusedEntryError (a ValueError) for one that the cache would not have made.
        """
        with _one_kind_of_error():
            try:
                data: bytes | None = self._cache.get(key)
            except sqlite3.DataError as error:  # beyond SQLITE_LIMIT_LENGTH
                raise RefusedEntryError("it is larger than any entry") from error
            return data

    @property
    def refused(self) -> int:
        """How many files were named by rows that were dropped, and not touched."""
        return int(self._cache.disk.refused)

    def set_many(self, entries: Iterable[tuple[str, bytes, float | None]]) -> None:
        """Keep each (key, bytes, seconds to keep them or None for ever), in one transaction."""
        with self.transaction():
            for key, data, keep in entries:
                self._cache.set(key, data, expire=keep)

    def delete(self, key: str) -> None:
        """Forget `key`."""
        with _one_kind_of_error():
            self._cache.delete(key)

    def clear(self) -> int:
        """Forget everything; the number of entries there were."""
        with _one_kind_of_error():
            return int(self._cache.clear())

    def size(self) -> tuple[int, int]:
        """Number of entries, and bytes on disk."""
        with _one_kind_of_error():
            return len(self._cache), int(self._cache.volume())

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """What is done inside becomes visible at once, or not at all."""
        with _one_kind_of_error(), self._cache.transact():
            yield

    def close(self) -> None:
        """Let go of the folder."""
        with _one_kind_of_error():
            self._cache.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _look_at(database: Path, patience: float) -> None:
    """Make sure that nothing is planted in it, and that writing is possible now: diskcache waits a
    minute while it opens. Raises SchemaError, ForeignError.
    """
    with closing(sqlite3.connect(database, patience, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        check_cache(connection)
        connection.execute("ROLLBACK")


@contextmanager
def _one_kind_of_error() -> Iterator[None]:
    import diskcache

    try:
        yield
    except diskcache.Timeout as error:
        raise DiskError("another process holds it") from error
    except (OSError, sqlite3.Error) as error:
        raise DiskError(str(error)) from error
