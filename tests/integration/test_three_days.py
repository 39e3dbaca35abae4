"""72 hours of watching, in a minute: both clocks go forward together, the rest is real."""

from __future__ import annotations

import asyncio
import gc
import os
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
import time_machine

from eveobs.cli.context import Run
from eveobs.cli.watching import Keeping
from eveobs.cli.watching import Request as Wanted
from tests.conftest import Eveobs, NewEden, new_eden_of
from tests.integration.conftest import database
from tests.signing import Person, signed_home

pytestmark = [pytest.mark.integration, pytest.mark.slow]

HOURS = 72
JITTER = 20
AGES = {"contracts": 1800, "orders": 1200, "wallet-journal": 3600}
"""Seconds for which ESI keeps each list."""
MEGABYTE = 1024 * 1024


@pytest.fixture
def eden() -> Iterator[NewEden]:
    arguments = ("--contracts", "40", "--regions", "The Forge", "--corporation-contracts", "5")
    with new_eden_of(*arguments, "--seed", "8") as started:
        yield started


class Days:
    """A clock that leaps to where it is told to wait for, here and in New Eden; it looks at the
    process every simulated hour and gives the order to end when the days are over.
    """

    def __init__(self, eden: NewEden, traveller: time_machine.Traveller) -> None:
        self.eden, self.traveller = eden, traveller
        self.begin = self.now()
        self.keeping: Keeping | None = None
        self.hours: list[tuple[float, int]] = []
        self.process = psutil.Process()

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep_until(self, moment: datetime, wake: asyncio.Event) -> None:
        await asyncio.sleep(0)
        leap = max((moment - self.now()).total_seconds(), 0.0)
        self.eden.advance(leap)
        self.traveller.shift(leap)
        past = self.now() - self.begin
        if past > timedelta(hours=len(self.hours) + 1):
            gc.collect()
            self.hours.append((self.process.memory_info().rss / MEGABYTE, self.process.num_fds()))
        if past > timedelta(hours=HOURS):
            assert self.keeping is not None
            self.keeping.orders.end()


def asked(eden: NewEden) -> Counter[tuple[str, int]]:
    found: Counter[tuple[str, int]] = Counter()
    for row in eden.get("/_sandbox/requests")["routes"]:
        found[row["route"], row["status"]] += row["requests"]
    return found


def test_three_days_cost_what_they_must(
    eden: NewEden, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    env = signed_home(eden.url, home)
    eveobs = Eveobs(env)
    people: dict[str, Any] = eden.get("/_sandbox/people")
    Person(monkeypatch).sign_in(
        eveobs, people["characters"][0]["id"], "--for", "wallet-journal,orders"
    )
    settings = (
        'observe.processors=["contracts", "orders", "wallet-journal"]',
        f"watch.jitter={JITTER}",
        'publish.records=["contracts"]',
        "watch.publish_minutes=1440",
        "log.level=error",
    )
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    with time_machine.travel(datetime.now(UTC), tick=True) as traveller:
        run = Run(environ=dict(os.environ), cwd=tmp_path, quiet=True, settings=settings)
        days = Days(eden, traveller)
        days.keeping = Keeping(run, Wanted(), days)
        eden.reset_counters()
        asyncio.run(days.keeping.keep())
        condition = days.keeping.condition
        ended = days.now()
        outcomes = observations(home)
    found = asked(eden)

    assert {status for *_, status in outcomes} <= {"complete", "unchanged"}
    # Every list as often as it expires, and jitter makes that a little less often.
    span = (ended - days.begin).total_seconds()
    lists = Counter((name, kind) for name, kind, _ in outcomes)
    assert len(lists) == 5
    for (name, _), number in lists.items():
        age = AGES[name]
        # Both ends of the span, and an expiry that a busy machine looked at a second too early.
        assert span / (age + JITTER) - 2 <= number <= span / age + 3, name
    # What hangs on contracts is asked once for each, and the pages once for each observation.
    pages = sum(
        number for (path, _), number in found.items() if path == "/contracts/public/{region_id}"
    )
    assert pages == lists["contracts", "region"]
    items = Counter(path for path, _ in found.elements() if "/items/" in path).total()
    with_items = eveobs.json("list", "contracts", "--all", "--limit", "0")
    assert items <= len(with_items)
    assert not [key for key in found if key[1] >= 420 and key[1] != 520]
    assert condition.rounds >= lists["contracts", "region"]
    assert (home / "data").exists() or any(home.rglob("index.html"))

    early, late = days.hours[11], days.hours[-1]
    assert late[0] - early[0] < 12, days.hours
    assert late[1] <= early[1], days.hours


def observations(home: Path) -> list[tuple[str, str, str]]:
    with database(home) as store:
        return list(store.execute("SELECT processor, subject_kind, status FROM observations"))
