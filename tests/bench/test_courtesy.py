"""What is not on this machine is asked slowly, and nothing of it before it has expired."""

from __future__ import annotations

import asyncio
import heapq
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eveobs.bench.clients import Clients, Said
from eveobs.bench.courtesy import Pace, Politely, Turns
from eveobs.bench.load import Load, drive
from eveobs.bench.sample import Sample
from eveobs.bench.target import Target, target_of
from eveobs.errors import LimitError
from eveobs.esi.answers import Answer, Usage

pytestmark = pytest.mark.unit
START = 1_790_000_000.0
TARGETS = [target_of(f"/universe/types/{n}", "https://esi.evetech.net") for n in range(5)]


@dataclass
class Time:
    """A clock for many who sleep at once: it moves to whoever is to wake up first."""

    now: float = START
    dues: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        due = self.now + seconds
        heapq.heappush(self.dues, due)
        await asyncio.sleep(0)
        while self.dues[0] < due:  # noqa: ASYNC110 - there is no other time than this
            await asyncio.sleep(0)
        heapq.heappop(self.dues)
        self.now = max(self.now, due)


@dataclass
class Esi:
    """Answers, each of which expires after `age` seconds; notes when it was asked what."""

    time: Time
    age: float
    asked: list[tuple[float, Target]] = field(default_factory=list)
    said: Said | LimitError | None = None
    usage: Usage = field(default_factory=Usage)

    async def ask(self, _: int, target: Target) -> Said:
        self.asked.append((self.time(), target))
        if isinstance(self.said, LimitError):
            raise self.said
        answer: Answer[Any] = Answer({}, 200, self.time() + self.age)
        return self.said or Said("200", answer)

    def flush(self) -> None:
        """Nothing is kept."""


def measured(esi: Esi, load: Load, *, rate: float = 0.0, patience: float = 0.0) -> Sample:
    pace = Pace(rate, clock=esi.time, sleep=esi.time.sleep)
    turns = Turns(TARGETS, patience=patience, clock=esi.time, sleep=esi.time.sleep)
    sample = Sample()
    asyncio.run(drive(load, Politely(cast("Clients", esi), turns, pace), sample))
    return sample


@settings(deadline=None, max_examples=20)
@given(st.floats(0.5, 20), st.integers(1, 5), st.floats(0, 60))
def test_no_url_is_asked_again_before_it_has_expired(
    age: float, workers: int, patience: float
) -> None:
    esi = Esi(Time(), age)
    measured(esi, Load(workers, requests=40), rate=5, patience=patience)
    last: dict[str, float] = {}
    for moment, target in esi.asked:
        assert moment >= last.get(target.path, 0.0) + age - 1e-6
        last[target.path] = moment
    assert len(last) == len(TARGETS)


@settings(deadline=None, max_examples=20)
@given(st.lists(st.floats(0, 2), min_size=10, max_size=60))
def test_never_more_than_so_many_a_second(thinking: list[float]) -> None:
    moments = []

    async def work() -> None:
        time = Time()
        pace = Pace(5, clock=time, sleep=time.sleep)
        for seconds in thinking:
            await pace.step()
            moments.append(time())
            time.now += seconds

    asyncio.run(work())
    for first, sixth in zip(moments, moments[5:], strict=False):
        assert sixth - first >= 1 - 1e-6


def test_one_alone_is_asked_at_that_pace() -> None:
    esi = Esi(Time(), 0.0)
    assert measured(esi, Load(1, requests=26), rate=5).requests == 26
    assert esi.asked[-1][0] - START == pytest.approx(5)


def test_without_patience_each_is_asked_once() -> None:
    esi = Esi(Time(), 300)
    assert measured(esi, Load(3, requests=100)).requests == len(TARGETS)
    assert esi.time() == START


def test_what_the_cache_has_is_not_counted_and_not_asked_for_again() -> None:
    esi = Esi(Time(), 300)
    esi.said = Said("200", Answer({}, 200, START + 300, cached=True))
    assert measured(esi, Load(1, requests=100)).requests == 0
    assert len(esi.asked) == len(TARGETS)


def test_what_failed_is_not_asked_again() -> None:
    esi = Esi(Time(), 0)
    esi.said = Said("404")
    sample = measured(esi, Load(2, requests=100))
    assert (sample.requests, sample.errors) == (len(TARGETS), len(TARGETS))


def test_a_limit_ends_it() -> None:
    esi = Esi(Time(), 0)
    esi.said = LimitError("the limit", retry_at=START + 60)
    assert measured(esi, Load(1, requests=100)).requests == 0
    assert len(esi.asked) == 1
