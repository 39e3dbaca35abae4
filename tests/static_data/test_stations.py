"""Stations are named as the game names them, all of them."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from eveobs.records.static import StaticStation
from eveobs.sandbox import static_routes
from eveobs.sandbox.universe import STATIONS
from eveobs.static_data.archive import Archive
from tests.static_data.real_stations import RealStations, write_archive

pytestmark = pytest.mark.unit

SDE = Path(__file__).parents[2].parent / "shared" / "sde"


def names(path: Path) -> dict[int, str]:
    with Archive(path, "en") as archive:
        found = {}
        for row in archive.rows("stations"):
            assert isinstance(row, StaticStation)
            found[row.station_id] = row.name
        return found


@pytest.mark.skipif(not SDE.exists(), reason="no static data beside the repository")
def test_all_real_stations_have_their_real_names(tmp_path: Path) -> None:
    real = RealStations(SDE)
    path = tmp_path / "it.zip"
    write_archive(path, real.files())
    found = names(path)
    wrong = {key: (found.get(key), name) for key, name in real.names.items() if found[key] != name}
    assert wrong == {}
    assert (len(real.names), len(found)) == (5154, 5210)
    assert found[60008494] == "Amarr VIII (Oris) - Emperor Family Academy"


def test_the_stations_of_the_sandbox_have_their_names(tmp_path: Path) -> None:
    path = tmp_path / "it.zip"
    write_archive(path, static_routes.export())
    assert names(path) == {station.id: station.name for station in STATIONS}


ORIS: dict[str, Any] = {"_key": 40139401, "celestialIndex": 8, "solarSystemID": 30002187}


@pytest.mark.parametrize(
    "own",
    [
        {"uniqueName": {"en": "Amarr VIII (Oris)", "de": "Amarr VIII (Oris)"}},
        {"uniqueName": "Amarr VIII (Oris)"},
        {"name": {"en": "Amarr VIII (Oris)"}},
    ],
)
def test_a_name_of_its_own_is_read_in_any_documented_form(
    own: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "it.zip"
    write_archive(path, {**static_routes.export(), "mapPlanets": [ORIS | own]})
    assert names(path)[60008494] == "Amarr VIII (Oris) - Emperor Family Academy"


def test_without_the_files_of_bodies_names_are_plainer(tmp_path: Path) -> None:
    files = static_routes.export()
    del files["mapPlanets"], files["mapMoons"]
    path = tmp_path / "it.zip"
    write_archive(path, files)
    assert names(path)[60008494] == "Amarr VIII - Emperor Family Academy"


def test_a_broken_line_of_a_body_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "it.zip"
    write_archive(path, static_routes.export())
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("mapPlanets.jsonl", json.dumps({"uniqueName": 3}))
    with pytest.raises(Exception, match=r"line 1 of mapPlanets\.jsonl"):
        names(path)
