"""Over real time: before the list expires nothing is sent; afterwards one conditional request a
page, and the details of what is new. What vanished is gone in the way it went.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine

from tests.conftest import Eveobs, NewEden, new_eden_of
from tests.integration.conftest import database

pytestmark = [pytest.mark.integration, pytest.mark.slow]

CYCLE = 6
PAGE, ITEMS, BIDS = (
    "/contracts/public/{region_id}",
    "/contracts/public/items/{contract_id}",
    "/contracts/public/bids/{contract_id}",
)


@pytest.fixture
def quick_eden() -> Iterator[NewEden]:
    """A sandbox whose lists are good for seconds; two pages in The Forge."""
    arguments = ("--contracts", "1150", "--regions", "The Forge", "--cycle", str(CYCLE))
    with new_eden_of(*arguments, "--seed", "21") as started:
        yield started


def truth(eden: NewEden, cycle: int | None = None) -> Any:
    which = "" if cycle is None else f"&cycle={cycle}"
    return eden.get(f"/_sandbox/truth?region_id=10000002{which}")


def into_a_new_cycle(eden: NewEden) -> int:
    """Wait for the next cycle to begin; its number."""
    before = now = truth(eden)["cycle"]
    while now == before:
        time.sleep(0.05)
        now = truth(eden)["cycle"]
    time.sleep(1.1)  # HTTP's clock counts in whole seconds: what expires then may be kept so long
    return int(now)


def asked(eden: NewEden) -> Counter[tuple[str, int]]:
    found: Counter[tuple[str, int]] = Counter()
    for row in eden.get("/_sandbox/requests")["routes"]:
        found[row["route"], row["status"]] += row["requests"]
    return found


def of_route(found: Counter[tuple[str, int]], route: str) -> int:
    return sum(number for (path, _), number in found.items() if path == route)


def by_id(contracts: list[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    return {row["contract_id"]: row for row in contracts}


def test_the_whole_life_of_a_list(quick_eden: NewEden, home: Path) -> None:
    run = Eveobs({"EVEOBS_HOME": str(home), "EVEOBS_ESI__BASE_URL": quick_eden.url})
    first = truth(quick_eden)["cycle"]
    fetched = run.json("fetch", "contracts", "--no-bids")[0]
    old = by_id(truth(quick_eden, first)["contracts"])
    assert (fetched["status"], fetched["new"]) == ("complete", len(old))
    met = names(home)

    quick_eden.reset_counters()
    again = run.json("fetch", "contracts", "--no-bids")[0]
    assert truth(quick_eden)["cycle"] == first, "this machine was too slow for the test"
    assert quick_eden.requests() == 0
    assert (again["status"], again["requests"], again["expires"]) == (
        "unchanged",
        0,
        fetched["expires"],
    )

    second = into_a_new_cycle(quick_eden)
    quick_eden.reset_counters()
    after = run.json("fetch", "contracts")[0]
    new = by_id(truth(quick_eden, second)["contracts"])
    found = asked(quick_eden)
    assert truth(quick_eden)["cycle"] == second, "this machine was too slow for the test"

    born, vanished = new.keys() - old.keys(), old.keys() - new.keys()
    pages = -(-len(new) // 1000)
    items = [key for key in born if new[key]["type"] != "courier"]
    auctions = [key for key in new if new[key]["type"] == "auction"]
    assert (len(born) > 3, len(vanished) > 3, pages) == (True, True, 2)
    assert of_route(found, PAGE) == pages
    assert of_route(found, ITEMS) == len(items)
    assert of_route(found, BIDS) == len(auctions)
    assert of_route(found, "/universe/names") == bool(names(home) - met)
    assert found.total() == after["requests"]
    assert (
        of_route(found, PAGE) + len(items) + len(auctions) + bool(names(home) - met)
        == (after["requests"])
    )
    assert (after["status"], after["rows"]) == ("complete", len(new))
    assert (after["new"], after["gone"]) == (len(born), len(vanished))

    gone = by_id(run.json("list", "contracts", "--gone"))
    assert gone.keys() == vanished
    moment = truth(quick_eden, second)["last_modified"]
    for key, row in gone.items():
        over = old[key]["date_expired"] <= moment
        assert row["gone_how"] == ("expired" if over else "taken_or_withdrawn")
        assert row["gone_at"] == moment
    assert {row["gone_how"] for row in gone.values()} == {"expired", "taken_or_withdrawn"}
    assert by_id(run.json("list", "contracts")).keys() == new.keys()


def test_a_page_that_did_not_change_costs_a_304(eveobs: Eveobs, new_eden: NewEden) -> None:
    eveobs.json("fetch", "contracts")
    new_eden.reset_counters()
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=2)):  # here, not in New Eden
        report = eveobs.json("fetch", "contracts")[0]
    found = asked(new_eden)
    assert found[PAGE, 304] == 1
    assert of_route(found, ITEMS) == 0
    assert {status for _, status in found} == {304}
    assert report["status"] == "unchanged"
    assert report["requests"] == report["not_modified"] == found.total()


def names(home: Path) -> set[int]:
    with database(home) as store:
        return {row[0] for row in store.execute("SELECT id FROM names")}


def test_the_report_says_when_there_can_be_something_new(eveobs: Eveobs, new_eden: NewEden) -> None:
    report = json.loads(eveobs("fetch", "contracts", "--no-bids", "--json").stdout)[0]
    assert report["expires"] == truth(new_eden)["expires"]
