"""Answers for monitors over HTTP: /metrics, /healthz (is it alive) and /readyz (does it work).

There is no sign-in, so strangers are held by bounds: every connection has one request and
`REQUEST_TIMEOUT` seconds, there are at most `MAX_CONNECTIONS` of them, and the oldest gives way to
a new one, so that idle ones never keep a monitor out. A name in `Host` must be one that public DNS
cannot hold: a web page whose name is pointed at this machine (DNS rebinding) reads nothing.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import json
import logging
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from aiohttp import web

from eveobs.errors import ConfigError
from eveobs.operate.watch.condition import Condition
from eveobs.settings.checks import is_this_machine

PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"
METHODS = {"GET", "HEAD"}
MAX_CONNECTIONS = 64
REQUEST_TIMEOUT = 10.0
"""Seconds from the connection to the end of its answer."""
MAX_HEADER = 8190
"""Bytes of the request line, and of one header; aiohttp takes at most 128 of them."""
BACKLOG = 32
"""asyncio accepts so many at a time, and without descriptors logs an error for each of them."""
NOT_IN_DNS = (".localhost", ".local", ".internal", ".lan", ".home.arpa", ".svc", ".cluster.local")
"""Ends of names that nobody can register (RFC 6761, 6762, 8375; ICANN on .internal)."""
LOG = logging.getLogger(__name__)
LOG.addHandler(logging.NullHandler())


class Place(NamedTuple):
    """Where to listen."""

    host: str
    port: int

    @property
    def is_private(self) -> bool:
        """Whether only this machine can reach it."""
        return is_this_machine(self.host)


def place_of(text: str) -> Place:
    """`HOST:PORT`, `[::1]:PORT` or `:PORT` (this machine alone). Raises ConfigError."""
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdecimal() or int(port) > 65535 or any(c.isspace() for c in host):
        raise ConfigError(
            f"{text!r} is no place to listen at",
            hint="Such as 127.0.0.1:9464; port 0 is any free one.",
        )
    return Place(host.strip("[]") or "127.0.0.1", int(port))


@dataclass(slots=True)
class Failures:
    """What went wrong inside the listener and its loop: each kind is logged once, and counted.

    `dropped`: connections that were closed to make room for others.
    """

    count: int = 0
    dropped: int = 0
    kinds: set[str] = field(default_factory=set)

    def note(self, what: str, error: BaseException | None) -> None:
        """Count it; log it, where it is the first of its kind."""
        self.count += 1
        kind = f"{what} {type(error).__name__}"
        if kind not in self.kinds and len(self.kinds) < 100:
            self.kinds.add(kind)
            LOG.warning("%s: %s (further ones are only counted)", what, error, exc_info=error)


class _Connection(web.RequestHandler):
    """A connection that ends by itself."""

    __slots__ = ("_deadline",)
    _deadline: asyncio.TimerHandle

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let it in, and the oldest out where there are too many."""
        server = self._manager
        assert isinstance(server, _Server)  # noqa: S101 - it made this
        server.make_room()
        self._deadline = self._loop.call_later(REQUEST_TIMEOUT, self._abort)
        super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Forget it."""
        self._deadline.cancel()
        super().connection_lost(exc)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 - it repeats what was sent, at any length
    ) -> web.StreamResponse:
        """Answer a bad request briefly and count it: strangers write no log of tracebacks."""
        server = self._manager
        if isinstance(server, _Server):
            server.failures.note("a request failed", None)
        LOG.debug("a request failed: %s", type(exc).__name__)
        if request.writer.output_size > 0:
            raise ConnectionError("the answer was begun")
        response = web.Response(status=status, text="bad request\n")
        response.force_close()
        return response

    def log_exception(self, *args: Any, **_: Any) -> None:
        """Count what aiohttp would log with a traceback."""
        server = self._manager
        if isinstance(server, _Server):
            server.failures.note("a connection failed", None)
        LOG.debug(*args)

    def _abort(self) -> None:
        if isinstance(self.transport, asyncio.Transport):
            self.transport.abort()


class _Server(web.Server):
    """Makes connections, and keeps their number down."""

    def __init__(self, handler: Any, failures: Failures) -> None:
        super().__init__(
            handler,
            max_line_size=MAX_HEADER,
            max_field_size=MAX_HEADER,
            keepalive_timeout=REQUEST_TIMEOUT,
            lingering_time=0,
            access_log=None,
        )
        self.failures = failures

    def __call__(self) -> web.RequestHandler:
        """A new connection."""
        return _Connection(self, loop=self._loop, **self._kwargs)

    def make_room(self) -> None:
        """Abort the oldest connection where there is no room for another one."""
        open_ = [one for one in self._connections.values() if not one.is_closing()]
        for oldest in open_[: max(len(open_) - MAX_CONNECTIONS + 1, 0)]:
            oldest.abort()
            self.failures.dropped += 1


@dataclass(frozen=True, slots=True)
class _Answers:
    """What is answered, to requests for one of `names`."""

    condition: Callable[[], Condition]
    metrics: Callable[[], str]
    now: Callable[[], datetime]
    names: frozenset[str]
    failures: Failures

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer, and close the connection."""
        try:
            response = self._answer(request)
        except Exception as error:  # noqa: BLE001 - a defect must not end the watch
            self.failures.note("an answer failed", error)
            response = web.Response(status=500, text="internal error\n")
        response.force_close()
        return response

    def _answer(self, request: web.BaseRequest) -> web.Response:
        if not _is_ours(request.headers.getall("Host", []), self.names):
            return web.Response(status=421, text="This host name is not served here.\n")
        if request.method not in METHODS:
            return web.Response(status=405, headers={"Allow": "GET, HEAD"})
        state, now = self.condition(), self.now()
        if request.path == "/metrics":
            text = self.metrics() + self._own_metrics()
            return web.Response(body=text.encode(), headers={"Content-Type": PROMETHEUS})
        if request.path == "/healthz":
            return _json(state, state.alive(now), now)
        if request.path == "/readyz":
            return _json(state, state.ready(), now)
        return web.Response(status=404, text="There are /metrics, /healthz and /readyz.\n")

    def _own_metrics(self) -> str:
        return "".join(
            f"# HELP {name} {text}\n# TYPE {name} counter\n{name} {value}\n"
            for name, text, value in (
                (
                    "eveobs_listener_dropped_total",
                    "Connections that were closed to make room for others.",
                    self.failures.dropped,
                ),
                (
                    "eveobs_listener_failures_total",
                    "Failures of the listener and of the event loop; each kind is logged once.",
                    self.failures.count,
                ),
            )
        )


@asynccontextmanager
async def serving(
    place: Place,
    condition: Callable[[], Condition],
    metrics: Callable[[], str],
    now: Callable[[], datetime],
) -> AsyncIterator[Place]:
    """Answer at `place` inside; gives where that is. Raises ConfigError where it is taken."""
    failures = Failures()
    answers = _Answers(condition, metrics, now, _own_names(place), failures)
    runner = web.ServerRunner(_Server(answers, failures), shutdown_timeout=0.5)
    with _counted(failures):
        await runner.setup()
        try:
            site = web.TCPSite(runner, place.host, place.port, backlog=BACKLOG)
            await _start(site, place)
            yield Place(place.host, runner.addresses[0][1])
        finally:
            await runner.cleanup()


@contextmanager
def _counted(failures: Failures) -> Iterator[None]:
    """Failures of the event loop are logged once: without descriptors there are thousands."""
    loop = asyncio.get_running_loop()
    before = loop.get_exception_handler()

    def note(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        failures.note(str(context.get("message")), context.get("exception"))

    loop.set_exception_handler(note)
    try:
        yield
    finally:
        loop.set_exception_handler(before)


def _own_names(place: Place) -> frozenset[str]:
    return frozenset({place.host.lower(), socket.gethostname().lower(), "localhost"})


def _is_ours(hosts: list[str], names: frozenset[str]) -> bool:
    """Whether a request is meant for this listener. One without `Host` comes from no browser."""
    if not hosts:
        return True
    host = hosts[0].strip().lower()
    if len(hosts) > 1 or not host:
        return False
    name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    name = name.rstrip(".")
    if name in names or name.endswith(NOT_IN_DNS):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return "." not in name  # a name of the local network, such as a container's
    return True


async def _start(site: web.TCPSite, place: Place) -> None:
    try:
        await site.start()
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        raise ConfigError(
            f"nothing can listen at {place.host}:{place.port}: "
            f"{'it is taken' if taken else error.strerror or error}",
            hint="Give another place with --listen HOST:PORT; port 0 is any free one.",
        ) from error


def _json(state: Condition, good: bool, now: datetime) -> web.Response:
    return web.Response(
        status=200 if good else 503,
        text=json.dumps(state.facts(now)) + "\n",
        content_type="application/json",
    )
