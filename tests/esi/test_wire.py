"""Over real sockets: every request says who asks and for what, time-outs hold, what is not a whole
reply of ESI is an error that names the host, and never more is under way than was allowed.
"""

from __future__ import annotations

import asyncio
import gzip
import ssl
from collections.abc import Callable
from contextlib import aclosing
from typing import Any

import httpx
import pytest

from eveobs import __version__
from eveobs.errors import ConfigError, EveobsError, ShapeError, UnreachableError
from eveobs.esi.aiohttp_line import AiohttpLine
from eveobs.esi.answers import Reply
from eveobs.esi.cache import ResponseCache
from eveobs.esi.client import EsiClient
from eveobs.esi.httpx_line import HttpxLine
from eveobs.esi.line import BrokenError
from eveobs.esi.trust import verified
from eveobs.esi.wire import Wire
from eveobs.sandbox.server import Sandbox
from eveobs.sandbox.world import World
from eveobs.settings import Esi
from tests.esi.fakes import BASE, LIST, NAMES, START, STATUS, Time
from tests.esi.raw_server import Raw, Talk, answer, saying, served

pytestmark = pytest.mark.integration

BODY = b'{"players":1}'
PACKED = gzip.compress(BODY, mtime=0)
QUICK = {"connect_timeout": 1.0, "read_timeout": 0.15, "total_timeout": 0.4}


async def send(url: str, **settings: Any) -> Reply:
    wire = Wire(Esi(**{"base_url": url, "total_timeout": 20.0, **settings}), "1.0", None)
    try:
        return await wire.send("GET", f"{url}/status", {}, b"")
    finally:
        await wire.close()


# -- what is said ---------------------------------------------------------------------------------


async def test_a_request_says_who_asks_and_what_for() -> None:
    heard: list[httpx.Request] = []

    def answered(request: httpx.Request) -> httpx.Response:
        heard.append(request)
        return httpx.Response(200, content=BODY)

    settings = Esi(base_url=BASE, contact="pilot@evetest.example", language="de")
    wire = Wire(settings, __version__, httpx.MockTransport(answered))
    await wire.send("GET", f"{BASE}/status?a=b", {"if-none-match": 'W/"1"'}, b"")
    await wire.send("POST", f"{BASE}/universe/names", {"content-type": "application/json"}, b"[1]")
    get, post = heard
    assert dict(get.headers) == {
        "host": "esi.test",
        "user-agent": f"eveobs/{__version__} (pilot@evetest.example)",
        "accept": "application/json",
        "accept-encoding": "gzip",
        "accept-language": "de",
        "x-tenant": "tranquility",
        "x-compatibility-date": "2026-08-18",
        "if-none-match": 'W/"1"',
    }
    assert str(get.url) == f"{BASE}/status?a=b"
    assert get.extensions["timeout"] == {"connect": 10, "read": 30, "write": 30, "pool": None}
    assert post.content == b"[1]"
    assert post.headers["content-length"] == "3"


async def test_headers_go_over_the_wire_once_and_nothing_else_does() -> None:
    async with served(saying(answer(BODY), stay=True)) as raw:
        await send(raw.url)
    lines = raw.requests[0].decode().lower().split("\r\n")
    names = [line.partition(":")[0] for line in lines[1:] if line]
    assert lines[0] == "get /status http/1.1"
    assert sorted(names) == [
        "accept",
        "accept-encoding",
        "accept-language",
        "host",
        "user-agent",
        "x-compatibility-date",
        "x-tenant",
    ]


async def test_without_a_contact_the_user_agent_has_none() -> None:
    async with served(saying(answer(BODY))) as raw:
        await send(raw.url)
    assert b"User-Agent: eveobs/1.0\r\n" in raw.requests[0].replace(b"user-agent", b"User-Agent")


async def test_a_base_url_that_is_none_is_a_wrong_setting() -> None:
    with pytest.raises(ConfigError, match=r"esi\.base_url"):
        Wire(Esi(base_url="https://a..ü.test"), "1", None)


# -- what comes back ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said",
    [
        answer(BODY),
        answer(PACKED, "Content-Encoding: gzip"),
        answer(PACKED, "content-encoding: GZIP "),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nd\r\n" + BODY + b"\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n" + BODY,
        b"HTTP/1.0 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + PACKED,
    ],
)
async def test_whole_replies(said: bytes) -> None:
    async with served(saying(said)) as raw:
        reply = await send(raw.url)
    assert (reply.status, reply.body) == (200, BODY)


async def test_a_reply_in_many_small_parts_is_whole() -> None:
    said = answer(PACKED, "Content-Encoding: gzip", "X-Pages: 3")
    async with served(saying(*[said[n : n + 1] for n in range(len(said))])) as raw:
        reply = await send(raw.url)
    assert reply.body == BODY
    assert reply.headers["x-pages"] == "3"


@pytest.mark.parametrize(
    "status", ["204 No Content", "304 Not Modified", "403 Forbidden", "404 Not Found"]
)
async def test_replies_without_a_body(status: str) -> None:
    said = f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nContent-Encoding: gzip\r\n\r\n".encode()
    async with served(saying(said)) as raw:
        reply = await send(raw.url)
    assert (str(reply.status), reply.body) == (status[:3], b"")


async def test_a_redirection_is_a_reply_like_any_other() -> None:
    moved = b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"
    async with served(saying(moved)) as raw:
        reply = await send(raw.url)
    assert (reply.status, reply.headers["location"]) == (302, "/elsewhere")
    assert len(raw.requests) == 1


CUT = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (answer(BODY)[:-3], None),
        (answer(PACKED, "Content-Encoding: gzip")[:-3], None),
        (CUT + b"\r\n" + PACKED[:-9], "cut off"),
        (answer(PACKED[:-1], "Content-Encoding: gzip"), "cut off"),
        (answer(b"not gzip", "Content-Encoding: gzip"), "damaged"),
        (answer(BODY, "Content-Encoding: br"), "not asked for"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nd\r\n" + BODY, None),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" + BODY, None),
        (b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n" + BODY, None),
        (b"HTTP/1.1 200", None),
        (b"", None),
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", None),
        (b"\x16\x03\x01\x00\xa5\x01\x00", None),
        (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000 + b"\r\n\r\n", None),
        (b"HTTP/9.9 abc \xff\xfe\r\n\r\n", None),
        (answer(b""), "empty body"),
        (answer(b"<!doctype html><h1>Sign in</h1>"), "web page"),
    ],
)
async def test_what_is_not_a_whole_reply_is_an_error_that_names_the_host(
    said: bytes, words: str | None
) -> None:
    async with served(saying(said)) as raw:
        with pytest.raises(UnreachableError, match=words) as caught:
            await send(raw.url)
    assert caught.value.message.startswith("127.0.0.1: ")
    assert caught.value.message.endswith("(GET /status)")
    assert caught.value.hint


async def test_a_bomb_is_not_unpacked() -> None:
    bomb = gzip.compress(bytes(80 * 1024 * 1024), compresslevel=1)
    async with served(saying(answer(bomb, "Content-Encoding: gzip"))) as raw:
        with pytest.raises(ShapeError, match="more bytes"):
            await send(raw.url)


# -- time -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parts", "pause", "words"),
    [
        ((), 30, None),
        ((b"HTTP/1.1 200 OK\r\n",), 30, None),
        ((answer(BODY)[:-2],), 30, None),
        ([answer(BODY)[n : n + 1] for n in range(50)], 0.03, "no answer within 0.4 seconds"),
    ],
)
async def test_a_server_that_hangs_or_drips_is_given_up(
    parts: tuple[bytes, ...], pause: float, words: str | None
) -> None:
    async with served(saying(*(parts or (b"",)), pause=pause)) as raw:
        before = asyncio.get_running_loop().time()
        with pytest.raises(UnreachableError, match=words):
            await send(raw.url, **QUICK)
        assert asyncio.get_running_loop().time() - before < 5


async def test_nobody_at_home() -> None:
    async with served(saying(b"")) as raw:
        pass
    with pytest.raises(UnreachableError, match=r"127\.0\.0\.1"):
        await send(raw.url)


async def test_a_name_that_does_not_exist() -> None:
    with pytest.raises(UnreachableError, match=r"nowhere\.invalid"):
        await send("http://nowhere.invalid", total_timeout=5)


async def test_tls_is_verified() -> None:
    async with served(saying(answer(BODY))) as raw:
        with pytest.raises(UnreachableError):
            await send(raw.url.replace("http:", "https:"), total_timeout=5)
    assert verified().verify_mode is ssl.CERT_REQUIRED
    assert verified().check_hostname


# -- the pool -------------------------------------------------------------------------------------


def counting(most: list[int]) -> Callable[[Raw], Talk]:
    """Counts in `most` how many requests are under way at once."""
    under_way = 0

    def talk(raw: Raw) -> Talk:
        async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal under_way
            while True:
                await raw.heard(reader)
                under_way += 1
                most.append(under_way)
                await asyncio.sleep(0.005)
                under_way -= 1
                writer.write(answer(b"[]"))

        return speak

    return talk


def real_client(url: str, **settings: Any) -> EsiClient:
    return EsiClient(Esi(base_url=url, **settings), ResponseCache(None))


async def get(esi: EsiClient, region: int) -> Any:
    return (await esi.get(LIST, {"region_id": region}, shape=list[int])).value


async def test_never_more_is_under_way_than_allowed_on_as_many_connections() -> None:
    most: list[int] = []
    async with served(counting(most)) as raw, real_client(raw.url, concurrency=4) as esi:
        results = [r async for _, r in esi.each(range(40), lambda n: get(esi, n))]
        both = await asyncio.gather(*(get(esi, 100 + n) for n in range(20)))
    assert results + list(both) == [[]] * 60
    assert max(most) == 4
    assert raw.connections == 4


async def test_a_consumer_that_stops_leaves_no_request_under_way() -> None:
    most: list[int] = []
    async with served(counting(most)) as raw, real_client(raw.url, concurrency=4) as esi:
        async with aclosing(esi.each(range(1000), lambda n: get(esi, n))) as results:
            async for _ in results:
                break
        asked = len(raw.requests)
        await asyncio.sleep(0.05)
        assert len(raw.requests) == asked < 20


async def test_a_connection_that_was_given_up_is_not_used_again() -> None:
    def talk(raw: Raw) -> Talk:
        async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            first = raw.connections == 1
            while True:
                await raw.heard(reader)
                if first:
                    await asyncio.sleep(0.3)
                writer.write(answer(b"[1]" if first else b"[2]"))

        return speak

    async with served(talk) as raw, real_client(raw.url, concurrency=1, **QUICK) as esi:
        assert await get(esi, 1) == [2]
        await asyncio.sleep(0.2)
        assert await get(esi, 2) == [2]


async def test_a_server_that_closes_idle_connections_is_asked_anew() -> None:
    async with served(saying(answer(b"[1]"))) as raw, real_client(raw.url, max_retries=0) as esi:
        for region in range(3):
            assert await get(esi, region) == [1]
            await asyncio.sleep(0.01)
    assert raw.connections == 3


def aiohttp_line(url: str) -> AiohttpLine:
    return AiohttpLine(url, {}, connections=1, connect=1.0, read=1.0)


async def test_closing_twice_is_no_harm() -> None:
    async with served(saying(answer(BODY))) as raw:
        line = aiohttp_line(raw.url)
        await line.close()
        assert (await line.exchange("GET", raw.url, {}, b"")).body == BODY
        await line.close()
        await line.close()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://127.0.0.1:1/", "cannot connect"),
        ("http://nowhere.invalid/", "cannot connect"),
        ("ftp://127.0.0.1/", "the connection was lost: ftp://127.0.0.1/"),
    ],
)
async def test_what_the_network_did_is_told_in_words(url: str, words: str) -> None:
    line = aiohttp_line(url)
    with pytest.raises(BrokenError, match=words):
        await line.exchange("GET", url, {}, b"")
    await line.close()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (httpx.ConnectTimeout("x"), "no connection within 3 seconds"),
        (httpx.ReadTimeout("x"), "no answer within 4 seconds"),
        (httpx.ConnectError("x"), "cannot connect: x"),
        (httpx.RemoteProtocolError("x"), "the connection ended before the whole answer had come"),
        (httpx.WriteError("x"), "the connection was lost: x"),
        (
            ConnectionResetError(104, "Connection reset"),
            "the connection was lost: Connection reset",
        ),
    ],
)
async def test_a_transport_of_httpx_has_the_same_words(error: Exception, words: str) -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        raise error

    line = HttpxLine(httpx.MockTransport(fail), {}, connect=3.0, read=4.0)
    with pytest.raises(BrokenError, match=words):
        await line.exchange("GET", BASE, {}, b"")
    await line.close()


# -- with the sandbox -----------------------------------------------------------------------------


async def test_a_whole_market_twice_and_once_more_after_it_expired(world: World) -> None:
    time = Time(START)
    async with Sandbox(world, clock=time) as sandbox:
        cache = ResponseCache(None, clock=time)
        esi = EsiClient(Esi(base_url=sandbox.url), cache, clock=time, sleep=time.sleep)
        async with esi:
            first = await esi.pages(LIST, {"region_id": 10000002}, shape=list[Any])
            asked = sandbox.requests.total
            again = await esi.pages(LIST, {"region_id": 10000002}, shape=list[Any])
            assert sandbox.requests.total == asked == first.pages
            assert again == first
            time.now += 1801
            later = await esi.pages(LIST, {"region_id": 10000002}, shape=list[Any])
        assert first.whole
        assert later.whole
        assert sandbox.requests.total == asked + later.pages


async def test_names_are_asked_by_post(world: World) -> None:
    async with Sandbox(world) as sandbox, real_client(sandbox.url) as esi:
        answered = await esi.post(NAMES, [10000002], shape=list[dict[str, Any]])
        assert answered.value == [{"category": "region", "id": 10000002, "name": "The Forge"}]
        with pytest.raises(EveobsError, match="valid"):
            await esi.post(NAMES, [10000002, 1], shape=list[Any])
        assert (await esi.get(STATUS, shape=dict[str, Any])).value


@pytest.fixture(scope="module")
def world() -> World:
    return World.generate(seed=7, contracts=1200, regions=[10000002])
