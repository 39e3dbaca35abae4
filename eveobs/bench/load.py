"""Load: who asks when, and from when on a latency counts. Time is handed in.

Closed loop: each of `concurrency` workers asks again as soon as it has its answer. Open loop (with
a `rate`): requests are due at fixed moments, whatever the server does, and latency counts from the
moment a request was due. While a server stalls, a closed loop asks nothing and hides the stall in
one slow request; an open loop counts everybody who would have waited (coordinated omission).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Generic, NamedTuple, Protocol, TypeVar

from eveobs.bench.sample import Sample

T = TypeVar("T")
NANO = 1_000_000_000
BREATH = 64
"""Requests after which others get a turn, and Ctrl-C is heard, also where nothing ever waits."""
PATIENCE = 2
"""How many times its seconds an open loop may take to work off what it is behind."""


class Load(NamedTuple):
    """How hard to ask: `requests` in all or for `seconds`, `rate` a second (0: a closed loop)."""

    concurrency: int = 10
    requests: int = 0
    seconds: float = 0.0
    rate: float = 0.0

    def share(self, rounds: int, number: int) -> Load | None:
        """What the round of that `number`, of so many, has of it; None: there is nothing left."""
        if not self.requests:
            return self._replace(seconds=self.seconds / rounds)
        number %= rounds
        share = self.requests * (number + 1) // rounds - self.requests * number // rounds
        return self._replace(requests=share) if share else None


class Question(Protocol, Generic[T]):
    """What is asked, again and again, by each worker for itself."""

    async def take(self) -> T | None:
        """What is next, as soon as it may be asked; None when there is nothing left."""

    async def ask(self, worker: int, what: T) -> str | None:
        """The status of the answer, "200"; other words for none. None: it does not count."""


class Clock(NamedTuple):
    """Nanoseconds that never go back, those of CPU that this process used, and sleeping."""

    now: Callable[[], int] = time.perf_counter_ns
    cpu: Callable[[], int] = time.process_time_ns
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep


async def drive(load: Load, question: Question[T], sample: Sample, clock: Clock = Clock()) -> None:  # noqa: B008 - a value
    """Ask as `load` says and count into `sample`, which holds what was measured even when this is
    cancelled.
    """
    began, cpu = clock.now(), clock.cpu()
    turns = count()

    async def work(worker: int) -> None:
        for turn in turns:
            if not turn % BREATH:
                await asyncio.sleep(0)
            if (load.requests and turn >= load.requests) or _over(load, clock.now() - began):
                return
            due = await _due(load, turn, began, clock)
            if due is None or (what := await question.take()) is None:
                return
            start = clock.now() if due < 0 else due
            status = await question.ask(worker, what)
            if status is not None:
                sample.add(status, clock.now() - start)

    try:
        async with asyncio.TaskGroup() as group:
            for worker in range(load.concurrency):
                group.create_task(work(worker))
    finally:
        sample.seconds += (clock.now() - began) / NANO
        sample.cpu += (clock.cpu() - cpu) / NANO


def _over(load: Load, gone: int) -> bool:
    """Whether nothing is asked any more: a closed loop ends on time, an open one works off what is
    due, unless it is hopelessly behind.
    """
    return bool(load.seconds) and gone >= load.seconds * NANO * (PATIENCE if load.rate else 1)


async def _due(load: Load, turn: int, began: int, clock: Clock) -> int | None:
    """Waits until a request is due and gives that moment; -1 in a closed loop, None at the end."""
    if not load.rate:
        return -1
    after = int(turn * NANO / load.rate)
    if load.seconds and after >= load.seconds * NANO:
        return None
    if (wait := began + after - clock.now()) > 0:
        await clock.sleep(wait / NANO)
    return began + after
