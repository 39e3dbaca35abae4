"""A sandbox on a socket, a client of it, and a clock that both go by."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from eveobs.esi.cache import ResponseCache
from eveobs.esi.client import EsiClient
from eveobs.observation.observe import observe
from eveobs.observation.unit import Report, Unit
from eveobs.processors.contracts import PROCESSOR
from eveobs.sandbox.server import Sandbox
from eveobs.sandbox.world import World
from eveobs.settings import Esi
from eveobs.store.store import Store
from eveobs.telemetry.progress import Progress, Silence

FORGE, DOMAIN = 10000002, 10000043
BEGIN = 1_790_000_000
BOTH = ("items", "bids")
LIST = "/contracts/public/{region_id}"
ITEMS = "/contracts/public/items/{contract_id}"
BIDS = "/contracts/public/bids/{contract_id}"
NAMES = "/universe/names"


@dataclass
class Clock:
    """Stands still until it is moved. Seconds since the epoch."""

    time: float = BEGIN

    def __call__(self) -> float:
        return self.time

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.time, UTC)


Answer = Callable[[httpx.Request], httpx.Response | None]


class Meddling(httpx.AsyncBaseTransport):
    """The network, with some answers replaced."""

    def __init__(self, inner: httpx.AsyncBaseTransport, answer: Answer) -> None:
        self.inner = inner
        self.answer = answer

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        replaced = self.answer(request)
        return replaced or await self.inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self.inner.aclose()


def replacing(answers: Mapping[str, httpx.Response]) -> Answer:
    """Those whose path and query end so are answered with that."""

    def answer(request: httpx.Request) -> httpx.Response | None:
        target = request.url.raw_path.decode()
        return next((reply for end, reply in answers.items() if target.endswith(end)), None)

    return answer


@dataclass
class Eden:
    """A sandbox that is up, and what observes it. The cache and the clock last; clients do not."""

    sandbox: Sandbox
    clock: Clock
    cache: Path
    asked: list[tuple[str, str, int]] = field(default_factory=list)
    answer: Answer = lambda _: None
    concurrency: int = 20

    @asynccontextmanager
    async def client(self, progress: Progress | None = None) -> AsyncIterator[EsiClient]:
        """A client of this run; nothing is tried twice."""
        settings = Esi(base_url=self.sandbox.url, max_retries=0, concurrency=self.concurrency)
        cache = ResponseCache(self.cache, clock=self.clock)
        transport = Meddling(httpx.AsyncHTTPTransport(), self.answer)
        async with EsiClient(
            settings, cache, transport=transport, clock=self.clock, progress=progress
        ) as client:
            yield client

    async def observe(
        self,
        store: Store,
        *,
        details: tuple[str, ...] = BOTH,
        region: int = FORGE,
        **options: Any,
    ) -> Report:
        """One run, with a client and a cache of its own, as a process would have."""
        async with self.client() as client:
            return await observe(
                unit(details, region),
                options.pop("processor", PROCESSOR),
                client=client,
                store=store,
                progress=Silence(),
                now=self.clock.now,
                **options,
            )

    def sent(self) -> dict[tuple[str, int], int]:
        """How often each route was answered with each status since the last look."""
        rows = self.sandbox.requests.as_json()["routes"]
        self.sandbox.requests.reset()
        return {(row["route"], row["status"]): row["requests"] for row in rows}

    async def answered(self, number: int) -> None:
        """Wait until that many requests were."""
        async with asyncio.timeout(30):
            while len(self.asked) < number:  # noqa: ASYNC110 - they come from the socket
                await asyncio.sleep(0.001)

    def targets(self) -> Iterator[str]:
        """Paths and queries asked for since the last look."""
        asked, self.asked[:] = self.asked[:], []
        return (target for _, target, _ in asked)


def unit(details: tuple[str, ...] = BOTH, region: int = FORGE) -> Unit:
    return Unit(processor="contracts", subject_id=region, subject_name="The Forge", details=details)


@asynccontextmanager
async def eden_of(world: World, cache: Path, **options: Any) -> AsyncIterator[Eden]:
    """The world on a socket; every request is noted."""
    clock = Clock()
    async with Sandbox(world, clock=clock, **options) as sandbox:
        eden = Eden(sandbox, clock, cache)
        reply = sandbox.gateway.reply

        def noted(asked: Any, *rest: Any) -> Any:
            replied = reply(asked, *rest)
            eden.asked.append((asked.method, asked.target, replied.status))
            return replied

        sandbox.gateway.reply = noted  # type: ignore[method-assign, assignment]
        yield eden


def row(number: int, kind: str = "item_exchange", **fields: Any) -> dict[str, Any]:
    """A contract as ESI sends it."""
    return {
        "contract_id": number,
        "type": kind,
        "issuer_id": 90000001,
        "issuer_corporation_id": 98000001,
        "date_issued": "2026-09-20T00:00:00Z",
        "date_expired": "2026-10-20T00:00:00Z",
        **fields,
    }


def item(number: int, **fields: Any) -> dict[str, Any]:
    return {"record_id": number, "type_id": 34, "quantity": 1, "is_included": True, **fields}


def bid(number: int, amount: float) -> dict[str, Any]:
    return {"bid_id": number, "amount": amount, "date_bid": "2026-09-21T00:00:00Z"}


PEOPLE = (
    {"id": 90000001, "name": "Chribba", "category": "character"},
    {"id": 98000001, "name": "Otherworld Enterprises", "category": "corporation"},
)


def world(
    rows: list[dict[str, Any]],
    items: Mapping[int, Any] | None = None,
    bids: Mapping[int, Any] | None = None,
    names: Any = PEOPLE,
) -> World:
    """The Forge with these contracts."""
    return World.of(contracts={FORGE: rows}, items=items or {}, bids=bids or {}, names=names)
