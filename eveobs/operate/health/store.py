"""Whether the store can be had, which version its tables are of, and how much room its disk has."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from eveobs.operate.health.checking import Check, threaded
from eveobs.operate.health.esi_look import EsiLook
from eveobs.operate.health.finding import Finding, degraded, healthy, unhealthy
from eveobs.operate.health.home import MEGABYTE, Home, cannot_write, megabytes

NAME = "store"
SHORT = 500 * MEGABYTE
NEARLY_NONE = 20 * MEGABYTE
"""Bytes left on the disk below which something is wrong, and below which nothing works."""


def checks(home: Home, _: EsiLook) -> Iterable[Check]:
    """One."""
    yield Check(NAME, threaded(lambda: store(home)))


def store(home: Home) -> Finding:
    """Without making or changing it. Raises ConfigError or StoreError."""
    from eveobs.store.looking import LATEST, look

    standing = look(home.loaded.store_url())
    values = {
        "version": standing.version,
        "latest": LATEST,
        "bytes": standing.bytes,
        "free": standing.free,
        "busy": standing.busy,
    }
    room = "" if standing.free is None else f"{megabytes(standing.free)} free"
    if standing.free is not None and (why := cannot_write(Path(standing.place).parent)):
        hint = "Make its folder writable, free some space, or set store.url to another place."
        return unhealthy(f"{standing.place} cannot be written: {why}", hint, **values)
    if standing.is_newer:
        hint = "Update eveobs, or point store.url to another database."
        return unhealthy(f"a newer eveobs wrote it (schema {standing.version})", hint, **values)
    if standing.free is not None and standing.free < SHORT:
        told = degraded if standing.free >= NEARLY_NONE else unhealthy
        return told(room, "Free some space on the disk of the store.", **values)
    if standing.busy:
        hint = "A fetch does that for a moment; if it stays so, end that process."
        return degraded("another process is writing", hint, **values)
    version = "none yet" if standing.version is None else f"schema {standing.version}"
    size = "" if not standing.bytes else megabytes(standing.bytes)
    hint = "The next command that uses it upgrades it." if _older(standing.version, LATEST) else ""
    return healthy(", ".join(filter(None, (version, size, room))), hint, **values)


def _older(version: str | None, latest: str) -> bool:
    return version is not None and version != latest
