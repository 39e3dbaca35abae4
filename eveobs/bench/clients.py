"""Asking by eveobs's own way: its client, cache and connections, for many workers at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from eveobs.bench.target import Target
from eveobs.errors import AnswerError, EveobsError, LimitError, ShapeError, SignInError
from eveobs.esi.admission import Admission
from eveobs.esi.answers import Answer, Reply, Usage
from eveobs.esi.cache import ResponseCache
from eveobs.esi.client import EsiClient
from eveobs.esi.resilience import CircuitBreaker
from eveobs.esi.route import Route
from eveobs.esi.sending import Sender
from eveobs.esi.shared_limits import SharedLimits
from eveobs.telemetry.progress import Silence

if TYPE_CHECKING:
    from eveobs.esi.access import Access
    from eveobs.settings import Esi

EVERY_STATUS = frozenset(range(300, 600))
NO_ANSWER = "no answer"
UNUSABLE = "unusable"
NEVER = 10**9
"""Failures in a row after which the circuit breaker opens: measuring goes on."""


class Said(NamedTuple):
    """The status as it came from the server, or words for what was no answer, with the error."""

    status: str
    answer: Answer[Any] | None = None
    error: EveobsError | None = None


class Unlimited(Admission):
    """Lets everything pass: for this machine's own servers, where a budget is nobody's."""

    def __init__(self) -> None:
        limits = SharedLimits(None, "")
        super().__init__(limits, want=1, patient=False, clock=time.time, progress=Silence())

    async def enter(self, route: Route, access: Access | None = None) -> None:
        """At once."""

    def leave(
        self, route: Route, status: int, headers: Mapping[str, str], access: Access | None = None
    ) -> None:
        """Nothing to settle."""

    def pause(
        self, group: str, seconds: float, access: Access | None = None, *, reason: str = ""
    ) -> None:
        """Nothing to stay away from."""


class Teller:
    """An `Asker` between one worker's client and the sender that all share. It tells the status of
    the last reply: a client makes an answer of 200 out of a 304.
    """

    def __init__(self, sender: Sender, accept: frozenset[int]) -> None:
        self._sender = sender
        self._accept = accept
        self.base = sender.base
        self.usage = sender.usage
        self.last = 0

    async def ask(
        self,
        route: Route,
        url: str,
        headers: Mapping[str, str],
        content: bytes = b"",
        accept: frozenset[int] = frozenset(),
        access: Access | None = None,
    ) -> Reply:
        """See `Asker`."""
        known = accept | self._accept
        reply = await self._sender.ask(route, url, headers, content, known, access)
        self.last = reply.status
        return reply

    async def close(self) -> None:
        """The sender is closed by whoever opened it."""


class Clients:
    """A client for each of `workers`, so that the same question is not asked once for all; one
    pool of connections and one cache for all. Not `keep`: the cache is left out.

    With `limits` they are kept, and what ESI refuses is an error; without, every status is an
    answer and nothing is waited for. Nothing is ever tried twice.
    """

    def __init__(
        self,
        base: str,
        settings: Esi,
        cache: ResponseCache,
        *,
        workers: int,
        keep: bool,
        limits: SharedLimits | None = None,
        accesses: Mapping[str, Access | None] | None = None,
    ) -> None:
        own = msgspec.structs.replace(
            settings, base_url=base, concurrency=min(workers, 1000), max_retries=0
        )
        self._accesses = accesses or {}
        self._keep = keep
        self._cache = cache
        self._sender = _sender(own, limits)
        accept = EVERY_STATUS if limits is None else frozenset[int]()
        self._tellers = [Teller(self._sender, accept) for _ in range(workers)]
        self._clients = [EsiClient(own, cache, sender=teller) for teller in self._tellers]

    @property
    def usage(self) -> Usage:
        """What all workers have cost so far."""
        return self._sender.usage

    async def ask(self, worker: int, target: Target) -> Said:
        """One request, or one answer from the cache. Raises LimitError and SignInError."""
        teller = self._tellers[worker]
        teller.last = 0
        access = self._accesses.get(target.route.path)
        try:
            answer = await self._clients[worker].get(
                target.route, target.parameters, shape=object, keep=self._keep, access=access
            )
        except (LimitError, SignInError):
            raise
        except ShapeError as error:
            return Said(UNUSABLE, error=error)
        except AnswerError as error:
            return Said(str(error.status), error=error)
        except EveobsError as error:
            return Said(str(teller.last) if teller.last >= 400 else NO_ANSWER, error=error)
        return Said(str(teller.last or answer.status), answer)

    def flush(self) -> None:
        """Write what the cache has not written yet."""
        self._cache.flush()

    async def close(self) -> None:
        """Close all connections and the cache."""
        await self._sender.close()
        self._cache.close()


def _sender(settings: Esi, limits: SharedLimits | None) -> Sender:
    admission: Admission = Unlimited()
    if limits is not None:
        admission = Admission(
            limits,
            want=settings.concurrency,
            patient=False,
            clock=time.time,
            progress=Silence(),
        )
    return Sender(
        settings,
        transport=None,
        admission=admission,
        clock=time.time,
        sleep=asyncio.sleep,
        breaker=CircuitBreaker(threshold=NEVER) if limits is None else None,
    )
