"""Which entries of the cache are of no more use. Pure: takes entries and a clock."""

from __future__ import annotations

from collections.abc import Iterable

from eveobs.esi.cache_folder import Kept


def useless(entries: Iterable[Kept], *, now: float, unused: float | None, most: int) -> list[Kept]:
    """Those that are damaged or past their time, those expired that were kept before `unused`, and
    of the others the oldest beyond `most` bytes. Times are seconds since the epoch.
    """
    useless: list[Kept] = []
    useful: list[Kept] = []
    for kept in entries:
        slim = kept if kept.entry is None else kept._replace(entry=None)
        (useful if _is_useful(kept, now, unused) else useless).append(slim)
    useful.sort(key=lambda kept: -kept.stored)
    for kept in useful:
        most -= kept.bytes
        if most < 0:
            useless.append(kept)
    return useless


def _is_useful(kept: Kept, now: float, unused: float | None) -> bool:
    if kept.entry is None or (kept.until is not None and kept.until <= now):
        return False
    return kept.entry.is_fresh(now) or unused is None or kept.entry.stored >= unused
