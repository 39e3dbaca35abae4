from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eveobs.errors import (
    AnswerError,
    DowntimeError,
    LimitError,
    SignInError,
    UnreachableError,
)
from eveobs.observation.unit import Report
from eveobs.operate.watch.pace import LEAST, LONGEST, Pace
from tests.operate.watch.at_a_desk import BEGIN, at, outcome, report

PACE = Pace(0.0)


def minutes(given: Report, failures: int = 1) -> float:
    return (PACE.after(given, failures, BEGIN) - BEGIN).total_seconds() / 60


def test_a_list_is_due_when_it_expires() -> None:
    assert minutes(report(at(30)), 0) == 30


def test_what_hangs_on_a_list_may_expire_sooner() -> None:
    assert minutes(Report(outcome(at(5)), None, at(30)), 0) == 30


def test_a_list_that_has_expired_is_due_in_a_moment() -> None:
    assert minutes(report(at(-5)), 0) * 60 == LEAST


def test_a_list_that_does_not_say_when_is_due_in_five_minutes() -> None:
    assert minutes(report(None), 0) == 5


def test_a_limit_is_kept_to_the_second() -> None:
    assert minutes(report(error=LimitError("enough", retry_at=at(7).timestamp()))) == 7


@pytest.mark.parametrize(
    ("error", "spans"),
    [
        (UnreachableError("away"), [1, 2, 4, 8, 15, 15]),
        (DowntimeError("away"), [1, 2, 4, 8, 15, 15]),
        (AnswerError("odd", status=400), [2, 4, 8, 16, 32, 60]),
        (SignInError("who"), [60, 60]),
        (ZeroDivisionError(), [60, 60]),
    ],
)
def test_what_fails_is_tried_later_each_time(error: Exception, spans: list[float]) -> None:
    waits = [PACE.after_error(error, n + 1, BEGIN) - BEGIN for n in range(len(spans))]
    assert [wait.total_seconds() / 60 for wait in waits] == spans


def test_what_is_missing_is_asked_soon() -> None:
    assert [minutes(report(at(30), status="partial"), n) for n in (1, 2, 3)] == [2, 4, 8]


@given(
    st.integers(min_value=0, max_value=10**6),
    st.floats(min_value=0, max_value=3600),
    st.integers(min_value=-(10**6), max_value=10**6),
)
def test_it_is_always_later_and_never_for_ever(failures: int, jitter: float, expires: int) -> None:
    pace = Pace(jitter, draw=lambda low, high: high)
    moments = [
        pace.after(report(at(expires / 60)), 0, BEGIN),
        pace.after(report(status="partial"), failures, BEGIN),
        pace.after_error(UnreachableError("away"), failures, BEGIN),
        pace.after_error(LimitError("", retry_at=BEGIN.timestamp() + expires), failures, BEGIN),
    ]
    latest = BEGIN + timedelta(seconds=max(LONGEST, expires) + jitter + LEAST)
    assert all(BEGIN < moment <= latest for moment in moments)
