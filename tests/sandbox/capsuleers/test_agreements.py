"""Own contracts: the public ones are those of the market, and every party sees the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from eveobs.sandbox.market import Refusal
from eveobs.sandbox.people import character_id, corporation_id
from eveobs.sandbox.server import Sandbox
from eveobs.sandbox.universe import REGIONS
from eveobs.sandbox.world import World
from tests.sandbox.conftest import Clock

pytestmark = pytest.mark.unit

Truth = Callable[..., dict[str, Any]]
NUMBERS = range(6)
FIRST = character_id(0)


def listed(sandbox: Sandbox) -> dict[int, Any]:
    calendar, market = sandbox.calendar, sandbox.world.market
    cycle = calendar.number(sandbox.now())
    return {
        row.contract_id: row
        for region in REGIONS
        for row in market.contracts(region.id, calendar, cycle)
    }


@pytest.mark.parametrize("cycles", [0, 1, 40, 2000])
def test_whoever_issues_a_public_contract_has_it(
    truth: Truth, sandbox: Sandbox, clock: Clock, cycles: int
) -> None:
    clock.time += cycles * 1800
    market = listed(sandbox)
    found = 0
    for number in NUMBERS:
        rows = {
            row["contract_id"]: row for row in truth("own-contracts", character_id(number))["rows"]
        }
        mine = {key for key, row in market.items() if row.issuer_id == character_id(number)}
        assert mine <= set(rows)
        found += len(mine)
        for key in mine:
            assert rows[key]["availability"] == "public"
            assert rows[key]["price"] == market[key].price
            assert rows[key]["type"] == market[key].type
            assert rows[key]["issuer_corporation_id"] == market[key].issuer_corporation_id
        public = {key for key, row in rows.items() if row["availability"] == "public"}
        waiting = {key for key in public if rows[key]["status"] == "outstanding"}
        expired = {key for key in waiting if key not in market}
        assert all(rows[key]["date_expired"] <= _iso(clock.time) for key in expired - mine)
    assert found > 10


def _iso(now: float) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(int(now), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_corporation_has_what_its_members_publish_for_it(truth: Truth, sandbox: Sandbox) -> None:
    rows = {row["contract_id"] for row in truth("own-contracts", corporation_id(0))["rows"]}
    mine = {
        key
        for key, row in listed(sandbox).items()
        if row.issuer_corporation_id == corporation_id(0) and row.for_corporation
    }
    assert mine <= rows


def test_both_sides_see_the_same_contract(truth: Truth) -> None:
    owners = [*map(character_id, NUMBERS), *map(corporation_id, (0, 1))]
    lists = {
        owner: {row["contract_id"]: row for row in truth("own-contracts", owner)["rows"]}
        for owner in owners
    }
    sides = 0
    for rows in lists.values():
        for key, row in rows.items():
            named = {row["issuer_id"], row["assignee_id"], row["acceptor_id"]}
            if row["for_corporation"]:
                named.add(row["issuer_corporation_id"])
            for other in named & set(lists):
                assert lists[other][key] == row
                sides += 1
    for owner, rows in lists.items():
        for row in rows.values():
            issuer = row["issuer_corporation_id"] if row["for_corporation"] else 0
            assert owner in {row["issuer_id"], row["assignee_id"], row["acceptor_id"], issuer}
    assert sides > sum(map(len, lists.values()))


def test_statuses_follow_each_other(truth: Truth, clock: Clock) -> None:
    """No contract goes back, and everything that ESI can say is said."""
    order = {"outstanding": 0, "in_progress": 1}
    last: dict[int, str] = {}
    seen = set()
    for _ in range(60):
        clock.time += 7 * 1800
        for row in truth("own-contracts", FIRST)["rows"]:
            before = last.get(row["contract_id"], "outstanding")
            assert order.get(row["status"], 2) >= order.get(before, 2)
            last[row["contract_id"]] = row["status"]
            seen.add(row["status"])
            accepted = row["status"] in {"in_progress", "finished", "failed"}
            assert ("date_accepted" in row) == accepted == (row["acceptor_id"] != 0)
            completed = row["status"] not in {"in_progress", "outstanding"}
            assert ("date_completed" in row) == completed
    assert seen == {"outstanding", "in_progress", "finished", "failed", "deleted", "rejected"}


def test_items_are_the_public_ones_without_what_makes_them_good(
    truth: Truth, sandbox: Sandbox
) -> None:
    found = truth("own-contracts", FIRST)
    cycle, checked = sandbox.calendar.number(sandbox.now()), 0
    for key in set(map(int, found["items"])) & set(listed(sandbox)):
        public = sandbox.world.market.items(key, sandbox.calendar, cycle)
        if isinstance(public, Refusal):
            continue
        mine = found["items"][str(key)]
        assert [row["record_id"] for row in mine] == [row.record_id for row in public]
        assert [row["type_id"] for row in mine] == [row.type_id for row in public]
        for row, item in zip(mine, public, strict=True):
            assert not {"material_efficiency", "runs", "item_id"} & set(row)
            if item.is_blueprint_copy:
                assert (row["raw_quantity"], row["is_singleton"]) == (-2, True)
            checked += 1
    assert checked > 3


@pytest.mark.parametrize("number", [0, 60, 1000])
def test_the_first_corporation_issues_as_many_as_told(clock: Clock, number: int) -> None:
    world = World.generate(seed=3, contracts=50, corporation_contracts=number)
    eden = Sandbox(world, clock=clock)
    rows = eden.views.agreements.rows(eden.views.census.corporation(0), int(eden.now()))
    own = [row for row in rows if row["issuer_corporation_id"] == corporation_id(0)]
    mine = [row for row in own if row["for_corporation"] and row["availability"] != "public"]
    assert len(mine) == number
    if number:
        assert set(Counter(row["type"] for row in mine)) == {"item_exchange", "auction", "courier"}


def test_given_rows_are_in_their_issuers_lists(clock: Clock) -> None:
    row = {
        "contract_id": 7,
        "type": "auction",
        "issuer_id": character_id(5),
        "issuer_corporation_id": corporation_id(0),
        "date_issued": "2026-09-20T00:00:00Z",
        "date_expired": "2026-10-20T00:00:00Z",
        "price": 5.0,
    }
    item = {"record_id": 1, "type_id": 99, "quantity": 2, "is_included": True}
    bid = {"bid_id": 1, "amount": 6.0, "date_bid": "2026-09-20T01:00:00Z"}
    world = World.of(contracts={10000002: [row]}, items={7: [item]}, bids={7: [bid]})
    for shown in (world, World.in_turn(world, world)):
        eden = Sandbox(shown, clock=clock)
        agreements, owner = eden.views.agreements, eden.views.census.character(5)
        at = int(eden.now())
        (mine,) = [one for one in agreements.rows(owner, at) if one["contract_id"] == 7]
        assert (mine["status"], mine["availability"]) == ("outstanding", "public")
        assert agreements.items(owner, 7, at) == [item | {"is_singleton": False}]
        (offer,) = agreements.bids(owner, 7, at, at) or []
        assert (offer["amount"], offer["bid_id"]) == (6.0, 1)
        assert agreements.items(owner, 8, at) is None
        assert agreements.bids(owner, 8, at, at) is None
    refused = Refusal(403, "Contract not public")
    world = World.of(contracts={10000002: [row]}, items={7: refused}, bids={7: refused})
    eden = Sandbox(world, clock=clock)
    at, owner = int(eden.now()), eden.views.census.character(5)
    assert eden.views.agreements.items(owner, 7, at) == []
    assert eden.views.agreements.bids(owner, 7, at, at) == []
