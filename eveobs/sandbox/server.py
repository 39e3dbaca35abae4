"""The sandbox on a socket: aiohttp's low-level server on 127.0.0.1."""

from __future__ import annotations

import asyncio
import errno
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from types import TracebackType
from typing import Self

from aiohttp import web

from eveobs.errors import ConfigError
from eveobs.sandbox import control
from eveobs.sandbox.answers import Handlers
from eveobs.sandbox.calendar import FULL_CYCLE, Calendar
from eveobs.sandbox.capsuleers.agreements import Agreements
from eveobs.sandbox.capsuleers.census import Census
from eveobs.sandbox.capsuleers.routes import CapsuleerRoutes
from eveobs.sandbox.capsuleers.views import Views
from eveobs.sandbox.contract_routes import ContractRoutes
from eveobs.sandbox.dogma_routes import DogmaRoutes
from eveobs.sandbox.exchange_routes import ExchangeRoutes
from eveobs.sandbox.faults.active import Faults
from eveobs.sandbox.faults.aim import Target
from eveobs.sandbox.faults.kind import Strike
from eveobs.sandbox.faults.spec import Fault
from eveobs.sandbox.gateway import Gateway
from eveobs.sandbox.images import images
from eveobs.sandbox.limits import SpamGuard
from eveobs.sandbox.line import Line
from eveobs.sandbox.messages import Asked, Hook, Reply
from eveobs.sandbox.permission import Doorkeeper, Tokens
from eveobs.sandbox.sso.routes import SsoRoutes
from eveobs.sandbox.static_routes import StaticRoutes
from eveobs.sandbox.status_routes import StatusRoutes
from eveobs.sandbox.tally import Tally
from eveobs.sandbox.universe_routes import UniverseRoutes
from eveobs.sandbox.world import World

HOST = "127.0.0.1"
_GRACE = 0.2
"""Seconds that answers under way get when the server stops."""
_TRY_AGAIN = 0.1


class Sandbox:
    """Serves a world from `start` to `stop`, or as an asynchronous context manager.

    `clock` gives seconds since the epoch; cycle 0 begins when the server is started. `latency` (in
    seconds) is waited before every answer. Port 0 picks a free one. `faults` are those it starts
    with, and `seed` draws which requests they hit. Without `spam_guard` any number of contract
    items may be asked for at once. `tokens` are those its own sign-in gives out, unless given.
    """

    def __init__(
        self,
        world: World,
        *,
        clock: Callable[[], float] = time.time,
        latency: float = 0.0,
        port: int = 0,
        cycle: int = FULL_CYCLE,
        faults: Iterable[Fault] = (),
        seed: int = 1,
        spam_guard: bool = True,
        tokens: Tokens | None = None,
    ) -> None:
        self._spam_guard = spam_guard
        self._tokens = tokens
        self.world = world
        self._clock = clock
        self._latency = latency
        self._port = port
        self._cycle = cycle
        self._ahead = 0.0
        self._given = tuple(faults)
        self._seed = seed
        self._runner: web.ServerRunner | None = None
        self._site: web.TCPSite | None = None
        self._away: asyncio.Task[None] | None = None
        self._begin()

    @property
    def url(self) -> str:
        """Where it is; for eveobs's setting `esi.base_url`."""
        return f"http://{HOST}:{self._port}"

    @property
    def requests(self) -> Tally:
        """What was asked since the start or the last reset."""
        return self.gateway.tally

    def now(self) -> float:
        """Its time, in seconds since the epoch."""
        return self._clock() + self._ahead

    def advance(self, seconds: float) -> None:
        """Moves its time forward. Raises ValueError for a step back."""
        if not 0 <= seconds < float("inf"):
            raise ValueError("time goes forward only")
        self._ahead += seconds

    def rotate_keys(self) -> None:
        """Another key signs access tokens from now on."""
        self.sso.tokens.keys.rotate()

    async def start(self) -> None:
        """Opens the port. Raises ConfigError where that cannot be had."""
        self._begin()
        server = web.Server(self._handle, access_log=None)
        runner = web.ServerRunner(server, handle_signals=False, shutdown_timeout=_GRACE)
        await runner.setup()
        self._site = web.TCPSite(runner, HOST, self._port)
        try:
            await self._site.start()
        except (OSError, OverflowError) as problem:
            await runner.cleanup()
            raise _no_port(self._port, problem) from problem
        self._runner = runner
        self._port = runner.addresses[0][1]

    async def stop(self) -> None:
        """Closes the port and all connections."""
        if self._away is not None:
            self._away.cancel()
            self._away = None
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    def _begin(self) -> None:
        begin = int(self.now())
        self.calendar = Calendar(begin, self._cycle)
        contracts = ContractRoutes(self.world.market, self.calendar)
        universe = UniverseRoutes(self.world.market.regions, self.world.names)
        dogma = DogmaRoutes([one.id for one in self.world.names.of("character")])
        status = StatusRoutes(self.calendar)
        exchange = ExchangeRoutes(self.world.exchange, self.world.market.regions, self.calendar)
        self.sso = SsoRoutes(self.world.names.of("character"))
        tokens = self._tokens or self.sso.tokens
        self.views = self._views()
        capsuleers = CapsuleerRoutes(self.views, SpamGuard(on=self._spam_guard))
        self.handlers: Handlers = {
            **contracts.handlers,
            **universe.handlers,
            **dogma.handlers,
            **status.handlers,
            **exchange.handlers,
            **capsuleers.handlers,
        }
        self.gateway = Gateway(self.handlers, begin, Doorkeeper(self.views.census, tokens))
        self.faults = Faults(self._given, seed=self._seed, calendar=self.calendar)
        self._doors: tuple[Hook, ...] = (images, self.sso.reply, StaticRoutes().reply)

    def _views(self) -> Views:
        world, census = self.world, Census(self.world.people)
        size = world.corporation_contracts
        return Views(census, self.calendar, Agreements(census, world.market, self.calendar, size))

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read() if request.body_exists else b""
        if request.raw_path.startswith(control.PREFIX):
            told = control.control(self, request.method, request.raw_path, body)
            return web.Response(status=told.status, body=told.body, content_type="application/json")
        if self._latency:
            await asyncio.sleep(self._latency)
        asked, now = Asked(request.method, request.raw_path, request.headers, body), self.now()
        strike = self.faults.strike(Target.of(asked.target), now) if self.faults else None
        if strike is not None and strike.kind.delivery is not None:
            return await self._deliver(request, asked, now, strike)
        reply = self._reply(asked, now, strike)
        return web.Response(status=reply.status, headers=reply.headers, body=reply.body)

    def _reply(self, asked: Asked, now: float, strike: Strike | None) -> Reply:
        """What a door says, else the gateway; a fault that changes answers needs no other."""
        if strike is None or strike.kind.change is None:
            for door in self._doors:
                if (reply := door(asked, now)) is not None:
                    path, sent = asked.target.partition("?")[0], len(reply.body or b"")
                    self.requests.add(asked.method, path, reply.status, sent)
                    return reply
        return self.gateway.reply(asked, now, strike)

    async def _deliver(
        self, request: web.BaseRequest, asked: Asked, now: float, strike: Strike
    ) -> web.StreamResponse:
        """What is returned after the connection was closed reaches nobody."""
        silent, delivery = strike.kind.silent, strike.kind.delivery
        reply = self.gateway.silence(asked) if silent else self._reply(asked, now, strike)
        line = Line(request.transport, self._refuse)
        if delivery is not None:
            with suppress(ConnectionError):
                await delivery(line, reply, strike.options)
        line.close()
        return web.Response()

    def _refuse(self, seconds: float) -> None:
        if self._away is None or self._away.done():
            self._away = asyncio.create_task(self._be_away(seconds))

    async def _be_away(self, seconds: float) -> None:
        """Nobody listens for so long; longer, if somebody else has taken the port meanwhile."""
        runner, site = self._runner, self._site
        if runner is None or runner.server is None or site is None:
            return None
        await site.stop()
        for connection in runner.server.connections:
            if connection.transport is not None:
                connection.transport.abort()
        await asyncio.sleep(seconds)
        while True:
            self._site = web.TCPSite(runner, HOST, self._port)
            try:
                return await self._site.start()
            except OSError:
                await self._site.stop()
                await asyncio.sleep(_TRY_AGAIN)


def _no_port(port: int, problem: OSError | OverflowError) -> ConfigError:
    hint = "--port 0 picks a free one"
    if isinstance(problem, OSError) and problem.errno == errno.EADDRINUSE:
        return ConfigError(f"port {port} of {HOST} is in use", hint=hint)
    return ConfigError(f"port {port} of {HOST} cannot be opened: {problem}", hint=hint)
