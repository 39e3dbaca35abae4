"""How old the static data is: names of new ships and stations are missing in what is old."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from eveobs.operate.health.checking import Check, threaded
from eveobs.operate.health.esi_look import EsiLook
from eveobs.operate.health.finding import Finding, State, degraded, healthy
from eveobs.operate.health.home import Home

NAME = "static-data"
OLD = 60
"""Days; CCP publishes a build every few days, with new things every month or two."""
UPDATE = "`eveobs static-data update` fetches the latest."


def checks(home: Home, _: EsiLook) -> Iterable[Check]:
    """One. Without static data names are asked of ESI."""
    yield Check(NAME, threaded(lambda: static_data(home)), gravity=State.DEGRADED, lasts=300.0)


def static_data(home: Home) -> Finding:
    """The build in the store, and its age in days."""
    from eveobs.store.looking import static_loaded

    found = static_loaded(home.loaded.store_url())
    if found is None:
        return healthy("none; names are asked of ESI", UPDATE, build=None)
    days = (datetime.fromtimestamp(home.clock(), UTC) - found.loaded_at).days
    figure = f"build {found.build}, {days} {'day' if days == 1 else 'days'} old"
    values = {"build": found.build, "loaded_at": found.loaded_at, "age_days": days}
    return degraded(figure, UPDATE, **values) if days > OLD else healthy(figure, **values)
