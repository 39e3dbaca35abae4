"""A sandbox in a thread whose time is the test's, and a home that was filled a cycle ago."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
import threading
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import sleep
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest
import time_machine
from typer.testing import Result

from eveobs.sandbox.server import Sandbox
from eveobs.sandbox.world import World
from tests.conftest import Eveobs

FORGE = 10000002
BEGIN = datetime(2026, 9, 15, 15, tzinfo=UTC)
"""Far from the daily downtime."""
CYCLE = 1800
INTO_THE_CYCLE = 20
IMPATIENT = ("--set", "esi.read_timeout=0.5", "--set", "esi.total_timeout=1")
"""For faults that take their time. Not for all: a busy machine takes its time too."""
ONE_RETRY = ("--set", "esi.max_retries=1")


class Thread:
    """An event loop of its own for a sandbox, so that the command line can run in the test's."""

    def __init__(self, world: World) -> None:
        self.sandbox = Sandbox(world)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()

    def restart(self) -> None:
        """At the same address; nothing has been asked yet, and cycle 0 begins now."""
        self._do(self.sandbox.stop())
        self._do(self.sandbox.start())

    def end(self) -> None:
        self._do(self.sandbox.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=10)


@dataclass(frozen=True)
class Stage:
    """A world, how it is fetched, and a home that was filled in its cycle 0."""

    thread: Thread
    home: Path
    fetch: tuple[str, ...]

    @property
    def env(self) -> dict[str, str]:
        return {"EVEOBS_ESI__BASE_URL": self.thread.sandbox.url}


@dataclass(frozen=True)
class Fetched:
    """What a fetch printed and how it ended."""

    code: int
    stdout: str
    stderr: str

    @property
    def report(self) -> dict[str, Any]:
        """stdout is JSON, whatever went wrong."""
        reports = json.loads(self.stdout)
        assert len(reports) == 1
        return dict(reports[0])

    def says(self, *words: str) -> None:
        """On stderr, without a traceback, and with a hint where something is wrong."""
        assert "Traceback" not in self.stderr
        for word in words:
            assert word in self.stderr, self.stderr
        if self.code:
            assert "hint: " in self.stderr, self.stderr


@dataclass
class Eden:
    """A sandbox and a command line in one test, in the cycle after the home was filled."""

    stage: Stage
    home: Path
    time: time_machine.Traveller
    eveobs: Eveobs = field(init=False)

    def __post_init__(self) -> None:
        self.eveobs = Eveobs({**self.stage.env, "EVEOBS_HOME": str(self.home)})

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """The sandbox's own routes."""
        data = None if body is None else json.dumps(body).encode()
        request = Request(self.stage.thread.sandbox.url + path, data, method=method)  # noqa: S310
        with urlopen(request, timeout=10) as response:  # noqa: S310
            return json.load(response)

    def goes_wrong(self, *faults: str | dict[str, Any]) -> None:
        self.ask("POST", "/_sandbox/faults", list(faults))

    def is_well(self) -> None:
        """Nothing goes wrong any more, as soon as somebody listens."""
        for _ in range(100):
            try:
                return self._forget_faults()
            except URLError:
                sleep(0.05)
        raise AssertionError("nobody listens")

    def _forget_faults(self) -> None:
        assert self.ask("DELETE", "/_sandbox/faults") == []

    def hits(self) -> int:
        """How many requests were hit by the faults there are."""
        return sum(fault["hits"] for fault in self.ask("GET", "/_sandbox/faults"))

    def begin_anew(self) -> None:
        """Nothing is stored."""
        shutil.rmtree(self.home)

    def requests(self, status: int | None = None) -> int:
        routes = self.ask("GET", "/_sandbox/requests")["routes"]
        return sum(row["requests"] for row in routes if status in {None, row["status"]})

    def fetch(self, *before: str, after: Sequence[str] = ()) -> Fetched:
        """`before` and `after` the command's name."""
        result: Result = self.eveobs(*ONE_RETRY, *before, *self.stage.fetch, *after, "--json")
        return Fetched(result.exit_code, result.stdout, result.stderr)

    def later(self, seconds: float = CYCLE) -> None:
        """Time passes, here and in the sandbox."""
        self.time.shift(seconds)

    def outstanding(self) -> dict[int, dict[str, Any]]:
        """The contracts that eveobs takes for listed, as ESI would say them."""
        return {
            row["contract_id"]: row
            for row in self._rows("contracts")
            if row["region_id"] == FORGE and row["gone_at"] is None
        }

    def details(self, name: str) -> dict[int, set[int]]:
        """The keys of the rows of each contract's items or bids."""
        key = {"items": "record_id", "bids": "bid_id"}[name]
        kept: dict[int, set[int]] = {}
        for row in self._rows(f"contract_{name}"):
            kept.setdefault(row["contract_id"], set()).add(row[key])
        return kept

    def _rows(self, table: str) -> list[dict[str, Any]]:
        with closing(sqlite3.connect(self.home / "data" / "eveobs.sqlite3")) as database:
            database.row_factory = sqlite3.Row
            return [dict(row) for row in database.execute(f"SELECT * FROM {table}")]  # noqa: S608

    def is_true(self) -> None:
        """What is stored is what the sandbox says is true."""
        truth = self.ask("GET", f"/_sandbox/truth?region_id={FORGE}")
        listed = self.outstanding()
        assert set(listed) == {row["contract_id"] for row in truth["contracts"]}
        for row in truth["contracts"]:
            mine = listed[row["contract_id"]]
            assert {name: mine[name] for name in row} == row
        if "--no-items" not in self.stage.fetch:
            self._has_true_details(truth)

    def _has_true_details(self, truth: dict[str, Any]) -> None:
        for name, key in (("items", "record_id"), ("bids", "bid_id")):
            kept = self.details(name)
            for number, rows in truth[name].items():
                assert kept.get(int(number), set()) == {row[key] for row in rows}, (name, number)

    def ends_right(self) -> None:
        """The next honest run, when everything may be asked again."""
        self.is_well()
        self.later()
        done = self.fetch()
        assert done.code == 0, done.stderr
        assert done.report["status"] in {"complete", "unchanged"}
        self.is_true()


@pytest.fixture(scope="session")
def small_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Few contracts, with items and bids."""
    yield from _stage(tmp_path_factory.mktemp("small"), 60, ("fetch", "contracts"))


@pytest.fixture(scope="session")
def wide_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A list of three pages."""
    fetch = ("fetch", "contracts", "--no-items", "--no-bids")
    yield from _stage(tmp_path_factory.mktemp("wide"), 2300, fetch)


def _stage(home: Path, contracts: int, fetch: tuple[str, ...]) -> Iterator[Stage]:
    thread = Thread(World.generate(seed=5, contracts=contracts, regions=[FORGE]))
    stage = Stage(thread, home, fetch)
    try:
        with time_machine.travel(BEGIN, tick=True):
            thread.restart()
            filled = Eveobs({**stage.env, "EVEOBS_HOME": str(home)})(*fetch)
            assert filled.exit_code == 0, filled.output
        yield stage
    finally:
        thread.end()


@pytest.fixture
def small(small_stage: Stage, tmp_path: Path) -> Iterator[Eden]:
    yield from _eden(small_stage, tmp_path / "small")


@pytest.fixture
def wide(wide_stage: Stage, tmp_path: Path) -> Iterator[Eden]:
    yield from _eden(wide_stage, tmp_path / "wide")


def _eden(stage: Stage, home: Path) -> Iterator[Eden]:
    shutil.copytree(stage.home, home)
    with time_machine.travel(BEGIN, tick=True) as time:
        stage.thread.restart()
        time.shift(CYCLE + INTO_THE_CYCLE)
        yield Eden(stage, home, time)
