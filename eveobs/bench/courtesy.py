"""Measuring what is not on this machine: slowly, within the budget, nothing before it expires."""

from __future__ import annotations

import asyncio
import heapq
import time
from collections.abc import Awaitable, Callable, Iterable
from itertools import count

from eveobs.bench.clients import Clients
from eveobs.bench.target import Target
from eveobs.errors import EveobsError, LimitError, SignInError

MOST_A_SECOND = 5.0


class Pace:
    """Lets at most `rate` a second pass, evenly; 0 lets all pass."""

    def __init__(
        self,
        rate: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._gap = 1 / rate if rate else 0.0
        self._clock = clock
        self._sleep = sleep
        self._next = float("-inf")

    async def step(self) -> None:
        """Wait for one's turn."""
        now = self._clock()
        turn = max(now, self._next)
        self._next = turn + self._gap
        if turn > now:
            await self._sleep(turn - now)


class Turns:
    """Whose turn it is: each URL only once it has expired, as seconds since the epoch tell.

    Not more than `patience` seconds in all are waited for that.
    """

    def __init__(
        self,
        targets: Iterable[Target],
        *,
        patience: float = 0.0,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._numbers = count()
        self._waiting = [(0.0, next(self._numbers), target) for target in targets]
        self._clock = clock
        self._sleep = sleep
        self._until = clock() + patience

    async def take(self) -> Target | None:
        """The next that may be asked; None where nothing may be any more."""
        while self._waiting:
            due, _, target = self._waiting[0]
            if (wait := due - self._clock()) <= 0:
                heapq.heappop(self._waiting)
                return target
            if due > self._until:
                return None
            await self._sleep(wait)
        return None

    def back(self, target: Target, expires: float) -> None:
        """`target` was answered, and may be asked again from `expires` on."""
        heapq.heappush(self._waiting, (expires, next(self._numbers), target))

    @property
    def over(self) -> bool:
        """Whether nothing of it may be asked any more in this run."""
        return not self._waiting or self._waiting[0][0] > max(self._until, self._clock())

    @property
    def next(self) -> float | None:
        """When something may be asked again; None: nothing of it at all."""
        return self._waiting[0][0] if self._waiting else None


class Politely:
    """Asks what is not on this machine; a `Question`. What the cache of the machine has fresh is
    not asked and does not count. A URL that failed is not asked again.
    """

    def __init__(self, clients: Clients, turns: Turns, pace: Pace) -> None:
        self._clients = clients
        self._pace = pace
        self.turns = turns
        self.usage = clients.usage
        self.stopped: EveobsError | None = None
        self.error: EveobsError | None = None

    async def take(self) -> Target | None:
        """The next URL that has expired, at its time."""
        await asyncio.to_thread(self._clients.flush)  # for a run that is killed
        if self.stopped is not None:
            return None
        target = await self.turns.take()
        if target is not None:
            await self._pace.step()
        return target

    async def ask(self, worker: int, what: Target) -> str | None:
        """The status; None where nothing was sent, or a limit forbade it."""
        try:
            said = await self._clients.ask(worker, what)
        except (LimitError, SignInError) as error:
            self.stopped = error
            return None
        self.error = self.error or said.error
        if said.answer is None:
            return said.status
        self.turns.back(what, said.answer.expires)
        return None if said.answer.cached else said.status
