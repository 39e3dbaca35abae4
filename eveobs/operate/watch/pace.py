"""When a subject is due again, by what came of it. Pure."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from eveobs.errors import EveobsError, LimitError, SignInError, UnreachableError
from eveobs.observation.unit import Report

LEAST = 1.0
"""Seconds after which a subject is due again at the earliest."""
UNTOLD = 300.0
"""Seconds until a list is asked again whose answer does not say when it expires."""
TROUBLE = 60.0
"""Seconds until ESI is asked again after it did not answer; twice that each time."""
LONGEST_TROUBLE = 900.0
MISSING = 120.0
"""Seconds until what is missing of a list is asked again; twice that each time."""
LONGEST = 3600.0
"""Seconds: whatever was wrong, it is looked at again after this."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Spreads what is due by up to `jitter` seconds, so that not all of the world asks at once.

    `draw` gives a random number between two.
    """

    jitter: float
    draw: Callable[[float, float], float] = random.uniform

    def after(self, report: Report, failures: int, now: datetime) -> datetime:
        """When to observe again after `report`, the last of so many `failures` in a row."""
        if report.error is not None:
            return self.after_error(report.error, failures, now)
        if report.unfinished:
            return self._later(now, _doubled(MISSING, failures, LONGEST))
        moment = _expiry(report)
        if moment is None:
            return self._later(now, UNTOLD)
        return max(moment, now + timedelta(seconds=LEAST)) + self._spread()

    def after_error(self, error: Exception, failures: int, now: datetime) -> datetime:
        """When to try again what failed with `error`."""
        if isinstance(error, LimitError):
            told = datetime.fromtimestamp(error.retry_at, UTC)
            return max(told, now + timedelta(seconds=LEAST)) + self._spread()
        if isinstance(error, UnreachableError):
            return self._later(now, _doubled(TROUBLE, failures, LONGEST_TROUBLE))
        if isinstance(error, SignInError) or not isinstance(error, EveobsError):
            return self._later(now, LONGEST)  # a person has to do something
        return self._later(now, _doubled(MISSING, failures, LONGEST))

    def _later(self, now: datetime, seconds: float) -> datetime:
        return now + timedelta(seconds=seconds) + self._spread()

    def _spread(self) -> timedelta:
        return timedelta(seconds=self.draw(0.0, self.jitter))


def _expiry(report: Report) -> datetime | None:
    """When the list can be another; bids on what is in it may expire much sooner."""
    if report.list_expires is not None:
        return report.list_expires.astimezone(UTC)
    told = report.outcome.expires
    return None if told is None else datetime.fromisoformat(told).astimezone(UTC)


def _doubled(seconds: float, failures: int, most: float) -> float:
    return float(min(seconds * 2 ** min(max(failures - 1, 0), 30), most))
