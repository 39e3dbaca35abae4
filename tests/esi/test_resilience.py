"""What a failed answer means, and when to leave a host alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eveobs.errors import AnswerError, DowntimeError, LimitError, UnreachableError
from eveobs.esi.freshness import http_date
from eveobs.esi.resilience import (
    BACKOFF_CAP,
    BACKOFF_START,
    CircuitBreaker,
    Failure,
    backoff,
    error_text,
    is_downtime,
    judge,
    retry_after,
    spam_pause,
)
from tests.esi.fakes import GROUPED, START, STATUS

pytestmark = pytest.mark.unit

BODIES = Path(__file__).parents[2].parent / "shared" / "recorded" / "error-bodies.json"


def judged(status: int, text: str = "", *, now: float = START, **headers: str) -> Failure:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return judge(STATUS, "/status", status, named, json.dumps({"error": text}).encode(), now)


Meaning = Callable[[Failure], bool]
RECORDED: dict[int, Meaning] = {
    403: lambda f: isinstance(f.error, AnswerError) and f.error.status == 403 and not f.retries,
    404: lambda f: isinstance(f.error, AnswerError) and f.error.status == 404 and not f.retries,
    420: lambda f: isinstance(f.error, LimitError) and f.pause == 60 and f.pause_for == "",
    500: lambda f: isinstance(f.error, AnswerError) and f.error.status == 404 and not f.retries,
    503: lambda f: isinstance(f.error, DowntimeError) and f.retries == 2,
    504: lambda f: isinstance(f.error, DowntimeError) and f.retries == 2,
    520: lambda f: isinstance(f.error, LimitError) and f.pause == 12.038505,
}


def test_error_bodies_seen_in_the_open_mean_what_they_should() -> None:
    if not BODIES.exists():
        pytest.skip("no recorded error bodies beside the repository")
    seen = [row for row in json.loads(BODIES.read_text()) if row["status"] >= 300]
    assert seen
    for row in seen:
        words = row.get("body") or {"error": row["body_contains"]}
        body = json.dumps(words).encode()
        failure = judge(GROUPED, row["url"], row["status"], {}, body, START)
        assert RECORDED[row["status"]](failure), row
        assert words["error"][:100] in failure.error.message


@pytest.mark.parametrize("status", [400, 401, 405, 409, 413, 422, 501, 511, 599])
def test_other_errors_are_answers_and_not_tried_again(status: int) -> None:
    failure = judged(status, "why")
    assert isinstance(failure.error, AnswerError)
    assert (failure.error.status, failure.error.detail) == (status, "why")
    assert (failure.retries, failure.pause) == (0, None)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b'"x"', b"null", b"\xff", b'{"error":'])
def test_an_error_without_esis_words_is_still_an_error(body: bytes) -> None:
    assert error_text(body) == ""
    failure = judge(STATUS, "/status", 403, {}, body, START)
    assert failure.error.message == "GET /status answered 403"


def test_a_page_beyond_the_last_is_not_there_whatever_the_gateway_calls_it() -> None:
    words = "Undefined 404 response. Original message: Requested page does not exist!"
    failure = judged(500, words)
    assert isinstance(failure.error, AnswerError)
    assert (failure.error.status, failure.retries) == (404, 0)


def test_words_are_shortened() -> None:
    assert len(error_text(json.dumps({"error": "x" * 10_000}).encode())) == 300
    assert error_text(b'{"error": {"deep": 1}}') == "{'deep': 1}"


@pytest.mark.parametrize(
    ("status", "hour", "minute", "text", "away"),
    [
        (503, 11, 0, "", True),
        (502, 11, 14, "", True),
        (504, 11, 5, "Timeout contacting tranquility", True),
        (503, 11, 15, "", False),
        (503, 10, 59, "", False),
        (503, 3, 0, "The datasource tranquility is temporarily unavailable", True),
        (504, 3, 0, "Timeout contacting tranquility", True),
        (504, 3, 0, "Gateway timeout", False),
        (500, 11, 5, "", False),
        (404, 11, 5, "temporarily unavailable", False),
    ],
)
def test_the_downtime(status: int, hour: int, minute: int, text: str, *, away: bool) -> None:
    now = datetime(2026, 9, 15, hour, minute, tzinfo=UTC).timestamp()
    assert is_downtime(status, text, now) is away
    assert isinstance(judged(status, text, now=now).error, DowntimeError) is away


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30", 30),
        ("1.5", 1.5),
        ("0", 0),
        (http_date(START + 90), 90),
        (http_date(START - 90), 0),
        ("-1", None),
        ("nan", None),
        ("inf", None),
        ("1e999", None),
        ("later", None),
        ("", None),
    ],
)
def test_retry_after(text: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": text}, START) == seconds


def test_retry_after_as_a_date_is_by_the_servers_clock() -> None:
    headers = {"retry-after": http_date(START + 90), "date": http_date(START)}
    assert retry_after(headers, START - 5000) == 90


@pytest.mark.parametrize(
    ("detail", "seconds"),
    [
        ('ConStopSpamming, details: {"remainingTime": 12038505}', 12.038505),
        ("ConStopSpamming, details: {remainingTime:500000}", 0.5),
        ("ConStopSpamming", 10),
        ("ConStopSpamming, details: {}", 10),
    ],
)
def test_the_game_says_in_microseconds_how_long_to_stay_away(detail: str, seconds: float) -> None:
    assert spam_pause(detail) == seconds
    failure = judge(GROUPED, "/x", 520, {}, json.dumps({"error": detail}).encode(), START)
    assert failure.pause == max(seconds, 1)
    assert failure.pause_for == GROUPED.group


def test_a_limit_says_until_when() -> None:
    failure = judged(420, "exceeded", x_esi_error_limit_reset="37")
    assert isinstance(failure.error, LimitError)
    assert failure.error.retry_at == START + 37
    assert failure.error.hint == "Try again in 37 seconds."


@given(st.integers(1, 200))
def test_backing_off_is_bounded(attempt: int) -> None:
    assert 0 <= backoff(attempt) <= min(BACKOFF_CAP, BACKOFF_START * 2**attempt)


def test_backing_off_has_full_jitter() -> None:
    tries = [backoff(3) for _ in range(400)]
    assert min(tries) < 0.2
    assert max(tries) > 1.8


# -- the circuit breaker --------------------------------------------------------------------------

ERROR = UnreachableError("no answer")


def opened() -> CircuitBreaker:
    breaker = CircuitBreaker(threshold=3, rest=30)
    for _ in range(3):
        assert breaker.refusal(START) is None
        breaker.failed(ERROR, START)
    return breaker


def test_it_opens_after_failures_in_a_row() -> None:
    assert opened().refusal(START + 29) is ERROR


def test_an_answer_between_them_makes_them_no_row() -> None:
    breaker = CircuitBreaker(threshold=3)
    for _ in range(9):
        breaker.failed(ERROR, START)
        breaker.failed(ERROR, START)
        breaker.succeeded()
    assert breaker.refusal(START) is None


def test_after_a_rest_one_may_try_and_closes_it() -> None:
    breaker = opened()
    assert breaker.refusal(START + 30) is None
    assert breaker.refusal(START + 31) is ERROR
    breaker.succeeded()
    assert breaker.refusal(START + 31) is None


def test_one_that_fails_again_opens_it_again() -> None:
    breaker = opened()
    assert breaker.refusal(START + 30) is None
    breaker.failed(ERROR, START + 32)
    assert breaker.refusal(START + 59) is ERROR
    assert breaker.refusal(START + 60) is None
