"""Between the loggers and the handlers: stamps every record, and makes one of many equal ones."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

from eveobs.telemetry.about import subject

FIRST = 1.0
"""Seconds that a record which may repeat is held back, to be counted with those like it."""
LATER = 600.0
"""The same for those that come after it."""
KEY = "like"
"""Give a record `extra={"like": …}` to say which others are equal to it: those of the same message
and the same value here, whatever else they say."""


@dataclass(slots=True)
class _Held:
    record: logging.LogRecord
    count: int
    until: float


class Repeats(logging.Handler):
    """Passes records on to `handlers`, each with the id of the `run` and its subject.

    Records that may repeat wait for a moment: ten thousand equal failures are one line with a
    `count`, and what comes of them later is another when the run ends, or ten minutes later.
    """

    def __init__(
        self,
        handlers: Sequence[logging.Handler],
        *,
        run: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(min((one.level for one in handlers), default=logging.NOTSET))
        self._handlers = handlers
        self._run = run
        self._clock = clock
        self._held: dict[Hashable, _Held] = {}
        self._seen: set[Hashable] = set()
        self._timer: threading.Timer | None = None
        self._wakes = 0.0

    def emit(self, record: logging.LogRecord) -> None:
        """Pass it on, or hold it back."""
        self._stamp(record)
        like = record.__dict__.pop(KEY, None)
        if like is None:
            self._pass(record)
            return
        key = (record.name, record.msg, like)
        held = self._held.get(key)
        if held is None:
            until = self._clock() + (LATER if key in self._seen else FIRST)
            self._held[key] = _Held(record, 1, until)
            self._wake_at(until)
        else:
            held.count += 1
        self.let_go()

    def note(self, record: logging.LogRecord, *, ignore: Sequence[logging.Handler] = ()) -> None:
        """Pass on what was said to a person already, to all but the handlers to `ignore`."""
        self._stamp(record)
        self._pass(record, ignore)

    def let_go(self, *, everything: bool = False) -> None:
        """Pass on what was held back for long enough."""
        self.acquire()
        try:
            now = self._clock()
            due = [key for key, one in self._held.items() if everything or one.until <= now]
            for key in due:
                self._seen.add(key)
                self._pass_counted(self._held.pop(key))
        finally:
            self.release()

    def close(self) -> None:
        """Pass everything on, and close the handlers."""
        if self._timer is not None:
            self._timer.cancel()
        self.let_go(everything=True)
        for handler in self._handlers:
            handler.close()
        super().close()

    def _stamp(self, record: logging.LogRecord) -> None:
        record.__dict__.setdefault("subject", subject())
        record.__dict__["run"] = self._run

    def _pass(self, record: logging.LogRecord, ignore: Sequence[logging.Handler] = ()) -> None:
        for handler in self._handlers:
            if handler not in ignore and record.levelno >= handler.level:
                handler.handle(record)

    def _pass_counted(self, held: _Held) -> None:
        if held.count > 1:
            held.record.__dict__["count"] = held.count
        self._pass(held.record)

    def _wake_at(self, moment: float) -> None:
        """Have a thread look then, unless one does so before."""
        if self._timer is not None:
            if self._wakes <= moment:
                return
            self._timer.cancel()
        self._wakes = moment
        self._timer = threading.Timer(max(moment - self._clock(), 0.01), self._wake)
        self._timer.daemon = True
        try:
            self._timer.start()
        except RuntimeError:  # no thread to be had: what is held back comes at the end
            self._timer = None

    def _wake(self) -> None:
        self.acquire()
        try:
            self._timer = None
            self.let_go()
            if self._held:
                self._wake_at(min(one.until for one in self._held.values()))
        finally:
            self.release()
