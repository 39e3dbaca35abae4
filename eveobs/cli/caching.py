"""What the commands of `eveobs cache` share: the folder, its entries as rows, its troubles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eveobs.errors import StoreError
from eveobs.records.schema import Column, Kind

if TYPE_CHECKING:
    from eveobs.cli.context import Run
    from eveobs.esi.cache_folder import CacheFolder, Kept

MEBIBYTE = 1024 * 1024
LISTED = (
    Column("path", "Address", flexible=True),
    Column("character_id", "Character", Kind.ID, rank=2),
    Column("fresh", "Fresh", Kind.FLAG),
    Column("expires", "Expires", Kind.TIME, rank=2),
    Column("stored", "Kept", Kind.TIME, rank=3),
    Column("bytes", "Bytes", Kind.NUMBER, rank=2),
    Column("hits", "Hits", Kind.NUMBER, rank=3),
)
FIELDS = (
    *("url", "path", "route", "character_id", "scope", "status", "fresh", "expires", "stored"),
    *("last_modified", "etag", "pages", "bytes", "hits", "language", "tenant"),
    *("compatibility_date", "forgotten_at", "damage"),
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries: those whose route or address has `words`, and so on."""

    words: str = ""
    private: bool = False
    fresh: bool = False
    expired: bool = False

    def has(self, row: Mapping[str, Any]) -> bool:
        """Whether a row of `rows_of` is one of them."""
        return (
            self.words.casefold() in f"{row['route'] or ''} {row['url']}".casefold()
            and (not self.private or row["character_id"] is not None)
            and (not self.fresh or row["fresh"])
            and (not self.expired or not row["fresh"])
        )


def folder_of(run: Run) -> Path:
    """Where the cache is, or would be."""
    return run.loaded().places.cache / "esi"


def size_of(run: Run) -> int:
    """Bytes on disk."""
    with opened(run) as cache:
        return cache.size()


@contextmanager
def opened(run: Run) -> Iterator[CacheFolder]:
    """The cache's folder; what is wrong with it becomes a StoreError."""
    from eveobs.esi.cache_folder import CacheFolder
    from eveobs.esi.disk import DamagedError, DiskError

    folder = folder_of(run)
    try:
        yield CacheFolder(folder)
    except DamagedError as error:
        raise StoreError(
            f"the cache in {folder} is damaged: {error}",
            hint="`eveobs cache verify --repair` puts it right; nothing but speed is lost.",
        ) from error
    except DiskError as error:
        raise StoreError(
            f"the cache in {folder} cannot be used: {error}", hint=_way_out(str(error))
        ) from error


def _way_out(words: str) -> str:
    if "another process" in words:
        return "Wait for it to end, then try again."
    if any(sign in words for sign in ("readonly", "Permission", "Read-only", "unable to open")):
        return "Make it a folder that you may write to, or set cache.dir to another."
    if "full" in words or "No space" in words or "I/O" in words:
        return "Free some space; `eveobs cache clear` needs none."
    return "Delete that folder, or set cache.dir to another; nothing but speed is lost."


def rows_of(cache: CacheFolder, run: Run) -> Iterator[tuple[Kept, dict[str, Any]]]:
    """All entries, each with its row of FIELDS."""
    from eveobs.esi.cache_statistics import CacheStatistics
    from eveobs.esi.disk import DamagedError

    base = run.loaded().settings.esi.base_url.rstrip("/")
    now = run.now().timestamp()
    try:
        hits = CacheStatistics.load(cache.folder).hits
    except DamagedError:
        hits = {}
    for kept in cache.entries():
        yield kept, _row(kept, now, base, hits)


def _row(kept: Kept, now: float, base: str, hits: Mapping[str, int]) -> dict[str, Any]:
    view, entry = kept.view, kept.entry
    return {
        **view._asdict(),
        "path": view.url.removeprefix(base),
        "route": entry.route if entry else None,
        "status": entry.status if entry else None,
        "fresh": entry is not None and entry.is_fresh(now),
        "expires": moment(entry.expires if entry else None),
        "stored": moment(entry.stored if entry else kept.stored),
        "last_modified": moment(entry.last_modified if entry else None),
        "etag": entry.etag if entry else None,
        "pages": entry.pages if entry else None,
        "bytes": kept.bytes,
        "hits": hits.get(kept.key, 0),
        "forgotten_at": moment(kept.until),
        "damage": kept.damage or None,
    }


def entries(number: int) -> str:
    """So many, in words."""
    return f"{number:,} {'entry' if number == 1 else 'entries'}"


def amount(size: int) -> str:
    """So many bytes, in words."""
    if size < MEBIBYTE:
        return f"{size / 1024:,.1f} kB"
    return f"{size / MEBIBYTE:,.1f} MB"


def moment(seconds: float | None) -> datetime | None:
    """Seconds since the epoch as a moment; None for none, and for what a damaged row has."""
    try:
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None
