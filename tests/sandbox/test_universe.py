"""Places and types are the game's own: ids, names, groups and volumes agree with static data."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from eveobs.sandbox import universe

pytestmark = pytest.mark.unit

STATIC_DATA = Path(__file__).parents[2].parent / "shared" / "sde"


def rows(name: str, key: str) -> dict[int, dict[str, Any]]:
    path = STATIC_DATA / f"{name}.jsonl.gz"
    if not path.exists():
        pytest.skip("no static data beside the repository")
    with gzip.open(path, "rt") as lines:
        return {row[key]: row for row in map(json.loads, lines)}


def test_regions_and_constellations() -> None:
    regions = rows("regions", "region_id")
    constellations = rows("constellations", "constellation_id")
    assert [regions[place.id]["name"] for place in universe.REGIONS] == [
        place.name for place in universe.REGIONS
    ]
    for place in universe.CONSTELLATIONS:
        found = constellations[place.id]
        assert (found["name"], found["region_id"]) == (place.name, place.region_id)


def test_stations() -> None:
    stations, systems = rows("stations", "station_id"), rows("systems", "system_id")
    for station in universe.STATIONS:
        found, system = stations[station.id], systems[station.system_id]
        assert (found["name"], found["system_id"]) == (station.name, station.system_id)
        assert (system["name"], system["constellation_id"]) == (
            station.system,
            station.constellation_id,
        )


def test_types() -> None:
    types = rows("types", "id")
    for kind in universe.TYPES:
        found = types[kind.id]
        assert found["published"]
        assert (found["name"], found["group_id"], found["category_id"], found["volume"]) == (
            kind.name,
            kind.group_id,
            kind.category_id,
            kind.volume,
        )


def test_every_region_with_contracts_has_a_trade_hub() -> None:
    for region in universe.REGIONS:
        assert bool(universe.stations_in(region.id)) == (region.weight > 0)
    assert len({kind.id for kind in universe.TYPES}) == len(universe.TYPES)
    assert sum(region.weight for region in universe.REGIONS) == 100
