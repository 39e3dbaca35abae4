"""Limits are waited for, or end the run with the time to come back; none is run into twice."""

from __future__ import annotations

import pytest

from tests.faults.conftest import Eden

pytestmark = pytest.mark.integration

LIMITED = 6
ITEMS = "route=/contracts/public/items/*"


@pytest.mark.parametrize(
    ("spec", "status"),
    [("420:seconds=1", 420), (f"429:seconds=1,{ITEMS}", 429), (f"520:seconds=1,{ITEMS}", 520)],
)
def test_a_limit_is_waited_for_by_all_at_once(small: Eden, spec: str, status: int) -> None:
    small.begin_anew()
    small.goes_wrong(f"{spec},after=20,times=1")
    done = small.fetch("--set", "esi.concurrency=5")
    assert (done.code, done.stderr) == (0, "")
    assert 1 <= small.requests(status) <= 5
    small.is_true()


def test_the_requests_tell_how_often_a_limit_was_run_into(small: Eden) -> None:
    small.goes_wrong("420:seconds=1,times=1")
    small.fetch("--set", "esi.concurrency=1")
    assert small.ask("GET", "/_sandbox/requests")["limits"] == {"420": 1, "429": 0}


@pytest.mark.parametrize("spec", ["420:seconds=1500", "429:seconds=1500", "520:seconds=1500"])
def test_the_time_to_come_back_is_told(small: Eden, spec: str) -> None:
    small.goes_wrong(spec)
    done = small.fetch()
    assert done.code == LIMITED
    assert "1500 seconds" in done.stderr or "15:55" in done.stderr, done.stderr
    assert small.requests() == 1
    small.ends_right()


def test_refusals_do_not_exhaust_the_error_limit(small: Eden) -> None:
    small.begin_anew()
    small.goes_wrong(f"403:{ITEMS}")
    small.fetch("--set", "esi.max_retries=0")
    assert small.requests(420) == 0


@pytest.mark.parametrize("spec", ["420", "429", "429-bare", "520"])
def test_nobody_waits_who_does_not_want_to_nor_asks_before_the_time(small: Eden, spec: str) -> None:
    small.goes_wrong(f"{spec}:seconds=50,times=1")
    for _ in range(2):
        done = small.fetch(after=["--no-wait"])
        assert (done.code, done.report["status"]) == (LIMITED, "partial")
        done.says("The Forge", "seconds")
    assert small.requests() == 1
    small.later(61)
    assert small.fetch(after=["--no-wait"]).code == 0
    small.is_true()
