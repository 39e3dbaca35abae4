"""When an answer may be asked for again, by ESI's clock and not by the machine's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eveobs.esi.freshness import expiry, http_date, http_time, same_etag

pytestmark = pytest.mark.unit

NOW = 1_790_000_000.0
moments = st.integers(0, 4_000_000_000)


@given(moments)
def test_dates_are_read_as_they_are_written(moment: int) -> None:
    assert http_time(http_date(moment)) == moment


@pytest.mark.parametrize(
    "text", [None, "", "0", "-1", "soon", "Mon, 99 Sep 2026 99:99:99 GMT", "Tue, 01 Jan 999999"]
)
def test_what_is_no_date_is_none(text: str | None) -> None:
    assert http_time(text) is None
    assert expiry({"expires": text or ""}, now=NOW, cache_age=30) == NOW + 30


@given(moments, st.integers(-7200, 86400), st.floats(0, 4e9))
def test_how_long_it_is_good_does_not_depend_on_the_machines_clock(
    date: int, age: int, now: float
) -> None:
    headers = {"date": http_date(date), "expires": http_date(max(date + age, 0))}
    left = expiry(headers, now=now, cache_age=0) - now
    assert left == pytest.approx(max(max(date + age, 0) - date, 0), abs=1e-3)


def test_without_a_date_the_machines_clock_has_to_do() -> None:
    assert expiry({"expires": http_date(NOW + 60)}, now=NOW, cache_age=5) == NOW + 60
    assert expiry({"expires": http_date(NOW - 60)}, now=NOW, cache_age=5) == NOW


def test_without_expires_the_documented_age_counts() -> None:
    assert expiry({}, now=NOW, cache_age=1800) == NOW + 1800
    assert expiry({}, now=NOW, cache_age=0) == NOW


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ('"x"', '"x"', True),
        ('W/"x"', '"x"', True),
        ('W/"x"', 'W/"x"', True),
        ('"x"', '"y"', False),
        ('W/"x"', 'W/"y"', False),
    ],
)
def test_etags_are_compared_weakly(one: str, other: str, *, equal: bool) -> None:
    assert same_etag(one, other) is same_etag(other, one) is equal
