"""The static data export of the sandbox's own universe, in CCP's layout.

One build for ever: the universe does not change.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterable, Mapping
from functools import cached_property
from hashlib import sha224
from typing import Any

from multidict import CIMultiDict

from eveobs.sandbox.messages import Asked, Reply
from eveobs.sandbox.universe import (
    ABYSSAL_TYPES,
    CONSTELLATIONS,
    REGIONS,
    STATIONS,
    TYPES,
    Station,
)

BUILD = 3_000_001
RELEASED = "2026-08-18T11:00:00Z"
PREFIX = "/static-data/tranquility/"
ARCHIVE = f"eve-online-static-data-{BUILD}-jsonl.zip"
_ORBIT = re.compile(
    r"(?P<system>.+?)(?: (?P<planet>[IVXLC]+)(?P<own> \([^)]+\))?)?(?: - Moon (?P<moon>\d+))?"
    r" - (?P<site>.+)"
)
_NOWHERE = {"planet": "", "own": "", "moon": ""}
_ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
_FIRST_OPERATION = 1
_FIRST_OWNER = 1_000_002
_TECH_I, _ABYSSAL = 1, 15
_PLANETS, _MOONS = 100_000_000, 200_000_000
"""Planets and moons are numbered by the station that circles them."""
_CATEGORIES = {6: "Ship", 9: "Blueprint"}


class StaticRoutes:
    """A door of the sandbox: answers what is the export's, and nothing else."""

    def reply(self, asked: Asked, _now: float) -> Reply | None:
        """The reply, or None for what is not the export's."""
        path = asked.target.partition("?")[0]
        if not path.startswith(PREFIX) or asked.method not in {"GET", "HEAD"}:
            return None
        if path == f"{PREFIX}latest.jsonl":
            return _file(asked, self._latest, "application/jsonl")
        if path == PREFIX + ARCHIVE:
            return _file(asked, self._archive, "application/zip")
        return Reply(404, CIMultiDict(), b"")

    @cached_property
    def _latest(self) -> bytes:
        return _lines([{"_key": "sde", "buildNumber": BUILD, "releaseDate": RELEASED}])

    @cached_property
    def _archive(self) -> bytes:
        """The zip, made when it is first asked for."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, rows in export().items():
                archive.writestr(zipfile.ZipInfo(f"{name}.jsonl"), _lines(rows))
        return packed.getvalue()


def export() -> dict[str, list[dict[str, Any]]]:
    """The rows of every file, by its name."""
    systems = {one.system_id: one for one in STATIONS}
    region_of = {one.id: one.region_id for one in CONSTELLATIONS}
    types = (*TYPES, *ABYSSAL_TYPES)
    groups = {one.group_id: one.category_id for one in types}
    sites = [_site(one) for one in STATIONS]
    owners = _numbered((owner for owner, _ in sites), _FIRST_OWNER)
    operations = _numbered((operation for _, operation in sites), _FIRST_OPERATION)
    return {
        "categories": [
            _named(number, _CATEGORIES.get(number, f"Category {number}"), published=True)
            for number in sorted(set(groups.values()))
        ],
        "groups": [
            _named(number, f"Group {number}", categoryID=category, published=True)
            for number, category in sorted(groups.items())
        ],
        "types": [
            _named(
                one.id,
                one.name,
                groupID=one.group_id,
                volume=one.volume,
                basePrice=one.price,
                portionSize=1,
                published=True,
                metaGroupID=_ABYSSAL if one in ABYSSAL_TYPES else _TECH_I,
            )
            for one in types
        ],
        "marketGroups": [_named(2, "Blueprints & Reactions")],
        "metaGroups": [_named(_TECH_I, "Tech I"), _named(_ABYSSAL, "Abyssal")],
        "blueprints": [_blueprint(one.id) for one in TYPES if one.category_id == 9],
        "mapRegions": [_named(one.id, one.name) for one in REGIONS],
        "mapConstellations": [
            _named(one.id, one.name, regionID=one.region_id) for one in CONSTELLATIONS
        ],
        "mapSolarSystems": [
            _named(
                one.system_id,
                one.system,
                constellationID=one.constellation_id,
                regionID=region_of[one.constellation_id],
                securityStatus=0.9,
            )
            for one in systems.values()
        ],
        "npcCorporations": [_named(n, owner, tickerName="NPC") for owner, n in owners.items()],
        "stationOperations": [
            {"_key": n, "operationName": {"en": operation}} for operation, n in operations.items()
        ],
        "npcStations": [_station(one, owners, operations) for one in STATIONS],
        "mapPlanets": [_planet(one) for one in STATIONS if _parts(one)["planet"]],
        "mapMoons": [_moon(one) for one in STATIONS if _parts(one)["moon"]],
    }


def _blueprint(type_id: int) -> dict[str, Any]:
    """What is told of every blueprint here: no more than that it can be copied and improved."""
    activities = {"copying": {"time": 480}, "research_material": {"time": 210}}
    return {"_key": type_id, "activities": activities, "maxProductionLimit": 10}


def _station(
    station: Station, owners: Mapping[str, int], operations: Mapping[str, int]
) -> dict[str, Any]:
    owner, operation = _site(station)
    found = _parts(station)
    row: dict[str, Any] = {
        "_key": station.id,
        "operationID": operations[operation],
        "ownerID": owners[owner],
        "solarSystemID": station.system_id,
        "typeID": 1531,
        "useOperationName": True,
    }
    if found["planet"]:
        row["celestialIndex"] = _arabic(found["planet"])
        row["orbitID"] = _PLANETS + station.id
    if found["moon"]:
        row["orbitIndex"] = int(found["moon"])
        row["orbitID"] = _MOONS + station.id
    return row


def _planet(station: Station) -> dict[str, Any]:
    """The planet that a station, or its moon, circles; a few have a name of their own."""
    found = _parts(station)
    row: dict[str, Any] = {
        "_key": _PLANETS + station.id,
        "celestialIndex": _arabic(found["planet"]),
        "solarSystemID": station.system_id,
    }
    if found["own"]:
        own = f"{station.system} {found['planet']}{found['own']}"
        row["uniqueName"] = {"en": own}
    return row


def _moon(station: Station) -> dict[str, Any]:
    found = _parts(station)
    return {
        "_key": _MOONS + station.id,
        "celestialIndex": _arabic(found["planet"]),
        "orbitID": _PLANETS + station.id,
        "orbitIndex": int(found["moon"]),
        "solarSystemID": station.system_id,
    }


def _site(station: Station) -> tuple[str, str]:
    """Whose it is, and what is done there: of `Caldari Navy Assembly Plant` the last two words."""
    words = _parts(station)["site"].split()
    return " ".join(words[:-2]) or words[0], " ".join(words[-2:] if len(words) > 2 else words[1:])


def _parts(station: Station) -> dict[str, str]:
    rest = station.name.removeprefix(station.system)
    found = _ORBIT.fullmatch(f"x{rest}")
    return found.groupdict() if found else dict(_NOWHERE, site=station.name)


def _arabic(roman: str) -> int:
    values = [_ROMAN[letter] for letter in roman]
    following = [*values[1:], 0]
    return sum(-one if one < after else one for one, after in zip(values, following, strict=True))


def _named(key: int, name: str, **more: Any) -> dict[str, Any]:
    return {"_key": key, "name": {"en": name}, **more}


def _numbered(names: Iterable[str], first: int) -> dict[str, int]:
    return {name: first + number for number, name in enumerate(dict.fromkeys(names))}


def _lines(rows: Iterable[Mapping[str, Any]]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def _file(asked: Asked, data: bytes, kind: str) -> Reply:
    etag = f'"{sha224(data).hexdigest()[:32]}"'
    headers = CIMultiDict({"Content-Type": kind, "ETag": etag})
    if asked.headers.get("If-None-Match") == etag:
        return Reply(304, headers, b"")
    return Reply(200, headers, data)
