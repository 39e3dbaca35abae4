"""The error limit starts afresh every minute; tokens come back one window after they were spent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eveobs.sandbox.limits import ErrorLimit, TokenBucket, is_error, price

pytestmark = pytest.mark.unit


def test_errors_use_up_the_minute() -> None:
    limit = ErrorLimit(1000)
    for _ in range(40):
        limit.count(1059)
    assert (limit.remaining(1059.9), limit.reset(1059.9)) == (60, 1)
    assert (limit.remaining(1060), limit.reset(1060)) == (100, 60)
    for _ in range(200):
        limit.count(1061)
    assert limit.remaining(1119) == 0


@pytest.mark.parametrize(
    ("status", "cost", "error"),
    [
        (200, 2, False),
        (204, 2, False),
        (304, 1, False),
        (404, 5, True),
        (420, 5, True),
        (429, 0, True),
        (503, 0, True),
    ],
)
def test_what_an_answer_costs(status: int, cost: int, *, error: bool) -> None:
    assert price(status) == cost
    assert is_error(status) is error


@given(
    st.lists(
        st.tuples(st.integers(0, 500), st.sampled_from([200, 304, 404, 429, 503])), max_size=60
    )
)
def test_what_remains_is_what_was_not_spent_in_the_last_window(
    spent: list[tuple[int, int]],
) -> None:
    bucket, now = TokenBucket("status", 60, 900), 0
    moments = []
    for pause, status in spent:
        now += pause
        moments.append((now, bucket.spend(now, status)))
        used = sum(cost for moment, cost in moments if moment > now - 900)
        assert bucket.remaining(now) == max(0, 60 - used)
    wait = bucket.retry_after(now)
    assert (wait == 0) == (bucket.remaining(now) > 0)
    if wait > 1:
        assert bucket.remaining(now + wait - 2) == 0
    assert bucket.remaining(now + wait) > 0
    assert bucket.remaining(now + 901) == 60
    assert bucket.limit == "60/15m"
