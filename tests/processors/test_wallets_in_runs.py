"""Ledgers over several runs: never a gap, never a double, nothing of one owner lost to another's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from eveobs.errors import ExitCode
from eveobs.esi.cache import ResponseCache
from eveobs.esi.client import EsiClient
from eveobs.observation.observe import observe
from eveobs.observation.unit import Report, Unit
from eveobs.processors import wallet_journal, wallet_transactions
from eveobs.processors.interface import Processor
from eveobs.records.schema import SubjectKind
from eveobs.settings import Esi
from eveobs.store.query import Query
from eveobs.store.store import Store
from eveobs.telemetry.progress import Silence
from tests.processors.esi_of_lists import CHARACTER, NOW, SignedIn, error, page
from tests.processors.test_wallet_journal import entry
from tests.processors.test_wallet_transactions import MINE, trade

pytestmark = pytest.mark.integration

OTHER = CHARACTER + 1
HOUR = 3600


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(f"sqlite:///{tmp_path / 'eveobs.db'}") as opened:
        yield opened


async def run(
    processor: Processor,
    replies: Mapping[str, httpx.Response],
    store: Store,
    *,
    hours: int = 0,
    whose: int = CHARACTER,
) -> tuple[Report, list[str]]:
    """A run some `hours` after NOW with nothing in the cache, and what it asked."""
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        target = request.url.raw_path.decode()
        if target == "/universe/names":
            return httpx.Response(200, json=[])
        asked.append(target)
        found = replies[target.removesuffix("?page=1")]
        return httpx.Response(found.status_code, headers=found.headers, content=found.content)

    def clock() -> float:
        return NOW + hours * HOUR

    client = EsiClient(
        Esi(base_url="http://127.0.0.1", max_retries=0),
        ResponseCache(None, clock=clock),
        transport=httpx.MockTransport(answer),
        clock=clock,
    )
    unit = Unit(
        processor=processor.schema.name,
        subject_id=whose,
        subject_name="somebody",
        subject_kind=SubjectKind.CHARACTER,
    )
    async with client:
        report = await observe(
            unit,
            processor,
            client=client,
            store=store,
            progress=Silence(),
            access=SignedIn(whose),
            now=lambda: datetime.fromtimestamp(clock(), UTC),
        )
    return report, asked


def trades(newest: int, oldest: int, hours: int) -> httpx.Response:
    return page([trade(number) for number in range(newest, oldest - 1, -1)], at=hours * HOUR)


def stored(store: Store) -> list[int]:
    schema = wallet_transactions.PROCESSOR.schema
    return sorted(row["transaction_id"] for row in store.rows(schema, Query()))


async def test_after_a_walk_that_broke_off_the_next_one_fills_the_gap(store: Store) -> None:
    processor = wallet_transactions.PROCESSOR
    start = {MINE: trades(9, 5, 0), f"{MINE}?from_id=5": trades(5, 5, 0)}
    report, _ = await run(processor, start, store)
    assert (report.exit_code, stored(store)) == (ExitCode.DONE, [5, 6, 7, 8, 9])

    broken = {MINE: trades(30, 21, 1), f"{MINE}?from_id=21": error(400, "no")}
    report, _ = await run(processor, broken, store, hours=1)
    assert report.exit_code is ExitCode.PARTIAL
    assert stored(store) == [*range(5, 10), *range(21, 31)]
    assert store.newest_whole(processor.schema, CHARACTER) == 9

    mended = {
        MINE: trades(31, 22, 2),
        f"{MINE}?from_id=22": trades(22, 13, 2),
        f"{MINE}?from_id=13": trades(13, 4, 2),
    }
    report, asked = await run(processor, mended, store, hours=2)
    assert report.exit_code is ExitCode.DONE
    assert asked == list(mended), "back to where there was no gap, and no further"
    assert stored(store) == [*range(4, 32)]
    assert store.newest_whole(processor.schema, CHARACTER) == 31


async def test_what_has_left_the_list_is_never_gone(store: Store) -> None:
    processor = wallet_journal.PROCESSOR
    path = f"/characters/{CHARACTER}/wallet/journal"
    await run(processor, {path: page([entry(2), entry(1)])}, store)
    await run(processor, {path: page([entry(3), entry(2)], at=HOUR)}, store, hours=1)
    rows = list(store.rows(processor.schema, Query()))
    assert sorted(row["entry_id"] for row in rows) == [1, 2, 3]


async def test_both_parties_have_their_side_of_one_entry(store: Store) -> None:
    processor = wallet_journal.PROCESSOR
    for whose, amount in ((CHARACTER, -5.0), (OTHER, 5.0)):
        replies = {f"/characters/{whose}/wallet/journal": page([entry(7, amount=amount)])}
        await run(processor, replies, store, whose=whose)
    rows: list[dict[str, Any]] = list(store.rows(processor.schema, Query()))
    assert {(row["owner_id"], row["id"], row["amount"]) for row in rows} == {
        (CHARACTER, 7, -5.0),
        (OTHER, 7, 5.0),
    }
    assert store.count(processor.schema, Query()) == 2
