"""The regional markets of a real sandbox: what is stored is what it shows, whole or not at all."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
import time_machine

from tests.conftest import Eveobs, NewEden, new_eden_of

pytestmark = pytest.mark.integration
FORGE = 10000002


@pytest.fixture(scope="module")
def eden() -> Iterator[NewEden]:
    with new_eden_of("--contracts", "1", "--regions", "The Forge", "--orders", "3400") as started:
        yield started


@pytest.fixture
def run(eden: NewEden, tmp_path: Path) -> Eveobs:
    return Eveobs({"EVEOBS_HOME": str(tmp_path / "home"), "EVEOBS_ESI__BASE_URL": eden.url})


@dataclass
class Time:
    """The sandbox's and this process's, which go forward together."""

    eden: NewEden
    ahead: float = 0.0
    travel: time_machine.travel = field(init=False)

    def pass_(self, days: int) -> None:
        self.ahead += days * 86400
        self.eden.advance(days * 86400)
        self.travel.stop()
        self.start()

    def start(self) -> None:
        self.travel = time_machine.travel(time.time() + self.ahead)
        self.travel.start()


@pytest.fixture(scope="module")
def module_time(eden: NewEden) -> Time:
    return Time(eden)


@pytest.fixture(autouse=True)
def days(module_time: Time) -> Iterator[Time]:
    module_time.start()
    yield module_time
    module_time.travel.stop()


def stored(run: Eveobs, statement: str) -> list[dict[str, Any]]:
    (path,) = Path(run.env["EVEOBS_HOME"]).rglob("eveobs.sqlite3")
    with closing(sqlite3.connect(path)) as database:
        database.row_factory = sqlite3.Row
        return [dict(row) for row in database.execute(statement)]


def shown(eden: NewEden) -> dict[int, dict[str, Any]]:
    """The orders of The Forge, asked past all of eveobs."""
    pages = (eden.get(f"/markets/{FORGE}/orders?order_type=all&page={n}") for n in range(1, 5))
    return {row["order_id"]: row for page in pages for row in page}


def outcome(run: Eveobs, *arguments: str, given: str = "esi.contact=") -> dict[str, Any]:
    (row,) = run.json("--set", given, "fetch", *arguments)
    return dict(row)


def fault(eden: NewEden, *faults: str) -> None:
    url, body = eden.url + "/_sandbox/faults", json.dumps(faults).encode()
    urlopen(Request(url, data=body, method="POST"), timeout=10).close()  # noqa: S310


def test_orders_are_those_that_are_shown(eden: NewEden, run: Eveobs, days: Time) -> None:
    told = outcome(run, "market-orders")
    assert (told["status"], told["rows"], told["new"]) == ("complete", 3400, 3400)
    assert _plain(run) == shown(eden)
    days.pass_(1)
    told = outcome(run, "market-orders")
    assert told["status"] == "complete"
    assert told["gone"] == told["new"] > 0
    assert told["changed"] > 0
    assert _plain(run) == shown(eden)
    assert outcome(run, "market-orders")["requests"] == 0


def _plain(run: Eveobs) -> dict[int, dict[str, Any]]:
    wanted = (
        *("order_id", "type_id", "location_id", "system_id", "price", "volume_remain"),
        *("volume_total", "min_volume", "issued", "duration", "range", "is_buy_order"),
    )
    rows = stored(run, f"SELECT {', '.join(wanted)} FROM market_orders")  # noqa: S608
    return {row["order_id"]: row | {"is_buy_order": bool(row["is_buy_order"])} for row in rows}


def test_a_page_that_fails_deletes_nothing(eden: NewEden, run: Eveobs, days: Time) -> None:
    outcome(run, "market-orders")
    before = len(_plain(run))
    days.pass_(1)
    fault(eden, "500:route=/markets/*/orders,page=3")
    try:
        result = run("--set", "esi.max_retries=0", "fetch", "market-orders", "--json")
    finally:
        fault(eden)
    (told,) = json.loads(result.stdout)
    assert (result.exit_code, told["status"], told["gone"]) == (7, "partial", 0)
    assert len(_plain(run)) > before


def test_prices_of_new_eden(eden: NewEden, run: Eveobs) -> None:
    told = outcome(run, "market-prices")
    assert (told["subject"], told["status"]) == ("New Eden", "complete")
    there = {row["type_id"]: row.get("average_price") for row in eden.get("/markets/prices")}
    rows = run.json("list", "market-prices", "--limit", "0")
    assert {row["type_id"]: row["average_price"] for row in rows} == there
    assert {row["type_name"] for row in rows if row["type_id"] == 34} == {"Tritanium"}
    assert outcome(run, "market-prices")["requests"] == 0


def test_history_of_types_that_are_named(eden: NewEden, run: Eveobs, days: Time) -> None:
    told = outcome(run, "market-history", "--type", "rifter", "--type", "34")
    there = {number: eden.get(f"/markets/{FORGE}/history?type_id={number}") for number in (587, 34)}
    assert told["rows"] == sum(map(len, there.values())) > 700
    rows = run.json("list", "market-history", "--type", "Rifter", "--limit", "0")
    assert {row["date"][:10]: row["volume"] for row in rows} == {
        day["date"]: day["volume"] for day in there[587]
    }
    told = outcome(run, "market-history", "--type", "Tritanium")
    assert told["requests"] == 0
    days.pass_(1)
    again = outcome(run, "market-history", given="observe.types=Rifter")
    assert 0 < again["new"] <= 14  # the days since, and nothing is declared gone
    assert again["gone"] == 0


def test_a_type_that_nobody_knows(run: Eveobs) -> None:
    result = run("fetch", "market-history", "--type", "Nonsense")
    assert result.exit_code == 2
    assert "there is no type 'Nonsense'" in result.stderr
    result = run("fetch", "market-history", "--type", "999999")
    assert result.exit_code == 7
    assert "Type not found!" in result.stderr


def test_all_leaves_out_what_is_fetched_on_demand(run: Eveobs) -> None:
    told = run.json("fetch", "all")
    processors = {row["processor"] for row in told}
    assert "market-prices" in processors
    assert not {"market-orders", "market-history"} & processors
