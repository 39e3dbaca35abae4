"""What ESI says of itself reaches the person, and being asked about it never costs error budget."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from eveobs.esi.cache_statistics import CacheStatistics, Tally
from eveobs.esi.shared_limits import SharedLimits
from eveobs.operate.health.home import Home
from tests.esi.fakes import BASE, Time, error
from tests.operate.health.homes import PLAYERS, Esi, home_at, look

pytestmark = pytest.mark.unit

THREE = ("esi", "routes", "clock")
DAY = 86_400


def at(hour: int, minute: int) -> float:
    """A time of some day, UTC."""
    return 1_790_000_000 // DAY * DAY + hour * 3600 + minute * 60


def ledger(home: Home) -> SharedLimits:
    return SharedLimits(home.loaded.places.state, BASE, clock=home.clock, warn=pytest.fail)


async def test_all_is_well(home: Home, esi: Esi) -> None:
    found = await look(home, *THREE)
    assert {str(one.finding.state) for one in found.values()} == {"healthy"}
    assert found["esi"].finding.figure.startswith("23,456 players, ")
    assert found["esi"].finding.values["latency"] is not None
    assert found["clock"].finding.figure == "right to a second"
    assert sorted(esi.requests) == ["/meta/status", "/status"]


async def test_what_is_fresh_is_not_asked_again(home: Home, esi: Esi, time: Time) -> None:
    await look(home, "esi")
    found = await look(home, "esi")
    assert esi.requests == ["/status"]
    assert found["esi"].finding.figure == "23,456 players, from the cache"
    time.now += 31
    await look(home, "esi")
    assert esi.requests == ["/status", "/status"]


@pytest.mark.parametrize(
    ("hour", "minute", "state"), [(11, 5, "degraded"), (10, 59, "unhealthy"), (20, 0, "unhealthy")]
)
async def test_the_daily_downtime_is_expected_and_an_outage_is_not(
    home: Home, esi: Esi, time: Time, hour: int, minute: int, state: str
) -> None:
    time.now = at(hour, minute)
    words = "The datasource tranquility is temporarily unavailable"
    esi.answers["/status"] = lambda: error(503, words)
    found = (await look(home, "esi"))["esi"].finding
    assert (str(found.state), found.values["downtime"]) == (state, True)
    assert found.hint
    assert esi.requests == ["/status"]  # once: nothing is tried again


@pytest.mark.parametrize("status", [500, 502, 504, 520, 404, 400])
async def test_errors_cost_no_error_budget(home: Home, esi: Esi, status: int) -> None:
    for path in esi.answers:
        esi.answers[path] = lambda: error(status, "no")
    found = await look(home, *THREE, "limits")
    assert str(found["esi"].finding.state) == "unhealthy"
    assert len(esi.requests) == 2
    assert ledger(home).look().errors == 0
    assert found["limits"].finding.figure.startswith("100 of 100 errors left")


async def test_nobody_there_is_unhealthy_and_asked_once(home: Home, esi: Esi, time: Time) -> None:
    def gone(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    gone_home = home_at(home.loaded.places.data.parent, gone, time)
    found = await look(gone_home, *THREE, "store")
    states = {name: str(one.finding.state) for name, one in found.items()}
    assert states == {
        "store": "healthy",
        "esi": "unhealthy",
        "routes": "degraded",
        "clock": "degraded",
    }
    assert ledger(home).look().errors == 0


async def test_while_a_limit_pauses_everything_nothing_is_sent(home: Home, esi: Esi) -> None:
    shared = ledger(home)
    shared.pause("", 50)
    shared.close()
    found = await look(home, *THREE, "limits")
    assert esi.requests == []
    assert str(found["esi"].finding.state) == "degraded"
    assert "paused for 50 s" in found["limits"].finding.figure


async def test_only_ccp_may_log_in(home: Home, esi: Esi) -> None:
    esi.answers["/status"] = lambda: esi.ok({**PLAYERS, "vip": True}, age=30)
    assert str((await look(home, "esi"))["esi"].finding.state) == "degraded"


async def test_an_answer_of_another_shape_is_told(home: Home, esi: Esi) -> None:
    for path in esi.answers:
        esi.answers[path] = lambda: esi.ok([1])
    found = await look(home, *THREE)
    assert str(found["esi"].finding.state) == "unhealthy"
    assert "not what ESI documents" in found["esi"].finding.figure
    assert str(found["routes"].finding.state) == "degraded"


# -- routes ---------------------------------------------------------------------------------------


def states(esi: Esi, **others: str) -> None:
    rows = [{"method": "GET", "path": "/status", "status": "OK"}]
    rows += [{"method": "GET", "path": f"/{path}", "status": one} for path, one in others.items()]
    esi.answers["/meta/status"] = lambda: esi.ok({"routes": rows})


async def test_a_route_that_is_down_matters_to_who_uses_it(home: Home, esi: Esi) -> None:
    states(esi, wars="Down", fleets="Degraded", markets="Unknown")
    found = (await look(home, "routes"))["routes"].finding
    assert (str(found.state), found.figure) == ("healthy", "2 of 4 OK, 1 down")
    assert found.values["down"] == ["GET /wars"]
    assert found.values["degraded"] == ["GET /fleets"]
    counted = CacheStatistics()
    counted.count("/wars", Tally.MISSED)
    counted.save(home.loaded.places.cache / "esi")
    found = (await look(home, "routes"))["routes"].finding
    assert str(found.state) == "degraded"
    assert "/wars" in found.figure


async def test_an_esi_that_does_not_publish_its_routes_is_well(home: Home, esi: Esi) -> None:
    esi.answers["/meta/status"] = lambda: error(404, "no such route")
    found = await look(home, "routes", "clock")
    assert found["routes"].finding.figure == "not published"
    assert {str(one.finding.state) for one in found.values()} == {"healthy"}


# -- the clock ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ahead", "state", "words"),
    [
        (0.0, "healthy", "right to a second"),
        (4.0, "healthy", "4 s ahead"),
        (60.0, "degraded", "60 s ahead"),
        (-60.0, "degraded", "60 s behind"),
        (3600.0, "unhealthy", "3,600 s ahead"),
    ],
)
async def test_a_clock_that_is_wrong_is_told(
    home: Home, esi: Esi, time: Time, ahead: float, state: str, words: str
) -> None:
    time.now += 0.5  # the date of an answer has whole seconds
    esi.ahead = ahead
    found = (await look(home, "clock"))["clock"].finding
    assert (str(found.state), found.figure) == (state, words)


async def test_a_folder_that_is_none_is_slower_and_asks_all_the_same(
    tmp_path: Path, esi: Esi, time: Time
) -> None:
    (tmp_path / "file").write_text("mine")
    home = home_at(tmp_path / "file", esi, time)
    found = await look(home, "esi", "limits", "cache", "store")
    assert {name: str(one.finding.state) for name, one in found.items()} == {
        "cache": "degraded",
        "store": "unhealthy",
        "esi": "healthy",
        "limits": "degraded",
    }
    assert all(one.finding.hint for name, one in found.items() if name != "esi")
    assert (tmp_path / "file").read_text() == "mine"
