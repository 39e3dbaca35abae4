"""What is safe is tried again, later each time; what a limit says is obeyed; a host that does not
answer is left alone.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from eveobs.errors import (
    AnswerError,
    DowntimeError,
    EveobsError,
    LimitError,
    ShapeError,
    UnreachableError,
)
from eveobs.esi.cache import ResponseCache
from eveobs.esi.client import EsiClient
from eveobs.esi.freshness import http_date
from eveobs.esi.resilience import BACKOFF_CAP, BACKOFF_START
from eveobs.esi.route import Route
from eveobs.esi.shared_limits import SharedLimits
from eveobs.settings import Esi
from tests.esi.fakes import (
    BASE,
    GROUPED,
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
)

pytestmark = pytest.mark.unit

MAIL = Route("POST", "/characters/{character_id}/mail", 0, "", "char-social", 600, 900)
FAILING = [
    error(500, "Internal"),
    error(502),
    error(503),
    error(504),
    error(520),
    error(408),
    httpx.Response(502, content=b"<html>Bad gateway</html>"),
    httpx.ConnectError("refused"),
    httpx.ReadTimeout("slow"),
    httpx.RemoteProtocolError("cut off"),
    OSError("network is unreachable"),
]


async def status(esi: EsiClient, route: Route = STATUS) -> Any:
    answer = await esi.get(route, {} if route is STATUS else {"character_id": 1}, shape=dict)
    return answer.value


@pytest.mark.parametrize("failure", FAILING)
async def test_trouble_is_tried_again_later_each_time(
    time: Time, failure: httpx.Response | Exception
) -> None:
    server = Server(failure, failure, failure, ok({"players": 1}))
    async with client(server, time) as esi:
        assert await status(esi) == {"players": 1}
    assert len(server.requests) == esi.usage.requests == 4
    assert len(time.slept) == 3
    for attempt, seconds in enumerate(time.slept, 1):
        assert 0 <= seconds <= BACKOFF_START * 2**attempt


@pytest.mark.parametrize("failure", FAILING)
async def test_trouble_that_lasts_is_an_error(
    time: Time, failure: httpx.Response | Exception
) -> None:
    server = Server(failure)
    async with client(server, time, max_retries=6) as esi:
        with pytest.raises(UnreachableError) as caught:
            await status(esi)
    assert len(server.requests) == 7
    assert caught.value.hint
    assert max(time.slept) <= BACKOFF_CAP


async def test_no_retries_means_none(time: Time) -> None:
    async with client(server := Server(error(502)), time, max_retries=0) as esi:
        with pytest.raises(UnreachableError):
            await status(esi)
    assert len(server.requests) == 1
    assert not time.slept


@pytest.mark.parametrize("code", [400, 401, 403, 404, 409, 422])
async def test_what_is_wrong_with_the_request_is_not_tried_again(time: Time, code: int) -> None:
    async with client(server := Server(error(code, "no")), time) as esi:
        with pytest.raises(AnswerError, match=f"answered {code}: no"):
            await status(esi)
    assert len(server.requests) == 1


async def test_a_question_by_post_is_tried_again(time: Time) -> None:
    server = Server(httpx.ReadTimeout("slow"), error(502), ok([]))
    async with client(server, time) as esi:
        await esi.post(NAMES, [1], shape=list[int])
    assert [request.content for request in server.requests] == [b"[1]"] * 3


@pytest.mark.parametrize("failure", [httpx.ReadTimeout("slow"), error(502)])
async def test_what_would_be_done_twice_is_not_tried_again(
    time: Time, failure: httpx.Response | Exception
) -> None:
    assert not MAIL.safe
    async with client(server := Server(failure), time) as esi:
        with pytest.raises(UnreachableError):
            await esi._sender.ask(MAIL, "/characters/1/mail", {}, b"{}")
    assert len(server.requests) == 1


@pytest.mark.parametrize("route", [STATUS, GROUPED])
async def test_never_more_is_under_way_than_allowed(time: Time, route: Route) -> None:
    under_way: list[int] = []
    most = 0

    async def answer(request: httpx.Request) -> httpx.Response:
        nonlocal most
        under_way.append(1)
        most = max(most, len(under_way))
        for _ in range(3):
            await asyncio.sleep(0)
        under_way.pop()
        return ok({})

    async with client(answer, time, concurrency=4) as esi:
        asked = [{"character_id": n} if route is GROUPED else {"n": n} for n in range(40)]
        await asyncio.gather(*(esi.get(route, some, shape=dict) for some in asked))
    assert most == 4


# -- limits ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("route", [STATUS, GROUPED])
@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (error(420, "exceeded", x_esi_error_limit_reset="37"), 37),
        (error(420, "exceeded", retry_after="12"), 12),
        (error(420, "exceeded"), 60),
        (error(420, "exceeded", x_esi_error_limit_reset="soon"), 60),
        (error(429, "Too many", retry_after="90"), 90),
        (error(429, "Too many", retry_after=http_date(START + 30), date=http_date(START)), 30),
        (error(429, "Too many", retry_after="0"), 1),
        (error(429, "Too many"), 60),
        (error(520, 'ConStopSpamming, details: {"remainingTime": 12038505}'), 12.038505),
        (error(520, "ConStopSpamming"), 10),
    ],
)
async def test_a_limit_is_waited_for_as_told(
    time: Time, route: Route, reply: httpx.Response, told: float
) -> None:
    server, seen = Server(reply, ok({})), Warnings()
    async with client(server, time, max_retries=0, progress=seen) as esi:
        await status(esi, route)
    assert told <= time.now - START <= told + 2
    assert len(server.requests) == 2
    assert told <= sum(seconds for seconds, _ in seen.waits) or told == 1


async def test_420_holds_for_every_route(time: Time) -> None:
    limited = error(420, "exceeded", x_esi_error_limit_reset="40")
    asked: list[float] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(time.now)
        return limited if len(asked) == 1 else ok({})

    async with client(answer, time) as esi:
        await asyncio.gather(status(esi), status(esi, GROUPED))
    assert len(asked) == 3
    assert min(asked[1:]) >= START + 40


class HeldTime(Time):
    """Whoever sleeps does so until the test says that the time has passed."""

    def __init__(self) -> None:
        super().__init__()
        self.asleep, self.passed = asyncio.Event(), asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        self.asleep.set()
        await self.passed.wait()
        await super().sleep(seconds)


async def test_429_holds_for_its_group_alone() -> None:
    time = HeldTime()
    server = Server(error(429, "Too many", retry_after="40"), ok({}))
    async with client(server, time) as esi:
        with_group = asyncio.create_task(status(esi, GROUPED))
        await time.asleep.wait()
        assert await status(esi) == {}
        assert time.now == START
        time.passed.set()
        await with_group
    assert time.now >= START + 40


@pytest.mark.parametrize("told", ["901", "100000"])
async def test_a_limit_that_lasts_ends_the_run_and_says_until_when(time: Time, told: str) -> None:
    async with client(server := Server(error(429, "Too many", retry_after=told)), time) as esi:
        with pytest.raises(LimitError) as caught:
            await status(esi, GROUPED)
        assert caught.value.retry_at == START + min(float(told), 3600)
        with pytest.raises(LimitError):
            await status(esi, GROUPED)
    assert len(server.requests) == 1
    assert not time.slept


async def test_a_limit_that_never_ends_is_not_waited_for_for_ever(time: Time) -> None:
    async with client(server := Server(error(429, "Too many", retry_after="1")), time) as esi:
        with pytest.raises(LimitError):
            await status(esi)
    assert len(server.requests) < 30


async def test_errors_are_slowed_down_before_the_limit_is_reached(time: Time) -> None:
    left = [100]
    window = [START]

    def answer(request: httpx.Request) -> httpx.Response:
        if time.now >= window[0] + 60:
            left[0], window[0] = 100, time.now
        left[0] -= 1
        assert left[0] > 0, "the error limit was reached"
        return error(
            404,
            "Contract not found!",
            x_esi_error_limit_remain=str(left[0]),
            x_esi_error_limit_reset=str(int(window[0] + 60 - time.now)),
        )

    async with client(answer, time) as esi:

        async def ask(number: int) -> None:
            await esi.get(LIST, {"region_id": number}, shape=list, accept=frozenset((404,)))

        async for _ in esi.each(range(250), ask):
            pass
    assert time.now - START >= 120


# -- trouble --------------------------------------------------------------------------------------


async def test_retry_after_is_obeyed_in_trouble_too(time: Time) -> None:
    async with client(Server(error(503, "busy", retry_after="17"), ok({})), time) as esi:
        await status(esi)
    assert time.slept[0] >= 17


async def test_trouble_that_is_to_last_is_not_waited_for(time: Time) -> None:
    async with client(server := Server(error(503, "busy", retry_after="900")), time) as esi:
        with pytest.raises(UnreachableError):
            await status(esi)
    assert len(server.requests) == 1


async def test_the_downtime_is_said_to_be_one(time: Time) -> None:
    away = error(503, "The datasource tranquility is temporarily unavailable")
    async with client(server := Server(away), time) as esi:
        with pytest.raises(DowntimeError) as caught:
            await status(esi)
    assert len(server.requests) == 3
    assert "11:00 UTC" in (caught.value.hint or "")


async def test_a_host_that_blinks_costs_a_retry_and_nothing_more(time: Time) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if len(server.requests) <= 20:
            raise httpx.ConnectError("refused")
        return ok([])

    server = Server(answer)
    async with client(server, time, concurrency=20) as esi:
        found = [
            result
            async for _, result in esi.each(
                range(60), lambda n: esi.get(LIST, {"region_id": n}, shape=list)
            )
        ]
    assert not [result for result in found if isinstance(result, EveobsError)]
    assert len(server.requests) == 80


async def test_a_host_that_is_dead_is_left_alone_and_tried_again_after_a_rest(time: Time) -> None:
    server = Server(httpx.ConnectError("refused"))
    async with client(server, time, concurrency=2, max_retries=1) as esi:

        async def ask_many(number: int) -> int:
            asked = len(server.requests)
            results = esi.each(range(number), lambda n: esi.get(LIST, {"region_id": n}, shape=list))
            assert all([isinstance(result, UnreachableError) async for _, result in results])
            return len(server.requests) - asked

        first = await ask_many(500)
        assert first < 20
        assert await ask_many(100) == 0
        time.now += 31
        assert await ask_many(100) == 1
        time.now += 31
        server.answers = [ok({})]
        await status(esi)
        await status(esi, GROUPED)


async def test_an_answer_however_bad_shows_that_the_host_lives(time: Time) -> None:
    answers = [error(404, "no"), ok({})]
    server = Server(*[httpx.ConnectError("refused")] * 5, *answers)
    async with client(server, time, concurrency=1, max_retries=0) as esi:
        for _ in range(5):
            with pytest.raises(UnreachableError):
                await status(esi)
        with pytest.raises(AnswerError):
            await status(esi)
        server.answers = [httpx.ConnectError("refused")]
        for _ in range(9):
            with pytest.raises(UnreachableError):
                await status(esi)
        server.answers = [ok({})]
        assert await status(esi) == {}


async def test_a_body_that_is_too_large_is_not_asked_for_again(time: Time) -> None:
    large = httpx.Response(200, stream=httpx.ByteStream(b" " * (64 * 1024 * 1024 + 1)))
    async with client(server := Server(large), time) as esi:
        with pytest.raises(ShapeError, match="more bytes"):
            await status(esi)
    assert len(server.requests) == 1


async def test_usage_counts_what_was_sent_and_received(time: Time) -> None:
    server = Server(error(502, "x"), ok({"a": 1}))
    async with client(server, time) as esi:
        await status(esi, GROUPED)
    assert esi.usage.requests == 2
    assert esi.usage.bytes == len(b'{"error":"x"}') + len(b'{"a":1}')
    assert esi.usage.tokens == 2


async def test_a_host_that_is_left_alone_is_told_to_others_and_so_is_its_return(
    tmp_path: Path, time: Time
) -> None:
    shared = SharedLimits(tmp_path, BASE, clock=time)
    others = SharedLimits(tmp_path, BASE, clock=time)
    server = Server(httpx.ConnectError("refused"))
    settings = Esi(base_url=BASE, max_retries=0, concurrency=1)
    async with EsiClient(
        settings,
        ResponseCache(None, clock=time),
        transport=httpx.MockTransport(server),
        clock=time,
        sleep=time.sleep,
        limits=shared,
    ) as esi:
        for _ in range(9):
            with pytest.raises(UnreachableError):
                await status(esi)
        assert others.look().open_circuit(time.now) is None
        with pytest.raises(UnreachableError):
            await status(esi)
        circuit = others.look().open_circuit(time.now)
        assert circuit is not None
        assert circuit.until == time.now + 30
        assert "esi.test" in circuit.why
        asked = len(server.requests)
        with pytest.raises(UnreachableError):
            await status(esi)
        assert len(server.requests) == asked
        time.now += 31
        assert others.look().open_circuit(time.now) is None
        server.answers = [ok({})]
        await status(esi)
        assert others.look().circuit is None
    others.close()


async def test_what_is_not_sent_any_more_names_no_other_request(time: Time) -> None:
    server = Server(httpx.ConnectError("refused"))
    async with client(server, time, max_retries=0, concurrency=1) as esi:
        for number in range(10):
            with pytest.raises(UnreachableError, match=f"/contracts/public/{number}\\b"):
                await esi.pages(LIST, {"region_id": number}, shape=list[int])
        with pytest.raises(UnreachableError) as caught:
            await esi.pages(LIST, {"region_id": 10}, shape=list[int])
    assert len(server.requests) == 10
    assert caught.value.message.startswith("not sent after other requests failed: ")
    assert "/contracts/public/{region_id}" in caught.value.message
    assert "/contracts/public/9" not in caught.value.message
