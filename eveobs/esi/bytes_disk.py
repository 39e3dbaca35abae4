"""diskcache without its pickles: keys are text, values are bytes, everything else is refused.

diskcache unpickles what it reads by default (CVE-2025-69872), so a file planted in the cache folder
would run code.
"""

from __future__ import annotations

from typing import Any

import diskcache
from diskcache.core import MODE_BINARY, MODE_RAW


class BytesDisk(diskcache.Disk):  # type: ignore[misc]
    """Stores bytes under text keys and raises ValueError for whatever would need a pickle."""

    def put(self, key: object) -> tuple[str, bool]:
        """The key as the database holds it."""
        return self._text(key), True

    def get(self, key: object, raw: bool) -> str:
        """The key as it was given."""
        if not raw:
            raise ValueError("a key that is not plain text")
        return self._text(key)

    def store(
        self, value: object, read: bool, key: str = diskcache.UNKNOWN
    ) -> tuple[int, int, str | None, bytes | None]:
        """Size, mode, file and value of a row."""
        if read or not isinstance(value, bytes):
            raise ValueError("only bytes are kept")
        return super().store(value, read, key=key)  # type: ignore[no-any-return]

    def fetch(self, mode: int, filename: str | None, value: object, read: bool) -> bytes:
        """The bytes of a row; ValueError for a row of any other mode."""
        if mode not in (MODE_RAW, MODE_BINARY) or read:
            raise ValueError("an entry that is not bytes")
        data: Any = super().fetch(mode, filename, value, read)
        if not isinstance(data, bytes):
            raise ValueError("an entry that is not bytes")
        return data

    @staticmethod
    def _text(key: object) -> str:
        if not isinstance(key, str):
            raise ValueError("a key that is not plain text")
        return key
