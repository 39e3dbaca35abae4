"""A plan sends nothing and the run then needs what it said; the limits tell what ESI counted."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests.conftest import Eveobs, NewEden

pytestmark = pytest.mark.integration


def planned(eveobs: Eveobs, *options: str) -> tuple[int, bool]:
    rows = eveobs.json("fetch", "contracts", "--plan", *options)
    return sum(row["requests"] for row in rows), any(row["at_least"] for row in rows)


def test_a_plan_sends_nothing_and_is_what_the_run_needs(eveobs: Eveobs, new_eden: NewEden) -> None:
    eveobs.json("fetch", "contracts", "--no-items", "--no-bids")
    new_eden.reset_counters()
    requests, at_least = planned(eveobs)
    assert new_eden.requests() == 0
    assert not at_least
    pages_beyond_the_first = sum(
        max(len(items) - 1, 0) // 1000
        for items in new_eden.get("/_sandbox/truth?region_id=10000002")["items"].values()
    )
    run = eveobs.json("fetch", "contracts")[0]
    assert run["requests"] == requests + pages_beyond_the_first
    assert planned(eveobs) == (0, False)


def test_on_a_new_home_a_plan_says_what_comes_at_least(eveobs: Eveobs, new_eden: NewEden) -> None:
    new_eden.reset_counters()
    assert planned(eveobs) == (2, True)
    assert new_eden.requests() == 0
    said = eveobs("fetch", "contracts", "--plan").stderr
    assert said == "2 requests, or more; nothing was sent\n"


def test_a_plan_changes_nothing(eveobs: Eveobs) -> None:
    eveobs.json("fetch", "contracts", "--no-items", "--no-bids")
    before = eveobs("cache", "stats", "--json").stdout
    planned(eveobs)
    assert eveobs("cache", "stats", "--json").stdout == before


def test_limits_are_those_that_esi_told(eveobs: Eveobs, new_eden: NewEden) -> None:
    assert json.loads(eveobs("limits", "--json").stdout)[0]["left"] == 100
    eveobs("api", "/status")
    rows = {row["limit"]: row for row in json.loads(eveobs("limits", "--json").stdout)}
    assert rows["status"]["of"] == 600
    assert rows["status"]["left"] <= 598
    assert "errors" in eveobs("limits").stdout


class Full(BaseHTTPRequestHandler):
    """ESI with its error limit used up."""

    def do_GET(self) -> None:
        body = b'{"error":"This software has exceeded the error limit for ESI."}'
        self.send_response(420)
        for name, value in {
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "X-ESI-Error-Limit-Remain": "0",
            "X-ESI-Error-Limit-Reset": "40",
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_without_patience_a_limit_is_exit_6_and_later_runs_do_not_even_ask(eveobs: Eveobs) -> None:
    eveobs.json("fetch", "contracts", "--region", "Domain", "--region", "The Forge", "--no-items")
    with HTTPServer(("127.0.0.1", 0), Full) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            own = f"store.esi_url={eveobs.env['EVEOBS_ESI__BASE_URL']}"
            address = f"esi.base_url=http://127.0.0.1:{server.server_port}"
            there = ("--set", address, "--set", own)
            region = ("--region", "10000016", "--no-wait")
            first = eveobs(*there, "fetch", "contracts", *region)
        finally:
            server.shutdown()
            thread.join()
    assert first.exit_code == 6
    assert "error limit" in first.stderr
    assert "Try again in" in first.stderr
    second = eveobs(*there, "fetch", "contracts", *region)  # nobody is there any more
    assert second.exit_code == 6
    left = json.loads(eveobs(*there, "limits", "--json").stdout)[0]
    assert left["left"] <= 0
    assert 30 < left["anew_in"] <= 40
