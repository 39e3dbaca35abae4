"""What stands around the loop, with real locks, sockets and servers."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest

from eveobs.errors import ConfigError, EveobsError
from eveobs.operate.watch.aside import aside
from eveobs.operate.watch.clock import WallClock
from eveobs.operate.watch.condition import Condition
from eveobs.operate.watch.heartbeat import Heartbeat
from eveobs.operate.watch.instance import FILE, only_instance
from eveobs.operate.watch.orders import Orders
from eveobs.operate.watch.service import Service
from eveobs.operate.watch.serving import Place, place_of, serving
from eveobs.settings.secret import Secret
from tests.operate.watch.at_a_desk import BEGIN, at

HOLD = """
import sys, time
from pathlib import Path
from eveobs.operate.watch.instance import only_instance
with only_instance(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that watches this home."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_home_has_one_watch(holder: subprocess.Popen[str], tmp_path: Path) -> None:
    with pytest.raises(EveobsError, match=f"already \\(process {holder.pid} since "):
        only_instance(tmp_path).__enter__()


def test_one_that_was_killed_holds_nothing(holder: subprocess.Popen[str], tmp_path: Path) -> None:
    holder.kill()
    holder.wait()
    with only_instance(tmp_path):
        assert f"process {os.getpid()} " in (tmp_path / FILE).read_text()


def test_what_is_in_the_file_is_not_believed(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"process 1 \x1b[31m" + b"\xff" * 1000)
    with only_instance(tmp_path), pytest.raises(EveobsError, match="already"):
        only_instance(tmp_path).__enter__()


def test_a_lock_needs_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError):
        only_instance(tmp_path / "file" / "state").__enter__()


@pytest.mark.parametrize("abstract", [False, True])
def test_systemd_hears_what_is_done(abstract: bool, tmp_path: Path) -> None:
    name = f"@eveobs-{os.getpid()}" if abstract else str(tmp_path / "notify")
    environ = {"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "7"}
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("\0" + name[1:] if abstract else name)
        listener.settimeout(5)
        service = Service.of(environ, 7)
        service.ready("watching\n2 lists")
        service.status("waiting")
        service.alive()
        service.reloading()
        service.stopping()
        heard = [listener.recv(1000).decode() for _ in range(5)]
    assert heard[:3] == ["READY=1\nSTATUS=watching 2 lists", "STATUS=waiting", "WATCHDOG=1"]
    assert heard[3].startswith("RELOADING=1\nMONOTONIC_USEC=")
    assert heard[4] == "STOPPING=1"
    assert service.interval == 1.5


def test_where_nobody_listens_nothing_is_said(tmp_path: Path) -> None:
    assert Service.of({}, 7) == Service()
    assert Service.of({"NOTIFY_SOCKET": "vsock:1:2"}, 7) == Service()
    other = {"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "8"}
    assert Service.of(other, 7).interval == 0
    Service(str(tmp_path / "nobody")).ready("nobody hears this")
    Service().stopping()


class Monitor(BaseHTTPRequestHandler):
    """Counts what it is asked; /broken answers 500."""

    asked: list[str] = []  # noqa: RUF012 - of the class: http.server makes an object a request

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(500 if self.path.startswith("/broken") else 200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def monitor() -> Iterator[str]:
    Monitor.asked.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Monitor)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


async def test_a_monitor_hears_how_rounds_go(monitor: str) -> None:
    a, b, c = (Secret(f"{monitor}/{name}") for name in ("a", "b", "c"))
    heart = Heartbeat(a, b, c, pytest.fail)
    await heart.begins()
    await heart.ends(good=True)
    await heart.begins()
    await heart.ends(good=False)
    assert Monitor.asked == ["/a", "/b", "/a", "/c"]


async def test_a_monitor_that_is_away_is_a_warning_once(monitor: str) -> None:
    said: list[str] = []
    broken, nobody = Secret(f"{monitor}/broken?token=hush"), Secret("http://127.0.0.1:9/hush")
    heart = Heartbeat(Secret(), broken, nobody, said.append)
    await heart.begins()
    await heart.ends(good=True)
    await heart.ends(good=False)
    assert len(said) == 1
    assert "500" in said[0]
    assert "hush" not in said[0]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("127.0.0.1:9464", Place("127.0.0.1", 9464)),
        (":0", Place("127.0.0.1", 0)),
        ("[::1]:80", Place("::1", 80)),
        ("0.0.0.0:1", Place("0.0.0.0", 1)),  # noqa: S104
    ],
)
def test_places_to_listen_at(text: str, place: Place) -> None:
    assert place_of(text) == place


@pytest.mark.parametrize("text", ["9464", "host", "host:", "host:x", "host:99999", "a b:1", ""])
def test_no_places(text: str) -> None:
    with pytest.raises(ConfigError):
        place_of(text)


async def test_monitors_get_answers() -> None:
    condition = Condition(BEGIN, trouble="it is too early")
    now = [BEGIN]
    served = serving(Place("127.0.0.1", 0), lambda: condition, lambda: "a 1\n", lambda: now[0])
    async with (
        served as place,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{place.port}") as client,
    ):
        assert (await client.get("/metrics")).text.startswith("a 1\n# HELP eveobs_listener_")
        assert (
            (await client.get("/metrics"))
            .headers["content-type"]
            .startswith("text/plain; version=")
        )
        assert (await client.get("/healthz")).status_code == 200
        early = await client.get("/readyz")
        assert (early.status_code, early.json()["trouble"]) == (503, "it is too early")
        condition.trouble = ""
        assert (await client.get("/readyz")).json()["state"] == "working"
        condition.sleeps_until = at(1)
        assert (await client.get("/healthz")).json()["state"] == "waiting"
        now[0] = at(12)
        stuck = await client.get("/healthz")
        assert (stuck.status_code, stuck.json()["state"]) == (503, "stuck")
        condition.stopping = True
        assert (await client.get("/readyz")).status_code == 503
        assert (await client.get("/")).status_code == 404
        assert (await client.post("/metrics")).status_code == 405
        with pytest.raises(ConfigError, match="taken"):
            await serving(place, lambda: condition, str, lambda: now[0]).__aenter__()


async def test_the_clock_on_the_wall_can_be_woken() -> None:
    clock, wake = WallClock(), asyncio.Event()
    await clock.sleep_until(clock.now() + timedelta(seconds=0.05), wake)
    asyncio.get_running_loop().call_later(0.05, wake.set)
    await asyncio.wait_for(clock.sleep_until(clock.now() + timedelta(hours=9), wake), 5)


async def test_signals_are_orders() -> None:
    orders = Orders()
    loop = asyncio.get_running_loop()
    orders.heed(loop)
    try:
        os.kill(os.getpid(), signal.SIGHUP)
        await asyncio.wait_for(orders.given.wait(), 5)
        assert (orders.reload, orders.stop) == (True, False)
        orders.reloaded()
        assert not orders.given.is_set()
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(orders.stopped.wait(), 5)
        orders.read_again()
        orders.reloaded()
        assert orders.given.is_set()
        assert orders.signal == signal.SIGTERM
    finally:
        for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


async def test_work_aside_gives_what_it_raises() -> None:
    def fails() -> None:
        raise EveobsError("no")

    with pytest.raises(EveobsError):
        await aside(fails, Orders())
    await aside(lambda: None, Orders())


async def test_work_aside_is_left_when_the_watch_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    monkeypatch.setattr("eveobs.operate.watch.aside.GRACE", 0.05)
    orders, let_go = Orders(), threading.Event()

    def waits() -> None:
        let_go.wait(30)

    asyncio.get_running_loop().call_later(0.05, orders.end)
    await asyncio.wait_for(aside(waits, orders), 5)
    let_go.set()
