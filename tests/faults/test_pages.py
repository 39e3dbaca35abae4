"""Lists whose pages do not agree: whole only as they really were, otherwise partial, never lossy."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.faults.conftest import Eden, Fetched

pytestmark = pytest.mark.integration

PARTIAL = 7
LAST = "route=/contracts/public/*,page=3"


def is_partial(eden: Eden, done: Fetched, before: Mapping[int, object], *words: str) -> None:
    """What arrived is kept, nothing is gone, and it says so."""
    assert done.code == PARTIAL, done.stderr
    done.says("partial: The Forge", *words)
    assert (done.report["status"], done.report["gone"]) == ("partial", 0)
    assert set(before) <= set(eden.outstanding())


@pytest.mark.parametrize("page", [1, 3])
def test_a_page_of_the_cycle_before_is_read_again_when_it_has_expired(
    wide: Eden, page: int
) -> None:
    wide.goes_wrong(f"page-drift:seconds=1,times=1,page={page}")
    done = wide.fetch()
    assert (done.code, done.report["status"], done.stderr) == (0, "complete", "")
    assert done.report["requests"] <= 5
    wide.is_true()


def test_a_page_that_drifts_for_long_makes_it_partial(wide: Eden) -> None:
    before = wide.outstanding()
    wide.goes_wrong("page-drift:seconds=600,times=1")
    done = wide.fetch()
    is_partial(wide, done, before, "page 2", "older moment")
    assert wide.requests() <= 4
    wide.ends_right()


def test_a_page_that_never_agrees_is_given_up(wide: Eden) -> None:
    before = wide.outstanding()
    wide.goes_wrong("page-drift:seconds=0")
    is_partial(wide, wide.fetch(), before, "kept changing")
    assert wide.requests() <= 12
    wide.ends_right()


def test_a_page_of_the_cycle_to_come(wide: Eden) -> None:
    before = wide.outstanding()
    wide.goes_wrong("page-drift:cycles=1,seconds=1800,times=1")
    is_partial(wide, wide.fetch(), before, "older moment")
    wide.ends_right()


def test_a_list_that_shrinks_while_it_is_read_is_read_from_the_start(wide: Eden) -> None:
    wide.goes_wrong("shrinking-list:times=1,seconds=1")
    done = wide.fetch()
    assert (done.code, done.report["rows"], done.stderr) == (0, 2000, "")
    assert wide.requests(404) <= 2  # the page that is gone, and a look behind the full last one
    wide.ends_right()


def test_a_list_that_shrinks_and_stays_unreadable(wide: Eden) -> None:
    before = wide.outstanding()
    wide.goes_wrong("shrinking-list:times=1,seconds=900")
    is_partial(wide, wide.fetch(), before, "page 3")
    wide.ends_right()


@pytest.mark.parametrize("spec", ["duplicate-rows", "duplicate-rows:page=3,rows=40"])
def test_rows_seen_twice_are_one(wide: Eden, spec: str) -> None:
    wide.goes_wrong(spec)
    done = wide.fetch()
    assert (done.code, done.report["status"], done.stderr) == (0, "complete", "")
    wide.is_true()
    assert wide.hits() == 1


def test_more_pages_are_told_of_than_there_are(wide: Eden) -> None:
    before = wide.outstanding()
    wide.goes_wrong("x-pages:route=/contracts/public/*")
    is_partial(wide, wide.fetch(), before, "page 4")
    wide.ends_right()


@pytest.mark.parametrize("page", [2, 3])
def test_one_page_tells_of_fewer_pages(wide: Eden, page: int) -> None:
    before = wide.outstanding()
    wide.goes_wrong(f"x-pages:route=/contracts/public/*,page={page},add=-1")
    is_partial(wide, wide.fetch("--set", "esi.concurrency=1"), before)
    wide.ends_right()


@pytest.mark.parametrize("add", [-1, -2])
def test_all_pages_tell_of_fewer_pages(wide: Eden, add: int) -> None:
    before = wide.outstanding()
    wide.goes_wrong(f"x-pages:route=/contracts/public/*,add={add}")
    is_partial(wide, wide.fetch(), before)
    wide.ends_right()


@pytest.mark.parametrize("spec", ["500", "reset", "wrong-shape", "403"])
def test_a_page_that_fails_for_good(wide: Eden, spec: str) -> None:
    before = wide.outstanding()
    wide.goes_wrong(f"{spec}:{LAST}")
    done = wide.fetch()
    is_partial(wide, done, before, "page 3")
    assert done.report["rows"] == 2000
    wide.ends_right()


def test_a_partial_list_is_completed_by_the_page_that_failed(wide: Eden) -> None:
    wide.goes_wrong(f"500:{LAST}")
    assert wide.fetch().code == PARTIAL
    wide.is_well()
    asked = wide.requests()
    done = wide.fetch()
    assert (done.code, done.report["status"]) == (0, "complete")
    assert wide.requests() == asked + 1
    wide.is_true()
