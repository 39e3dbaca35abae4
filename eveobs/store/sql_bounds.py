"""What one statement of `eveobs sql` may cost: time spent in the database, and rows."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from eveobs.errors import StoreError

TIMEOUT = 300
"""Seconds, unless the command line says otherwise."""
MAX_ROWS = 1_000_000
"""Rows, unless the command line says otherwise. `export` has no such bound."""
MAX_VALUE = 16 << 20
"""Bytes of one value: 500 times the longest description that ESI sends."""
MAX_ROW = 64 << 20
"""Bytes of all values of a row (PostgreSQL)."""
MAX_COLUMNS = 500
MAX_MEMORY = 1 << 30
"""Bytes that SQLite may hold at a time: a row of many values is bounded by it."""


@dataclass(slots=True)
class TimeBudget:
    """Seconds that a statement may spend in the database.

    Counts only while `running`: a reader that is slow to take the rows (a pager) costs nothing.
    """

    seconds: float
    left: float = 0.0
    expired: bool = False
    _ends: float = float("inf")

    def __post_init__(self) -> None:
        self.left = self.seconds

    @contextmanager
    def running(self, interrupt: Callable[[], None] | None = None) -> Iterator[None]:
        """Count what is done inside; `interrupt` is called, in a thread, when time is up."""
        started = time.monotonic()
        self._ends = started + self.left
        timer = None
        if interrupt is not None:
            timer = threading.Timer(self.left, self._stop, [interrupt])
            timer.daemon = True
            timer.start()
        try:
            yield
        finally:
            if timer is not None:
                timer.cancel()
            self._ends = float("inf")
            self.left = max(self.left - (time.monotonic() - started), 0.0)

    def is_over(self) -> bool:
        """Whether time is up, for a database that asks now and then."""
        self.expired = self.expired or time.monotonic() > self._ends
        return self.expired

    def _stop(self, interrupt: Callable[[], None]) -> None:
        self.expired = True
        interrupt()

    def error(self) -> StoreError:
        """The error of a statement whose time is up."""
        return StoreError(
            f"the query timed out after {self.seconds:g} s",
            hint="Ask for less, or give it longer with --timeout SECONDS.",
        )
