"""Homes to be examined, and an ESI that answers what a test wants."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from eveobs.esi.freshness import http_date
from eveobs.operate.health.finding import Examined
from eveobs.operate.health.home import Home
from eveobs.operate.health.roster import look_at
from eveobs.settings import load
from tests.esi.fakes import BASE, START, Time

PLAYERS = {
    "players": 23_456,
    "server_version": "1",
    "start_time": "2026-09-21T11:02:00Z",
    "vip": False,
}


class Esi:
    """Answers /status and /meta/status; `status` and `routes` may be replaced by any answer."""

    def __init__(self, clock: Time) -> None:
        self.clock = clock
        self.ahead = 0.0
        self.requests: list[str] = []
        self.answers: dict[str, Callable[[], httpx.Response]] = {
            "/status": lambda: self.ok(PLAYERS, age=30),
            "/meta/status": lambda: self.ok({"routes": []}),
        }

    def ok(self, body: Any, *, age: float | None = None) -> httpx.Response:
        date = self.clock.now - self.ahead
        headers = {"date": http_date(date), "etag": '"e"'}
        if age is not None:
            headers["expires"] = http_date(date + age)
        return httpx.Response(200, json=body, headers=headers)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        self.requests.append(path)
        answer = self.answers[path]()
        stream = answer.stream
        assert isinstance(stream, httpx.AsyncByteStream)
        return httpx.Response(answer.status_code, headers=answer.headers, stream=stream)


def home_at(
    folder: Path, esi: Callable[[httpx.Request], httpx.Response], clock: Time, **settings: str
) -> Home:
    """A home in `folder`, whose ESI is `esi`."""
    environ = {"EVEOBS_HOME": str(folder), "EVEOBS_ESI__BASE_URL": BASE, **settings}
    loaded = load(environ=environ, cwd=folder.parent)
    return Home(loaded, clock, httpx.MockTransport(esi))


async def look(home: Home, *names: str) -> dict[str, Examined]:
    """What the checks of these names find."""
    return {one.check: one for one in await look_at(home, names)}


__all__ = ["BASE", "START", "Esi", "Time", "home_at", "look"]
