"""Regions by name or id, near misses suggested."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from eveobs.errors import EveobsError, UsageError, did_you_mean, nearest
from eveobs.esi.routes import BY_PATH
from eveobs.observation.names import remember_names
from eveobs.records.universe import Name
from eveobs.store.place_search import PlaceInRegion
from eveobs.telemetry.progress import Progress

if TYPE_CHECKING:
    from eveobs.esi.client import EsiClient
    from eveobs.store.store import Store

ROUTE = BY_PATH["GET", "/universe/regions"]
IDS = BY_PATH["POST", "/universe/ids"]
SYSTEM = BY_PATH["GET", "/universe/systems/{system_id}"]
CONSTELLATION = BY_PATH["GET", "/universe/constellations/{constellation_id}"]
REGION = BY_PATH["GET", "/universe/regions/{region_id}"]
FIRST_CLOSED = 12_000_000
"""From here on regions are abyssal and other pockets where nobody can dock, so no contract is."""


async def all_regions(
    *, client: EsiClient, store: Store, now: datetime, progress: Progress
) -> list[Name]:
    """Every region of the game, by id. Asked of ESI once a day, their names once for ever."""
    answer = await client.get(ROUTE, shape=list[int])
    ids = answer.value or []
    error = await remember_names(ids, client=client, store=store, now=now, progress=progress)
    if error is not None:
        raise error
    return [region for region in store.named("region") if region.id in set(ids)]


async def find_regions(
    wanted: Sequence[str], *, client: EsiClient, store: Store, now: datetime, progress: Progress
) -> list[Name]:
    """The regions that `wanted` names, each by name (in any case) or id, in that order.

    Raises UsageError for one that does not exist, with the nearest names.
    """
    known = _by_word(store.named("region"))
    if not all(_word(one) in known for one in wanted):
        regions = await all_regions(client=client, store=store, now=now, progress=progress)
        known = _by_word(regions)
    for text in wanted:
        if _word(text) not in known:
            hint = await _hint(text, known, client, store)
            raise UsageError(f"there is no region {text!r}", hint=hint)
    found = {region.id: region for region in (known[_word(text)] for text in wanted)}
    return list(found.values())


def open_regions(regions: Sequence[Name]) -> list[Name]:
    """Those where contracts can be."""
    return [region for region in regions if region.id < FIRST_CLOSED]


def _word(text: str) -> str:
    return text.strip().casefold()


def _by_word(regions: Sequence[Name]) -> dict[str, Name]:
    by_name = {_word(region.name): region for region in regions}
    return by_name | {str(region.id): region for region in regions}


async def _hint(text: str, known: dict[str, Name], client: EsiClient, store: Store) -> str:
    """What a person may have meant: the region of a system or station of that name, or a region
    that is called much like it.
    """
    place = store.find_place(text) or await _place_by_esi(text, client)
    if place is not None:
        return f"{place}."
    names = [region.name for word, region in known.items() if not word.isdecimal()]
    return did_you_mean(nearest(text, names)) or (
        "A region is given by its name, such as 'The Forge', or its id."
    )


LONGEST_NAME = 100
"""What `POST /universe/ids` takes (its schema: maxLength 100); a 400 would cost error budget."""


class _Id(msgspec.Struct):
    id: int


class _Ids(msgspec.Struct):
    """The part of an answer of `POST /universe/ids` that has systems."""

    systems: list[_Id] = []


class _System(msgspec.Struct):
    name: str
    constellation_id: int


class _Constellation(msgspec.Struct):
    region_id: int


class _Region(msgspec.Struct):
    name: str


async def _place_by_esi(text: str, client: EsiClient) -> PlaceInRegion | None:
    """The system of that name, as ESI knows it. Four requests at most, on the way to an error;
    where one fails, there is no hint.
    """
    name = text.strip()
    if not name or name.isdecimal() or len(name) > LONGEST_NAME or not name.isprintable():
        return None
    try:
        ids = (await client.post(IDS, [name], shape=_Ids)).value
        if ids is None or len(ids.systems) != 1:
            return None
        system = (await client.get(SYSTEM, {"system_id": ids.systems[0].id}, shape=_System)).value
        if system is None:
            return None
        of_system = {"constellation_id": system.constellation_id}
        inside = (await client.get(CONSTELLATION, of_system, shape=_Constellation)).value
        if inside is None:
            return None
        region = (await client.get(REGION, {"region_id": inside.region_id}, shape=_Region)).value
    except EveobsError:
        return None
    return PlaceInRegion(system.name, "system", region.name) if region else None
