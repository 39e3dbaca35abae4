"""An ESI that says what a test wants said of the lists of a subject, and a reading of them."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import httpx

from eveobs.esi.cache import ResponseCache
from eveobs.esi.client import EsiClient
from eveobs.esi.routes import ROUTES
from eveobs.processors.interface import Processor, Task
from eveobs.records.collected import Collected, DetailAnswer
from eveobs.records.schema import Record, SubjectKind
from eveobs.settings import Esi
from eveobs.telemetry.progress import Silence

MOMENT = datetime(2026, 9, 23, 8, 0, tzinfo=UTC)
NOW = MOMENT.timestamp() + 10
CHARACTER = 90_000_001
CORPORATION = 98_000_001
EMPTY_WINDOW = 400.0
"""Seconds for which a bucket that is used up stays so."""

EVERYTHING = frozenset(route.scope for route in ROUTES)


def page(rows: Any, *, pages: int = 1, at: int = 0, lasts: int = 3600) -> httpx.Response:
    """A page as ESI sends it: of `at` seconds after MOMENT, good for `lasts`."""
    stamp = MOMENT.timestamp() + at
    dates = {"Last-Modified": stamp, "Expires": stamp + lasts, "Date": NOW}
    headers = {
        name: format_datetime(datetime.fromtimestamp(when, UTC), usegmt=True)
        for name, when in dates.items()
    }
    return httpx.Response(200, json=rows, headers={**headers, "X-Pages": str(pages)})


def error(status: int, text: str) -> httpx.Response:
    return httpx.Response(status, json={"error": text})


def used_up() -> httpx.Response:
    """A bucket without tokens."""
    headers = {"Retry-After": str(int(EMPTY_WINDOW)), "X-Ratelimit-Remaining": "0"}
    return httpx.Response(429, json={"error": "Rate limit exceeded"}, headers=headers)


@dataclass
class Knows:
    """A memory of what was settled, and of how far a ledger is known."""

    parents: Collection[tuple[str, int]] = ()
    newest: int | None = None

    def settled(self, detail: str, parents: Sequence[int]) -> Collection[int]:
        return {parent for parent in parents if (detail, parent) in self.parents}

    def newest_whole(self, subject_id: int) -> int | None:
        assert subject_id in (CHARACTER, CORPORATION)
        return self.newest

    def dynamic_items(self, region_id: int) -> None:
        return None


@dataclass(frozen=True)
class SignedIn:
    """A character that allowed everything."""

    character_id: int = CHARACTER
    name: str = "Karda Usual"
    scopes: frozenset[str] = EVERYTHING
    bearer: str = field(default_factory=lambda: secrets.token_urlsafe(12))

    async def token(self, origin: str, *, refused: str = "") -> str:
        assert not refused
        return self.bearer


@dataclass
class Reading:
    """What `collect` gave, and what it asked for."""

    answers: dict[tuple[str, int], DetailAnswer[Record]] = field(default_factory=dict)
    collected: list[Collected[Record]] = field(default_factory=list)
    asked: Counter[str] = field(default_factory=Counter)

    @property
    def end(self) -> Collected[Any]:
        (only,) = self.collected
        return only

    @property
    def order(self) -> list[str]:
        """What was asked, in that order, each once."""
        return [*self.asked]


async def read(
    processor: Processor,
    replies: Mapping[str, httpx.Response],
    *,
    kind: SubjectKind = SubjectKind.CHARACTER,
    memory: Knows | None = None,
    details: tuple[str, ...] = (),
    concurrency: int = 20,
    patient: bool = True,
) -> Reading:
    """One reading. `replies` by path and query; a list without reply is empty from page 2 on."""
    reading = Reading()
    access = SignedIn()

    def answer(request: httpx.Request) -> httpx.Response:
        target = request.url.raw_path.decode()
        assert request.headers["authorization"] == f"Bearer {access.bearer}"
        reading.asked[target] += 1
        found = replies.get(target) or replies.get(target.removesuffix("?page=1"))
        found = found or error(404, "Requested page does not exist!")
        return httpx.Response(found.status_code, headers=found.headers, content=found.content)

    settings = Esi(base_url="http://127.0.0.1", max_retries=0, concurrency=concurrency)
    transport = httpx.MockTransport(answer)
    client = EsiClient(
        settings, ResponseCache(None), transport=transport, clock=lambda: NOW, patient=patient
    )
    whose = CHARACTER if kind is SubjectKind.CHARACTER else CORPORATION
    async with client:
        task = Task(whose, kind, details, memory or Knows(), Silence(), access)
        async for part in processor.collect(client, task):
            assert not reading.collected, "the list comes last, once"
            if isinstance(part, Collected):
                reading.collected.append(part)
            else:
                reading.answers[part.detail, part.parent] = part
    return reading
