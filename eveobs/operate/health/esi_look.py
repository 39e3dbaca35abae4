"""One look at ESI, shared by the checks: each route is asked once, through the cache and the limits
that all eveobs share, without waiting and without trying again.

Both routes have a rate-limit group, where a failure of ESI's costs nothing: the error budget is
never touched, least of all when ESI is down. A pause that was told is heeded before anything is
sent.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeVar

import msgspec

from eveobs.esi.admission import Admission
from eveobs.esi.answers import Answer, Reply
from eveobs.esi.cache import ResponseCache
from eveobs.esi.client import EsiClient
from eveobs.esi.freshness import http_time
from eveobs.esi.route import Route
from eveobs.esi.routes import BY_PATH
from eveobs.esi.sending import Sender
from eveobs.esi.shared_limits import SharedLimits
from eveobs.operate.health.home import Home
from eveobs.telemetry.progress import Silence

if TYPE_CHECKING:
    from eveobs.esi.access import Access

STATUS = BY_PATH["GET", "/status"]
ROUTES = BY_PATH["GET", "/meta/status"]
CHANGELOG = BY_PATH["GET", "/meta/changelog"]
DATES = BY_PATH["GET", "/meta/compatibility-dates"]
DOCUMENT = DATES._replace(path="/meta/openapi.json")
"""ESI's OpenAPI document, which does not list the route it is served at. Its limits are those of
the other routes of `meta`.
"""
DATE_PARAMETER = "compatibility_date"
"""ESI takes the date from this query parameter, too; here it keeps the documents of different dates
apart in the cache.
"""
LONGEST = 8.0
"""Seconds for one request."""
MOMENT = 0.5
"""Seconds to wait for another process that writes to the cache."""


class Status(msgspec.Struct, frozen=True):
    """The state of the game."""

    players: int
    server_version: str
    start_time: datetime
    vip: bool = False


class RouteState(msgspec.Struct, frozen=True):
    """The state of one route: OK, Degraded, Down, Recovering or Unknown."""

    method: str
    path: str
    status: str


class RouteStates(msgspec.Struct, frozen=True):
    """The state of all routes."""

    routes: list[RouteState]


class Heard(NamedTuple):
    """When a reply came (by this machine's clock), how long it took, and the time ESI told."""

    at: float
    seconds: float
    date: float | None


T = TypeVar("T")


class HearingSender(Sender):
    """Remembers in `heard` how long the reply of a route took, and when ESI says it was."""

    def __init__(self, *arguments: Any, heard: dict[str, Heard], **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._heard = heard
        self._open_wire()  # what is loaded is no part of the time that ESI takes

    async def ask(
        self,
        route: Route,
        url: str,
        headers: Mapping[str, str],
        content: bytes = b"",
        accept: frozenset[int] = frozenset(),
        access: Access | None = None,
    ) -> Reply:
        """See `Sender`."""
        if route is DOCUMENT:  # of the date in its address, not of the pinned one
            headers = {**headers, "x-compatibility-date": url.rpartition("=")[2]}
        started = time.perf_counter()
        reply = await super().ask(route, url, headers, content, accept, access)
        date = http_time(reply.headers.get("date"))
        self._heard[route.path] = Heard(self._clock(), time.perf_counter() - started, date)
        return reply


class EsiLook:
    """Asks ESI for `home` when the first check wants to know. Use as a context manager.

    `heard`: the replies by path. `warnings`: what is in the way of sharing limits.
    """

    def __init__(self, home: Home) -> None:
        loaded = home.loaded
        esi = loaded.settings.esi
        self._settings = msgspec.structs.replace(
            esi,
            max_retries=0,
            connect_timeout=min(esi.connect_timeout, LONGEST),
            read_timeout=min(esi.read_timeout, LONGEST),
            total_timeout=min(esi.total_timeout, LONGEST),
        )
        self._home = home
        self.warnings: list[str] = []
        self.limits = SharedLimits(
            loaded.places.state, esi.base_url, clock=home.clock, warn=self.warnings.append
        )
        self._client: EsiClient | None = None
        self.heard: dict[str, Heard] = {}
        self._status: asyncio.Task[Answer[Status]] | None = None
        self._routes: asyncio.Task[Answer[RouteStates]] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        tasks = [task for task in (self._status, self._routes) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.__aexit__()
        else:
            self.limits.close()

    async def status(self) -> Answer[Status]:
        """How the game is. Raises the kinds of `eveobs.errors`."""
        if self._status is None:
            self._status = asyncio.create_task(self._open().get(STATUS, shape=Status))
        return await asyncio.shield(self._status)

    async def routes(self) -> Answer[RouteStates]:
        """How the routes are, as ESI publishes it. It has no expiry, and is asked every time."""
        if self._routes is None:
            self._routes = asyncio.create_task(self._open().get(ROUTES, shape=RouteStates))
        return await asyncio.shield(self._routes)

    async def changelog(self, shape: type[T]) -> Answer[T]:
        """The changes of ESI's routes."""
        return await self._open().get(CHANGELOG, shape=shape)

    async def compatibility_dates(self, shape: type[T]) -> Answer[T]:
        """The dates at which ESI changed."""
        return await self._open().get(DATES, shape=shape)

    async def openapi(self, date: str, shape: type[T]) -> Answer[T]:
        """The OpenAPI document of a compatibility date, which need not be the pinned one."""
        asked = {DATE_PARAMETER: date}
        return await self._open().get(DOCUMENT, asked, shape=shape)

    def _open(self) -> EsiClient:
        if self._client is None:
            loaded, clock = self._home.loaded, self._home.clock
            admission = Admission(
                self.limits, want=2, patient=False, clock=clock, progress=Silence()
            )
            sender = HearingSender(
                self._settings,
                heard=self.heard,
                transport=self._home.transport,
                admission=admission,
                clock=clock,
                sleep=asyncio.sleep,
            )
            cache = ResponseCache(
                loaded.places.cache / "esi" if loaded.settings.cache.enabled else None,
                size_mb=loaded.settings.cache.size_mb,
                clock=clock,
                patience=MOMENT,
            )
            self._client = EsiClient(self._settings, cache, clock=clock, sender=sender)
        return self._client
