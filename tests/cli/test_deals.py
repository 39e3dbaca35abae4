"""`eveobs deals` over a whole region of the sandbox, against every contract looked at."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Eveobs, NewEden

pytestmark = [pytest.mark.integration]


@pytest.fixture(scope="module")
def market(new_eden: NewEden, tmp_path_factory: pytest.TempPathFactory) -> Eveobs:
    home = tmp_path_factory.mktemp("deals")
    run = Eveobs({"EVEOBS_HOME": str(home), "EVEOBS_ESI__BASE_URL": new_eden.url})
    for what in ("market-orders", "contracts"):
        assert run("fetch", what).exit_code == 0
    return run


def rows(run: Eveobs, statement: str) -> list[dict[str, Any]]:
    (path,) = Path(run.env["EVEOBS_HOME"]).rglob("eveobs.sqlite3")
    with closing(sqlite3.connect(path)) as store:
        store.row_factory = sqlite3.Row
        return [dict(row) for row in store.execute(statement)]


def expected(run: Eveobs) -> dict[int, float]:
    """The profit of every contract that has one of at least a tenth, sold to the best buyers."""
    orders = sorted(
        rows(run, "SELECT * FROM market_orders WHERE is_buy_order"), key=lambda row: -row["price"]
    )
    found = {}
    for contract in rows(run, "SELECT * FROM contracts WHERE gone_at IS NULL"):
        auction = contract["type"] == "auction"
        price = contract["buyout"] if auction else contract["price"]
        ends = datetime.fromisoformat(contract["date_expired"])
        kind_fits = contract["type"] in {"item_exchange", "auction"}
        if not kind_fits or (auction and not price) or ends <= datetime.now(UTC):
            continue
        items = rows(
            run,
            f"SELECT * FROM contract_items WHERE contract_id = {contract['contract_id']}",  # noqa: S608
        )
        if not items or not all(item["is_included"] for item in items):
            continue
        wanted: dict[int, int] = {}
        for item in items:
            if not item["is_blueprint_copy"]:
                wanted[item["type_id"]] = wanted.get(item["type_id"], 0) + item["quantity"]
        value = sum(_sold(orders, number, units) for number, units in wanted.items()) * 0.92
        cost = (price or 0.0) - (contract["reward"] or 0.0)
        if value - cost > 0 and value >= cost * 1.1:
            found[contract["contract_id"]] = value - cost
    return found


def _sold(orders: list[dict[str, Any]], number: int, units: int) -> float:
    isk = 0.0
    for order in orders:
        if order["type_id"] == number and units:
            some = min(units, order["volume_remain"])
            isk, units = isk + some * order["price"], units - some
    return isk


def test_ones_own_contracts_are_no_deals(market: Eveobs) -> None:
    told = market.json("deals", "--min-profit", "0", "--limit", "0")
    issuer = told[0]["issuer_id"]
    mine = Eveobs(market.env | {"EVEOBS_ME__CHARACTERS": str(issuer)})
    left = mine.json("deals", "--min-profit", "0", "--limit", "0")
    assert left == [row for row in told if row["issuer_id"] != issuer]
    assert len(left) < len(told)


def test_every_contract_is_looked_at(market: Eveobs) -> None:
    told = market.json("deals", "--min-profit", "0", "--limit", "0")
    profits = {row["contract_id"]: row["profit"] for row in told if "asks" not in _traps(row)}
    there = expected(market)
    assert set(profits) == set(there)
    assert profits == pytest.approx(there)
    assert len(there) > 5
    assert [row["profit"] for row in told] == sorted((row["profit"] for row in told), reverse=True)


def _traps(row: dict[str, Any]) -> str:
    return row["warnings"] or ""


def test_options_narrow_it_down(market: Eveobs) -> None:
    everything = market.json("deals", "--min-profit", "0", "--limit", "0")
    sound = market.json("deals", "--min-profit", "0", "--sound", "--limit", "0")
    assert [row for row in everything if not row["warnings"]] == sound
    rich = market.json("deals", "--min-profit", "100m", "--limit", "0")
    assert [row for row in everything if row["profit"] >= 1e8] == rich
    taxed = market.json("--set", "market.sales_tax=100", "deals", "--min-profit", "0")
    assert taxed == []
    for at in ("buy", "sell"):
        every = market.json("deals", "--at", at, "--min-profit", "0", "--limit", "0")
        for number in (1, 3, 7):
            best = market.json("deals", "--at", at, "--min-profit", "0", "--limit", str(number))
            assert best == every[:number]
    assert "the best 2; --limit 0" in market("deals", "--limit", "2").stderr


def test_without_a_market_nothing_has_a_price(market: Eveobs) -> None:
    result = market("deals", "--market", "Domain")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "no orders of that market are stored" in result.stderr


def test_couriers_by_their_reward(market: Eveobs) -> None:
    told = market.json("deals", "--couriers", "--min-profit", "0", "--limit", "0")
    there = rows(market, "SELECT * FROM contracts WHERE type = 'courier' AND gone_at IS NULL")
    now = datetime.now(UTC)
    open_ = [one for one in there if datetime.fromisoformat(one["date_expired"]) > now]
    assert {row["contract_id"] for row in told} == {row["contract_id"] for row in open_}
    assert [row["reward"] for row in told] == sorted((r["reward"] for r in told), reverse=True)
    sound = market.json("deals", "--couriers", "--min-profit", "0", "--limit", "0", "--sound")
    assert sound == [row for row in told if not row["warnings"]]
    rich = market("deals", "--couriers", "--min-profit", "900t")
    assert (rich.exit_code, "no courier contract is like that" in rich.stderr) == (0, True)
