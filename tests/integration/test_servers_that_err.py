"""Whatever answers instead of ESI: a sentence, a hint, the right exit code, and nothing is lost."""

from __future__ import annotations

import gzip
import json
import socket
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from tests.conftest import Eveobs, NewEden, process
from tests.integration.conftest import LIST, Between, Reply, count, tables

pytestmark = pytest.mark.integration

LIST_ONLY = ("fetch", "contracts", "--no-items", "--no-bids")
JSON = {"Content-Type": "application/json"}
DOWN = b'{"error":"The datasource tranquility is temporarily unavailable"}'
ROW = {
    "contract_id": 1,
    "type": "courier",
    "issuer_id": 1,
    "issuer_corporation_id": 1,
    "date_issued": "2026-11-01T00:00:00Z",
    "date_expired": "2026-12-01T00:00:00Z",
}
THIRD_IS_WRONG = [ROW, {**ROW, "contract_id": 2}, {**ROW, "contract_id": 3, "price": "cheap"}]
THIRD_LACKS = [ROW, {**ROW, "contract_id": 2}, {"contract_id": 3, "type": "courier"}]
NOT_ALL = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n[{"
ROUTE = "/contracts/public/{region_id}"

ODD: dict[str, tuple[Reply, int, tuple[str, ...]]] = {
    "a web page": (
        Reply(200, b"<!DOCTYPE html><html><body>Sign in to the hotel</body></html>"),
        5,
        ("web page", "hint: Check the network", "esi.base_url"),
    ),
    "an empty body": (Reply(200, b"", JSON), 5, ("empty body", "hint: Check the network")),
    "an object for a list": (
        Reply(200, b'{"contracts": []}', JSON),
        1,
        (ROUTE, "Expected `array`, got `object`", "hint: Nothing of it was kept."),
    ),
    "a string for a number": (
        Reply(200, json.dumps(THIRD_IS_WRONG).encode(), JSON),
        1,
        (ROUTE, "`$[2].price`", "Expected `float", "hint: Nothing of it was kept."),
    ),
    "a row without what every row has": (
        Reply(200, json.dumps(THIRD_LACKS).encode(), JSON),
        1,
        (ROUTE, "`$[2]`", "issuer_id", "hint: "),
    ),
    "no JSON": (Reply(200, b"oops", JSON), 1, (ROUTE, "hint: Nothing of it was kept.")),
    "half a body": (Reply(raw=NOT_ALL), 5, ("127.0.0.1", LIST, "hint: Check the network")),
    "no HTTP": (Reply(raw=b"\x16\x03\x01 hello\r\n\r\n"), 5, ("127.0.0.1", "hint: ")),
    "a hang-up": (Reply(raw=b"HTTP/1.1 200 "), 5, ("127.0.0.1", "hint: ")),
    "a gzip that is none": (
        Reply(200, gzip.compress(b"[]")[:-9] + b"x" * 9, {"Content-Encoding": "gzip", **JSON}),
        5,
        ("127.0.0.1", "hint: Check the network"),
    ),
    "an error of the server": (
        Reply(500, b'{"error":"Internal server error"}', JSON),
        5,
        ("answered 500: Internal server error", "hint: ESI is in trouble"),
    ),
    "the downtime": (
        Reply(503, DOWN, JSON),
        5,
        ("EVE Online is not available", "temporarily unavailable", "hint: ", "11:00 UTC"),
    ),
    "another address": (
        Reply(302, b"", {"Location": "https://login.example/"}),
        5,
        ("answered 302", "https://login.example/", "is esi.base_url right?"),
    ),
    "no such region": (
        Reply(404, b'{"error":"Region not found!"}', JSON),
        1,
        ("answered 404: Region not found!",),
    ),
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_answer_is_told_and_the_next_honest_run_ends_right(
    name: str, through: Eveobs, between: Between, new_eden: NewEden, home: Path
) -> None:
    reply, code, words = ODD[name]
    between.on(LIST, reply)
    odd = through(*LIST_ONLY, "--json")
    assert odd.exit_code == code, odd.output
    for word in words:
        assert word in odd.stderr
    assert "Traceback" not in odd.stderr
    assert odd.stderr.startswith("error: ")
    report = json.loads(odd.stdout)[0]
    assert (report["status"], report["rows"], report["new"]) == ("failed", 0, 0)
    assert " ".join(report["error"].split()) in odd.stderr
    assert count(home, "SELECT count(*) FROM contracts") == 0

    between.heal()
    honest = through.json(*LIST_ONLY)[0]
    truth = new_eden.get("/_sandbox/truth?region_id=10000002")["contracts"]
    assert (honest["status"], honest["new"], honest["error"]) == ("complete", len(truth), None)


def test_what_was_stored_before_survives_every_odd_answer(
    through: Eveobs, between: Between, home: Path
) -> None:
    through.json("fetch", "contracts")
    before = tables(home)
    later = datetime.now(UTC) + timedelta(hours=2)  # when nothing that is kept is fresh
    with time_machine.travel(later):
        for reply, *_ in ODD.values():
            between.on(LIST, reply)
            report = json.loads(through("fetch", "contracts", "--json").stdout)[0]
            assert (report["status"], report["gone"]) == ("failed", 0)
            assert tables(home) == before
        between.heal()
        assert through.json("fetch", "contracts")[0]["status"] == "unchanged"
    assert tables(home) == before


def test_a_trouble_that_passes_is_not_even_noticed(through: Eveobs, between: Between) -> None:
    through.env["EVEOBS_ESI__MAX_RETRIES"] = "3"
    between.on(LIST, Reply(502, b"bad gateway"), Reply(raw=b"HTTP/1.1 "), None)
    report = through(*LIST_ONLY, "--json")
    assert (report.exit_code, report.stderr) == (0, "")
    assert between.asked.count(f"GET {LIST}") == 3


@pytest.mark.slow
@pytest.mark.parametrize(
    "reply",
    [
        Reply(429, b'{"error":"Too many"}', {"Retry-After": "1", **JSON}),
        Reply(420, b'{"error":"Error limited"}', {"X-ESI-Error-Limit-Reset": "1", **JSON}),
    ],
    ids=["429", "420"],
)
def test_a_limit_is_waited_for(reply: Reply, through: Eveobs, between: Between) -> None:
    between.on(LIST, reply, None)
    started = time.monotonic()
    report = through(*LIST_ONLY, "--json")
    assert time.monotonic() - started >= 1
    assert (report.exit_code, report.stderr) == (0, "")
    assert json.loads(report.stdout)[0]["status"] == "complete"
    assert between.asked.count(f"GET {LIST}") == 2


def test_a_limit_that_is_too_long_to_wait_for_says_when_to_come_back(
    through: Eveobs, between: Between
) -> None:
    between.on(LIST, Reply(429, b"{}", {"Retry-After": "3600", **JSON}))
    started = time.monotonic()
    result = through(*LIST_ONLY)
    assert time.monotonic() - started < 5
    assert result.exit_code == 6
    assert "a rate limit of ESI is reached" in result.stderr
    assert "hint: Try again in 3600 seconds." in result.stderr


def test_without_a_network_and_without_anything_stored(home: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # bound, and nobody listens
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        env = {"EVEOBS_HOME": str(home), "EVEOBS_ESI__BASE_URL": url}
        result = process({**env, "EVEOBS_ESI__MAX_RETRIES": "1"}, "fetch", "contracts", "--json")
    assert result.returncode == 5
    assert result.stdout == ""
    first, hint = result.stderr.splitlines()
    assert first.startswith("error: 127.0.0.1: ")
    assert hint == "hint: Check the network, and esi.base_url in `eveobs config show --origin`."


def test_the_details_of_some_that_fail_are_missing_and_asked_again(
    through: Eveobs, between: Between, home: Path
) -> None:
    def some_fail(_: str, path: str) -> Reply | None:
        wrong = path.startswith("/contracts/public/items/") and path.partition("?")[0][-1] == "7"
        return Reply(500, b"{}") if wrong else None

    between.fault = some_fail
    result = through("fetch", "contracts", "--json")
    report = json.loads(result.stdout)[0]
    failed = [path for path in between.asked if "/items/" in path and path.endswith("7")]
    assert result.exit_code == 7
    assert (report["status"], report["rows"]) == ("partial", report["new"])
    assert report["error"].startswith("items of contract ")
    assert "What arrived is kept. Run it again to get the rest." in result.stderr
    between.heal()
    again = through.json("fetch", "contracts")[0]
    assert (again["status"] != "partial", again["error"]) == (True, None)
    assert sorted(path for path in between.asked if "/items/" in path) == sorted(failed)
    assert count(home, "SELECT count(*) FROM answers WHERE detail = 'items'") >= len(failed)


def test_names_that_cannot_be_had_do_not_spoil_the_contracts(
    through: Eveobs, between: Between, home: Path
) -> None:
    through.json(*LIST_ONLY, "--region", "Domain")  # now the names of the regions are known
    between.on("/universe/names", Reply(500, b"{}"), method="POST")
    result = through("fetch", "contracts", "--json")
    report = json.loads(result.stdout)[0]
    assert (result.exit_code, report["status"]) == (0, "complete")
    assert "warning: some names are not known yet" in result.stderr
    rows = through.json("list", "contracts")
    assert len(rows) == report["rows"]
    assert {row["issuer_name"] for row in rows} == {None}
    between.heal()
    through.json("fetch", "contracts")
    assert all(row["issuer_name"] for row in through.json("list", "contracts"))
    nameless = "SELECT count(*) FROM contract_items WHERE type_id NOT IN (SELECT id FROM names)"
    assert count(home, nameless) == 0
