"""`eveobs cache` tells what the cache did for all runs, and clears it without touching the store."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import Eveobs, NewEden

pytestmark = pytest.mark.integration


def test_counts_of_several_runs_add_up_and_clear_forgets(eveobs: Eveobs) -> None:
    for _ in range(3):
        eveobs("api", "/universe/types/587")
    told = json.loads(eveobs("cache", "stats", "--json").stdout)
    route = told["routes"][0]
    assert route["route"] == "/universe/types/{type_id}"
    assert (route["missed"], route["fresh"]) == (1, 2)
    assert route["saved"] > 0
    assert told["entries"] == 1
    table = eveobs("cache", "stats")
    assert "/universe/types/{type_id}" in table.stdout
    assert "1 entries" in table.stderr
    assert eveobs("cache", "clear").exit_code == 0
    assert json.loads(eveobs("cache", "stats", "--json").stdout)["entries"] == 0


def test_clearing_costs_requests_and_nothing_else(eveobs: Eveobs, new_eden: NewEden) -> None:
    eveobs("fetch", "contracts", "--no-bids", "--no-items")
    before = eveobs.json("list", "contracts")
    eveobs("cache", "clear")
    assert eveobs.json("list", "contracts") == before


def test_a_folder_that_is_no_cache_is_told_apart(eveobs: Eveobs) -> None:
    folder = Path(eveobs("cache", "path").stdout.strip())
    folder.parent.mkdir(parents=True)
    folder.write_text("not a folder")
    for command in ("stats", "clear"):
        result = eveobs("cache", command)
        assert result.exit_code == 1
        assert str(folder) in result.stderr
        assert "hint: " in result.stderr
