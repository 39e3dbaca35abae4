"""Whether the store can be had, which version its tables are of, and how much room its disk has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from eveobs.errors import EveobsError
from eveobs.operate.health.checking import Check, threaded
from eveobs.operate.health.esi_look import EsiLook
from eveobs.operate.health.finding import Finding, degraded, healthy, unhealthy
from eveobs.operate.health.home import MEGABYTE, Home, cannot_write, megabytes

if TYPE_CHECKING:
    from eveobs.store.looking import Standing

NAME = "store"
SHOWN = 3
"""Missing parts that are named."""
SHORT = 500 * MEGABYTE
NEARLY_NONE = 20 * MEGABYTE
"""Bytes left on the disk below which something is wrong, and below which nothing works."""


def checks(home: Home, _: EsiLook) -> Iterable[Check]:
    """One."""
    yield Check(NAME, threaded(lambda: store(home)))


def store(home: Home) -> Finding:
    """Without making or changing it. Raises ConfigError or StoreError."""
    from eveobs.store.looking import LATEST, look

    _know_tables()
    standing = look(home.loaded.store_url())
    values = {
        "version": standing.version,
        "latest": LATEST,
        "bytes": standing.bytes,
        "free": standing.free,
        "busy": standing.busy,
        "missing": [*standing.missing],
    }
    room = "" if standing.free is None else f"{megabytes(standing.free)} free"
    if (found := _broken(standing, values) or _hampered(home, standing, room, values)) is not None:
        return found
    version = "none yet" if standing.version is None else f"schema {standing.version}"
    size = "" if not standing.bytes else megabytes(standing.bytes)
    hint = "The next command that uses it upgrades it." if _older(standing.version, LATEST) else ""
    return healthy(", ".join(filter(None, (version, size, room))), hint, **values)


def _broken(standing: Standing, values: Mapping[str, object]) -> Finding | None:
    """Why it cannot be used."""
    if standing.free is not None and (why := cannot_write(Path(standing.place).parent)):
        hint = "Make its folder writable, free some space, or set store.url to another place."
        return unhealthy(f"{standing.place} cannot be written: {why}", hint, **values)
    if standing.is_newer:
        hint = "Update eveobs, or point store.url to another database."
        return unhealthy(f"a newer eveobs wrote it (schema {standing.version})", hint, **values)
    if standing.missing:
        hint = "Bring the store back from a backup, or move it away and fetch anew."
        return unhealthy(f"it lacks {_some(standing.missing)}", hint, **values)
    return None


def _hampered(
    home: Home, standing: Standing, room: str, values: Mapping[str, object]
) -> Finding | None:
    """Why it cannot be used as it should."""
    if standing.free is not None and standing.free < SHORT:
        told = degraded if standing.free >= NEARLY_NONE else unhealthy
        return told(room, "Free some space on the disk of the store.", **values)
    if standing.busy:
        hint = "A fetch does that for a moment; if it stays so, end that process."
        return degraded("another process is writing", hint, **values)
    if why := _sql_refusal(home):
        from eveobs.store.postgresql_sql import HINT

        return degraded(f"eveobs sql is refused {why}", HINT, **values)
    return None


def _know_tables() -> None:
    """Have the tables of every processor known, so that their columns are compared, too."""
    from eveobs.processors.registry import names, processor
    from eveobs.store.tables import tables_of

    for name in names():
        with suppress(EveobsError):  # a package that is broken is not the store's fault
            tables_of(processor(name).schema)


def _some(missing: Sequence[str]) -> str:
    more = f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else ""
    return ", ".join(missing[:SHOWN]) + more


def _sql_refusal(home: Home) -> str:
    """Why `eveobs sql` does not run as the role of the settings; "" where it does."""
    url = home.loaded.sql_url()
    if url.startswith("sqlite"):
        return ""
    from eveobs.store.postgresql_sql import role_refusal

    return role_refusal(url)


def _older(version: str | None, latest: str) -> bool:
    return version is not None and version != latest
