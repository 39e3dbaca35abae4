"""The same question asked twice at once becomes one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")


class SingleFlight:
    """Runs a question once, and gives its result to all who asked it meanwhile."""

    def __init__(self) -> None:
        self._waiting: dict[Hashable, list[asyncio.Future[Any]]] = {}

    async def ask(self, key: Hashable, ask: Callable[[], Awaitable[T]]) -> T:
        """The result of `ask`, or of one with the same `key` that is under way."""
        others = self._waiting.get(key)
        if others is not None:
            future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
            others.append(future)
            return await future
        self._waiting[key] = []
        try:
            result = await ask()
        except BaseException as error:
            for future in self._waiting.pop(key):
                _fail(future, error)
            raise
        for future in self._waiting.pop(key):
            if not future.done():
                future.set_result(result)
        return result


def _fail(future: asyncio.Future[Any], error: BaseException) -> None:
    if future.done():
        return
    if isinstance(error, Exception):
        future.set_exception(error)
    else:
        future.cancel()
