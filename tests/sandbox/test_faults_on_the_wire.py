"""Faults over a real socket: the client sees a connection that misbehaves, and then one that works."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from multidict import CIMultiDict

from eveobs.sandbox.faults.delivery import head
from eveobs.sandbox.faults.spec import parse
from eveobs.sandbox.messages import Reply
from eveobs.sandbox.server import Sandbox
from eveobs.sandbox.world import World

pytestmark = pytest.mark.integration

PATH = "/contracts/public/10000002"


@pytest.fixture
async def sandbox(world: World) -> AsyncIterator[Sandbox]:
    async with Sandbox(world) as started:
        yield started


async def get(sandbox: Sandbox, path: str = PATH) -> tuple[int, bytes]:
    """On a connection of its own."""
    async with aiohttp.ClientSession(sandbox.url) as client, client.get(path) as response:
        return response.status, await response.read()


def goes_wrong(sandbox: Sandbox, *specs: str) -> None:
    sandbox.faults.replace([parse(spec) for spec in specs])


async def get_when_it_listens(sandbox: Sandbox) -> tuple[int, bytes]:
    for _ in range(100):
        try:
            return await get(sandbox)
        except aiohttp.ClientConnectorError:
            await asyncio.sleep(0.02)
    pytest.fail("nobody listens any more")


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        ("reset", "reset by peer"),
        ("refused:seconds=0.1", "Connect call failed|disconnected|reset by peer"),
        ("hang:seconds=0.1", "disconnected"),
        ("close", "not completed"),
        ("close:part=0", "not completed"),
    ],
)
async def test_no_whole_answer_comes_and_then_one(
    sandbox: Sandbox, spec: str, problem: str
) -> None:
    _, honest = await get(sandbox)
    sandbox.requests.reset()
    goes_wrong(sandbox, spec)
    with pytest.raises(aiohttp.ClientError, match=problem):
        await get(sandbox)
    goes_wrong(sandbox)
    assert await get_when_it_listens(sandbox) == (200, honest)
    unanswered = sandbox.requests.count(status=0)
    assert unanswered in ({0} if "close" in spec else {1, 2})  # aiohttp may have tried twice


async def test_nobody_listens_for_a_while(sandbox: Sandbox) -> None:
    goes_wrong(sandbox, "refused:seconds=0.3,times=1,after=1")
    async with aiohttp.ClientSession(sandbox.url) as kept, kept.get("/status") as first:
        assert first.status == 200
        hit = asyncio.create_task(get(sandbox))
        with pytest.raises(aiohttp.ClientError):
            await hit
        started = time.perf_counter()
        with pytest.raises(aiohttp.ClientConnectorError):
            await kept.get("/status")
    assert (await get_when_it_listens(sandbox))[0] == 200
    assert 0.2 < time.perf_counter() - started < 1


async def test_it_stops_while_nobody_listens(world: World) -> None:
    sandbox = Sandbox(world, faults=[parse("refused:seconds=60")])
    await sandbox.start()
    with pytest.raises(aiohttp.ClientError):
        await get(sandbox)
    await sandbox.stop()
    await sandbox.start()
    await asyncio.wait_for(sandbox.stop(), 1)


async def test_somebody_else_has_the_port_meanwhile(sandbox: Sandbox) -> None:
    goes_wrong(sandbox, "refused:seconds=0.05,times=1")
    with pytest.raises(aiohttp.ClientError):
        await get(sandbox)
    port = int(sandbox.url.rpartition(":")[2])
    other = await asyncio.start_server(lambda *_: None, "127.0.0.1", port)
    await asyncio.sleep(0.2)
    other.close()
    await other.wait_closed()
    assert (await get_when_it_listens(sandbox))[0] == 200


@pytest.mark.parametrize("spec", ["slow-headers:seconds=0.3", "drip:seconds=0.3"])
async def test_what_is_slow_is_whole(sandbox: Sandbox, spec: str) -> None:
    honest = await get(sandbox)
    goes_wrong(sandbox, spec)
    async with aiohttp.ClientSession(sandbox.url) as client:
        started = time.perf_counter()
        async with client.get(PATH) as response:
            headers_after = time.perf_counter() - started
            assert (response.status, await response.read()) == honest
            assert response.headers["ETag"]
        assert time.perf_counter() - started >= 0.3
    assert (headers_after >= 0.3) is spec.startswith("slow")


def test_a_status_that_http_has_no_words_for() -> None:
    reply = Reply(520, CIMultiDict({"Etag": "x"}), b"")
    assert head(reply, 3).startswith(b"HTTP/1.1 520 Unknown\r\nEtag: x\r\nContent-Length: 3\r\n")


async def test_a_huge_body(sandbox: Sandbox) -> None:
    goes_wrong(sandbox, "huge:megabytes=3")
    status, body = await get(sandbox)
    assert (status, len(body), body.strip(b"[] ")) == (200, (3 << 20) + 2, b"")


async def test_a_client_that_leaves_is_noticed(sandbox: Sandbox) -> None:
    goes_wrong(sandbox, "huge:megabytes=500,times=1", "hang:seconds=60,times=1")
    async with aiohttp.ClientSession(sandbox.url) as client:
        response = await client.get(PATH)
        response.close()
        with pytest.raises(asyncio.TimeoutError):
            await client.get(PATH, timeout=aiohttp.ClientTimeout(total=0.1))
    started = time.perf_counter()
    await sandbox.stop()
    assert time.perf_counter() - started < 1


class TestControl:
    async def ask(self, sandbox: Sandbox, method: str, body: Any = None) -> tuple[int, Any]:
        async with (
            aiohttp.ClientSession(sandbox.url) as client,
            client.request(method, "/_sandbox/faults", data=body) as response,
        ):
            return response.status, await response.json()

    async def test_faults_are_set_shown_and_ended(self, sandbox: Sandbox) -> None:
        body = b'["500:times=2", {"fault": "reset", "route": "/status", "every": 2}]'
        assert (await self.ask(sandbox, "POST", body))[0] == 200
        assert [(await get(sandbox))[0] for _ in range(3)] == [500, 500, 200]
        status, told = await self.ask(sandbox, "GET")
        assert status == 200
        assert [(one["fault"], one["matched"], one["hits"]) for one in told] == [
            ("500", 3, 2),
            ("reset", 0, 0),
        ]
        assert told[1]["every"] == 2
        assert await self.ask(sandbox, "DELETE") == (200, [])
        assert (await get(sandbox))[0] == 200

    @pytest.mark.parametrize(
        ("body", "message"),
        [
            (b'["rest"]', "'reset'"),
            (b'[{"fault": "reset", "times": 0}]', "times"),
            (b'[{"times": 1}]', "no fault ''"),
            (b'"reset"', "array"),
            (b"[3]", "Expected"),
            (b"", "Bad request"),
        ],
    )
    async def test_mistakes_change_nothing(
        self, sandbox: Sandbox, body: bytes, message: str
    ) -> None:
        await self.ask(sandbox, "POST", b'["500"]')
        status, told = await self.ask(sandbox, "POST", body)
        assert status == 400
        assert message in told["error"]
        assert len((await self.ask(sandbox, "GET"))[1]) == 1

    async def test_a_start_begins_with_the_faults_that_were_given(self, world: World) -> None:
        sandbox = Sandbox(world, faults=[parse("500:times=1")])
        for _ in range(2):
            async with sandbox:
                assert [(await get(sandbox))[0] for _ in range(2)] == [500, 200]


IMAGE = "/images/types/587/icon"


async def test_what_is_not_esi_is_served_and_counted_too(sandbox: Sandbox) -> None:
    status, body = await get(sandbox, f"{IMAGE}?size=32")
    assert (status, body[:4]) == (200, b"\x89PNG")
    assert sandbox.requests.count(route=IMAGE, status=200) == 1


async def test_what_is_not_esi_fails_as_well(sandbox: Sandbox) -> None:
    goes_wrong(sandbox, "503:route=/images/**,times=1", "close:route=/images/**,times=1")
    assert (await get(sandbox, IMAGE))[0] == 503
    with pytest.raises(aiohttp.ClientError, match="not completed"):
        await get(sandbox, IMAGE)
    assert (await get(sandbox, IMAGE))[0] == 200
