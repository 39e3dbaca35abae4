"""Progress on stderr: bars on a terminal, nothing elsewhere; warnings everywhere.

Bars appear once a run has taken a moment, and are drawn by a thread that looks at the counts ten
times a second: a short run neither flickers nor loads Rich, and counting costs next to nothing.
"""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, Self, TextIO

from eveobs.cli.plain import encodable, plain
from eveobs.cli.speech import logged

if TYPE_CHECKING:
    from eveobs.cli.bars import Bars

PATIENCE = 0.3  # seconds that a run may take before bars appear


class Stage(NamedTuple):
    """How far a stage is; `total` is None as long as nobody has said."""

    name: str
    done: int
    total: int | None


class WarningsOnly:
    """Listens to a run for a log or a quiet terminal: says what is wrong, and nothing else."""

    def __init__(self, stream: TextIO, *, colour: bool = False) -> None:
        self._stream = stream
        self._colour = colour

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Nothing to put away."""

    def expect(self, stage: str, total: int) -> None:
        """Ignore it."""

    def advance(self, stage: str, steps: int = 1) -> None:
        """Ignore it."""

    def wait(self, seconds: float, reason: str) -> None:
        """Ignore it."""

    def warn(self, message: str) -> None:
        """Write one line: `warning: …`."""
        if logged(f"warning: {message}"):
            return
        label = "\x1b[33mwarning:\x1b[0m" if self._colour else "warning:"
        self._stream.write(f"{label} {encodable(plain(message), self._stream.encoding)}\n")
        self._stream.flush()


LONG_WAIT = 20
"""Seconds of a wait that is worth a line where no countdown can be drawn."""
REPEATED_WAIT = 60
"""Seconds of further short waits after which they are worth another line."""


class Lines(WarningsOnly):
    """Listens to a run for a log that is not a terminal: a line before each long wait, and one
    where short waits add up.
    """

    def __init__(
        self,
        stream: TextIO,
        *,
        colour: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(stream, colour=colour)
        self._clock = clock
        self._until = 0.0
        self._covered = 0.0  # until when waits are counted: some are at the same time
        self._sum = 0.0
        self._unsaid = 0.0
        self._bound: float = LONG_WAIT

    def wait(self, seconds: float, reason: str) -> None:
        """Say how long, and why; not again for one that ends within the last."""
        now = self._clock()
        until = now + seconds
        more = max(until - max(now, self._covered), 0.0)
        self._covered = max(until, self._covered)
        self._sum += more
        self._unsaid += more
        is_long = seconds >= LONG_WAIT and until > self._until + 1
        if is_long:
            self._until = until
            so_far = ""
        elif self._unsaid >= self._bound:
            self._bound = REPEATED_WAIT
            so_far = f", {_span(self._sum)} in all so far"
        else:
            return
        self._unsaid = 0.0
        line = f"waiting {_span(seconds)}{so_far}: {reason}"
        if not logged(line):
            self._stream.write(encodable(plain(line), self._stream.encoding) + "\n")
            self._stream.flush()


def _span(seconds: float) -> str:
    """`14m 59s`."""
    minutes, rest = divmod(math.ceil(seconds), 60)
    return f"{minutes}m {rest:02}s" if minutes else f"{rest}s"


class TerminalProgress(WarningsOnly):
    """Listens to a run for a terminal. What it shows is gone when its context is left.

    `patience` is in seconds; `clock` counts seconds and never goes back.
    """

    def __init__(
        self,
        stream: TextIO,
        *,
        colour: bool = True,
        patience: float = PATIENCE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(stream, colour=colour)
        self._clock = clock
        self._done: dict[str, int] = {}
        self._total: dict[str, int] = {}
        self._found: dict[str, int] = {}
        self._wait_until = 0.0
        self._wait_reason = ""
        self._lock = threading.Lock()
        self._left = False
        self._bars: Bars | None = None
        self._timer = threading.Timer(patience, self._appear)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        with suppress(RuntimeError):  # no thread to be had: no bars
            self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        with self._lock:
            self._left = True
            if self._bars is not None:
                self._bars.stop()
                self._bars = None

    def expect(self, stage: str, total: int) -> None:
        """`total` steps of `stage`, in place of what was said before."""
        self._done.setdefault(stage, 0)
        before = self._total.get(stage)
        if before is not None and total > before:
            self._found[stage] = total - before
        self._total[stage] = total

    def advance(self, stage: str, steps: int = 1) -> None:
        """Count; the drawing thread will see it."""
        self._done[stage] = self._done.get(stage, 0) + steps

    def wait(self, seconds: float, reason: str) -> None:
        """Count down below the bars; of several waits at a time, the longest."""
        until = self._clock() + seconds
        if until > self._wait_until:
            self._wait_until, self._wait_reason = until, reason

    def warn(self, message: str) -> None:
        """Write one line above the bars."""
        with self._lock:
            if self._bars is None:
                super().warn(message)
            elif not logged(f"warning: {message}"):
                self._bars.warn(encodable(plain(message), self._stream.encoding))

    def stages(self) -> list[Stage]:
        """The stages in the order in which they were first heard of, named in plain text."""
        return [
            Stage(encodable(plain(name), self._stream.encoding), done, self._total.get(name))
            for name, done in list(self._done.items())
        ]

    def found(self, stage: str) -> str:
        """By how much the total of a stage grew last, in words; empty if it did not."""
        return f"{self._found[stage]:,} more found" if stage in self._found else ""

    def waiting(self) -> str:
        """What the run waits for and how long still; empty when it does not."""
        left = self._wait_until - self._clock()
        if left <= 0:
            return ""
        line = f"waiting {_span(left)}: {plain(self._wait_reason)}"
        return encodable(line, self._stream.encoding)

    def _appear(self) -> None:
        from eveobs.cli.bars import Bars

        with self._lock:
            if not self._left:
                self._bars = Bars(self, self._stream, colour=self._colour, clock=self._clock)
                self._bars.start()


def progress_for(stream: TextIO, *, quiet: bool, colour: bool, bars: bool = True) -> WarningsOnly:
    """What listens to a run whose stderr is `stream`; a context manager.

    Bars need a terminal that can move its cursor. Elsewhere, and without `bars`, long waits are
    lines.
    """
    terminal = stream.isatty() and os.environ.get("TERM", "dumb") not in {"dumb", "unknown"}
    if quiet:
        return WarningsOnly(stream, colour=colour and terminal)
    if not terminal or not bars:
        return Lines(stream, colour=colour and terminal)
    return TerminalProgress(stream, colour=colour)
