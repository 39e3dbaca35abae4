"""Getting a request answered: budget, circuit breaker, retries. Nothing here knows the cache."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from eveobs import __version__
from eveobs.errors import LimitError, UnreachableError
from eveobs.esi.answers import Usage
from eveobs.esi.budget import Budget, tokens
from eveobs.esi.resilience import EVERY_RETRY, CircuitBreaker, Failure, backoff, judge
from eveobs.esi.route import Route
from eveobs.telemetry.progress import Progress

if TYPE_CHECKING:
    import httpx

    from eveobs.esi.wire import Reply, Wire
    from eveobs.settings import Esi

LONGEST_WAIT = 900.0
"""Seconds; a limit that asks for more ends the run with the time to come back."""
LONGEST_RETRY = 60.0
"""Seconds; ESI in trouble that asks to come back later than that is not waited for."""
PATIENCE = 20
"""How often one request waits for a limit before that is an error too."""


class Sender:
    """Sends requests of one client and counts what they cost in `usage`."""

    def __init__(
        self,
        settings: Esi,
        *,
        transport: httpx.AsyncBaseTransport | None,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[object]],
        progress: Progress,
    ) -> None:
        self._settings = settings
        self._transport = transport
        self._clock = clock
        self._sleep = sleep
        self._progress = progress
        self._budget = Budget(reserve=settings.concurrency + 5)
        # All that is under way fails together when a host blinks: that is one failure, not many.
        self._breaker = CircuitBreaker(threshold=max(10, 3 * settings.concurrency))
        self._slots = asyncio.Semaphore(settings.concurrency)
        self._wire: Wire | None = None
        self.base = settings.base_url.rstrip("/")
        self.usage = Usage()

    async def ask(
        self,
        route: Route,
        url: str,
        headers: Mapping[str, str],
        content: bytes = b"",
        accept: frozenset[int] = frozenset(),
    ) -> Reply:
        """The reply to `url` (path and query): 2xx, 304, or a status in `accept`.

        Raises the error of the last try when waiting and trying again did not help.
        """
        tries = waits = 0
        while True:
            async with self._slots:
                result = await self._try(route, url, headers, content, accept)
            if not isinstance(result, Failure):
                return result
            if result.pause is None:
                tries += 1
                if tries > self._retries(route, result) or result.after > LONGEST_RETRY:
                    raise result.error
                await self._sleep(max(backoff(tries), result.after))
            else:
                waits += 1
                if result.pause > LONGEST_WAIT or waits > PATIENCE:
                    raise result.error

    def _retries(self, route: Route, failure: Failure) -> int:
        return min(failure.retries, self._settings.max_retries) if route.safe else 0

    async def close(self) -> None:
        """Close all connections."""
        if self._wire is not None:
            await self._wire.close()

    async def _try(
        self,
        route: Route,
        url: str,
        headers: Mapping[str, str],
        content: bytes,
        accept: frozenset[int],
    ) -> Reply | Failure:
        await self._wait_for_budget(route)
        if (refusal := self._breaker.refusal(self._clock())) is not None:
            raise refusal.with_traceback(None)
        self.usage.requests += 1
        try:
            reply = await self._open_wire().send(route.method, self.base + url, headers, content)
        except UnreachableError as error:
            self._breaker.failed(error, self._clock())
            return Failure(error, EVERY_RETRY)
        known = accept | {304} if "if-none-match" in headers else accept
        return self._weigh(route, url, reply, known)

    def _weigh(
        self, route: Route, url: str, reply: Reply, accept: frozenset[int]
    ) -> Reply | Failure:
        now = self._clock()
        self.usage.bytes += len(reply.body)
        self.usage.tokens += tokens(route, reply.status)
        self._budget.learn(route, reply.headers, now)
        if reply.status < 300 or reply.status in accept:
            self._breaker.succeeded()
            return reply
        failure = judge(route, url, reply.status, reply.headers, reply.body, now)
        if isinstance(failure.error, UnreachableError):
            self._breaker.failed(failure.error, now)
        else:
            self._breaker.succeeded()
        if failure.pause is not None:
            self._budget.pause(failure.pause_for, now + failure.pause)
        return failure

    async def _wait_for_budget(self, route: Route) -> None:
        while (delay := self._budget.delay(route, self._clock())) > 0:
            if delay > LONGEST_WAIT:
                raise LimitError(
                    "a limit of ESI is reached",
                    retry_at=self._clock() + delay,
                    hint=f"Try again in {delay:.0f} seconds.",
                )
            self._progress.wait(delay, "a limit of ESI is reached")
            await self._sleep(delay)

    def _open_wire(self) -> Wire:
        if self._wire is None:
            from eveobs.esi.wire import Wire

            self._wire = Wire(self._settings, __version__, self._transport)
        return self._wire
