"""Time as a watch sees it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from typing import Protocol

SLICE = 30.0
"""Seconds after which the clock on the wall is looked at: it goes on while a machine is suspended,
and may be set.
"""


class Clock(Protocol):
    """Tells the time and waits."""

    def now(self) -> datetime:
        """This moment, aware, in UTC."""

    async def sleep_until(self, moment: datetime, wake: asyncio.Event) -> None:
        """Wait until `moment`, or until `wake` is set."""


class WallClock:
    """The real one."""

    def now(self) -> datetime:
        """This moment, aware, in UTC."""
        return datetime.now(UTC)

    async def sleep_until(self, moment: datetime, wake: asyncio.Event) -> None:
        """Wait until `moment`, or until `wake` is set."""
        while not wake.is_set() and (left := (moment - self.now()).total_seconds()) > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(wake.wait(), min(left, SLICE))
