"""Assets, blueprints and jobs refer to each other, and lie where there is a place."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from eveobs.sandbox.capsuleers.sheets import character
from eveobs.sandbox.messages import Reply
from eveobs.sandbox.people import character_id, corporation_id
from eveobs.sandbox.server import Sandbox
from eveobs.sandbox.structures import structure
from eveobs.sandbox.universe import STATIONS, TYPE_BY_ID
from tests.sandbox.conftest import Clock

pytestmark = pytest.mark.unit

Ask = Callable[..., Reply]
Truth = Callable[..., dict[str, Any]]
OWNERS = (character_id(0), character_id(1), character_id(9), corporation_id(0), corporation_id(3))
STATION_IDS = {station.id for station in STATIONS}


@pytest.fixture(params=[0, 5 * 1800, 90 * 86_400], autouse=True)
def moment(request: pytest.FixtureRequest, clock: Clock) -> None:
    clock.time += request.param


@pytest.mark.parametrize("owner", OWNERS)
def test_everything_lies_in_something_of_the_owner_or_in_a_place(truth: Truth, owner: int) -> None:
    rows = truth("assets", owner)["rows"]
    by_id = {row["item_id"]: row for row in rows}
    assert len(by_id) == len(rows)
    for row in rows:
        where = row["location_id"]
        if row["location_type"] == "station":
            assert where in STATION_IDS
        else:
            assert where in by_id or structure(where) is not None
            assert where != row["item_id"]
        if where in by_id:
            assert by_id[where]["is_singleton"]


@pytest.mark.parametrize("owner", OWNERS)
def test_blueprints_are_assets_too(truth: Truth, owner: int) -> None:
    assets = {row["item_id"]: row for row in truth("assets", owner)["rows"]}
    rows = truth("blueprints", owner)["rows"]
    for row in rows:
        asset = assets[row["item_id"]]
        assert (asset["location_id"], asset["type_id"]) == (row["location_id"], row["type_id"])
        assert asset["is_singleton"] == (row["quantity"] < 0)
        assert asset.get("is_blueprint_copy", False) == (row["quantity"] == -2)
        assert (row["runs"] == -1) == (row["quantity"] != -2)
        assert TYPE_BY_ID[row["type_id"]].category_id == 9
    kinds = {TYPE_BY_ID[row["type_id"]].category_id for row in assets.values()}
    assert len(rows) == sum(TYPE_BY_ID[row["type_id"]].category_id == 9 for row in assets.values())
    assert len(kinds) > 2


def test_the_library_has_originals_copies_and_stacks(truth: Truth) -> None:
    rows = [row for owner in OWNERS for row in truth("blueprints", owner)["rows"]]
    quantities = {row["quantity"] for row in rows}
    assert {-1, -2} < quantities
    assert max(quantities) > 0


def test_a_corporation_has_offices_with_divisions_and_a_named_container(truth: Truth) -> None:
    found = truth("assets", corporation_id(0))
    offices = [row for row in found["rows"] if row["location_flag"] == "OfficeFolder"]
    assert {row["location_type"] for row in offices} == {"station", "item"}
    flags = {row["location_flag"] for row in found["rows"]}
    assert {f"CorpSAG{number}" for number in range(1, 8)} <= flags
    assert list(found["names"].values()) == ["Library"]
    (box,) = found["names"]
    assert any(row["location_id"] == int(box) for row in found["rows"])


@pytest.mark.parametrize("owner", OWNERS[:2] + OWNERS[3:])
def test_jobs_use_blueprints_that_there_are(truth: Truth, owner: int, sandbox: Sandbox) -> None:
    blueprints = {row["item_id"]: row for row in truth("blueprints", owner)["rows"]}
    rows = truth("industry-jobs", owner)["rows"]
    members = {character_id(number) for number in sandbox.views.census.members(0)}
    for row in rows:
        blueprint = blueprints[row["blueprint_id"]]
        assert row["blueprint_type_id"] == blueprint["type_id"]
        assert row["blueprint_location_id"] == blueprint["location_id"]
        assert row["facility_id"] in STATION_IDS or structure(row["facility_id"]) is not None
        assert row["start_date"] < row["end_date"]
        copies = blueprint["quantity"] == -2
        assert row["activity_id"] in ({1, 8} if copies else {1, 3, 4, 5})
        if owner == corporation_id(0):
            assert row["installer_id"] in members
    assert len({row["job_id"] for row in rows}) == len(rows)
    assert len({row["blueprint_id"] for row in rows}) == len(rows)


def test_jobs_are_active_until_they_end(truth: Truth, clock: Clock) -> None:
    seen = set()
    for _ in range(200):
        clock.time += 1800
        now = clock.time
        for row in truth("industry-jobs", corporation_id(0))["rows"]:
            seen.add(row["status"])
            if row["status"] in {"active", "ready"}:
                ended = row["end_date"] <= f"{_iso(now)}"
                assert (row["status"] == "ready") == ended
            assert ("completed_date" in row) == (row["status"] in {"delivered", "cancelled"})
    assert seen == {"active", "ready", "delivered", "paused", "cancelled"}


def _iso(now: float) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(int(now), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_completed_jobs_are_shown_to_those_who_ask(ask_as: Ask) -> None:
    target = f"/corporations/{corporation_id(0)}/industry/jobs"
    current = json.loads(ask_as(0, target).body or b"")
    whole = json.loads(ask_as(0, f"{target}?include_completed=true").body or b"")
    assert {row["status"] for row in current} <= {"active", "ready", "paused"}
    assert [row for row in whole if row in current] == current
    assert len(whole) > len(current)


def test_things_come_and_go(truth: Truth, clock: Clock) -> None:
    def ids() -> set[int]:
        return {row["item_id"] for row in truth("blueprints", corporation_id(0))["rows"]}

    before = ids()
    clock.time += 6 * 1800
    after = ids()
    assert before - after
    assert after - before
    assert len(before & after) > len(before) / 2


def test_nobody_lives_twice(sandbox: Sandbox) -> None:
    census = sandbox.views.census
    people = census.people
    members = [one for number in range(people.corporations) for one in census.members(number)]
    assert sorted(members) == list(range(people.characters))
    for number in range(people.characters):
        sheet = character(census, census.character(number))
        assert sheet["corporation_id"] == census.corporation_of(character_id(number))


def test_the_first_two_share_a_corporation_with_different_roles(truth: Truth) -> None:
    first, second, third = (truth("characters", character_id(number)) for number in range(3))
    corporations = [one["rows"][0]["corporation_id"] for one in (first, second, third)]
    assert corporations[0] == corporations[1] == corporation_id(0) != corporations[2]
    assert first["roles"]["roles"] == ["Accountant", "Director", "Factory_Manager"]
    assert second["roles"]["roles"] == ["Station_Manager"]
    assert third["roles"]["roles"] == []


def test_an_unknown_page_of_assets_is_not_found(ask_as: Ask) -> None:
    target = f"/characters/{character_id(0)}/assets"
    assert ask_as(0, target).headers["X-Pages"] == "1"
    assert ask_as(0, f"{target}?page=2").status == 404
