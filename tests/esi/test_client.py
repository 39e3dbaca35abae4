"""Nothing is asked before it expires, what has expired is asked conditionally, and only what has the
documented shape is an answer.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eveobs.errors import AnswerError, ShapeError, UnreachableError
from eveobs.esi.cache import ResponseCache
from eveobs.esi.freshness import http_date
from eveobs.esi.route import Route
from tests.esi.esi_model import Model, delays, models
from tests.esi.fakes import (
    LIST,
    NAMES,
    START,
    STATUS,
    Server,
    Time,
    Warnings,
    client,
    error,
    ok,
    same,
)

pytestmark = pytest.mark.unit

FORGE = {"region_id": 10000002}
INTS = list[int]


class Row(msgspec.Struct):
    contract_id: int
    price: float = 0.0


# -- one page -------------------------------------------------------------------------------------


async def test_a_fresh_answer_sends_nothing(time: Time) -> None:
    server = Server(ok([1, 2]))
    async with client(server, time) as esi:
        first = await esi.get(LIST, FORGE, shape=INTS)
        time.now += 1799
        second = await esi.get(LIST, FORGE, shape=INTS)
    assert (first.value, first.cached) == ([1, 2], False)
    assert (second.value, second.cached) == ([1, 2], True)
    assert (second.expires, second.last_modified) == (START + 1800, START)
    assert server.paths == ["/contracts/public/10000002"]
    assert (esi.usage.requests, esi.usage.cached, esi.usage.not_modified) == (1, 1, 0)


@pytest.mark.parametrize("etag", ['"one"', 'W/"one"'])
async def test_an_expired_answer_is_asked_conditionally(time: Time, etag: str) -> None:
    server = Server(ok([1], etag=etag), lambda _: same(now=time.now, etag=etag))
    async with client(server, time) as esi:
        await esi.get(LIST, FORGE, shape=INTS)
        time.now += 1800
        again = await esi.get(LIST, FORGE, shape=INTS)
        time.now += 1799
        kept = await esi.get(LIST, FORGE, shape=INTS)
    assert server.validators == [None, etag]
    assert (again.value, again.cached, again.expires) == ([1], False, START + 3600)
    assert again.last_modified == START + 1800
    assert kept.cached
    assert esi.usage.not_modified == 1


async def test_the_weakness_of_an_etag_makes_no_difference(time: Time) -> None:
    server = Server(ok([1], etag='W/"one"'), same(etag='"one"'))
    async with client(server, time) as esi:
        await esi.get(LIST, FORGE, shape=INTS)
        time.now += 1800
        assert (await esi.get(LIST, FORGE, shape=INTS)).value == [1]
    assert len(server.requests) == 2


async def test_a_304_without_expires_is_good_for_the_documented_age(time: Time) -> None:
    server = Server(ok([1]), lambda _: same(now=time.now, age=None))
    async with client(server, time) as esi:
        await esi.get(LIST, FORGE, shape=INTS)
        time.now += 1800
        assert (await esi.get(LIST, FORGE, shape=INTS)).expires == time.now + 1800
        time.now += 1799
        await esi.get(LIST, FORGE, shape=INTS)
    assert len(server.requests) == 2


async def test_a_304_keeps_what_it_does_not_repeat(time: Time) -> None:
    server = Server(ok([1], x_pages="3"), lambda _: same(now=time.now, last_modified=""))
    async with client(server, time) as esi:
        await esi.get(LIST, FORGE, shape=INTS)
        time.now += 1800
        again = await esi.get(LIST, FORGE, shape=INTS)
    assert (again.pages, again.last_modified, again.dated) == (3, START, False)


async def test_a_304_that_tells_another_number_of_pages_but_no_moment_is_asked_for_its_body(
    time: Time,
) -> None:
    changed = ok([1], now=START + 1800, x_pages="1", etag='"one"')
    server = Server(ok([1], x_pages="2"), lambda _: same(last_modified="", x_pages="1"), changed)
    async with client(server, time) as esi:
        await esi.get(LIST, FORGE, shape=INTS)
        time.now += 1800
        again = await esi.get(LIST, FORGE, shape=INTS)
    assert (again.pages, again.last_modified, again.dated) == (1, START + 1800, True)
    assert server.validators == [None, '"one"', None]


async def test_a_304_about_another_body_is_not_believed(time: Time) -> None:
    server = Server(ok([1]), same(etag='"two"'), ok([2], etag='"two"'))
    async with client(server, time) as esi:
        await esi.get(LIST, FORGE, shape=INTS)
        time.now += 1800
        assert (await esi.get(LIST, FORGE, shape=INTS)).value == [2]
    assert server.validators == [None, '"one"', None]


async def test_a_304_that_nobody_asked_for_is_no_answer(time: Time) -> None:
    async with client(Server(same()), time) as esi:
        with pytest.raises(UnreachableError, match="304"):
            await esi.get(LIST, FORGE, shape=INTS)


async def test_an_answer_that_changed_replaces_the_kept_one(time: Time) -> None:
    server = Server(ok([1]), lambda _: ok([2], now=time.now, etag='"two"'), same(etag='"two"'))
    async with client(server, time) as esi:
        await esi.get(LIST, FORGE, shape=INTS)
        time.now += 1800
        assert (await esi.get(LIST, FORGE, shape=INTS)).value == [2]
        time.now += 1800
        assert (await esi.get(LIST, FORGE, shape=INTS)).value == [2]
    assert server.validators == [None, '"one"', '"two"']


async def test_what_is_not_to_be_kept_is_not(time: Time) -> None:
    async with client(server := Server(ok([1])), time) as esi:
        for _ in range(2):
            answer = await esi.get(LIST, FORGE, shape=INTS, keep=False)
            assert (answer.value, answer.cached) == ([1], False)
    assert server.validators == [None, None]


async def test_a_route_without_any_age_is_asked_conditionally_each_time(time: Time) -> None:
    route = Route("GET", "/universe/races")
    server = Server(ok([1], age=None), same(age=None))
    async with client(server, time) as esi:
        for _ in range(3):
            assert (await esi.get(route, shape=INTS)).value == [1]
    assert server.validators == [None, '"one"', '"one"']


async def test_an_answer_without_an_etag_is_asked_anew(time: Time) -> None:
    async with client(server := Server(ok([1], etag="")), time) as esi:
        await esi.get(LIST, FORGE, shape=INTS)
        time.now += 1800
        await esi.get(LIST, FORGE, shape=INTS)
    assert server.validators == [None, None]


@pytest.mark.parametrize("skew", [-3600.0, 3600.0])
async def test_a_machine_whose_clock_is_wrong_neither_asks_early_nor_late(
    time: Time, skew: float
) -> None:
    server = Server(lambda _: ok([1], now=time.now + skew))
    async with client(server, time) as esi:
        assert (await esi.get(LIST, FORGE, shape=INTS)).expires == START + 1800
        time.now += 1799
        await esi.get(LIST, FORGE, shape=INTS)
        assert len(server.requests) == 1
        time.now += 2
        await esi.get(LIST, FORGE, shape=INTS)
        assert len(server.requests) == 2


async def test_a_clock_that_is_put_back_does_not_keep_answers_for_ever(time: Time) -> None:
    time.now += 1e8
    async with client(server := Server(ok([1]), same()), time) as esi:
        await esi.get(LIST, FORGE, shape=INTS)
        time.now = START
        assert (await esi.get(LIST, FORGE, shape=INTS)).value == [1]
    assert server.validators == [None, '"one"']


async def test_views_of_one_url_are_kept_apart(time: Time, cache: ResponseCache) -> None:
    views: list[dict[str, Any]] = [{}, {"language": "de"}, {"tenant": "other"}]
    for view in [*views, {"base_url": "https://x.test"}]:
        server = Server(ok(["x"]))
        esi = client(server, time, cache=cache, **view)
        await esi.get(STATUS, shape=list[str])
        assert len(server.requests) == 1


# -- shapes and statuses --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"contract_id": 1}, "array"),
        ([{"contract_id": "x"}], r"\$\[0\]\.contract_id"),
        ([{"contract_id": 1}, {"price": 2}], r"contract_id.*\$\[1\]"),
        ([{"contract_id": 1, "price": "much"}], r"\$\[0\]\.price"),
        ([{"contract_id": 1.5}], r"\$\[0\]\.contract_id"),
    ],
)
async def test_a_wrong_shape_names_the_route_and_the_place_and_is_not_kept(
    time: Time, body: Any, path: str
) -> None:
    server = Server(ok(body), ok([{"contract_id": 7}]))
    async with client(server, time) as esi:
        with pytest.raises(ShapeError, match=path) as caught:
            await esi.get(LIST, FORGE, shape=list[Row])
        assert LIST.path in caught.value.message
        assert caught.value.hint
        answer = await esi.get(LIST, FORGE, shape=list[Row])
    assert answer.value == [Row(7)]
    assert server.validators == [None, None]


@pytest.mark.parametrize(
    "body", [b"[1, 2", b"null", b"[1] x", b"\xff\xfe", b"nothing", b'["a\x00"]']
)
async def test_a_body_that_is_not_json_is_a_wrong_shape(time: Time, body: bytes) -> None:
    async with client(Server(httpx.Response(200, content=body)), time) as esi:
        with pytest.raises(ShapeError):
            await esi.get(LIST, FORGE, shape=INTS)


@pytest.mark.parametrize("body", [b"", b"  \n", b"<!DOCTYPE html><p>Log in", b"\r\n<html>"])
@pytest.mark.parametrize("status", [200, 203])
async def test_a_page_of_a_proxy_is_not_esi(time: Time, body: bytes, status: int) -> None:
    server = Server(httpx.Response(status, content=body), ok([1]))
    async with client(server, time, max_retries=0) as esi:
        with pytest.raises(UnreachableError, match=r"esi\.test"):
            await esi.get(LIST, FORGE, shape=INTS)
        assert (await esi.get(LIST, FORGE, shape=INTS)).value == [1]


async def test_a_body_is_read_whatever_kind_of_success_it_is(time: Time) -> None:
    async with client(Server(httpx.Response(203, json=[1])), time) as esi:
        assert (await esi.get(LIST, FORGE, shape=INTS)).value == [1]


@pytest.mark.parametrize(
    ("reply", "status", "detail"),
    [
        (httpx.Response(204), 204, ""),
        (error(403, "Contract not public"), 403, "Contract not public"),
        (error(404, "Contract not found!"), 404, "Contract not found!"),
    ],
)
async def test_statuses_that_are_answers(
    time: Time, reply: httpx.Response, status: int, detail: str
) -> None:
    async with client(server := Server(reply), time) as esi:
        answer = await esi.get(LIST, FORGE, shape=INTS, accept=frozenset((403, 404)))
    assert (answer.value, answer.status, answer.detail) == (None, status, detail)
    assert len(server.requests) == 1


async def test_an_error_that_is_an_answer_is_not_kept_as_one(time: Time) -> None:
    async with client(server := Server(error(404, "gone")), time) as esi:
        for _ in range(2):
            answer = await esi.get(LIST, FORGE, shape=dict, accept=frozenset((404,)))
            assert (answer.value, answer.status) == (None, 404)
    assert len(server.requests) == 2


async def test_a_status_that_is_not_accepted_is_an_error_with_esis_words(time: Time) -> None:
    async with client(Server(error(403, "Contract not public")), time) as esi:
        with pytest.raises(AnswerError, match="Contract not public") as caught:
            await esi.get(LIST, FORGE, shape=INTS, accept=frozenset((404,)))
    assert (caught.value.status, caught.value.detail) == (403, "Contract not public")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirection_is_not_followed(time: Time, status: int) -> None:
    moved = httpx.Response(status, headers={"location": "https://elsewhere.test/"})
    async with client(server := Server(moved), time) as esi:
        with pytest.raises(UnreachableError) as caught:
            await esi.get(LIST, FORGE, shape=INTS)
    assert "elsewhere.test" in (caught.value.hint or "")
    assert len(server.requests) == 1


# -- post -----------------------------------------------------------------------------------------


async def test_a_question_by_post_is_never_kept(time: Time) -> None:
    async with client(server := Server(ok([{"contract_id": 1}])), time) as esi:
        for _ in range(2):
            assert (await esi.post(NAMES, [1, 2], shape=list[Row])).value == [Row(1)]
    assert [(r.method, r.content) for r in server.requests] == [("POST", b"[1,2]")] * 2
    assert server.requests[0].headers["content-type"] == "application/json"
    assert server.requests[0].headers["content-length"] == "5"


# -- pages ----------------------------------------------------------------------------------------


def listed(*bodies: list[int]) -> Server:
    """A list of as many pages."""

    def answer(request: httpx.Request) -> httpx.Response:
        page = int(request.url.params["page"])
        if page > len(bodies):
            return error(404, "Requested page does not exist!")
        return ok(bodies[page - 1], etag=f'"{page}"', x_pages=str(len(bodies)))

    return Server(answer)


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


@pytest.mark.parametrize("text", ["", "x", "0", "-3", "1e3"])
async def test_a_senseless_number_of_pages_is_one(time: Time, text: str) -> None:
    async with client(Server(ok([1], x_pages=text)), time) as esi:
        listing = await esi.pages(LIST, FORGE, shape=INTS)
    assert (listing.rows, listing.whole, listing.pages) == ([1], True, 1)


async def test_no_more_pages_are_asked_for_than_a_list_can_have(time: Time) -> None:
    async with client(server := Server(ok([1], x_pages="1000000000")), time) as esi:
        with pytest.raises(ShapeError, match="1000000000 pages"):
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


# -- what is kept ---------------------------------------------------------------------------------


async def test_a_second_client_finds_what_the_first_one_kept(time: Time, tmp_path: Path) -> None:
    server = listed([1, 2], [3])
    for _ in range(2):
        cache = ResponseCache(tmp_path, clock=time)
        async with client(server, time, cache=cache) as esi:
            assert (await esi.pages(LIST, FORGE, shape=INTS)).rows == [1, 2, 3]
    assert len(server.requests) == 2
    assert esi.usage.cached == 2


async def test_many_answers_are_written_while_it_runs(time: Time, tmp_path: Path) -> None:
    cache = ResponseCache(tmp_path, clock=time)
    async with client(Server(ok([1])), time, cache=cache, concurrency=5) as esi:
        async for _ in esi.each(range(450), lambda n: esi.get(LIST, {"region_id": n}, shape=INTS)):
            pass
    fresh = ResponseCache(tmp_path, clock=time)
    kept = [
        fresh.get(f"tranquility|en|2026-08-18|https://esi.test/contracts/public/{n}")
        for n in range(450)
    ]
    assert all(kept)
    fresh.close()


async def test_an_answer_whose_kept_shape_is_no_longer_known_is_asked_anew(time: Time) -> None:
    server = Server(ok([1]), ok([{"contract_id": 1}]))
    async with client(server, time) as esi:
        await esi.get(LIST, FORGE, shape=INTS)
        assert (await esi.get(LIST, FORGE, shape=list[Row])).value == [Row(1)]
    assert server.validators == [None, None]


async def test_moments_are_decoded_as_moments(time: Time) -> None:
    async with client(Server(ok(["2026-09-15T15:00:00Z"])), time) as esi:
        answer = await esi.get(STATUS, shape=list[datetime])
    assert answer.value == [datetime(2026, 9, 15, 15, tzinfo=UTC)]
