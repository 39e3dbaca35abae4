"""What goes wrong once is survived without a trace, and what only looks odd does no harm."""

from __future__ import annotations

import pytest

from tests.faults.conftest import Eden

pytestmark = pytest.mark.integration

LISTS = "route=/contracts/public/*"
ITEMS = "route=/contracts/public/items/*"
ONCE = (
    *("refused:seconds=0.1", "reset", "close", "close:part=0", "hang:seconds=5"),
    *("slow-headers:seconds=5", "drip:seconds=5", "truncated-gzip", "truncated-gzip:part=0.99"),
    *("empty", "html", "html:status=502", "500", "502", "503", "503:html=1", "504", "downtime"),
    *("420:seconds=1", "429:seconds=1", "520:seconds=0.5"),
)


def once(spec: str, route: str) -> str:
    return f"{spec}{',' if ':' in spec else ':'}{route},times=1"


@pytest.mark.parametrize("spec", ONCE)
def test_once_in_the_list(small: Eden, spec: str) -> None:
    small.goes_wrong(once(spec, LISTS))
    done = small.fetch("--set", "esi.max_retries=3")
    assert (done.code, done.stderr) == (0, "")
    assert done.report["status"] == "complete"
    small.is_true()
    assert small.hits() >= 1


@pytest.mark.parametrize("spec", ONCE)
def test_once_in_the_items(small: Eden, spec: str) -> None:
    small.goes_wrong(once(spec, ITEMS))
    done = small.fetch("--set", "esi.max_retries=3")
    assert (done.code, done.stderr) == (0, "")
    small.is_true()
    assert small.hits() >= 1


@pytest.mark.parametrize("spec", ["reset", "500", "close", "truncated-gzip"])
def test_now_and_then_in_everything(small: Eden, spec: str) -> None:
    small.begin_anew()
    small.goes_wrong(f"{spec}:every=5")
    done = small.fetch("--set", "esi.max_retries=4")
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
    done = small.fetch("--set", "esi.total_timeout=2")
    assert (done.code, done.stderr) == (0, "")
    small.is_true()
    assert small.hits() >= 5
    asked = small.requests()
    again = small.fetch()
    assert (again.code, again.report["status"]) == (0, "unchanged")
    assert small.requests() == asked
    small.ends_right()
