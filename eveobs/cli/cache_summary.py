"""`eveobs cache stats`: what there is and how well it works."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from eveobs.cli.caching import MEBIBYTE, folder_of, moment, opened
from eveobs.records.schema import Column, Kind

if TYPE_CHECKING:
    from eveobs.cli.context import Run
    from eveobs.esi.cache_folder import CacheFolder
    from eveobs.esi.cache_statistics import Saved

HOTTEST = 10
SHARES = (
    Column("hit_percent", "Hit %", Kind.NUMBER),
    Column("not_modified_percent", "304 %", Kind.NUMBER),
    Column("memory_percent", "Memory %", Kind.NUMBER, rank=3),
    Column("disk_percent", "Disk %", Kind.NUMBER, rank=3),
)
SUMMARY = (
    Column("folder", "Folder"),
    Column("entries", "Entries", Kind.NUMBER),
    Column("fresh_entries", "Of them fresh", Kind.NUMBER),
    Column("private_entries", "Private", Kind.NUMBER),
    Column("damaged_entries", "Damaged", Kind.NUMBER),
    Column("bytes", "Bytes on disk", Kind.NUMBER),
    Column("size_limit", "At most", Kind.NUMBER),
    Column("oldest", "Oldest", Kind.TIME),
    Column("answers", "Answers", Kind.NUMBER),
    Column("fresh", "Without asking", Kind.NUMBER),
    Column("revalidated", "Not modified", Kind.NUMBER),
    Column("missed", "Fetched", Kind.NUMBER),
    *SHARES,
    Column("requests_saved", "Requests saved", Kind.NUMBER),
    Column("bytes_saved", "Bytes saved", Kind.NUMBER),
    Column("since", "Counted since", Kind.TIME),
)
DETAILS: Mapping[str, Sequence[Column]] = {
    "routes": (
        Column("route", "Route", flexible=True),
        Column("answers", "Answers", Kind.NUMBER),
        *SHARES,
        Column("bytes_saved", "Saved", Kind.ISK, rank=2),
    ),
    "hottest": (
        Column("url", "Hottest", flexible=True),
        Column("hits", "Hits", Kind.NUMBER),
    ),
}


def summary(run: Run) -> dict[str, Any]:
    """What there is and how well it works: totals, `routes` by use, the `hottest` entries."""
    from eveobs.esi.cache_report import report
    from eveobs.esi.cache_statistics import CacheStatistics

    now = run.now().timestamp()
    with opened(run) as cache:
        saved = CacheStatistics.load(cache.folder)
        held = _held(cache, now)
        keys = held.pop("keys")
        size = cache.size()
    routes = [
        {"route": route, **asdict(report([counts]))} for route, counts in saved.counts.items()
    ]
    return {
        "folder": str(folder_of(run)),
        **held,
        "bytes": size,
        "size_limit": run.loaded().settings.cache.size_mb * MEBIBYTE,
        **asdict(report(saved.counts.values())),
        "since": moment(saved.since),
        "routes": sorted(routes, key=lambda row: (-row["answers"], row["route"])),
        "hottest": _hottest(saved, keys),
    }


def _held(cache: CacheFolder, now: float) -> dict[str, Any]:
    keys: dict[str, str] = {}
    fresh = private = damaged = number = 0
    oldest: float | None = None
    for kept in cache.entries():
        view = kept.view
        number += 1
        keys[kept.key] = view.url
        fresh += kept.entry is not None and kept.entry.is_fresh(now)
        private += view.character_id is not None
        damaged += bool(kept.damage)
        oldest = kept.stored if oldest is None else min(oldest, kept.stored)
    return {
        "entries": number,
        "fresh_entries": fresh,
        "private_entries": private,
        "damaged_entries": damaged,
        "oldest": moment(oldest),
        "keys": keys,
    }


def _hottest(saved: Saved, keys: Mapping[str, str]) -> list[dict[str, Any]]:
    """Those entries that were of use most often, of what is still kept."""
    known = [(hits, key) for key, hits in saved.hits.items() if key in keys]
    known.sort(key=lambda one: (-one[0], one[1]))
    return [{"url": keys[key], "hits": hits} for hits, key in known[:HOTTEST]]
