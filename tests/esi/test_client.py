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

from eveobs.errors import AnswerError, ShapeError, UnreachableError
from eveobs.esi.cache import ResponseCache
from eveobs.esi.route import Route
from tests.esi.fakes import (
    LIST,
    NAMES,
    START,
    STATUS,
    Server,
    Time,
    client,
    error,
    listed,
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
