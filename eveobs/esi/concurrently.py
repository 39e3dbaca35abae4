"""Many questions at once, a bounded number in flight, none of them a task of its own."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from typing import TypeVar

from eveobs.errors import EveobsError

T = TypeVar("T")
K = TypeVar("K")

AHEAD = 20
"""Results a worker may be ahead of whoever takes them, so that memory stays flat."""


async def concurrently(
    keys: Iterable[K], ask: Callable[[K], Awaitable[T]], *, workers: int
) -> AsyncGenerator[tuple[K, T | EveobsError], None]:
    """`ask` every key, `workers` at a time; pairs of key and result in the order they end.

    An EveobsError is a result like any other. Any other exception stops the workers and is raised,
    after what was answered before. Whoever stops early ends the workers by closing the iterator.
    """
    left = iter(keys)
    results: deque[tuple[K, T | EveobsError]] = deque()
    news, room = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        for key in left:
            try:
                results.append((key, await ask(key)))
            except EveobsError as error:
                results.append((key, error))
            news.set()
            while len(results) >= workers * AHEAD:
                room.clear()
                await room.wait()

    async def work_all() -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(workers):
                    group.create_task(work())
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from None
        finally:
            news.set()

    task = asyncio.create_task(work_all())
    try:
        while results or not task.done():
            await news.wait()
            news.clear()
            while results:
                yield results.popleft()
                room.set()
        await task
    finally:
        task.cancel()
        await asyncio.wait((task,))

