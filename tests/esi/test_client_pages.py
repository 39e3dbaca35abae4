"""EsiClient.pages: all pages of a list, over a transport that is not the network."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eveobs.errors import AnswerError, ShapeError
from eveobs.esi.cache import ResponseCache
from eveobs.esi.freshness import http_date
from eveobs.esi.packed import PackedRows
from tests.esi.esi_model import Model, delays, models
from tests.esi.fakes import (
    LIST,
    START,
    Server,
    Time,
    Warnings,
    client,
    error,
    listed,
    ok,
    same,
)

pytestmark = pytest.mark.unit

FORGE = {"region_id": 10000002}
INTS = list[int]


async def test_pages_come_together_in_their_order(time: Time) -> None:
    server, seen = listed([1, 2], [3, 4], [5]), Warnings()
    async with client(server, time, progress=seen) as esi:
        listing = await esi.pages(LIST, FORGE, shape=INTS, stage="pages")
        again = await esi.pages(LIST, FORGE, shape=INTS)
    assert (listing.rows, listing.whole, listing.why) == ([1, 2, 3, 4, 5], True, "")
    assert (listing.pages, listing.status) == (3, 200)
    assert (listing.last_modified, listing.expires) == (START, START + 1800)
    assert again == listing
    assert sorted(server.paths) == [f"/contracts/public/10000002?page={n}" for n in (1, 2, 3)]
    assert seen.expected == seen.done == {"pages": 3}


async def test_each_page_is_revalidated_on_its_own(time: Time) -> None:
    server = listed([1, 2], [3])
    async with client(server, time) as esi:
        await esi.pages(LIST, FORGE, shape=INTS)
        time.now += 1800
        server.answers = [lambda r: same(now=time.now, etag=r.headers["if-none-match"])]
        listing = await esi.pages(LIST, FORGE, shape=INTS)
    assert (listing.rows, listing.whole, listing.expires) == ([1, 2, 3], True, START + 3600)
    assert server.validators == [None, None, '"1"', '"2"']


async def test_a_page_that_fails_makes_it_partial_and_the_rest_is_kept(time: Time) -> None:
    whole = listed([1], [2], [3])

    def answer(request: httpx.Request) -> httpx.Response:
        return error(403, "no") if request.url.params["page"] == "2" else whole(request)

    async with client(Server(answer), time) as esi:
        listing = await esi.pages(LIST, FORGE, shape=INTS, accept=frozenset((403,)))
    assert (listing.rows, listing.whole) == ([1, 3], False)
    assert "page 2 failed" in listing.why


async def test_what_page_one_says_is_raised(time: Time) -> None:
    async with client(Server(error(404, "Region not found!")), time) as esi:
        with pytest.raises(AnswerError, match="Region not found!"):
            await esi.pages(LIST, FORGE, shape=INTS)


@pytest.mark.parametrize("status", [204, 403, 404])
async def test_a_list_that_is_not_there_is_whole_with_its_status(time: Time, status: int) -> None:
    async with client(Server(error(status, "gone")), time) as esi:
        listing = await esi.pages(LIST, FORGE, shape=INTS, accept=frozenset((403, 404)))
    assert (listing.rows, listing.whole, listing.status) == ([], True, status)


@pytest.mark.parametrize("status", [204, 404])
async def test_a_later_page_without_content_never_makes_a_whole_list(
    time: Time, status: int
) -> None:
    whole = listed([1], [2])

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.params["page"] == "1":
            return whole(request)
        return error(status, "gone") if status > 299 else httpx.Response(status)

    async with client(asked := Server(answer), time) as esi:
        listing = await esi.pages(LIST, FORGE, shape=INTS, accept=frozenset((404,)))
    assert (listing.rows, listing.whole, listing.status) == ([1], False, 200)
    assert listing.why == f"page 2 failed: answered {status}" + (": gone" if status > 299 else "")
    assert len(asked.requests) == 2


async def test_pages_that_arrived_are_kept_when_page_one_fails_the_second_time(time: Time) -> None:
    first = ok([1], now=START - 60, age=80, x_pages="2", date=http_date(START))
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.params["page"])
        if asked[-1] == "2":
            return ok([2], x_pages="2")
        return first if asked.count("1") == 1 else error(403, "not now")

    async with client(Server(answer), time) as esi:
        listing = await esi.pages(LIST, FORGE, shape=INTS)
    assert asked == ["1", "2", "1"]
    assert (listing.rows, listing.whole) == ([1, 2], False)
    assert "page 1 failed" in listing.why


async def test_a_list_that_shrinks_while_it_is_read_is_read_anew(time: Time) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        page = int(request.url.params["page"])
        if time.now < START + 15:
            return ok([page], x_pages="3", expires=http_date(START + 15)) if page < 3 else gone
        return ok([1, 2] if page == 1 else [3], now=START + 15, x_pages="2")

    gone = error(404, "Requested page does not exist!")
    seen = Warnings()
    async with client(Server(answer), time, progress=seen) as esi:
        listing = await esi.pages(LIST, FORGE, shape=INTS)
    assert (listing.rows, listing.whole, listing.last_modified) == ([1, 2, 3], True, START + 15)
    assert [reason for _, reason in seen.waits] == ["the list has shrunk"]


async def test_every_page_of_a_long_list_is_asked_once(time: Time) -> None:
    server = listed(*([2 * n, 2 * n + 1] for n in range(199)), [398])
    async with client(server, time, concurrency=7) as esi:
        listing = await esi.pages(LIST, FORGE, shape=INTS)
    assert listing.rows == list(range(399))
    assert len(server.requests) == len(set(server.paths)) == 200


async def test_pages_of_two_moments_that_are_all_confirmed_are_asked_for_once(time: Time) -> None:
    """Kept at different moments, and answered 304 with those: their bodies tell, no 304 can."""
    moments = {1: START - 3600, 2: START - 1800}

    def answer(request: httpx.Request) -> httpx.Response:
        page = int(request.url.params["page"])
        told: Any = {"now": time.now, "etag": f'"{page}"', "x_pages": "2"}
        if "if-none-match" in request.headers:
            return same(**told, last_modified=http_date(moments[page]))
        moment = moments[page] if first else time.now
        return ok([page, 10 * page], **told, last_modified=http_date(moment))

    first = True
    async with client(server := Server(answer), time) as esi:
        assert not (await esi.pages(LIST, FORGE, shape=INTS)).whole
        time.now += 1801
        first = False
        before = len(server.requests)
        listing = await esi.pages(LIST, FORGE, shape=INTS)
        assert (listing.whole, listing.rows) == (True, [1, 10, 2, 20])
        assert server.validators[before:] == ['"1"', '"2"', None, None]
        time.now += 600
        assert (await esi.pages(LIST, FORGE, shape=INTS)).whole
        assert len(server.requests) == before + 4


async def test_confirmed_pages_that_still_disagree_are_asked_for_no_more_than_once(
    time: Time,
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        page = int(request.url.params["page"])
        told: Any = {"now": time.now, "etag": f'"{page}"', "x_pages": "2"}
        moment = http_date(START - 3600 * page)
        if "if-none-match" in request.headers:
            return same(**told, last_modified=moment)
        return ok([page], **told, last_modified=moment)

    async with client(server := Server(answer), time) as esi:
        await esi.pages(LIST, FORGE, shape=INTS)
        time.now += 1801
        before = len(server.requests)
        listing = await esi.pages(LIST, FORGE, shape=INTS)
    assert not listing.whole
    assert len(server.requests) == before + 4


@pytest.mark.parametrize("text", ["", "x", "0", "-3", "1e3"])
async def test_a_senseless_number_of_pages_is_one(time: Time, text: str) -> None:
    async with client(Server(ok([1], x_pages=text)), time) as esi:
        listing = await esi.pages(LIST, FORGE, shape=INTS)
    assert (listing.rows, listing.whole, listing.pages) == ([1], True, 1)


async def test_no_more_pages_are_asked_for_than_a_list_can_have(time: Time) -> None:
    async with client(server := Server(ok([1], x_pages="1000000000")), time) as esi:
        with pytest.raises(ShapeError, match="more than 10,000 pages"):
            await esi.pages(LIST, FORGE, shape=INTS)
    assert len(server.requests) == 1


@settings(max_examples=60, deadline=None)
@given(models, delays, st.lists(st.integers(0, 80), min_size=1, max_size=3))
async def test_a_whole_listing_is_a_state_that_existed(
    model: Model, pauses: list[float], starts: list[int]
) -> None:
    time = Time()

    def answer(request: httpx.Request) -> httpx.Response:
        time.now += pauses[len(model.asked) % len(pauses)]
        return model.respond(request, time.now)

    async with client(answer, time, concurrency=3) as esi:
        for start in starts:
            time.now += start
            listing = await esi.pages(LIST, FORGE, shape=INTS)
            if listing.whole:
                assert tuple(listing.rows) == model.rows_of(listing.last_modified)


async def test_packed_rows_are_the_rows(time: Time) -> None:
    server = listed([1, 2], [3, 4], [5])
    async with client(server, time) as esi:
        listing = await esi.pages(LIST, FORGE, shape=INTS, packed=True)
    assert isinstance(listing.rows, PackedRows)
    assert (list(listing.rows), listing.whole) == ([1, 2, 3, 4, 5], True)


async def test_the_pages_of_a_list_are_on_disk_when_it_is_read(time: Time, tmp_path: Path) -> None:
    """What is done with them may take its time, and be killed."""
    server = listed([1, 2], [3, 4], [5])
    async with client(server, time, cache=ResponseCache(tmp_path, clock=time)) as esi:
        await esi.pages(LIST, FORGE, shape=INTS)
        for _ in range(200):
            if not [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]:
                break
            await asyncio.sleep(0.01)
        async with client(
            other := Server(), time, cache=ResponseCache(tmp_path, clock=time)
        ) as two:
            assert (await two.pages(LIST, FORGE, shape=INTS)).rows == [1, 2, 3, 4, 5]
        assert other.paths == []
