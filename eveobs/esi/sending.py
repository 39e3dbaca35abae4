"""Getting a request answered: limits, circuit breaker, retries. Nothing here knows the cache."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from eveobs import __version__
from eveobs.errors import AnswerError, ConfigError, EveobsError, SignInError, UnreachableError
from eveobs.esi.admission import Admission
from eveobs.esi.anomalies import Anomalies
from eveobs.esi.answers import Reply, Usage
from eveobs.esi.body_limits import max_body
from eveobs.esi.bounds import bounded_headers
from eveobs.esi.denials import Denials
from eveobs.esi.limits import tokens
from eveobs.esi.resilience import EVERY_RETRY, CircuitBreaker, Failure, backoff, judge
from eveobs.esi.route import Route
from eveobs.esi.shared_limits import NOT_SENT
from eveobs.esi.signing import Signer
from eveobs.settings.checks import web_origin
from eveobs.telemetry.stages import Stage, stage

if TYPE_CHECKING:
    import httpx

    from eveobs.esi.access import Access
    from eveobs.esi.wire import Wire
    from eveobs.settings import Esi
    from eveobs.telemetry.traffic import Traffic

LOG = logging.getLogger(__name__)
LOG.addHandler(logging.NullHandler())  # where nobody listens it says nothing
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
        admission: Admission,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[object]],
        traffic: Traffic | None = None,
        breaker: CircuitBreaker | None = None,
        anomalies: Anomalies | None = None,
        denials: Denials | None = None,
    ) -> None:
        self._denials = denials or Denials(None, settings.base_url)
        self._anomalies = anomalies or Anomalies()
        self._traffic = traffic
        self._settings = settings
        self._transport = transport
        self._clock = clock
        self._sleep = sleep
        self._admission = admission
        # All that is under way fails together when a host blinks: that is one failure, not many.
        usual = CircuitBreaker(threshold=max(10, 3 * settings.concurrency))
        self._breaker = breaker or usual
        self._noted_until = 0.0
        self._signer = Signer()
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
        access: Access | None = None,
    ) -> Reply:
        """The reply to `url` (path and query): 2xx, 304, or a status in `accept`.

        With `access` it is asked as that character. Raises the error of the last try when waiting
        and trying again did not help.
        """
        self._denials.check(route, url, access)
        tries = waits = 0
        refused = ""
        while True:
            async with self._slots:
                result = await self._try(route, url, headers, content, accept, access, refused)
            if not isinstance(result, Failure):
                self._denials.admitted(route, url, access)
                return result
            if result.refused:
                refused = self._refused_once(result, refused)
            elif result.pause is None:
                tries += 1
                if tries > self._retries(route, result) or result.after > LONGEST_RETRY:
                    self._denials.note(route, url, access, result.error)
                    raise _noted(route, "failed", result.error, logging.WARNING)
                pause = max(backoff(tries), result.after)
                _noted(route, "trying again", result.error, logging.INFO)
                await self._sleep(pause)
            else:
                waits += 1
                if result.pause > self._admission.longest_wait or waits > PATIENCE:
                    raise _noted(route, "failed", result.error, logging.WARNING)
                _noted(route, "waiting", result.error, logging.INFO)

    def _refused_once(self, failure: Failure, before: str) -> str:
        """The token that was refused; a second one is the error."""
        if before:
            assert isinstance(failure.error, SignInError)  # noqa: S101 - only these are about tokens
            self._signer.give_up(failure.refused, failure.error)
            raise failure.error
        return failure.refused

    def _retries(self, route: Route, failure: Failure) -> int:
        return min(failure.retries, self._settings.max_retries) if route.safe else 0

    async def close(self) -> None:
        """Close all connections."""
        self._admission.close()
        if self._wire is not None:
            await self._wire.close()

    async def _try(
        self,
        route: Route,
        url: str,
        headers: Mapping[str, str],
        content: bytes,
        accept: frozenset[int],
        access: Access | None,
        refused: str,
    ) -> Reply | Failure:
        if (last := self._breaker.refusal(self._clock())) is not None:
            message = f"not sent after other requests failed: {last.message}"
            refusal = type(last)(message, hint=last.hint)
            raise _noted(route, "not asked", refusal, logging.INFO).with_traceback(None)
        await self._admission.enter(route, access)
        status = NOT_SENT
        token = ""
        told: Mapping[str, str] = {}
        try:
            if access is not None:  # not before: what is waited for may outlast a token
                origin = self._origin(url)
                token = await self._signer.token(route, access, origin, refused=refused)
                headers = {**headers, "authorization": f"Bearer {token}"}
            self.usage.requests += 1
            status = 0
            reply = self._bounded(route, await self._send(route, url, headers, content))
            status, told = reply.status, reply.headers
        except UnreachableError as error:
            self._failed(route, url, error)
            return Failure(error, EVERY_RETRY)
        finally:
            self._admission.leave(route, status, told, access)
        known = accept | {304} if "if-none-match" in headers else accept
        if access is not None:
            return self._weigh_signed(route, url, reply, known, access, token)
        return self._weigh(route, url, reply, known)

    def _origin(self, url: str) -> str:
        """Where a request to `url` goes: of the whole address, since a path may change the host of
        one (`https://esi.evetech.net` and `@example.org/`).
        """
        try:
            return web_origin(self.base + url)
        except ValueError as error:
            raise ConfigError(f"invalid esi.base_url {self.base!r}: {error}") from error

    async def _send(
        self, route: Route, url: str, headers: Mapping[str, str], content: bytes
    ) -> Reply:
        wire = self._open_wire()
        largest = partial(max_body, route)
        if self._traffic is None:
            return await wire.send(route.method, self.base + url, headers, content, largest)
        sent, status = self._traffic.sent(), 0
        try:
            reply = await wire.send(route.method, self.base + url, headers, content, largest)
            status = reply.status
        finally:
            self._traffic.answered(route.method, route.path, status, sent)
        self._traffic.cost(route.group, tokens(route, status), len(reply.body))
        return reply

    def _bounded(self, route: Route, reply: Reply) -> Reply:
        """The reply with the numbers and dates of its headers within their bounds."""
        headers, clamped = bounded_headers(
            reply.headers, cache_age=route.cache_age, now=self._clock()
        )
        if not clamped:
            return reply
        self._anomalies.clamped(f"{route.method} {route.path}", clamped)
        return reply._replace(headers=headers)

    def _weigh_signed(
        self,
        route: Route,
        url: str,
        reply: Reply,
        accept: frozenset[int],
        access: Access,
        token: str,
    ) -> Reply | Failure:
        """What is about the character is never an answer about what was asked."""
        refusal = self._signer.refusal(route, access, token, reply)
        if refusal is None:
            return self._weigh(route, url, reply, accept, access)
        self._weigh(route, url, reply, accept | {reply.status})
        error, another_may_do = refusal
        return Failure(error, refused=token if another_may_do else "")

    def _weigh(
        self,
        route: Route,
        url: str,
        reply: Reply,
        accept: frozenset[int],
        access: Access | None = None,
    ) -> Reply | Failure:
        now = self._clock()
        if LOG.isEnabledFor(logging.DEBUG):
            told = {"method": route.method, "url": url, "status": reply.status}
            LOG.debug("asked", extra={**told, "bytes": len(reply.body)})
        self.usage.bytes += len(reply.body)
        self.usage.tokens += tokens(route, reply.status)
        if reply.status < 300 or reply.status in accept:
            self._succeeded()
            return reply
        failure = judge(route, url, reply.status, reply.headers, reply.body, now)
        if isinstance(failure.error, UnreachableError):
            self._failed(route, url, failure.error)
        else:
            self._succeeded()
        if failure.clamped:
            self._anomalies.clamped(f"{route.method} {route.path}", failure.clamped)
        if failure.pause is not None:
            self._admission.pause(failure.pause_for, failure.pause, access, reason=failure.reason)
        return failure

    def _failed(self, route: Route, url: str, error: UnreachableError) -> None:
        now = self._clock()
        # Others are refused with it: what it was asked about is none of theirs.
        message = error.message.replace(url, route.path)
        message = message.replace(url.partition("?")[0], route.path)  # where it has no query
        of_any = type(error)(message, hint=error.hint)
        self._breaker.failed(of_any, now)
        until = self._breaker.rests_until(now)
        if until > self._noted_until:
            self._noted_until = until
            self._admission.note_circuit(until, error.message)

    def _succeeded(self) -> None:
        self._breaker.succeeded()
        if self._noted_until:
            self._noted_until = 0.0
            self._admission.note_circuit(0.0, "")

    def _open_wire(self) -> Wire:
        if self._wire is None:
            with stage(Stage.START):
                from eveobs.esi.wire import Wire

                self._wire = Wire(self._settings, __version__, self._transport)
        return self._wire


def _noted(route: Route, event: str, error: EveobsError, level: int) -> EveobsError:
    """Log a failure, of which there may be thousands: those of a route, of one kind, are alike."""
    status = error.status if isinstance(error, AnswerError) else 0
    kind = type(error).__name__.removesuffix("Error").lower()
    told = {"method": route.method, "route": route.path, "kind": kind, "status": status}
    like = (route.method, route.path, kind, status)
    LOG.log(level, event, extra={**told, "why": error.message, "like": like})
    return error
