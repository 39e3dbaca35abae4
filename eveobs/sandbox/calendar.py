"""When things happen in the sandbox: cycles of the contract lists, and how long answers are good.

All times are whole seconds since the epoch, because HTTP's dates are.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

FULL_CYCLE = 1800
DAY = 86400
_STATIC_DATA_CHANGES = 11 * 3600 + 5 * 60
"""Routes of static data expire "daily at 11:05" (UTC), says the OpenAPI document."""


class Calendar(NamedTuple):
    """Cycle 0 begins at `begin`; every region's list is replaced each `cycle` seconds.

    A cycle shorter than ESI's 1,800 s makes the whole world run faster: contracts live shorter and
    every other answer expires sooner, in proportion.
    """

    begin: int
    cycle: int = FULL_CYCLE

    def number(self, now: float) -> int:
        """The cycle that `now` is in; negative before the beginning."""
        return int((now - self.begin) // self.cycle)

    def start(self, number: int) -> int:
        """When a cycle starts."""
        return self.begin + number * self.cycle

    def ttl(self, age: int) -> int:
        """How long an answer is good that ESI would give for `age` seconds; at least a second."""
        return max(1, age * self.cycle // FULL_CYCLE)

    def tick(self, now: float, ttl: int) -> int:
        """When an answer that is good for `ttl` seconds was last renewed."""
        return self.begin + int((now - self.begin) // ttl) * ttl


def static_data_since(now: float) -> int:
    """The last 11:05 UTC: when the routes of static data expired last."""
    return int((now - _STATIC_DATA_CHANGES) // DAY) * DAY + _STATIC_DATA_CHANGES


def newest_compatibility_date(now: float) -> str:
    """Today as the API counts, whose day turns at 11:00 UTC."""
    return (datetime.fromtimestamp(now, UTC) - timedelta(hours=11)).date().isoformat()


def moment(seconds: int) -> datetime:
    """The same moment as a record holds it."""
    return datetime.fromtimestamp(seconds, UTC)
