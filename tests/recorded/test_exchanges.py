"""What ESI really answered passes through the client over a real socket and comes out equal.

The recordings lie beside the repository and are read there; without them there is nothing to test.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec
import pytest

from eveobs.esi.cache import ResponseCache
from eveobs.esi.client import EsiClient
from eveobs.esi.freshness import http_time
from eveobs.esi.route import Route
from eveobs.esi.routes import BY_PATH, ROUTES
from eveobs.records.contracts import ContractBid, ContractItem
from eveobs.settings import Esi
from tests.esi.fakes import Time
from tests.esi.raw_server import Raw, Talk, answer, served

pytestmark = pytest.mark.integration

FILE = Path(__file__).parents[2].parent / "shared" / "recorded" / "interactions.jsonl"
OF_THE_CONNECTION = {"content-length", "content-encoding", "transfer-encoding", "connection"}


@dataclass(frozen=True)
class Exchange:
    """One question and its answer."""

    method: str
    target: str
    asked: str | None
    status: int
    headers: dict[str, Any]
    body: Any

    @property
    def route(self) -> Route:
        path = urlsplit(self.target).path
        ages = [known.cache_age for known in ROUTES if _is_of(known, self.method, path)]
        return Route(self.method, path, min(ages, default=0), "", "", 0, 0)

    @property
    def parameters(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query))

    def header(self, name: str) -> str | None:
        return next((v for k, v in self.headers.items() if k.lower() == name), None)

    def said(self) -> bytes:
        """As it goes over the wire; every long body compressed, as ESI does."""
        body = json.dumps(self.body, ensure_ascii=False).encode()
        lines = [
            f"{name}: {value}"
            for name, values in self.headers.items()
            if name.lower() not in OF_THE_CONNECTION
            for value in (values if isinstance(values, list) else [values])
        ]
        if len(body) > 1000:
            return answer(gzip.compress(body), *lines, "Content-Encoding: gzip")
        return answer(body, *lines)


def _is_of(route: Route, method: str, path: str) -> bool:
    pattern = re.sub(r"\{[^}]+\}", "[^/]+", route.path)
    return route.method == method and re.fullmatch(pattern, path.rstrip("/")) is not None


def exchanges() -> list[Exchange]:
    if not FILE.exists():
        return []
    return [
        Exchange(
            row["method"],
            urlsplit(row["url"])._replace(scheme="", netloc="").geturl(),
            row["request_body"],
            row["status"],
            row["response_headers"],
            row["body"],
        )
        for row in map(json.loads, FILE.read_text(encoding="utf-8").splitlines())
    ]


EXCHANGES = exchanges()
needs_them = pytest.mark.skipif(not EXCHANGES, reason="no recordings beside the repository")


@pytest.fixture
async def esi() -> AsyncIterator[Raw]:
    """Answers each question as it was answered once."""
    known = {(e.method, e.route.url(e.parameters)): e.said() for e in EXCHANGES}

    def talk(raw: Raw) -> Talk:
        async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while True:
                head = (await raw.heard(reader)).decode()
                method, target, *_ = head.split(" ", 2)
                lines = dict(line.split(": ", 1) for line in head.lower().split("\r\n")[1:] if line)
                await reader.readexactly(int(lines.get("content-length", 0)))
                writer.write(known[method, target])

        return speak

    async with served(talk) as raw:
        yield raw


def client(raw: Raw, folder: Path | None = None) -> EsiClient:
    time = Time()
    cache = ResponseCache(folder, clock=time)
    return EsiClient(Esi(base_url=raw.url), cache, clock=time, sleep=time.sleep)


@needs_them
async def test_every_body_comes_out_equal_from_the_network_and_from_the_cache(
    esi: Raw, tmp_path: Path
) -> None:
    assert len(EXCHANGES) == 48
    for _ in range(2):
        async with client(esi, tmp_path) as asking:
            for exchange in EXCHANGES:
                if exchange.method == "POST":
                    body = json.loads(exchange.asked or "")
                    given = await asking.post(exchange.route, body, shape=Any)
                else:
                    given = await asking.get(exchange.route, exchange.parameters, shape=Any)
                assert given.value == exchange.body, exchange.target
    posts = sum(exchange.method == "POST" for exchange in EXCHANGES)
    assert len(esi.requests) == 48 + posts


@needs_them
async def test_what_the_headers_say_is_understood(esi: Raw) -> None:
    async with client(esi) as asking:
        for exchange in EXCHANGES:
            if exchange.method == "POST":
                continue
            given = await asking.get(exchange.route, exchange.parameters, shape=msgspec.Raw)
            date, expires = (http_time(exchange.header(name)) for name in ("date", "expires"))
            assert date is not None
            assert expires is not None
            assert given.expires - asking._clock() == max(expires - date, 0), exchange.target
            assert given.last_modified == http_time(exchange.header("last-modified"))
            assert given.pages == int(exchange.header("x-pages") or 1)


@needs_them
@pytest.mark.parametrize(("detail", "shape"), [("items", ContractItem), ("bids", ContractBid)])
async def test_details_of_contracts_lose_nothing_as_records(
    esi: Raw, detail: str, shape: type
) -> None:
    (exchange,) = (e for e in EXCHANGES if f"/contracts/public/{detail}/" in e.target)
    route = BY_PATH["GET", f"/contracts/public/{detail}/{{contract_id}}"]
    number = int(exchange.route.path.rsplit("/", 1)[1])
    async with client(esi) as asking:
        listing = await asking.pages(route, {"contract_id": number}, shape=list[shape])  # type: ignore[valid-type]
    assert listing.whole
    assert msgspec.json.decode(msgspec.json.encode(listing.rows)) == exchange.body
