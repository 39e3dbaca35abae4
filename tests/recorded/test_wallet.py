"""The wallet transactions that ESI really answered with pass through the processor unchanged."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec
import pytest

from eveobs.esi.cache import ResponseCache
from eveobs.esi.client import EsiClient
from eveobs.processors.interface import Task
from eveobs.processors.wallet_transactions import PROCESSOR
from eveobs.records.collected import Collected
from eveobs.records.schema import SubjectKind
from eveobs.records.wallet_transactions import TransactionLine
from eveobs.settings import Esi
from eveobs.telemetry.progress import Silence
from tests.esi.fakes import Time
from tests.esi.raw_server import Raw, Talk, answer, served
from tests.processors.esi_of_lists import Knows, SignedIn
from tests.recorded.test_exchanges import EXCHANGES, Exchange, needs_them

pytestmark = pytest.mark.integration

RECORDED = [exchange for exchange in EXCHANGES if "/wallet/transactions" in exchange.target]


class KnowsNothing(Knows):
    """A memory before the first reading."""

    def newest_whole(self, subject_id: int) -> int | None:
        return None

    def dynamic_items(self, region_id: int) -> None:
        return None


def talk(raw: Raw) -> Talk:
    """Answers with the page that was recorded for the `from_id`; an unknown one is an error."""
    pages = {exchange.parameters.get("from_id"): exchange for exchange in RECORDED}

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            target = (await raw.heard(reader)).decode().split(" ", 2)[1]
            page = pages.get(dict(parse_qsl(urlsplit(target).query)).get("from_id"))
            writer.write(page.said() if page else answer(b"{}", status="400 Bad Request"))

    return speak


def lines(exchange: Exchange) -> dict[int, Any]:
    return {row["transaction_id"]: row for row in exchange.body}


@needs_them
async def test_both_pages_come_out_as_they_went_in() -> None:
    first, second = RECORDED
    character = int(first.target.split("/")[3])
    time = Time()
    async with served(talk) as raw:
        settings = Esi(base_url=raw.url)
        async with EsiClient(settings, ResponseCache(None), clock=time, sleep=time.sleep) as client:
            task = Task(character, SubjectKind.CHARACTER, (), KnowsNothing(), Silence(), SignedIn())
            (end,) = [part async for part in PROCESSOR.collect(client, task)]
    assert isinstance(end, Collected)
    assert end.whole
    assert len(raw.requests) == 2
    fields = TransactionLine.__struct_fields__
    given = {row["transaction_id"]: row for row in msgspec.to_builtins(list(end.rows))}
    kept = {number: {n: row[n] for n in fields} for number, row in given.items()}
    assert kept == lines(first) | lines(second)
    assert len(kept) == len(end.rows) == 47
