"""`watch --listen` has no sign-in: what strangers send never keeps a monitor, or the watch, out."""

from __future__ import annotations

import asyncio
import logging
import resource
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from eveobs.operate.watch import serving as module
from eveobs.operate.watch.condition import Condition
from eveobs.operate.watch.serving import MAX_CONNECTIONS, Place, serving
from tests.conftest import Eveobs, process
from tests.operate.watch.at_a_desk import BEGIN

pytestmark = pytest.mark.integration
Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def served(metrics: Callable[[], str] = lambda: "a 1\n") -> AsyncIterator[int]:
    condition = Condition(BEGIN)
    async with serving(Place("127.0.0.1", 0), lambda: condition, metrics, lambda: BEGIN) as place:
        yield place.port


async def said(stream: Stream, request: bytes, patience: float = 20) -> bytes:
    """What comes back until the other side closes."""
    reader, writer = stream
    with suppress(ConnectionError):
        writer.write(request)
        await writer.drain()
    try:
        async with asyncio.timeout(patience):
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def asked(port: int, path: str = "/healthz", host: str = "localhost") -> bytes:
    stream = await asyncio.open_connection("127.0.0.1", port)
    return await said(stream, f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode(), 5)


async def counter(port: int, name: str) -> float:
    text = (await asked(port, "/metrics")).decode()
    return next(float(line.split()[1]) for line in text.splitlines() if line.startswith(name + " "))


async def test_three_hundred_idle_connections_keep_nobody_out() -> None:
    async with served() as port:
        idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(300)]
        started = time.monotonic()
        assert (await asked(port)).startswith(b"HTTP/1.1 200 ")
        assert time.monotonic() - started < 2
        closed = [one for one in idle[: 300 - MAX_CONNECTIONS] if await said(one, b"") == b""]
        assert len(closed) == 300 - MAX_CONNECTIONS
        assert await counter(port, "eveobs_listener_dropped_total") >= 300 - MAX_CONNECTIONS
        for _, writer in idle:
            writer.close()


@pytest.mark.parametrize("sent", [b"", b"GET /healthz HTT", b"GET / HTTP/1.1\r\nX-A: b\r\n"])
async def test_connections_that_say_too_little_are_closed(
    sent: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "REQUEST_TIMEOUT", 0.5)
    async with served() as port:
        stream = await asyncio.open_connection("127.0.0.1", port)
        assert await said(stream, sent, 3) == b""


async def test_headers_that_trickle_gain_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REQUEST_TIMEOUT", 0.5)
    async with served() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /metrics HTTP/1.1\r\n")
        started = time.monotonic()
        with suppress(ConnectionError):
            while not reader.at_eof() and time.monotonic() - started < 5:
                writer.write(b"X-A: b\r\n")
                await writer.drain()
                await asyncio.sleep(0.05)
        assert time.monotonic() - started < 2
        writer.close()


async def test_a_body_that_trickles_gains_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REQUEST_TIMEOUT", 0.5)
    async with served() as port:
        stream = await asyncio.open_connection("127.0.0.1", port)
        request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999\r\n\r\n"
        started = time.monotonic()
        assert (await said(stream, request, 5)).startswith(b"HTTP/1.1 200 ")
        assert time.monotonic() - started < 2


async def test_an_answer_that_nobody_reads_gains_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REQUEST_TIMEOUT", 0.5)
    async with served(lambda: "a 1\n" * 5_000_000) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1)
        writer.write(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
        await asyncio.sleep(1.5)
        assert (await asked(port)).startswith(b"HTTP/1.1 200 ")
        writer.close()


ODD = (
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(300),
    b"\xff" * 70_000,
    b"GET " + b"/" * 100_000 + b" HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 100_000 + b"\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET\r\n\r\n",
    b"\r\n" * 1000,
    b"GET /%00%ff\x1b[31m HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5, 6\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nx",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
)


async def test_garbage_is_answered_briefly_and_writes_no_log(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "REQUEST_TIMEOUT", 1.0)
    caplog.set_level(logging.INFO)
    async with served() as port:
        for sent in ODD:
            stream = await asyncio.open_connection("127.0.0.1", port)
            back = await said(stream, sent, 5)
            assert back == b"" or back.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4")), sent[:40]
            assert len(back) < 20_000
            assert (await asked(port)).startswith(b"HTTP/1.1 200 ")
    assert [one for one in caplog.records if one.exc_info] == []
    assert len(caplog.records) <= 1


async def test_of_pipelined_requests_the_first_is_answered() -> None:
    async with served() as port:
        stream = await asyncio.open_connection("127.0.0.1", port)
        back = await said(stream, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" * 1000)
        assert back.count(b"HTTP/1.1 200 ") == 1
        assert b"Connection: close" in back


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST:9464", 200),
        ("127.0.0.1:9464", 200),
        ("[::1]:9464", 200),
        ("192.168.1.7", 200),
        ("eveobs:9464", 200),
        ("eveobs.monitoring.svc", 200),
        ("rebound.example.com", 421),
        ("localhost.example.com:9464", 421),
        ("127.0.0.1.example.com", 421),
        ("example.com.", 421),
        ("[::1", 200),
        ("evil.com:localhost", 421),
    ],
)
async def test_names_of_the_public_dns_are_not_served(host: str, status: int) -> None:
    async with served() as port:
        assert (await asked(port, "/metrics", host)).split()[1] == str(status).encode()


async def test_a_failure_inside_is_logged_once_and_counted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    failing = [True]

    def metrics() -> str:
        if failing[0]:
            raise RuntimeError("no metrics")
        return ""

    async with served(metrics) as port:
        for _ in range(20):
            assert (await asked(port, "/metrics")).startswith(b"HTTP/1.1 500 ")
        failing[0] = False
        assert await counter(port, "eveobs_listener_failures_total") == 20
    assert len(caplog.records) == 1
    assert "no metrics" in caplog.text


async def test_a_loop_without_descriptors_logs_once(caplog: pytest.LogCaptureFixture) -> None:
    async with served() as port:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        streams = [await asyncio.open_connection("127.0.0.1", port) for _ in range(5)]
        first = streams[0][1].get_extra_info("socket").fileno()
        open_sockets = []
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (first + 40, hard))
            with suppress(OSError):
                while True:
                    open_sockets.append(await asyncio.open_connection("127.0.0.1", port))
            await asyncio.sleep(3)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for _, writer in [*streams, *open_sockets]:
            writer.close()
        await asyncio.sleep(1.2)
        assert (await asked(port)).startswith(b"HTTP/1.1 200 ")
    assert len(caplog.records) <= 2


@pytest.mark.parametrize(("place", "warned"), [("127.0.0.1:0", False), ("0.0.0.0:0", True)])
def test_beyond_this_machine_there_is_a_warning(place: str, warned: bool, eveobs: Eveobs) -> None:
    result = process(eveobs.env, "watch", "--once", "--listen", place)
    assert result.returncode == 0, result.stderr
    assert ("without sign-in" in result.stderr) is warned
