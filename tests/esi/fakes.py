"""Time that is the test's, and an ESI that answers what it is told to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from eveobs.esi.anomalies import Anomalies
from eveobs.esi.cache import ResponseCache
from eveobs.esi.client import EsiClient
from eveobs.esi.denials import Denials
from eveobs.esi.freshness import http_date
from eveobs.esi.route import Route
from eveobs.esi.shared_limits import SharedLimits
from eveobs.settings import Esi

START = 1_790_000_000.0
BASE = "https://esi.test"
STATUS = Route("GET", "/status", 30)
GROUPED = Route(
    "GET", "/characters/{character_id}/contracts", 300, "x-pages", "char-contract", 600, 900
)
LIST = Route("GET", "/contracts/public/{region_id}", 1800, "x-pages")
NAMES = Route("POST", "/universe/names")


@dataclass
class Time:
    """A clock that moves only when somebody sleeps, or is told to move it."""

    now: float = START
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


@dataclass
class Warnings:
    """A progress that keeps what it is told."""

    messages: list[str] = field(default_factory=list)
    waits: list[tuple[float, str]] = field(default_factory=list)
    expected: dict[str, int] = field(default_factory=dict)
    done: dict[str, int] = field(default_factory=dict)

    def expect(self, stage: str, total: int) -> None:
        self.expected[stage] = total

    def advance(self, stage: str, steps: int = 1) -> None:
        self.done[stage] = self.done.get(stage, 0) + steps

    def wait(self, seconds: float, reason: str) -> None:
        self.waits.append((seconds, reason))

    def warn(self, message: str) -> None:
        self.messages.append(message)


Answerer = Callable[[httpx.Request], httpx.Response]
Handler = Answerer | Callable[[httpx.Request], Coroutine[None, None, httpx.Response]]


class Server:
    """Answers in turn with what it is given; the last of it for ever. An exception is raised."""

    def __init__(self, *answers: httpx.Response | Exception | Answerer) -> None:
        self.answers: Sequence[httpx.Response | Exception | Answerer] = answers
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers[min(len(self.requests), len(self.answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, httpx.Response):
            stream = answer.stream
            assert isinstance(stream, httpx.AsyncByteStream)
            return httpx.Response(answer.status_code, headers=answer.headers, stream=stream)
        return answer(request)

    @property
    def paths(self) -> list[str]:
        return [request.url.raw_path.decode() for request in self.requests]

    @property
    def validators(self) -> list[str | None]:
        return [request.headers.get("if-none-match") for request in self.requests]


def ok(
    body: Any = (),
    *,
    now: float = START,
    age: float | None = 1800,
    etag: str = '"one"',
    **headers: str,
) -> httpx.Response:
    """A 200 as ESI gives it at `now`, good for `age` seconds."""
    return httpx.Response(200, json=body, headers=_headers(now, age, etag, headers))


def same(
    *, now: float = START, age: float | None = 1800, etag: str = '"one"', **headers: str
) -> httpx.Response:
    """A 304."""
    return httpx.Response(304, headers=_headers(now, age, etag, headers))


def error(status: int, text: str = "", **headers: str) -> httpx.Response:
    """An error in ESI's words."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, json={"error": text}, headers=named)


def listed(*bodies: list[int]) -> Server:
    """A list of as many pages."""

    def answer(request: httpx.Request) -> httpx.Response:
        page = int(request.url.params["page"])
        if page > len(bodies):
            return error(404, "Requested page does not exist!")
        return ok(bodies[page - 1], etag=f'"{page}"', x_pages=str(len(bodies)))

    return Server(answer)


def _headers(now: float, age: float | None, etag: str, more: dict[str, str]) -> dict[str, str]:
    headers = {"date": http_date(now), "etag": etag, "last-modified": http_date(now)}
    if age is not None:
        headers["expires"] = http_date(now + age)
    headers |= {name.replace("_", "-"): value for name, value in more.items()}
    return {name: value for name, value in headers.items() if value}


def client(
    server: Handler,
    time: Time,
    *,
    cache: ResponseCache | None = None,
    progress: Warnings | None = None,
    limits: SharedLimits | None = None,
    anomalies: Anomalies | None = None,
    denials: Denials | None = None,
    **settings: Any,
) -> EsiClient:
    """A client of `server`, with nothing kept on disk unless `cache` does."""
    return EsiClient(
        Esi(**{"base_url": BASE, **settings}),
        cache or ResponseCache(None, clock=time),
        transport=httpx.MockTransport(server),
        clock=time,
        sleep=time.sleep,
        progress=progress,
        limits=limits,
        anomalies=anomalies,
        denials=denials,
    )
