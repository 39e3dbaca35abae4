"""Caches that hold still: what is measured neither expires nor comes to life meanwhile."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec

from eveobs.esi.cache import Entry, ResponseCache

STALE = 0.0
LASTING = 32_503_680_000.0
"""The year 3000, in seconds since the epoch."""


class StillCache(ResponseCache):
    """Keeps answers for itself, all with the same `expires`.

    `upstream` is the cache of this machine: what is fresh there is taken from it instead of being
    asked for, and what had to be asked is also kept there, as ESI said.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        expires: float,
        memory_mb: int = 256,
        upstream: ResponseCache | None = None,
    ) -> None:
        super().__init__(folder, memory_mb=memory_mb)
        self._expires = expires
        self._upstream = upstream

    def get(self, key: str) -> Entry | None:
        """As `ResponseCache`, with a look upstream for what was never met."""
        entry = super().get(key)
        if entry is None and self._upstream is not None:
            kept = self._upstream.get(key)
            if kept is not None and kept.is_fresh(time.time()):
                self._hold(key, kept)
                return super().get(key)
        return entry

    def put(self, key: str, entry: Entry) -> None:
        """Keep `entry` as if it expired when all others do."""
        if self._upstream is not None:
            self._upstream.put(key, entry)
        self._hold(key, entry)

    def _hold(self, key: str, entry: Entry) -> None:
        super().put(key, msgspec.structs.replace(entry, expires=self._expires))


class FreshOnly(ResponseCache):
    """The cache of this machine, for asking without conditions: what has expired is not there."""

    def get(self, key: str) -> Entry | None:
        """The entry, if it is fresh."""
        entry = super().get(key)
        return entry if entry is not None and entry.is_fresh(time.time()) else None
