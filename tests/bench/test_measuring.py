"""Each mode measures the part of eveobs that it names, against real servers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from eveobs.bench.courtesy import Pace
from eveobs.bench.load import Load
from eveobs.bench.measuring import Result, Series
from eveobs.bench.target import Case, Mode, target_of
from eveobs.bench.workshop import Tools, Workshop
from eveobs.errors import EveobsError
from eveobs.esi.cache import ResponseCache
from eveobs.esi.shared_limits import SharedLimits
from eveobs.settings import Esi
from tests.conftest import NewEden, new_eden_of

pytestmark = pytest.mark.integration
LIST = "/contracts/public/10000002"


@pytest.fixture(scope="module")
def eden() -> Iterator[NewEden]:
    """A sandbox that counts for these tests alone."""
    with new_eden_of("--contracts", "20", "--regions", "The Forge") as started:
        yield started


def tools(reads: list[str]) -> Tools:
    def no_limits(_: str) -> SharedLimits:
        raise AssertionError("nothing of it is away")

    def no_cache(_: type[ResponseCache]) -> ResponseCache:
        raise AssertionError("nothing of it is away")

    return Tools(Esi(), no_limits, no_cache, Pace(0), lambda name: lambda: reads.append(name))


def measured(eden: NewEden, mode: Mode, *paths: str, requests: int = 40) -> Result:
    targets = tuple(target_of(path, eden.url) for path in paths)
    case = Case("it", mode, Load(4, requests), targets)
    series = Series([case], rounds=4, warm_up=5)

    async def run() -> None:
        async with Workshop(tools([])) as workshop:
            eden.reset_counters()
            await series.run(workshop)

    asyncio.run(run())
    return series.results[0]


@pytest.mark.parametrize(
    ("mode", "statuses", "sent"),
    [
        (Mode.NETWORK, {"200": 40}, 45),
        (Mode.REVALIDATE, {"304": 40}, 46),
        (Mode.MEMORY, {"200": 40}, 1),
        (Mode.DISK, {"200": 40}, 1),
    ],
)
def test_a_mode_sends_what_it_should(
    mode: Mode, statuses: dict[str, int], sent: int, eden: NewEden
) -> None:
    result = measured(eden, mode, LIST)
    assert result.whole().statuses == statuses
    assert eden.requests() == sent
    assert (result.whole().bytes > 0) is (mode is Mode.NETWORK)
    assert len(result.rounds) == 4
    assert all(one.overhead.count for one in result.rounds)


def test_urls_are_asked_in_turn_and_the_same_one_as_often_as_it_is_meant(eden: NewEden) -> None:
    measured(eden, Mode.NETWORK, "/universe/types/34", "/universe/types/587", requests=40)
    told = eden.get("/_sandbox/requests")
    (types,) = [row for row in told["routes"] if "types" in row["route"]]
    assert types["requests"] == 45


def test_every_status_counts_and_nothing_is_tried_again_or_waited_for(eden: NewEden) -> None:
    result = measured(eden, Mode.NETWORK, "/universe/types/999999999", requests=40)
    statuses = result.whole().statuses
    assert set(statuses) <= {"404", "420"}  # the sandbox keeps the error limit
    assert statuses.total() == result.whole().errors == 40
    assert eden.requests() == 45


def test_what_cannot_be_kept_cannot_be_measured_from_a_cache(eden: NewEden) -> None:
    with pytest.raises(EveobsError, match="nothing can be kept"):
        measured(eden, Mode.MEMORY, "/universe/types/999999999")


def test_a_stored_list_is_read_by_one_alone() -> None:
    reads: list[str] = []
    series = Series([Case("contracts", Mode.STORE, Load(1, 10))], rounds=2, warm_up=3)

    async def run() -> None:
        async with Workshop(tools(reads)) as workshop:
            await series.run(workshop)

    asyncio.run(run())
    assert reads == ["contracts"] * 13


def test_a_server_that_is_away_is_counted_as_what_it_is() -> None:
    case = Case("it", Mode.NETWORK, Load(2, 10), (target_of("http://127.0.0.1:1/status", ""),))
    series = Series([case], rounds=1, warm_up=0)

    async def run() -> None:
        async with Workshop(tools([])) as workshop:
            await series.run(workshop)

    asyncio.run(run())
    (result,) = series.results
    assert result.whole().statuses == {"no answer": 10}
    assert result.error is not None
    assert "cannot connect" in result.error.message
