"""diskcache, held to what eveobs needs of it, since its database may have been planted.

Keys are text, values are bytes: it unpickles what it reads by default (CVE-2025-69872), so that a
planted file would run code. Files are those of `EntryFiles`: by default it reads, and deletes, any
path that a row names. Settings are those that eveobs gives: it runs each as a PRAGMA, and sets it
as an attribute, whatever its name.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

import diskcache
from diskcache.core import ENOVAL

from eveobs.esi.cache_schema import BINARY, RAW, check_setting, content
from eveobs.esi.entry_files import MAX_SIZE, EntryFiles


class BytesDisk(diskcache.Disk):  # type: ignore[misc]
    """Stores bytes under text keys and raises ValueError for whatever would need a pickle.

    `refused` counts the files that a row named and that were not touched.
    """

    def __init__(self, directory: str, min_file_size: int = 0, pickle_protocol: int = 0) -> None:
        super().__init__(directory, min_file_size, pickle_protocol)
        self._files = EntryFiles(Path(directory))
        self.refused = 0

    def put(self, key: object) -> tuple[str, bool]:
        """The key as the database holds it."""
        return self._text(key), True

    def get(self, key: object, raw: bool) -> str:
        """The key as it was given."""
        if not raw:
            raise ValueError("a key that is not plain text")
        return self._text(key)

    def store(
        self,
        value: object,
        read: bool,
        key: str = diskcache.UNKNOWN,  # noqa: ARG002 - of the interface
    ) -> tuple[int, int, str | None, bytes | None]:
        """Size, mode, file and value of a row."""
        if read or not isinstance(value, bytes):
            raise ValueError("only bytes are kept")
        if len(value) < self.min_file_size:
            return 0, RAW, None, value
        return len(value), BINARY, self._files.write(value), None

    def fetch(self, mode: int, filename: object, value: object, read: bool) -> bytes:
        """The bytes of a row. Raises RefusedEntryError (a ValueError) for a row of any other kind,
        and OSError for a file that is gone.
        """
        if read:
            raise ValueError("an entry that is not bytes")
        return content(self._files, mode, filename, value)

    def remove(self, file_path: object) -> None:
        """Delete the file of a row, if it is one that was made here."""
        if not self._files.remove(file_path):
            self.refused += 1

    @staticmethod
    def _text(key: object) -> str:
        if not isinstance(key, str):
            raise ValueError("a key that is not plain text")
        return key


class BytesCache(diskcache.Cache):  # type: ignore[misc]
    """diskcache's Cache, with settings that a database cannot choose and rows of a bounded size."""

    def reset(self, key: str, value: object = ENOVAL, update: bool = True) -> object:
        """Change a setting. Raises ValueError for one that eveobs would not have written."""
        if value is not ENOVAL:
            check_setting(key, value)
        return super().reset(key, value, update)

    @property
    def _con(self) -> sqlite3.Connection:
        connection: sqlite3.Connection = super()._con
        # A row may claim a gigabyte; what is larger than any entry is not even read.
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 2 * MAX_SIZE)
        return connection
