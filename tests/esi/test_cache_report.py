"""Shares of answers are percents of what they say, in all and by route."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eveobs.esi.cache_report import report
from eveobs.esi.cache_statistics import Tally

pytestmark = pytest.mark.unit

COUNTS = st.dictionaries(st.sampled_from([str(one) for one in Tally]), st.integers(0, 10**12))


def test_what_the_figures_are() -> None:
    counts = {"memory": 6, "disk": 2, "absent": 2, "fresh": 5, "revalidated": 3, "missed": 2}
    found = report([{**counts, "bytes_saved": 700, "stored": 5}, {}])
    assert (found.answers, found.requests_saved, found.bytes_saved) == (10, 5, 700)
    assert found.hit_percent == 50
    assert found.not_modified_percent == 60
    assert found.memory_percent == 60
    assert found.disk_percent == 50


def test_nothing_has_no_share() -> None:
    found = report([])
    assert found.answers == 0
    assert found.hit_percent is found.not_modified_percent is found.memory_percent is None


@given(st.lists(COUNTS))
def test_shares_are_between_none_and_all(counts: list[dict[str, int]]) -> None:
    found = report(counts)
    shares = (
        found.hit_percent,
        found.not_modified_percent,
        found.memory_percent,
        found.disk_percent,
    )
    assert all(share is None or 0 <= share <= 100 for share in shares)
    assert found.answers == found.fresh + found.revalidated + found.missed
