"""What goes wrong once is survived without a trace, and what only looks odd does no harm."""

from __future__ import annotations

import pytest

from tests.faults.conftest import IMPATIENT, Eden

pytestmark = pytest.mark.integration

LISTS = "route=/contracts/public/*"
ITEMS = "route=/contracts/public/items/*"
SLOW = ("hang:seconds=5", "slow-headers:seconds=6", "drip:seconds=6")
ONCE = (
    *("refused:seconds=0.1", "reset", "close", "close:part=0", "truncated-gzip"),
    *("empty", "html", "html:status=502", "500", "502", "503", "503:html=1", "504", "downtime"),
    *("420:seconds=1", "429:seconds=1", "520:seconds=0.5", *SLOW),
)


def once(spec: str, route: str) -> str:
    return f"{spec}{',' if ':' in spec else ':'}{route},times=1"


def is_survived(eden: Eden, spec: str) -> None:
    done = eden.fetch("--set", "esi.max_retries=3", *(IMPATIENT if spec in SLOW else ()))
    assert (done.code, done.stderr) == (0, "")
    assert done.report["status"] == "complete"
    assert eden.hits() >= 1
    eden.is_true()


@pytest.mark.parametrize("spec", ONCE)
def test_once_in_the_list(small: Eden, spec: str) -> None:
    small.goes_wrong(once(spec, LISTS))
    is_survived(small, spec)


def test_a_body_that_is_no_json_is_asked_for_again(small: Eden) -> None:
    small.goes_wrong(once("invalid-json", LISTS))
    is_survived(small, "invalid-json")


def test_what_is_tried_again_is_told_and_counted(small: Eden) -> None:
    small.goes_wrong(once("reset", LISTS))
    done = small.fetch()
    assert done.code == 0
    assert done.report["requests"] == small.requests()


@pytest.mark.parametrize(
    "spec", ["reset", "truncated-gzip:part=0.99", "html", "500", "downtime", "hang:seconds=5"]
)
def test_once_in_the_items(small: Eden, spec: str) -> None:
    small.goes_wrong(once(spec, ITEMS))
    is_survived(small, spec)


@pytest.mark.parametrize("spec", ["reset", "500", "close"])
def test_now_and_then_in_everything(small: Eden, spec: str) -> None:
    small.begin_anew()
    small.goes_wrong(f"{spec}:chance=0.2")
    done = small.fetch("--set", "esi.max_retries=20")
    assert (done.code, done.stderr) == (0, "")
    assert small.hits() > 10
    small.is_true()


@pytest.mark.parametrize(
    "spec",
    [
        *("slow-headers:seconds=0.2", "drip:seconds=0.2", "changing-etag", "missing-expires"),
        *("clock-skew", "clock-skew:off=-3600", "clock-skew:off=90"),
    ],
)
def test_what_does_no_harm(small: Eden, spec: str) -> None:
    small.goes_wrong(spec)
    done = small.fetch()
    assert (done.code, done.stderr) == (0, "")
    small.is_true()
    assert small.hits() >= 5
    asked = small.requests()
    again = small.fetch()
    assert (again.code, again.report["status"]) == (0, "unchanged")
    assert small.requests() == asked
    small.ends_right()
