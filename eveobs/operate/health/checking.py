"""Running checks: all at once, each with a time-out of its own, and none in another's way."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from eveobs.errors import EveobsError
from eveobs.operate.health.finding import Examined, Finding, State

T = TypeVar("T")
Found = Finding | list[Finding]
PATIENCE = 10.0
"""Seconds that a check may take."""


class Timed(NamedTuple):
    """What was found, and the seconds that took where nothing else was waited for."""

    found: Found
    seconds: float


@dataclass(frozen=True, slots=True)
class Check:
    """Looks at one thing. An error that it raises, or no result after `patience` seconds, is a
    finding, too: as bad as `gravity`.

    `lasts`: seconds for which its findings need not be asked for again.
    """

    name: str
    look: Callable[[], Awaitable[Found | Timed]]
    patience: float = PATIENCE
    gravity: State = State.UNHEALTHY
    lasts: float = 0.0


async def examine(checks: Iterable[Check]) -> list[Examined]:
    """Run the checks side by side; what they find, in their order."""
    found = await asyncio.gather(*(_run(check) for check in checks))
    return [one for some in found for one in some]


class Repeatedly:
    """Runs checks round after round; what still holds of earlier rounds is not looked at again."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._held: dict[str, tuple[float, list[Examined]]] = {}

    async def examine(self, checks: Sequence[Check]) -> list[Examined]:
        """One round."""
        now = self._clock()
        due = [check for check in checks if self._ends(check.name) <= now]
        found = await examine(due)
        for check in due:
            some = [one for one in found if one.check == check.name]
            well = all(one.finding.state is State.HEALTHY for one in some)
            self._held[check.name] = (now + check.lasts if well else now, some)
        return [one for check in checks for one in self._held[check.name][1]]

    def _ends(self, name: str) -> float:
        return self._held[name][0] if name in self._held else float("-inf")


async def in_thread(function: Callable[[], T]) -> T:
    """`function` in a thread that nobody waits for at the end: one that hangs is left behind."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def tell(act: Callable[[], None]) -> None:
        with suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(lambda: None if future.done() else act())

    def work() -> None:
        try:
            result = function()
        except Exception as error:  # noqa: BLE001 - it is raised again where it is waited for
            failure = error
            tell(lambda: future.set_exception(failure))
        else:
            tell(lambda: future.set_result(result))

    threading.Thread(target=work, daemon=True).start()
    return await future


def threaded(function: Callable[[], Found]) -> Callable[[], Awaitable[Timed]]:
    """`function`, which may block, as the `look` of a check."""

    def timed() -> Timed:
        started = time.perf_counter()
        found = function()
        return Timed(found, time.perf_counter() - started)

    return lambda: in_thread(timed)


async def _run(check: Check) -> list[Examined]:
    started = time.perf_counter()
    found = await _found(check)
    seconds = time.perf_counter() - started
    if isinstance(found, Timed):
        found, seconds = found
    some = [found] if isinstance(found, Finding) else found
    return [Examined(check.name, finding, round(seconds, 3)) for finding in some]


async def _found(check: Check) -> Found | Timed:
    try:
        async with asyncio.timeout(check.patience):
            return await check.look()
    except TimeoutError:
        return Finding(check.gravity, f"no result within {check.patience:g} seconds")
    except EveobsError as error:
        return Finding(check.gravity, error.message, error.hint or "")
    except Exception as error:  # noqa: BLE001 - one check that fails hides no other
        words = " ".join(str(error).split()) or type(error).__name__
        return Finding(check.gravity, f"the check itself failed: {words}")
