"""Many questions at once, a bounded number in flight, none of them a task of its own."""

from __future__ import annotations

import asyncio
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
    results: asyncio.Queue[tuple[K, T | EveobsError] | None] = asyncio.Queue(workers * AHEAD)

    async def work() -> None:
        for key in left:
            await results.put((key, await _result(ask, key)))

    async def work_all() -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(workers):
                    group.create_task(work())
        except BaseExceptionGroup as errors:
            await results.put(None)
            raise errors.exceptions[0] from None
        await results.put(None)

    task = asyncio.create_task(work_all())
    try:
        while (pair := await results.get()) is not None:
            yield pair
        await task
    finally:
        task.cancel()
        await asyncio.wait((task,))


async def _result(ask: Callable[[K], Awaitable[T]], key: K) -> T | EveobsError:
    try:
        return await ask(key)
    except EveobsError as error:
        return error
