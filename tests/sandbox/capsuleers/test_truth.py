"""What the sandbox says is true is what its routes show at the same time."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from eveobs.sandbox import control
from eveobs.sandbox.messages import Reply
from eveobs.sandbox.people import character_id, corporation_id
from eveobs.sandbox.server import Sandbox
from tests.sandbox.conftest import Clock

pytestmark = pytest.mark.unit

Ask = Callable[..., Reply]
Truth = Callable[..., dict[str, Any]]
LISTS = {
    "assets": "assets",
    "blueprints": "blueprints",
    "industry-jobs": "industry/jobs?include_completed=true",
    "orders": "orders",
    "own-contracts": "contracts",
}


def body(reply: Reply) -> Any:
    assert reply.status == 200
    return json.loads(reply.body or b"")


@pytest.mark.parametrize("owner", [character_id(0), corporation_id(0)])
@pytest.mark.parametrize("processor", LISTS)
@pytest.mark.parametrize("later", [0, 1234, 99_999])
def test_lists(
    truth: Truth, ask_as: Ask, clock: Clock, owner: int, processor: str, later: int
) -> None:
    clock.time += later
    base = "characters" if owner == character_id(0) else "corporations"
    shown = body(ask_as(0, f"/{base}/{owner}/{LISTS[processor]}"))
    assert shown == truth(processor, owner)["rows"]
    assert shown


def test_sheets(truth: Truth, ask: Ask) -> None:
    for kind, owner in (("character", character_id(4)), ("corporation", corporation_id(2))):
        (sheet,) = truth(f"{kind}s", owner)["rows"]
        assert sheet == body(ask(f"/{kind}s/{owner}")) | {f"{kind}_id": owner}


def test_colonies(truth: Truth, ask_as: Ask) -> None:
    owner = character_id(0)
    told = truth("planets", owner)
    assert told["rows"] == body(ask_as(0, f"/characters/{owner}/planets"))
    for number, layout in told["layouts"].items():
        assert layout == body(ask_as(0, f"/characters/{owner}/planets/{number}"))
    expiries = [
        pin["expiry_time"]
        for layout in told["layouts"].values()
        for pin in layout["pins"]
        if "expiry_time" in pin
    ]
    assert len(expiries) == 2 * len(told["rows"])


def test_programmes_end_and_begin_again(truth: Truth, clock: Clock) -> None:
    owner, updates = character_id(0), set()
    for _ in range(60):
        clock.time += 5 * 1800
        updates |= {
            (row["planet_id"], row["last_update"]) for row in truth("planets", owner)["rows"]
        }
    assert len(updates) > 2 * len(truth("planets", owner)["rows"])


def test_skills_are_trained_level_by_level(truth: Truth, clock: Clock) -> None:
    owner = character_id(0)
    for _ in range(3):
        before = truth("characters", owner)
        clock.time += 24 * 1800
        after = truth("characters", owner)
        (trained,) = [
            row for row in after["skills"]["skills"] if row not in before["skills"]["skills"]
        ]
        done = before["skillqueue"][0]
        assert trained["skill_id"] == done["skill_id"]
        assert trained["trained_skill_level"] == done["finished_level"]
        assert after["skillqueue"][0]["skill_id"] == before["skillqueue"][1]["skill_id"]
    clock.time += 10 * 365 * 86_400
    assert truth("characters", owner)["skillqueue"] == []


def test_people_are_all_there_by_name(sandbox: Sandbox) -> None:
    told = json.loads(control.control(sandbox, "GET", "/_sandbox/people", b"").body)
    first = told["characters"][0]
    assert first["id"] == character_id(0)
    assert first["roles"] == ["Accountant", "Director", "Factory_Manager"]
    assert {one["corporation_id"] for one in told["characters"][:2]} == {corporation_id(0)}
    for one in (*told["characters"], *told["corporations"]):
        (name,) = sandbox.world.names.resolve([one["id"]]) or []
        assert name.name == one["name"]


def test_every_party_of_a_row_has_a_name(truth: Truth, sandbox: Sandbox) -> None:
    owner = corporation_id(0)
    journal, trades = truth("wallet-journal", owner), truth("wallet-transactions", owner)
    ids = {row[key] for row in journal["rows"] for key in ("first_party_id", "second_party_id")}
    ids |= {row["client_id"] for row in trades["rows"]}
    contracts = truth("own-contracts", owner)["rows"]
    parties = ("issuer_id", "issuer_corporation_id", "assignee_id", "acceptor_id")
    ids |= {row[key] for row in contracts for key in parties if row[key]}
    ids |= {row["type_id"] for row in truth("assets", owner)["rows"]}
    assert sandbox.world.names.resolve(ids) is not None


@pytest.mark.parametrize(
    "target",
    [
        "truth/planets?owner=98500000",
        "truth/corporations?owner=2112000000",
        "truth/characters?owner=98500000",
        "truth/ships?owner=2112000000",
        "truth/assets?owner=5",
        "truth/assets?owner=x",
        "truth/assets",
    ],
)
def test_what_there_is_no_truth_about(sandbox: Sandbox, target: str) -> None:
    told = control.control(sandbox, "GET", f"/_sandbox/{target}", b"")
    assert told.status == 400
    assert json.loads(told.body)["error"].startswith("Bad request")
