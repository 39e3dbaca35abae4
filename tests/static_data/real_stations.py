"""An archive of the real stations, in CCP's layout, and the names that the game has for them.

What lies beside the repository (`shared/sde`) is in a reduced form, except for the stations. The
files that it lacks are made here in CCP's layout: planets and moons with a name of their own as
`mapPlanets` and `mapMoons`, and the operations, each learned from one station's name alone.
"""

from __future__ import annotations

import gzip
import json
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from eveobs.sandbox import static_routes
from eveobs.static_data.stations import roman

Rows = list[dict[str, Any]]

MOON = re.compile(r"(?P<planet>.+) - (?P<moon>Moon .+)")


def lines(file: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(file) as opened:
        yield from (json.loads(line) for line in opened)


def en(key: int, name: str, **more: Any) -> dict[str, Any]:
    return {"_key": key, "name": {"en": name}, **more}


class RealStations:
    """The real stations of `folder`."""

    def __init__(self, folder: Path) -> None:
        self.names = {r["station_id"]: r["name"] for r in lines(folder / "stations.jsonl.gz")}
        self.systems = [*lines(folder / "systems.jsonl.gz")]
        self.corporations = [*lines(folder / "npcCorporations.jsonl.gz")]
        self.stations = [*lines(folder / "raw-npcStations.jsonl.gz")]
        self._system = {row["system_id"]: row["name"] for row in self.systems}
        self._owner = {row["corporation_id"]: row["name"] for row in self.corporations}

    def files(self) -> dict[str, Rows]:
        """The rows of every file, by its name."""
        planets, moons = self._bodies()
        return {
            **static_routes.export(),
            "mapSolarSystems": [
                en(
                    row["system_id"],
                    row["name"],
                    constellationID=row["constellation_id"],
                    regionID=row["region_id"],
                    securityStatus=row["security"],
                )
                for row in self.systems
            ],
            "npcCorporations": [
                en(row["corporation_id"], row["name"], tickerName=row["ticker"])
                for row in self.corporations
            ],
            "stationOperations": [
                {"_key": number, "operationName": {"en": name}}
                for number, name in self._operations().items()
            ],
            "npcStations": self.stations,
            "mapPlanets": planets,
            "mapMoons": moons,
        }

    def _operations(self) -> Mapping[int, str]:
        found: dict[int, str] = {}
        for row in self.stations:
            name = self.names.get(row["_key"])
            if name and row["useOperationName"] and row["operationID"] not in found:
                owner = self._owner[row["ownerID"]]
                found[row["operationID"]] = name.rpartition(f" - {owner} ")[2]
        return found

    def _bodies(self) -> tuple[Rows, Rows]:
        """All planets and moons that stations circle; those with a name of their own have it."""
        planets: dict[tuple[int, int], dict[str, Any]] = {}
        moons: Rows = []
        for row in self.stations:
            index, system = row.get("celestialIndex"), row["solarSystemID"]
            if index is None:
                continue
            orbit = self._orbit(row)
            moon = MOON.fullmatch(orbit)
            planet = moon["planet"] if moon else orbit
            body = {"celestialIndex": index, "solarSystemID": system}
            own = {} if planet == self._plain(row) else {"uniqueName": {"en": planet, "de": "?"}}
            planets[system, index] = {"_key": 10**8 + len(planets), **body, **own}
            if moon is not None:
                plain = moon["moon"] == f"Moon {row['orbitIndex']}"
                own = {} if plain else {"uniqueName": {"en": orbit}}
                moons.append(
                    {"_key": row["orbitID"], "orbitIndex": row["orbitIndex"], **body, **own}
                )
        return [*planets.values()], moons

    def _plain(self, row: Mapping[str, Any]) -> str:
        return f"{self._system.get(row['solarSystemID'], '')} {roman(row['celestialIndex'])}"

    def _orbit(self, row: Mapping[str, Any]) -> str:
        """The body that a station circles, as its real name says."""
        name = self.names.get(row["_key"])
        if name is None:  # 56 stations of the export are not in the reduced form
            moon = f" - Moon {row['orbitIndex']}" if "orbitIndex" in row else ""
            return self._plain(row) + moon
        return str(name.partition(f" - {self._owner[row['ownerID']]}")[0])


def write_archive(path: Path, files: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """Write `files` as CCP packs them."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, rows in files.items():
            with archive.open(f"{name}.jsonl", "w", force_zip64=True) as out:
                for row in rows:
                    out.write(json.dumps(row).encode() + b"\n")
