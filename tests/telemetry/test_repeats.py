"""Equal records are one with a count: at first within a moment, later within ten minutes, and all at
the end; what does not repeat is not held up.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from eveobs.telemetry.about import about
from eveobs.telemetry.repeats import FIRST, LATER, Repeats

pytestmark = pytest.mark.unit


class Seen(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)

    @property
    def told(self) -> list[tuple[str, int]]:
        return [(one.getMessage(), getattr(one, "count", 1)) for one in self.records]


class Clock:
    time = 100.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def log(seen: Seen, clock: Clock) -> Iterator[logging.Logger]:
    logger = logging.getLogger("repeats")
    logger.propagate = False
    front = Repeats([seen], run="7", clock=clock)
    logger.addHandler(front)
    yield logger
    front.close()
    logger.removeHandler(front)


def test_what_cannot_repeat_is_passed_on_at_once(log: logging.Logger, seen: Seen) -> None:
    with about("The Forge"):
        log.warning("slow")
    assert [(one.run, one.subject) for one in seen.records] == [("7", "The Forge")]  # type: ignore[attr-defined]


def test_equal_ones_wait_a_moment_and_then_ten_minutes(
    log: logging.Logger, seen: Seen, clock: Clock
) -> None:
    for _ in range(5):
        log.warning("failed", extra={"like": 1})
    assert seen.told == []
    clock.time += FIRST
    log.warning("failed", extra={"like": 1})
    assert seen.told == [("failed", 6)]
    for _ in range(100):
        clock.time += LATER / 101
        log.warning("failed", extra={"like": 1})
    assert seen.told == [("failed", 6)]
    clock.time += LATER
    log.warning("failed", extra={"like": 2})
    assert seen.told == [("failed", 6), ("failed", 100)]


def front_of(log: logging.Logger) -> Repeats:
    (front,) = [one for one in log.handlers if isinstance(one, Repeats)]
    return front


def test_messages_and_kinds_are_told_apart(log: logging.Logger, seen: Seen) -> None:
    for like in (1, 2, 1):
        log.warning("failed", extra={"like": like})
        log.warning("waiting", extra={"like": like})
    front_of(log).close()
    assert sorted(seen.told) == [("failed", 1), ("failed", 2), ("waiting", 1), ("waiting", 2)]
