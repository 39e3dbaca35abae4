"""Whether the cache can be written and is whole, its size, and how often it was of use."""

from __future__ import annotations

from collections.abc import Iterable

from eveobs.esi.cache_folder import CacheFolder
from eveobs.esi.cache_report import report
from eveobs.esi.cache_statistics import CacheStatistics
from eveobs.esi.disk import DiskError
from eveobs.operate.health.checking import Check, threaded
from eveobs.operate.health.esi_look import EsiLook
from eveobs.operate.health.finding import Finding, State, degraded, healthy
from eveobs.operate.health.home import Home, cannot_write, megabytes

NAME = "cache"
LASTS = 60.0
"""Seconds; its database is read in whole."""
PATIENCE = 2.0
"""Seconds to wait for another process that writes."""


def checks(home: Home, _: EsiLook) -> Iterable[Check]:
    """One. Without a cache eveobs is slower, not wrong."""
    yield Check(
        NAME, threaded(lambda: cache(home)), patience=20.0, gravity=State.DEGRADED, lasts=LASTS
    )


def cache(home: Home) -> Finding:
    """See the module."""
    if not home.loaded.settings.cache.enabled:
        return healthy("switched off", enabled=False)
    folder = home.loaded.places.cache / "esi"
    why = cannot_write(folder)
    if why:
        hint = "Make it writable, with room on its disk, or set cache.dir to a folder that is."
        return degraded(f"{folder} cannot be written: {why}", hint, writable=False)
    try:
        return _whole(home, CacheFolder(folder, patience=PATIENCE))
    except DiskError as error:
        hint = "`eveobs cache verify --repair` puts it right; until then runs are slower."
        return degraded(f"{folder} cannot be used: {error}", hint, writable=True, sound=False)


def _whole(home: Home, folder: CacheFolder) -> Finding:
    size, most = folder.size(), home.loaded.settings.cache.size_mb * 1024 * 1024
    sound = folder.is_sound()
    total = report(CacheStatistics.load(folder.folder).counts.values())
    share = None if total.hit_percent is None else f"{total.hit_percent:g} % hits"
    figure = ", ".join(filter(None, (f"{megabytes(size)} of {megabytes(most)}", share)))
    values = {
        "writable": True,
        "sound": sound,
        "bytes": size,
        "size_limit": most,
        "hit_percent": total.hit_percent,
    }
    if not sound:
        hint = "`eveobs cache verify --repair` begins it anew; nothing but speed is lost."
        return degraded("its database is damaged", hint, **values)
    return healthy(figure, **values)
