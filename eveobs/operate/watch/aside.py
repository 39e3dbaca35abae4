"""Work that blocks, beside the loop, in a thread that does not keep the process alive."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from eveobs.operate.watch.orders import Orders

GRACE = 4.0
"""Seconds that what is under way gets when the watch is told to end."""


async def aside(work: Callable[[], None], orders: Orders) -> None:
    """Do `work`, and raise what it raises. When the watch is told to end it has GRACE seconds more;
    then it is left to itself, so it must be safe to be cut off.
    """
    future: Future[None] = Future()
    threading.Thread(target=_do, args=(work, future), name="chore", daemon=True).start()
    done = asyncio.wrap_future(future)
    told = asyncio.ensure_future(orders.stopped.wait())
    both: set[asyncio.Future[Any]] = {done, told}
    await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    if not done.done():
        await asyncio.wait({done}, timeout=GRACE)
    if orders.stop:
        done.add_done_callback(_ignore)
    else:
        done.result()


def _do(work: Callable[[], None], future: Future[None]) -> None:
    try:
        work()
    except BaseException as error:  # noqa: BLE001 - it belongs to who waits
        future.set_exception(error)
    else:
        future.set_result(None)


def _ignore(done: asyncio.Future[None]) -> None:
    """Nobody waits for it any more."""
    if not done.cancelled():
        done.exception()
