"""Answers for monitors over HTTP: /metrics, /healthz (is it alive) and /readyz (does it work)."""

from __future__ import annotations

import errno
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import NamedTuple

from aiohttp import web

from eveobs.errors import ConfigError
from eveobs.operate.watch.condition import Condition

PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"
METHODS = {"GET", "HEAD"}


class Place(NamedTuple):
    """Where to listen."""

    host: str
    port: int


def place_of(text: str) -> Place:
    """`HOST:PORT`, `[::1]:PORT` or `:PORT` (this machine alone). Raises ConfigError."""
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdecimal() or int(port) > 65535 or any(c.isspace() for c in host):
        raise ConfigError(
            f"{text!r} is no place to listen at",
            hint="Such as 127.0.0.1:9464; port 0 is any free one.",
        )
    return Place(host.strip("[]") or "127.0.0.1", int(port))


@asynccontextmanager
async def serving(
    place: Place,
    condition: Callable[[], Condition],
    metrics: Callable[[], str],
    now: Callable[[], datetime],
) -> AsyncIterator[Place]:
    """Answer at `place` inside; gives where that is. Raises ConfigError where it is taken."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        if request.method not in METHODS:
            return web.Response(status=405, headers={"Allow": "GET, HEAD"})
        state = condition()
        if request.path == "/metrics":
            return web.Response(body=metrics().encode(), headers={"Content-Type": PROMETHEUS})
        if request.path == "/healthz":
            return _json(state, state.alive(now()), now())
        if request.path == "/readyz":
            return _json(state, state.ready(), now())
        return web.Response(status=404, text="There are /metrics, /healthz and /readyz.\n")

    runner = web.ServerRunner(web.Server(answer), shutdown_timeout=0.5)
    await runner.setup()
    try:
        site = web.TCPSite(runner, place.host, place.port)
        await _start(site, place)
        yield Place(place.host, runner.addresses[0][1])
    finally:
        await runner.cleanup()


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
