"""Headers that lie about what an answer is: nothing stale is taken for new."""

from __future__ import annotations

import pytest

from tests.faults.conftest import Eden

pytestmark = pytest.mark.integration

LISTS = "route=/contracts/public/*"


def test_a_304_for_another_etag_is_not_believed(small: Eden) -> None:
    small.goes_wrong(f"wrong-etag:{LISTS}")
    done = small.fetch()
    assert small.hits() >= 1
    assert (done.code, done.report["status"]) == (0, "complete")
    small.is_true()


def test_a_304_that_lies_in_every_header_is_outlived(small: Eden) -> None:
    before = set(small.outstanding())
    small.goes_wrong(f"wrong-etag:{LISTS},echo=1")
    assert small.fetch().code == 0
    assert set(small.outstanding()) == before
    small.ends_right()


def test_without_expires_the_documented_age_counts(small: Eden) -> None:
    small.goes_wrong("missing-expires")
    small.later(200)
    assert small.fetch().code == 0
    asked = small.requests()
    small.later(1700)
    assert small.fetch("--set", "observe.bids=false").report["status"] == "unchanged"
    assert small.requests() == asked
    small.later(101)
    small.is_well()
    assert small.fetch().code == 0
    small.is_true()


@pytest.mark.parametrize("spec", ["invalid-json", "wrong-shape", "truncated-gzip", "html", "empty"])
def test_a_bad_body_is_not_kept_under_its_good_etag(small: Eden, spec: str) -> None:
    small.goes_wrong(spec)
    assert small.fetch().code in {1, 5}
    small.is_well()
    done = small.fetch()
    assert (done.code, done.stderr) == (0, "")
    small.is_true()


@pytest.mark.parametrize("off", [3600, -3600])
def test_a_server_whose_clock_is_wrong_is_asked_neither_early_nor_late(
    small: Eden, off: int
) -> None:
    small.goes_wrong(f"clock-skew:off={off}")
    small.fetch("--set", "observe.bids=false")
    asked = small.requests()
    small.later(1770)
    small.fetch("--set", "observe.bids=false")
    assert small.requests() == asked
    small.later(11)
    assert small.fetch().code == 0
    assert small.requests() > asked
    small.is_true()
