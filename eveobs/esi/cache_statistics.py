"""How well the cache works, by route and level, over all runs since it was made or cleared."""

from __future__ import annotations

import time
from enum import StrEnum
from pathlib import Path

import msgspec

from eveobs.esi.disk import PATIENCE, DiskLevel

FOLDER = "statistics"
"""Beside the entries, so that counts are never evicted by them."""
KEY = "counts"


class Tally(StrEnum):
    """What is counted for a route."""

    MEMORY = "memory"
    DISK = "disk"
    FRESH = "fresh"
    REVALIDATED = "revalidated"
    MISSED = "missed"
    STORED = "stored"
    BYTES_SAVED = "bytes_saved"


class Saved(msgspec.Struct):
    """The counts as they are kept; `since` is in seconds since the epoch."""

    since: float
    counts: dict[str, dict[str, int]]


class CacheStatistics:
    """The counts of this run, and their sum with those kept in the folder."""

    def __init__(self) -> None:
        self.counts: dict[str, dict[str, int]] = {}

    def __bool__(self) -> bool:
        return bool(self.counts)

    def count(self, route: str, tally: Tally, by: int = 1) -> None:
        """Add `by` to what is known of `route`."""
        of_route = self.counts.get(route)
        if of_route is None:
            of_route = self.counts[route] = {}
        of_route[tally] = of_route.get(tally, 0) + by

    def save(self, folder: Path, *, patience: float = PATIENCE) -> None:
        """Add this run's counts to the folder's, safely beside other processes."""
        if not self.counts:
            return
        with DiskLevel(folder / FOLDER, patience=patience) as disk, disk.transaction():
            saved = _saved(disk.get(KEY))
            for route, counts in self.counts.items():
                of_route = saved.counts.setdefault(route, {})
                for tally, number in counts.items():
                    of_route[str(tally)] = of_route.get(str(tally), 0) + number
            disk.set_many([(KEY, msgspec.msgpack.encode(saved), None)])
        self.counts = {}

    @staticmethod
    def load(folder: Path) -> Saved:
        """The counts of all runs. Raises DiskError where the folder cannot be read."""
        with DiskLevel(folder / FOLDER) as disk:
            return _saved(disk.get(KEY))


def _saved(data: bytes | None) -> Saved:
    if data is not None:
        try:
            return msgspec.msgpack.decode(data, type=Saved)
        except msgspec.DecodeError:
            pass
    return Saved(since=time.time(), counts={})
