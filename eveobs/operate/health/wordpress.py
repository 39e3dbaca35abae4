"""Whether the WordPress site of the settings would take what is published."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from eveobs.operate.health.checking import Check, threaded
from eveobs.operate.health.esi_look import EsiLook
from eveobs.operate.health.finding import Finding, State, degraded, healthy
from eveobs.operate.health.home import Home

NAME = "wordpress"


def checks(home: Home, _: EsiLook) -> Iterable[Check]:
    """One; where no site is named there is nothing to look at."""
    yield Check(NAME, threaded(lambda: wordpress(home)), gravity=State.DEGRADED, lasts=300.0)


def wordpress(home: Home) -> Finding:
    """The way that a publish would take, or what keeps it from there being one (raised)."""
    settings = home.loaded.settings
    site = settings.wordpress
    if not site.url:
        return healthy("no site is named", way=None)
    if not site.username or not site.app_password:
        return degraded("no user or no application password", "`eveobs publish check` tells more.")
    site.app_password.reveal()  # one that is for another site says so before anything is sent
    from eveobs.publish.companion import declared_version
    from eveobs.publish.kinds import find_kinds
    from eveobs.publish.targets.wordpress.checking import Checking, Status
    from eveobs.publish.targets.wordpress.line import Line

    kinds = find_kinds(Path(settings.publish.templates) if settings.publish.templates else None)
    with closing(Line(site.url, site.username, site.app_password, timeout=site.timeout)) as line:
        checking = Checking(
            line, site.transport, tuple(kinds), declared_version(kinds), site.pictures == "upload"
        )
        rows = {row.name: row for row in checking.run()}
    if checking.failure is not None:
        raise checking.failure
    way = rows["way"].figure
    for row in rows.values():
        if row.status is not Status.OK and row.name in ("plugin", "types", "clock"):
            return healthy(f"{way}; {row.name}: {row.figure}", row.hint, way=way)
    return healthy(way, way=way)
