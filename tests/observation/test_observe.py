"""One observation asks what has expired and nothing else, and keeps whatever came of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from eveobs.errors import ExitCode, StoreError
from eveobs.observation import observe as observing
from eveobs.processors.contracts import PROCESSOR
from eveobs.records.contracts import CONTRACTS
from eveobs.sandbox.market import Refusal
from eveobs.sandbox.world import World
from eveobs.store.query import Query
from eveobs.store.store import Store
from tests.observation.edens import (
    BIDS,
    FORGE,
    ITEMS,
    LIST,
    NAMES,
    Eden,
    bid,
    eden_of,
    item,
    replacing,
    row,
    world,
)
from tests.store.drafts import asked

pytestmark = pytest.mark.integration

COURIERS = [row(number, "courier") for number in range(1, 1001)]
"""A page, and nothing to ask for."""
GOODS = [row(2000), row(2001), row(2002, "auction"), row(2003, "auction")]
ITEM_ROWS = {number: [item(number * 10)] for number in range(2000, 2010)}
BID_ROWS = {2002: [bid(1, 5.0), bid(2, 6.0)]}
LATER = [*GOODS[1:], row(2004), row(2005, "courier")]


@pytest.fixture
async def eden(cache: Path) -> AsyncIterator[Eden]:
    """Four contracts, two of them auctions."""
    async with eden_of(world(GOODS, ITEM_ROWS, BID_ROWS), cache) as opened:
        yield opened


@pytest.fixture
async def paged(cache: Path) -> AsyncIterator[Eden]:
    """A market of two pages that changes once, from cycle 2 on."""
    turns = ([*COURIERS, *GOODS], [*COURIERS, *LATER])
    first, later = (world(rows, ITEM_ROWS, BID_ROWS) for rows in turns)
    async with eden_of(World.in_turn(first, first, later), cache) as opened:
        yield opened


async def test_a_first_run_asks_all_once_and_a_second_nothing(paged: Eden, store: Store) -> None:
    first = (await paged.observe(store)).outcome
    assert paged.sent() == {
        (LIST, 200): 2,
        (ITEMS, 200): 4,
        (BIDS, 200): 2,
        (NAMES, 200): 1,
    }
    assert (first.status, first.rows, first.new, first.requests) == ("complete", 1004, 1004, 9)
    assert first.bytes > 0
    assert first.expires == "2026-09-21T14:18:20Z", "when the bids do"
    second = (await paged.observe(store)).outcome
    assert paged.sent() == {}
    assert (second.status, second.rows, second.new, second.requests) == ("unchanged", 1004, 0, 0)
    assert (second.cached, second.not_modified, second.bytes) == (4, 0, 0)


async def test_after_expiry_one_conditional_request_a_page_and_one_a_new_contract(
    paged: Eden, store: Store
) -> None:
    await paged.observe(store)
    paged.sent()
    paged.clock.time += 301
    bids_again = (await paged.observe(store)).outcome
    assert paged.sent() == {(BIDS, 304): 2}
    assert (bids_again.status, bids_again.not_modified) == ("unchanged", 2)
    paged.clock.time += 1800
    same = (await paged.observe(store)).outcome
    assert paged.sent() == {(LIST, 304): 2, (BIDS, 304): 2}
    assert (same.status, same.not_modified, same.requests) == ("unchanged", 4, 4)
    paged.clock.time += 1800
    changed = (await paged.observe(store)).outcome
    assert paged.sent() == {
        (LIST, 304): 1,
        (LIST, 200): 1,
        (ITEMS, 200): 1,
        (BIDS, 304): 2,
    }
    assert (changed.status, changed.new, changed.gone) == ("complete", 2, 1)
    gone = {found["contract_id"] for found in store.rows(CONTRACTS, Query(gone_only=True))}
    assert gone == {2000}
    record = store.row(CONTRACTS, 2004)
    assert record is not None
    assert [kept["record_id"] for kept in record["items"]] == [20040]
    assert record["issuer_name"] == "Chribba"


async def test_another_machine_with_the_same_store_asks_no_items(
    eden: Eden, store: Store, tmp_path: Path
) -> None:
    await eden.observe(store)
    eden.sent()
    eden.cache = tmp_path / "other"
    assert (await eden.observe(store)).outcome.status == "unchanged"
    assert eden.sent() == {(LIST, 200): 1, (BIDS, 200): 2}


@pytest.mark.parametrize("details", [(), ("items",), ("bids",)])
async def test_details_that_are_left_out_are_not_asked(
    eden: Eden, store: Store, url: str, details: tuple[str, ...]
) -> None:
    report = await eden.observe(store, details=details)
    routes = {route for route, _ in eden.sent()}
    assert (ITEMS in routes, BIDS in routes) == ("items" in details, "bids" in details)
    assert report.outcome.status == "complete"
    kept = asked(url, "SELECT details FROM observations")
    assert kept == [{"details": ",".join(details)}]
    await eden.observe(store)
    assert {route for route, _ in eden.sent()} - {NAMES} == {ITEMS, BIDS} - routes


async def test_bids_are_added_as_they_are_placed(cache: Path, store: Store) -> None:
    more = {2002: [*BID_ROWS[2002], bid(3, 9.0)]}
    worlds = [world(GOODS, ITEM_ROWS, bids) for bids in (BID_ROWS, more)]
    async with eden_of(World.in_turn(*worlds), cache) as eden:
        await eden.observe(store)
        eden.clock.time += 1801
        assert (await eden.observe(store)).outcome.status == "complete"
    record = store.row(CONTRACTS, 2002)
    assert record is not None
    assert [kept["amount"] for kept in record["bids"]] == [5.0, 6.0, 9.0]


@pytest.mark.parametrize("failing", ["items/2001?page=1", "bids/2003?page=1"])
async def test_a_failing_detail_makes_it_partial_and_the_rest_is_kept(
    eden: Eden, store: Store, url: str, failing: str
) -> None:
    eden.answer = replacing({failing: httpx.Response(500, json={"error": "boom"})})
    report = await eden.observe(store)
    outcome = report.outcome
    assert report.exit_code is ExitCode.PARTIAL
    assert report.error is None
    assert (outcome.status, outcome.rows, outcome.new) == ("partial", 4, 4)
    assert outcome.error is not None
    what, number = failing.partition("?")[0].split("/")
    assert f"{what} of contract {number}" in outcome.error
    assert "boom" in outcome.error
    assert asked(url, "SELECT whole, fresh_until FROM observations") == [
        {"whole": 1, "fresh_until": None}
    ]
    eden.sent()
    eden.answer = lambda _: None
    assert (await eden.observe(store)).exit_code is ExitCode.DONE
    assert eden.sent() == {(ITEMS if what == "items" else BIDS, 200): 1}


async def test_a_failing_page_makes_it_partial_and_nothing_is_gone(
    paged: Eden, store: Store
) -> None:
    await paged.observe(store)
    paged.clock.time += 3601
    paged.answer = replacing({"page=2": httpx.Response(500, json={"error": "boom"})})
    outcome = (await paged.observe(store)).outcome
    assert (outcome.status, outcome.gone) == ("partial", 0)
    assert outcome.error is not None
    assert outcome.error.startswith("page 2 failed")
    assert store.count(CONTRACTS, Query(gone_only=True)) == 0
    paged.sent()
    paged.answer = lambda _: None
    assert (await paged.observe(store)).outcome.gone == 1
    assert paged.sent()[LIST, 200] == 1, "page 1 is known"


async def test_pages_of_two_moments_declare_nothing_gone(paged: Eden, store: Store) -> None:
    await paged.observe(store)
    paged.clock.time += 3601
    older = httpx.Response(
        200,
        json=[row(2001)],
        headers={
            "X-Pages": "2",
            "Last-Modified": "Mon, 21 Sep 2026 13:00:00 GMT",
            "Expires": "Mon, 21 Sep 2026 23:00:00 GMT",
        },
    )
    paged.answer = replacing({"page=2": older})
    outcome = (await paged.observe(store)).outcome
    assert (outcome.status, outcome.gone) == ("partial", 0)
    assert outcome.error is not None
    assert "older moment" in outcome.error


async def test_nothing_at_all_is_kept_as_a_failed_observation(paged: Eden, store: Store) -> None:
    await paged.observe(store)
    paged.clock.time += 3601
    paged.answer = lambda _: httpx.Response(500, json={"error": "boom"})
    report = await paged.observe(store)
    assert report.exit_code is ExitCode.UNREACHABLE
    assert report.error is not None
    assert (report.outcome.status, report.outcome.rows) == ("failed", 0)
    assert store.count(CONTRACTS, Query()) == 1004


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ([{**row(1), "price": "free"}], "$[0].price"),
        ([{key: value for key, value in row(1).items() if key != "issuer_id"}], "issuer_id"),
        ([{**row(1), "type": 7}], "$[0].type"),
        ({"contracts": []}, "array"),
    ],
)
async def test_a_list_of_the_wrong_shape_is_told_and_not_kept(
    eden: Eden, store: Store, body: Any, path: str
) -> None:
    eden.answer = replacing({f"{FORGE}?page=1": httpx.Response(200, json=body)})
    report = await eden.observe(store)
    assert report.exit_code is ExitCode.FAILED
    assert report.outcome.error is not None
    assert path in report.outcome.error
    assert "/contracts/public/{region_id}" in report.outcome.error
    assert store.count(CONTRACTS, Query()) == 0
    eden.answer = lambda _: None
    assert (await eden.observe(store)).outcome.status == "complete"


async def test_names_that_fail_leave_the_rest_and_are_asked_again(
    eden: Eden, store: Store, url: str
) -> None:
    eden.answer = replacing({NAMES: httpx.Response(500, json={"error": "boom"})})
    report = await eden.observe(store)
    assert report.outcome.status == "complete"
    assert asked(url, "SELECT fresh_until FROM observations") == [{"fresh_until": None}]
    eden.sent()
    eden.answer = lambda _: None
    await eden.observe(store)
    assert eden.sent() == {(NAMES, 200): 1}
    record = store.row(CONTRACTS, 2001)
    assert record is not None
    assert record["issuer_name"] == "Chribba"
    assert record["items"][0]["type_name"] == "Tritanium", "though its items are not asked again"


async def test_a_region_without_contracts(cache: Path, store: Store) -> None:
    async with eden_of(World.in_turn(world(GOODS, ITEM_ROWS), world([])), cache) as eden:
        await eden.observe(store)
        eden.sent()
        eden.clock.time += 1801
        outcome = (await eden.observe(store)).outcome
        assert (outcome.status, outcome.rows, outcome.gone) == ("complete", 0, 4)
        assert eden.sent() == {(LIST, 200): 1}
        eden.clock.time += 1800
        assert (await eden.observe(store)).outcome.status == "unchanged"
        assert eden.sent() == {(LIST, 304): 1}


async def test_a_region_that_does_not_exist(eden: Eden, store: Store) -> None:
    report = await eden.observe(store, region=10999999)
    assert report.exit_code is ExitCode.FAILED
    assert "Region not found!" in (report.outcome.error or "")


async def test_refusals_are_answers_and_never_asked_again(cache: Path, store: Store) -> None:
    refused = {
        1: Refusal(204),
        2: Refusal(403, "Contract not public"),
        3: Refusal(403, "Contract accepted by player, requires authorization"),
        4: Refusal(404, "Contract not found!"),
        5: [],
    }
    rows = [row(number) for number in refused]
    async with eden_of(world(rows, refused), cache) as eden:
        assert (await eden.observe(store)).outcome.status == "complete"
        eden.sent()
        for _ in range(2):
            eden.clock.time += 1801
            assert (await eden.observe(store)).outcome.status == "unchanged"
            assert eden.sent() == {(LIST, 304): 1}
    meanings = [(store.row(CONTRACTS, number) or {})["items_answer"] for number in refused]
    assert meanings == ["expired_or_accepted", "not_public", "accepted", "not_found", "given"]


async def test_final_details_are_kept_in_batches_as_they_come(
    cache: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    keep = store.keep_answers

    def counted(schema: Any, answers: Any, moment: Any) -> int:
        sizes.append(len(answers))
        return keep(schema, answers, moment)

    monkeypatch.setattr(store, "keep_answers", counted)
    rows = [row(number) for number in range(1, 26)]
    async with eden_of(world(rows), cache) as eden:
        await eden.observe(store, batch=10)
    assert sizes == [10, 10, 5]


async def test_ctrl_c_keeps_what_was_answered(cache: Path, store: Store) -> None:
    rows = [row(number) for number in range(1, 101)]
    async with eden_of(world(rows), cache, latency=0.005) as eden:
        eden.concurrency = 2
        running = asyncio.create_task(eden.observe(store))
        await eden.answered(30)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        kept = store.answered(CONTRACTS, "items", range(1, 101))
        assert 20 <= len(kept) < 100
        assert store.count(CONTRACTS, Query()) == 0
        list(eden.targets())
        eden.sandbox._latency = 0.0
        await eden.observe(store)
        again = {target for target in eden.targets() if "/items/" in target}
        assert len(again) == 100 - len(kept)


async def test_a_store_that_fails_stops_the_run(
    eden: Eden, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise StoreError("the disk is full", hint="Free some space.")

    monkeypatch.setattr(store, "keep_answers", full)
    with pytest.raises(StoreError, match="disk is full"):
        await eden.observe(store, batch=1)


async def test_a_processor_that_breaks_is_not_hidden_and_loses_nothing(
    eden: Eden, store: Store
) -> None:
    class Broken:
        schema, routes, scopes = CONTRACTS, (), ()

        async def collect(self, client: Any, task: Any) -> AsyncIterator[Any]:
            async for part in PROCESSOR.collect(client, task):
                yield part
                raise KeyError("a defect")

    with pytest.raises(KeyError):
        await eden.observe(store, processor=Broken())
    assert len(store.answered(CONTRACTS, "items", range(2000, 2010))) == 1


async def test_two_runs_at_once_end_as_one(eden: Eden, store: Store, url: str) -> None:
    with Store(url) as other:
        reports = await asyncio.gather(eden.observe(store), eden.observe(other))
    assert sorted(report.outcome.new for report in reports) == [0, 4]
    assert {report.outcome.status for report in reports} <= {"complete", "unchanged"}
    assert store.count(CONTRACTS, Query()) == 4
    assert len(asked(url, "SELECT * FROM contract_items")) == 4
    assert asked(url, "SELECT * FROM changes") == []


def test_what_is_named_is_only_what_the_rows_have() -> None:
    assert observing._ids((), {"type_id": "type_name"}) == set()
