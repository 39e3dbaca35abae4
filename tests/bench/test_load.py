"""Load goes out as it was ordered, and an open loop tells what a stall did to everybody."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eveobs.bench.load import NANO, Clock, Load, drive
from eveobs.bench.sample import Sample

pytestmark = pytest.mark.unit
MILLI = 1_000_000


@dataclass
class Server:
    """Answers after so many milliseconds each, one at a time, by a clock of its own."""

    takes: list[float]
    nanoseconds: int = 0
    asked: list[int] = field(default_factory=list)
    workers: set[int] = field(default_factory=set)
    status: str = "200"
    left: int = 10**9

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.nanoseconds, lambda: self.nanoseconds // 2, self.sleep)

    async def sleep(self, seconds: float) -> None:
        self.nanoseconds += round(seconds * NANO)

    async def take(self) -> int | None:
        self.left -= 1
        return self.left if self.left >= 0 else None

    async def ask(self, worker: int, what: int) -> str | None:
        number = len(self.asked)
        self.asked.append(self.nanoseconds)
        self.workers.add(worker)
        self.nanoseconds += round(self.takes[number % len(self.takes)] * MILLI)
        return self.status


def driven(load: Load, server: Server) -> Sample:
    sample = Sample()
    asyncio.run(drive(load, server, sample, server.clock))
    return sample


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 20), st.integers(1, 200))
def test_so_many_requests_and_no_more(concurrency: int, requests: int) -> None:
    sample = driven(Load(concurrency, requests), server := Server([1]))
    assert len(server.asked) == sample.requests == requests
    assert sample.seconds == pytest.approx(requests / 1000)
    assert sample.cpu == pytest.approx(requests / 2000)


def test_for_so_long() -> None:
    assert driven(Load(1, seconds=1), Server([10])).requests == 100


def test_a_closed_loop_hides_a_stall_and_an_open_one_does_not() -> None:
    takes = [1.0] * 10 + [1000.0] + [1.0] * 989
    closed = driven(Load(1, requests=1000), Server(takes)).latencies
    assert closed.percentile(99) < 2 * MILLI
    opened = driven(Load(1, requests=1000, rate=100), Server(takes)).latencies
    assert opened.percentile(99) > 900 * MILLI  # a hundred others would have waited, too
    assert opened.count == 1000


def test_an_open_loop_asks_when_it_is_due() -> None:
    server = Server([1])
    sample = driven(Load(1, seconds=1, rate=50), server)
    assert server.asked == [pytest.approx(n * NANO / 50, abs=1000) for n in range(50)]
    assert sample.latencies.percentile(50) == pytest.approx(MILLI, rel=0.01)


def test_one_that_is_hopelessly_behind_ends() -> None:
    sample = driven(Load(1, seconds=1, rate=1000), Server([100]))
    assert sample.requests == 20  # two seconds, instead of a hundred
    assert sample.latencies.greatest > 1.9 * NANO


def test_it_ends_where_nothing_is_left_and_counts_nothing_that_does_not_count() -> None:
    assert driven(Load(3, requests=100), Server([1], left=7)).requests == 7
    nothing = Server([1], left=7)
    nothing.status = ""
    assert driven(Load(2, requests=5), _Silent([1])).requests == 0


class _Silent(Server):
    async def ask(self, worker: int, what: int) -> str | None:
        return None


def test_what_got_no_answer_is_counted_and_has_no_latency() -> None:
    server = Server([1])
    server.status = "no answer"
    sample = driven(Load(1, requests=10), server)
    assert (sample.requests, sample.errors, sample.latencies.count) == (10, 10, 0)


async def test_cancelled_it_keeps_what_was_measured() -> None:
    class Hangs(Server):
        async def ask(self, worker: int, what: int) -> str | None:
            if len(self.asked) == 5:
                there.set()
                await asyncio.Event().wait()
            return await super().ask(worker, what)

    there = asyncio.Event()
    server, sample = Hangs([1]), Sample()
    task = asyncio.create_task(drive(Load(1, requests=100), server, sample, server.clock))
    await there.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert sample.requests == 5
    assert sample.seconds == pytest.approx(0.005)


async def test_so_many_are_under_way_at_once() -> None:
    under_way = most = 0

    class Slow(Server):
        async def ask(self, worker: int, what: int) -> str | None:
            nonlocal under_way, most
            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(0)
            under_way -= 1
            return "200"

    await drive(Load(7, requests=100), Slow([1]), Sample())
    assert most == 7


@given(st.integers(1, 10_000), st.integers(1, 100))
def test_the_rounds_have_all_of_it_together(requests: int, rounds: int) -> None:
    shares = [Load(requests=requests).share(rounds, number) for number in range(rounds)]
    numbers = [share.requests for share in shares if share is not None]
    assert sum(numbers) == requests
    assert max(numbers) - min(numbers) <= 1
    assert sum(
        share.seconds for n in range(rounds) if (share := Load(seconds=3).share(rounds, n))
    ) == (pytest.approx(3))
