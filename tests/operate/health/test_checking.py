"""Checks run side by side, each has its time-out, and one that fails or hangs hides no other."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time

import pytest

from eveobs.errors import StoreError
from eveobs.operate.health.checking import Check, Found, Repeatedly, examine, threaded
from eveobs.operate.health.finding import (
    Examined,
    Finding,
    State,
    degraded,
    healthy,
    unhealthy,
    worst,
)
from tests.esi.fakes import Time

pytestmark = pytest.mark.unit


async def well() -> Finding:
    return healthy("well")


async def test_one_that_fails_or_hangs_hides_no_other() -> None:
    gate = threading.Event()

    async def never() -> Finding:
        await asyncio.Event().wait()
        raise AssertionError

    def told() -> Finding:
        raise StoreError("the disk is full", hint="Free some.")

    def broken() -> Finding:
        raise KeyError("x")

    def hangs() -> Finding:
        gate.wait(20)
        return healthy("too late")

    started = time.monotonic()
    found = await examine(
        [
            Check("never", never, patience=0.1),
            Check("told", threaded(told)),
            Check("broken", threaded(broken)),
            Check("hangs", threaded(hangs), patience=0.1, gravity=State.DEGRADED),
            Check("well", well),
        ]
    )
    assert time.monotonic() - started < 5
    gate.set()
    states = {one.check: str(one.finding.state) for one in found}
    assert states == {
        "never": "unhealthy",
        "told": "unhealthy",
        "broken": "unhealthy",
        "hangs": "degraded",
        "well": "healthy",
    }
    by_name = {one.check: one.finding for one in found}
    assert by_name["never"].figure == "no result within 0.1 seconds"
    assert (by_name["told"].figure, by_name["told"].hint) == ("the disk is full", "Free some.")
    assert "'x'" in by_name["broken"].figure
    assert worst(found) is State.UNHEALTHY


async def test_they_run_at_the_same_time() -> None:
    both = threading.Barrier(2, timeout=10)

    def meet() -> Finding:
        both.wait()
        return healthy("met")

    found = await examine([Check("a", threaded(meet)), Check("b", threaded(meet))])
    assert [one.finding.figure for one in found] == ["met", "met"]


async def test_one_check_may_find_several_things() -> None:
    async def look() -> Found:
        return [healthy("a"), degraded("b")]

    found = await examine([Check("several", look), Check("well", well)])
    assert [one.finding.figure for one in found] == ["a", "b", "well"]


@pytest.mark.parametrize(
    ("findings", "number"),
    [
        ([], 0),
        ([healthy("")], 0),
        ([degraded(""), healthy("")], 1),
        ([degraded(""), unhealthy(""), healthy("")], 2),
    ],
)
def test_the_whole_is_as_its_worst_part(findings: list[Finding], number: int) -> None:
    assert worst(Examined("x", finding, 0) for finding in findings).number == number


async def test_what_lasts_is_not_looked_at_again_unless_it_is_not_well() -> None:
    clock, looks = Time(0.0), {"well": 0, "ill": 0, "quick": 0}

    def counted(name: str, finding: Finding) -> Check:
        async def look() -> Finding:
            looks[name] += 1
            return finding

        return Check(name, look, lasts=0.0 if name == "quick" else 60.0)

    checks = [
        counted("well", healthy("")),
        counted("ill", degraded("")),
        counted("quick", healthy("")),
    ]
    rounds = Repeatedly(clock)
    for clock.now in (0.0, 30.0, 59.0, 61.0):
        found = await rounds.examine(checks)
        assert [one.check for one in found] == ["well", "ill", "quick"]
    assert looks == {"well": 2, "ill": 4, "quick": 4}


HANGING = """
import asyncio, time
from eveobs.operate.health.checking import Check, examine, threaded
found = asyncio.run(examine([Check("hangs", threaded(lambda: time.sleep(60)), patience=0.1)]))
print(found[0].finding.figure)
"""


@pytest.mark.integration
def test_one_that_hangs_does_not_keep_the_process() -> None:
    command = [sys.executable, "-c", HANGING]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert (ran.stdout, ran.stderr) == ("no result within 0.1 seconds\n", "")
