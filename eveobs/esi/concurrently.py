"""Many questions at once, a bounded number in flight, none of them a task of its own."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from eveobs.errors import EveobsError

T = TypeVar("T")
K = TypeVar("K")

AHEAD = 20
"""Results a worker may be ahead of whoever takes them, so that memory stays flat."""


@dataclass(slots=True)
class _Results(Generic[T]):
    """What is ready to be taken, at most `limit`; `news` is set when there is more, or the end."""

    limit: int
    ready: deque[T] = field(default_factory=deque)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    room: asyncio.Event = field(default_factory=asyncio.Event)

    async def put(self, result: T) -> None:
        """Add one; comes back when there is room for more."""
        self.ready.append(result)
        self.news.set()
        while len(self.ready) >= self.limit:
            self.room.clear()
            await self.room.wait()

    def take(self) -> T:
        """The oldest."""
        self.room.set()
        return self.ready.popleft()


async def concurrently(
    keys: Iterable[K], ask: Callable[[K], Awaitable[T]], *, workers: int
) -> AsyncGenerator[tuple[K, T | EveobsError], None]:
    """`ask` every key, `workers` at a time; pairs of key and result in the order they end.

    An EveobsError is a result like any other. Any other exception stops the workers and is raised,
    after what was answered before. Whoever stops early ends the workers by closing the iterator.
    """
    left = iter(keys)
    results: _Results[tuple[K, T | EveobsError]] = _Results(workers * AHEAD)

    async def work() -> None:
        for key in left:
            await results.put((key, await _result(ask, key)))

    async def work_all() -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(workers):
                    group.create_task(work())
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from None
        finally:
            results.news.set()

    task = asyncio.create_task(work_all())
    try:
        while results.ready or not task.done():
            await results.news.wait()
            results.news.clear()
            while results.ready:
                yield results.take()
        await task
    finally:
        task.cancel()
        await asyncio.wait((task,))


async def _result(ask: Callable[[K], Awaitable[T]], key: K) -> T | EveobsError:
    try:
        return await ask(key)
    except EveobsError as error:
        return error
