"""Work that blocks, done in another thread where there can be one.

Where no thread can be started (`ulimit -u`, a container's limit of processes) it is done at once
in this one: slower, and the same.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from functools import cache
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


async def in_thread(work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """What `work` returns or raises."""
    if can_start_threads():
        return await asyncio.to_thread(work, *arguments, **named)
    return work(*arguments, **named)


@cache
def can_start_threads() -> bool:
    """Whether this process may have one more thread; found out once.

    asyncio must not find out by itself: its pool is half made then, and cannot be closed.
    """
    try:
        thread = threading.Thread(target=_nothing, daemon=True)
        thread.start()
    except RuntimeError:
        return False
    thread.join()
    return True


class InlineResolver:
    """Finds the addresses of a host as aiohttp wants them, without a thread."""

    async def resolve(
        self, host: str, port: int = 0, family: int = socket.AF_UNSPEC
    ) -> list[dict[str, Any]]:
        """The addresses of `host`. Raises OSError where it has none."""
        found = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)  # noqa: ASYNC - see above
        return [
            {
                "hostname": host,
                "host": str(address[0]),
                "port": port,
                "family": kind,
                "proto": protocol,
                "flags": socket.AI_NUMERICHOST,
            }
            for kind, _, protocol, _, address in found
        ]

    async def close(self) -> None:
        """Nothing was opened."""


def _nothing() -> None:
    """Be a thread."""
