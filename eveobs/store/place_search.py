"""Which region a solar system or a station lies in: for who names one where a region is meant.

Known from the static data; without it, from the stations of public contracts, whose names begin
with their system ("Jita IV - Moon 4 - …").
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, func, select

from eveobs.records.contracts import CONTRACTS
from eveobs.store.static_tables import static_table
from eveobs.store.tables import NAMES, tables_of

LEAST = 4
"""Letters of a part of a station's name; shorter ones are in too many."""
LONGEST_ID = 18
"""Digits of an id that every database can compare."""


class PlaceInRegion(NamedTuple):
    """A system or station (`kind`), and the region it is in."""

    name: str
    kind: str
    region: str

    def __str__(self) -> str:
        return f"{self.name} is a {self.kind} in {self.region}"


def find_place(connection: Connection, word: str) -> PlaceInRegion | None:
    """The system called `word` in any case, or the station that is called so or begins so, or
    that of this id; None where there is none, or where there are some in several regions.
    """
    text = " ".join(word.split()).casefold()
    if not text:
        return None
    return (
        _only(connection, _systems(text), "system")
        or _only(connection, _stations(text), "station")
        or _met(connection, text)
    )


def _systems(text: str) -> Select[Any]:
    system, region = static_table("systems"), static_table("regions")
    same = _is(system.c.system_id, text)
    return (
        select(system.c.name, region.c.name)
        .join(region, region.c.region_id == system.c.region_id)
        .where(func.lower(system.c.name) == text if same is None else same)
    )


def _stations(text: str) -> Select[Any]:
    station, system, region = (static_table(kind) for kind in ("stations", "systems", "regions"))
    name = func.lower(NAMES.c.name)
    found = name.startswith(text, autoescape=True) if len(text) >= LEAST else name == text
    if (same := _is(NAMES.c.id, text)) is not None:
        found = same
    return (
        select(NAMES.c.name, region.c.name)
        .join(station, station.c.station_id == NAMES.c.id)
        .join(system, system.c.system_id == station.c.system_id)
        .join(region, region.c.region_id == system.c.region_id)
        .where(found)
    )


def _only(connection: Connection, query: Select[Any], kind: str) -> PlaceInRegion | None:
    found = sorted((str(name), str(region)) for name, region in connection.execute(query))
    if len({region for _, region in found}) != 1:
        return None
    name, region = found[0]
    return PlaceInRegion(name, kind, region)


def _met(connection: Connection, text: str) -> PlaceInRegion | None:
    """The same from the stations that contracts start in."""
    listed = tables_of(CONTRACTS).listed
    region = NAMES.alias("region")
    same = _is(NAMES.c.id, text)
    found = connection.execute(
        select(NAMES.c.name, region.c.name)
        .distinct()
        .join(listed, listed.c.start_location_id == NAMES.c.id)
        .join(region, region.c.id == listed.c.region_id)
        .where(
            NAMES.c.category == "station",
            func.lower(NAMES.c.name).startswith(text, autoescape=True) if same is None else same,
        )
        .order_by(NAMES.c.name)
    ).all()
    if len({region for _, region in found}) != 1:
        return None
    name, place = found[0]
    # "Jita IV - Moon 4": a system, then the number of the planet in Roman numerals
    if re.match(rf"{re.escape(text)} [IVX]+\b", name, re.IGNORECASE):
        return PlaceInRegion(name[: len(text)], "system", place)
    return PlaceInRegion(name, "station", place) if len(text) >= LEAST else None


def _is(id_: ColumnElement[int], text: str) -> ColumnElement[bool] | None:
    """Whether `id_` is the id that `text` is; None where it is a name."""
    return id_ == int(text) if text.isdecimal() and len(text) <= LONGEST_ID else None
