"""Where the time of a run goes (--profile): every moment belongs to one stage.

What runs now has the moment, the innermost first; while nothing runs, what is waited for has it:
the network before a limit, a limit before the store, which may write in another thread meanwhile.
"""

from __future__ import annotations

import builtins
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from functools import wraps
from inspect import isfunction
from time import perf_counter
from typing import Any, TypeVar

T = TypeVar("T")


class Stage(StrEnum):
    """What a run spends its time on."""

    START = "start-up"
    NETWORK = "network"
    WAITING = "waiting for limits"
    CACHE = "cache"
    STORE = "store"
    RENDERING = "rendering"
    REST = "everything else"


_BEHIND = (Stage.NETWORK, Stage.WAITING, Stage.STORE, Stage.CACHE, Stage.RENDERING, Stage.START)
"""What may go on while nothing runs here, the first that does has the moment."""


class Stages:
    """Adds up seconds by stage from when it is made, on the thread that makes it."""

    def __init__(self, clock: Callable[[], float] = perf_counter) -> None:
        self._clock = clock
        self._main = threading.get_ident()
        self._lock = threading.Lock()
        self._running: list[Stage] = []
        self._behind = dict.fromkeys(_BEHIND, 0)
        self._since = clock()
        self.seconds: dict[Stage, float] = dict.fromkeys(Stage, 0.0)
        self.times: dict[Stage, int] = dict.fromkeys(Stage, 0)

    @contextmanager
    def of(self, stage: Stage) -> Iterator[None]:
        """What runs inside is `stage`; in another thread it goes on behind the others."""
        if threading.get_ident() != self._main:
            self.begin(stage)
            try:
                yield
            finally:
                self.end(stage)
            return
        self._settle()
        self._running.append(stage)
        self.times[stage] += 1
        try:
            yield
        finally:
            self._settle()
            self._running.pop()

    def begin(self, stage: Stage) -> None:
        """One more of `stage` goes on behind what runs."""
        self._settle()
        self._behind[stage] += 1
        self.times[stage] += 1

    def end(self, stage: Stage) -> None:
        """One of them is done."""
        self._settle()
        self._behind[stage] -= 1

    def add(self, stage: Stage, seconds: float) -> None:
        """Seconds that were spent before this was made."""
        self.seconds[stage] += seconds
        self.times[stage] += 1

    @property
    def running(self) -> Stage | None:
        """What runs now, if that was told."""
        return self._running[-1] if self._running else None

    def total(self) -> float:
        """All of it, up to now."""
        self._settle()
        return sum(self.seconds.values())

    def _settle(self) -> None:
        """Give the time since the last change to whom it belongs."""
        with self._lock:
            now = self._clock()
            self.seconds[self._current()] += now - self._since
            self._since = now

    def _current(self) -> Stage:
        if self._running:
            return self._running[-1]
        return next((stage for stage in _BEHIND if self._behind[stage] > 0), Stage.REST)


@contextmanager
def loading(stages: Stages) -> Iterator[None]:
    """While inside, the time in which modules are loaded is that of the start-up."""
    really = builtins.__import__

    def load(name: str, *arguments: Any, **options: Any) -> Any:
        if name in sys.modules or stages.running is Stage.START:
            return really(name, *arguments, **options)
        with stages.of(Stage.START):
            return really(name, *arguments, **options)

    builtins.__import__ = load
    try:
        yield
    finally:
        builtins.__import__ = really


_MEASURED: list[Stages] = []
"""Those of the run that measures itself, if it does."""


@contextmanager
def measuring(stages: Stages) -> Iterator[None]:
    """While inside, `stage` counts into `stages`."""
    _MEASURED.append(stages)
    try:
        yield
    finally:
        _MEASURED.remove(stages)


@contextmanager
def stage(which: Stage) -> Iterator[None]:
    """What runs inside is `which`, for a run that measures itself; free for one that does not."""
    if not _MEASURED:
        yield
        return
    with _MEASURED[0].of(which):
        yield


def timed(what: T, stages: Stages, stage: Stage) -> T:
    """`what`, with the time in each of its public methods counted as `stage`."""
    for name in dir(type(what)):
        method = getattr(type(what), name)
        if isfunction(method) and not name.startswith("_"):
            setattr(what, name, _timed(getattr(what, name), stages, stage))
    return what


def _timed(method: Callable[..., Any], stages: Stages, stage: Stage) -> Callable[..., Any]:
    @wraps(method)
    def call(*arguments: Any, **options: Any) -> Any:
        with stages.of(stage):
            result = method(*arguments, **options)
        return _timed_rows(result, stages, stage) if isinstance(result, Iterator) else result

    return call


def _timed_rows(rows: Iterator[T], stages: Stages, stage: Stage) -> Iterator[T]:
    """Rows that are read one by one, while others use them."""
    while True:
        with stages.of(stage):
            try:
                row = next(rows)
            except StopIteration:
                return
        yield row
