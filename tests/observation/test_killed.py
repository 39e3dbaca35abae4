"""A run that is killed at any moment, run again, ends as if nothing had happened."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from eveobs.records.contracts import CONTRACTS
from eveobs.sandbox.market import Refusal
from eveobs.store.store import Store
from tests.observation.edens import Eden, bid, eden_of, item, row, world
from tests.store.drafts import asked, everything

pytestmark = [pytest.mark.integration, pytest.mark.slow]

BATCH = 10


KINDS = ("item_exchange", "item_exchange", "auction", "courier")
ROWS = [row(number, KINDS[number % 4]) for number in range(1, 81)]
CARGO = {number: [item(number * 10 + n, type_id=34 + n) for n in range(3)] for number in range(80)}
REFUSED: dict[int, Any] = {5: Refusal(204), 6: Refusal(404, "Contract not found!")}
OFFERS = {number: [bid(number, 5.0)] for number in range(2, 80, 4)}


@pytest.fixture
async def eden(cache: Path) -> AsyncIterator[Eden]:
    """Slow enough that there is time to be killed in, and nearly without errors."""
    async with eden_of(world(ROWS, CARGO | REFUSED, OFFERS), cache, latency=0.004) as opened:
        yield opened


async def started(eden: Eden, home: Path) -> Process:
    """`eveobs fetch contracts` as a process of its own."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "eveobs", "--quiet", "fetch", "contracts"),
        env={
            **os.environ,
            "EVEOBS_HOME": str(home),
            "EVEOBS_ESI__BASE_URL": eden.sandbox.url,
            "EVEOBS_ESI__CONCURRENCY": "4",
            "EVEOBS_STORE__BATCH_SIZE": str(BATCH),
        },
        stdout=DEVNULL,
        stderr=DEVNULL,
    )


async def ended(eden: Eden, home: Path) -> list[str]:
    """Run to the end; returns what it asked."""
    list(eden.targets())
    running = await started(eden, home)
    assert await running.wait() == 0
    return list(eden.targets())


def url(home: Path) -> str:
    return f"sqlite:///{next(home.rglob('*.sqlite3'))}"


OF_THE_RUN = {"observation", "first_observation", "last_observation", "asked_at", "since"}


def kept(home: Path) -> dict[str, Any]:
    """The tables, without what says when they were asked and by which run."""
    tables = everything(url(home))
    assert [row["status"] for row in tables.pop("observations")][-1] == "complete"
    return {
        table: [{k: v for k, v in row.items() if k not in OF_THE_RUN} for row in rows]
        for table, rows in tables.items()
    }


def items_of(targets: list[str]) -> set[int]:
    return {
        int(target.partition("?")[0].rpartition("/")[2])
        for target in targets
        if "/public/items/" in target
    }


async def test_kill_9_at_several_moments(eden: Eden, tmp_path: Path) -> None:
    clean = tmp_path / "clean"
    needed = await ended(eden, clean)
    for number, moment in enumerate((1, len(needed) // 2, len(needed) - 1)):
        home = tmp_path / f"killed{number}"
        list(eden.targets())
        running = await started(eden, home)
        await eden.answered(moment)
        running.send_signal(signal.SIGKILL)
        assert await running.wait() == -signal.SIGKILL
        before = list(eden.targets())
        stored = _settled(home)
        assert stored <= items_of(before)
        assert stored or moment < len(needed) - 1, "they are written as they come"
        again = items_of(await ended(eden, home))
        assert again == items_of(needed) - stored, f"killed after {moment} requests"
        assert kept(home) == kept(clean), f"killed after {moment} requests"


def _settled(home: Path) -> set[int]:
    """The contracts whose items the killed run had stored."""
    if not list(home.rglob("*.sqlite3")):
        return set()
    with Store(url(home)) as store:
        found = asked(url(home), "SELECT parent FROM answers WHERE detail = 'items'")
        parents = [row["parent"] for row in found]
        assert store.answered(CONTRACTS, "items", parents) == set(parents)
    return set(parents)
