"""What got slower is found, what did not is not, and a busy machine is told from a slow server.

Runs are drawn by chance from what a server and a machine do; nothing here waits.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eveobs.bench.comparison import broken, change, dependence, undecided
from eveobs.bench.criterion import criterion
from eveobs.bench.sample import FIGURES, Sample

pytestmark = pytest.mark.unit

ROUNDS, REQUESTS = 50, 20
LIMITS = [criterion("p50>+10%"), criterion("p99>+10%"), criterion("throughput<-10%")]
OVERHEAD = 300.0
"""Microseconds."""


@cache
def run(
    seed: int,
    *,
    work: float = 2000.0,
    sleep: float = 0.0,
    slower: float = 1.0,
    busy: Callable[[Random], float] | None = None,
) -> list[Sample]:
    """Rounds against a server that works and sleeps for so many microseconds, each of them and the
    overhead slowed down by how `busy` the machine is in that moment.
    """
    draw = Random(seed)  # noqa: S311 - the same every time
    rounds = []
    for _ in range(ROUNDS):
        factor = busy(draw) if busy else slower
        sample = Sample()
        for _ in range(REQUESTS):
            spread = draw.lognormvariate(0, 0.15)
            took = (work + OVERHEAD) * factor * spread + sleep * draw.lognormvariate(0, 0.02)
            sample.add("200", int(took * 1000))
            sample.seconds += took / 1e6
            sample.overhead.add(int(OVERHEAD * factor * draw.lognormvariate(0, 0.1) * 1000))
        rounds.append(sample)
    return rounds


def never(_: Random) -> float:
    """A machine of one's own."""
    return 1.0


def now_and_then(draw: Random) -> float:
    """A machine on which somebody else works half of the time."""
    return 1.0 if draw.random() < 0.5 else draw.uniform(1.5, 4.0)


@pytest.mark.parametrize("busy", [never, now_and_then], ids=["quiet", "shared"])
@pytest.mark.parametrize("seed", range(10))
def test_an_unchanged_server_passes_ten_times_of_ten(
    seed: int, busy: Callable[[Random], float]
) -> None:
    assert broken(LIMITS, run(1000, busy=busy), run(seed, busy=busy)) == []


@pytest.mark.parametrize("seed", range(10))
def test_twenty_percent_are_caught_ten_times_of_ten(seed: int) -> None:
    found = broken(LIMITS, run(1000, sleep=8000.0), run(seed, sleep=9600.0, work=2400.0))
    assert {limit.figure.name for limit, _ in found} == {"p50", "p99", "throughput"}
    assert all(told.certain for _, told in found)


@pytest.mark.parametrize("seed", range(10))
def test_and_also_while_others_work_now_and_then(seed: int) -> None:
    before = run(1000, sleep=20_000, busy=now_and_then)
    found = broken(LIMITS[:1], before, run(seed, sleep=24_000, work=2400, busy=now_and_then))
    assert found


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("slower", [1.15, 1.3, 5.0])
def test_a_machine_that_is_slower_all_the_time_is_no_slow_server(seed: int, slower: float) -> None:
    assert broken(LIMITS, run(1000), run(seed, slower=slower)) == []


def test_what_got_faster_is_no_harm() -> None:
    assert broken(LIMITS, run(1, sleep=8000), run(2, sleep=4000)) == []


def test_the_change_is_told_in_percent_with_the_figures_it_is_of() -> None:
    told = change(FIGURES["p50"], run(1, work=0, sleep=10_000), run(2, work=0, sleep=12_000))
    assert told.percent == pytest.approx(20, abs=3)
    assert told.before == pytest.approx(10_300, rel=0.02)
    assert told.now == pytest.approx(12_300, rel=0.02)
    assert 0 < told.noise < 10


@settings(max_examples=60, deadline=None)
@given(
    st.floats(0.3, 6.0),
    st.floats(0.3, 4.0),
    st.sampled_from([name for name in FIGURES if name not in {"errors", "bytes", "tokens"}]),
)
def test_the_change_is_that_of_the_two_figures_shown(
    machine: float, server: float, name: str
) -> None:
    """Whatever the machine did meanwhile: that goes into the noise."""
    before = run(1, sleep=8000.0)
    now = run(2, sleep=8000.0 * server, slower=machine)
    told = change(FIGURES[name], before, now)
    assert told.percent == pytest.approx((told.now / told.before - 1) * 100 if told.before else 0)


def test_a_slower_machine_is_noise_as_much_as_it_moved_the_figure() -> None:
    told = change(FIGURES["p50"], run(1), run(2, slower=1.2))
    assert told.percent == pytest.approx(20, abs=5)
    assert told.noise > told.percent


def test_what_is_not_certain_is_undecided() -> None:
    limits = [criterion("p50>+10%"), criterion("p50>+90000%"), criterion("errors>0")]
    found = undecided(limits, run(1), run(2, slower=1.2))
    assert [limit.text for limit, _ in found] == ["p50>+10%"]
    assert undecided(limits, run(1, sleep=8000), run(2, sleep=8000)) == []
    assert undecided(limits, run(1, sleep=8000), run(2, sleep=80_000)) == [], "it is broken"
    few = undecided(limits, run(1)[:3], run(2)[:3])
    assert [limit.text for limit, _ in few] == ["p50>+10%", "p50>+90000%"], "nothing is known"
    assert undecided(limits, None, run(2)) == []


def test_nothing_is_certain_of_a_few_rounds() -> None:
    told = change(FIGURES["p50"], run(1)[:3], run(2, sleep=20_000)[:3])
    assert told.percent > 100
    assert not told.certain


@pytest.mark.parametrize("slope", [0.0, 0.4, 1.0])
def test_how_much_of_a_figure_is_the_machine(slope: float) -> None:
    draw = Random(3)  # noqa: S311 - the same every time
    points = [(x, slope * x + draw.gauss(0, 0.02)) for x in (draw.random() for _ in range(40))]
    found, doubt = dependence([points])
    assert found == pytest.approx(slope, abs=0.05)
    assert doubt < 0.1


def test_it_is_half_where_nothing_tells() -> None:
    assert dependence([[(1.0, 5.0)] * 30]) == (0.5, 0.5)


def answered(statuses: dict[str, int], size: int = 0) -> list[Sample]:
    sample = Sample(bytes=size)
    for status, number in statuses.items():
        for _ in range(number):
            sample.add(status, 1_000_000)
    return [sample]


@pytest.mark.parametrize(
    ("before", "now", "fails"),
    [
        ({"200": 1000}, {"200": 1000}, False),
        ({"200": 1000}, {"200": 998, "503": 2}, False),  # may happen
        ({"200": 1000}, {"200": 900, "503": 100}, True),
        ({"200": 900, "503": 100}, {"200": 880, "503": 120}, False),
        ({"200": 900, "503": 100}, {"200": 600, "503": 400}, True),
        ({"200": 100, "no answer": 10}, {"200": 1000, "no answer": 100}, False),  # the same share
    ],
)
def test_errors_come_by_chance(before: dict[str, int], now: dict[str, int], fails: bool) -> None:
    limit = criterion("errors>+10%")
    assert bool(broken([limit], answered(before), answered(now))) is fails


def test_bytes_do_not() -> None:
    limit = criterion("bytes>+10%")
    before, now = answered({"200": 10}, 1000), answered({"200": 20}, 2400)
    ((_, told),) = broken([limit], before, now)
    assert told.percent == pytest.approx(20)
    assert not broken([limit], before, answered({"200": 20}, 2000))


def test_a_limit_on_the_figure_itself_needs_no_saved_run() -> None:
    limits = [criterion("errors>0"), criterion("p50>2ms"), criterion("p50>500us")]
    found = broken(limits, None, answered({"200": 5, "503": 1}))
    assert [limit.text for limit, _ in found] == ["errors>0", "p50>500us"]
    assert [told.now for _, told in found] == [1, pytest.approx(1000, rel=0.01)]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 10**12), min_size=1, max_size=30), st.sampled_from([*FIGURES]))
def test_a_run_has_not_changed_since_itself(latencies: list[int], name: str) -> None:
    rounds = []
    for latency in latencies:
        sample = Sample(seconds=1.0)
        for _ in range(10):
            sample.add("200", latency)
        sample.overhead.add(1000)
        rounds.append(sample)
    told = change(FIGURES[name], rounds, rounds)
    assert told.percent == 0 or math.isinf(told.noise)
    assert not told.certain
