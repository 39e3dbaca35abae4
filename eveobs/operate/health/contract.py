"""Whether ESI still is what this version of eveobs was written for.

Reads the changelog, the compatibility dates and the OpenAPI document of the newest date: three
requests to the rate-limit group `meta`, so it runs only when it is named. The document is served at
`/meta/openapi.json`, a route that it does not list itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

import msgspec

from eveobs.errors import ShapeError
from eveobs.esi.drift import Sighting, seen
from eveobs.esi.openapi_facts import Difference, Json, differences, extract, reviewed
from eveobs.esi.used_routes import USED
from eveobs.operate.health.checking import Check, in_thread
from eveobs.operate.health.esi_look import EsiLook
from eveobs.operate.health.finding import Finding, State, degraded, healthy
from eveobs.operate.health.home import Home

PATIENCE = 40.0
"""Seconds for three requests, one of almost a megabyte."""
MAX_NAMED = 5
"""Things that the figure and the hint name; `values` has all."""
UPDATE = "Look for a newer eveobs; what it does not know is kept as ESI sends it."


class Change(msgspec.Struct, frozen=True):
    """An entry of the changelog. `type`: breaking, changed, new or removed."""

    method: str
    path: str
    compatibility_date: str
    type: str

    @property
    def text(self) -> str:
        """The change in a few words."""
        return f"{self.method} {self.path} {self.type} on {self.compatibility_date}"


class Changelog(msgspec.Struct, frozen=True):
    """`/meta/changelog`: the changes of each compatibility date."""

    changelog: dict[str, list[Change]]


class Dates(msgspec.Struct, frozen=True):
    """`/meta/compatibility-dates`."""

    compatibility_dates: list[str]


def checks(home: Home, look: EsiLook) -> Iterable[Check]:
    """The one check `contract`."""
    yield Check("contract", partial(contract, home, look), PATIENCE, gravity=State.DEGRADED)


async def contract(home: Home, look: EsiLook) -> Finding:
    """What ESI announces, documents and sends beyond what this version knows."""
    pinned = home.loaded.settings.esi.compatibility_date
    log = (await look.changelog(Changelog)).value
    dates = (await look.compatibility_dates(Dates)).value
    newest = max([*(dates.compatibility_dates if dates else ()), pinned])
    later = changes_after(log.changelog if log else {}, pinned)
    document = (await look.openapi(newest, dict)).value or {}
    try:
        differing = await in_thread(lambda: differences(reviewed(), extract(document, USED)))
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ShapeError(
            "ESI's OpenAPI document is not in its usual form", status=200, detail=str(error)
        ) from error
    sightings = await in_thread(lambda: seen(home.loaded.places.state))
    return judge(pinned, newest, later, differing, sightings)


def changes_after(changelog: Mapping[str, Sequence[Change]], date: str) -> list[Change]:
    """The changes after `date` of routes that eveobs uses, the earliest first."""
    return sorted(
        (
            change
            for entries in changelog.values()
            for change in entries
            if (change.method, change.path) in USED and change.compatibility_date > date
        ),
        key=lambda change: (change.compatibility_date, change.path),
    )


def judge(
    pinned: str,
    newest: str,
    later: Sequence[Change],
    differing: Sequence[Difference],
    sightings: Sequence[Sighting],
) -> Finding:
    """Degraded where something that eveobs uses goes away or means something else, or where answers
    had what it does not know. New fields are only named.
    """
    appeared = [one for one in differing if one.how == "appeared"]
    altered = [one for one in differing if one.how != "appeared"]
    values: Json = {
        "compatibility_date": pinned,
        "newest_date": newest,
        "changes": [msgspec.to_builtins(one) for one in later],
        "appeared": [one.text for one in appeared],
        "altered": [one.text for one in altered],
        "unknown": [{"what": one.text, "count": one.count} for one in sightings],
    }
    parts = [
        f"{len(some)} {what}"
        for some, what in (
            (later, "routes change after it"),
            (altered, "fields differ"),
            (appeared, "new fields"),
            (sightings, "unknown fields or values in responses"),
        )
        if some
    ]
    figure = ", ".join([f"compatibility date {pinned}, newest {newest}", *parts])
    texts = [one.text for one in later]
    texts += [one.text for one in altered]
    texts += [one.text for one in sightings]
    texts += [one.text for one in appeared]
    named = "; ".join(texts[:MAX_NAMED])
    more = f"; and {len(texts) - MAX_NAMED} more (--json)" if len(texts) > MAX_NAMED else ""
    if later or altered or sightings:
        return degraded(figure, f"{named}{more}. {UPDATE}", **values)
    return healthy(figure, named and f"New: {named}{more}.", **values)
