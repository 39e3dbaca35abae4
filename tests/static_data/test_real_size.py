"""Static data of the real size is loaded in bounded memory, a portion of rows at a time."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from eveobs.sandbox import static_routes
from tests.conftest import PEAK_MEMORY
from tests.static_data.real_stations import write_archive

pytestmark = [pytest.mark.integration, pytest.mark.slow]

TYPES, SYSTEMS, STATIONS, PLANETS, MOONS = 50_000, 8_436, 5_210, 68_000, 343_000
"""Rows of build 3650286, as far as they are known; planets and moons by their order of magnitude."""
MEMORY_MB = 200
"""95 MB were measured on 2026-12-01, with Python 3.11 on Linux."""
LOAD = f"""{PEAK_MEMORY}
import json, sys, time
from datetime import UTC, datetime
from pathlib import Path
from eveobs.records.static import KINDS
from eveobs.static_data.archive import Archive
from eveobs.store.store import Store

started = time.perf_counter()
about = {{"build": 1, "released": "", "language": "en", "etag": "", "loaded_at": datetime.now(UTC)}}
with Store(sys.argv[2]) as store, Archive(Path(sys.argv[1]), "en") as archive:
    store.replace_static_data({{kind: archive.rows(kind) for kind in KINDS}}, about)
    counts = store.static_counts()
memory = peak_memory() / 1000
print(json.dumps({{"counts": counts, "seconds": time.perf_counter() - started, "memory": memory}}))
"""
TEXT = "what a type is for, in eight languages, is most of the file. " * 20


def padded() -> dict[str, Any]:
    """The sandbox's export with as many rows as the real one, and rows as long."""
    files: dict[str, Any] = dict(static_routes.export())
    names = dict.fromkeys(("de", "es", "fr", "ja", "ko", "ru", "zh"), "Name")
    group = files["types"][0]["groupID"]
    files["types"] = [
        {
            "_key": 1_000_000 + number,
            "groupID": group,
            "name": {**names, "en": f"Type {number}"},
            "description": dict.fromkeys(names, TEXT),
            "volume": 1.5,
            "portionSize": 1,
            "published": True,
        }
        for number in range(TYPES)
    ]
    files["mapSolarSystems"] = [
        {
            "_key": 30_000_000 + number,
            "constellationID": 20_000_001,
            "regionID": 10_000_001,
            "name": {"en": f"System {number}"},
            "securityStatus": 0.5,
        }
        for number in range(SYSTEMS)
    ]
    files["npcStations"] = [
        {
            "_key": 60_000_000 + number,
            "solarSystemID": 30_000_000 + number % SYSTEMS,
            "celestialIndex": 1 + number % 12,
            "orbitIndex": 1 + number % 20,
            "orbitID": 40_000_000 + number,
            "operationID": 1,
            "ownerID": 1_000_002,
            "typeID": 1531,
            "useOperationName": True,
        }
        for number in range(STATIONS)
    ]
    files["mapPlanets"] = _Rows(PLANETS, 41_000_000)
    files["mapMoons"] = _Rows(MOONS, 42_000_000)
    return files


class _Rows:
    """Bodies, made when they are written; every ten-thousandth has a name of its own."""

    def __init__(self, count: int, first: int) -> None:
        self.count, self.first = count, first

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        statistics = {f"figure{n}": 1234567.891 for n in range(15)}
        for number in range(self.count):
            own = {} if number % 10_000 else {"uniqueName": {"en": f"Body {number}"}}
            yield {
                "_key": self.first + number,
                "celestialIndex": 1 + number % 12,
                "solarSystemID": 30_000_000 + number % SYSTEMS,
                "position": {"x": 1.5, "y": 2.5, "z": 3.5},
                "statistics": statistics,
                **own,
            }


def test_the_real_size_is_loaded_in_bounded_memory(tmp_path: Path) -> None:
    archive = tmp_path / "it.zip"
    write_archive(archive, padded())
    done = subprocess.run(
        [sys.executable, "-c", LOAD, str(archive), f"sqlite:///{tmp_path}/it.sqlite3"],
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)
    counts = found["counts"]
    assert (counts["types"], counts["systems"], counts["stations"]) == (TYPES, SYSTEMS, STATIONS)
    assert found["memory"] < MEMORY_MB
