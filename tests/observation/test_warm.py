"""There is nothing to do exactly while a run would send nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from eveobs.observation.warm import known_unit, nothing_to_do
from eveobs.operate.watch.pace import Pace
from eveobs.records.contracts import CONTRACTS
from eveobs.sandbox.world import World
from eveobs.store.store import Store
from tests.observation.edens import (
    BIDS,
    BOTH,
    DOMAIN,
    FORGE,
    NAMES,
    Eden,
    eden_of,
    unit,
)

pytestmark = pytest.mark.integration


@pytest.fixture
async def eden(cache: Path) -> AsyncIterator[Eden]:
    world = World.generate(seed=5, contracts=60, regions=[FORGE])
    async with eden_of(world, cache) as opened:
        yield opened


def idle(eden: Eden, url: str, details: tuple[str, ...] = BOTH) -> bool:
    return nothing_to_do(unit(details), CONTRACTS, url, eden.clock.now()) is not None


@pytest.mark.parametrize("details", [BOTH, ("items",), ()])
async def test_nothing_to_do_is_when_nothing_would_be_sent(
    eden: Eden, store: Store, url: str, details: tuple[str, ...]
) -> None:
    assert not idle(eden, url, details)
    idles = []
    for step in (0, 0, 150, 149, 1, 299, 1, 700, 499, 1, 1, 1799, 1):
        eden.clock.time += step
        expected = idle(eden, url, details)
        eden.sent()
        await eden.observe(store, details=details)
        assert expected == (eden.sent() == {}), eden.clock.time
        idles.append(expected)
    assert True in idles
    assert False in idles[1:]


async def test_the_outcome_is_that_of_the_run_that_sends_nothing(
    eden: Eden, store: Store, url: str
) -> None:
    await eden.observe(store)
    told = nothing_to_do(unit(), CONTRACTS, url, eden.clock.now())
    again = await eden.observe(store)
    assert told is not None
    mine, run = told.outcome, again.outcome
    assert (mine.status, mine.rows, mine.expires) == (run.status, run.rows, run.expires)
    assert (mine.requests, mine.processor, mine.subject) == (0, run.processor, run.subject)


async def test_a_watch_that_is_restarted_waits_for_the_list_and_not_for_bids(
    eden: Eden, store: Store, url: str
) -> None:
    first = await eden.observe(store)
    assert first.outcome.expires is not None
    assert first.list_expires is not None
    told = nothing_to_do(unit(), CONTRACTS, url, eden.clock.now())
    assert told is not None
    assert str(told.outcome.expires) < f"{first.list_expires:%Y-%m-%dT%H:%M:%SZ}"
    pace, now = Pace(0.0), eden.clock.now()
    assert pace.after(told, 0, now) == pace.after(first, 0, now) == first.list_expires


@pytest.mark.parametrize("failing", [BIDS.partition("{")[0], NAMES, "?page=1"])
async def test_what_is_missing_is_something_to_do(
    eden: Eden, store: Store, url: str, failing: str
) -> None:
    boom = httpx.Response(500, json={"error": "boom"})
    eden.answer = lambda request: boom if failing in str(request.url) else None
    await eden.observe(store)
    assert not idle(eden, url)
    eden.answer = lambda _: None
    await eden.observe(store)
    assert idle(eden, url)


async def test_details_that_were_left_out_are_something_to_do(
    eden: Eden, store: Store, url: str
) -> None:
    await eden.observe(store, details=("items",))
    assert idle(eden, url, ("items",))
    assert idle(eden, url, ())
    assert not idle(eden, url)
    await eden.observe(store)
    assert idle(eden, url)
    assert idle(eden, url, ("items",))


async def test_a_subject_is_known_by_name_or_id_once_it_was_met(
    eden: Eden, store: Store, url: str
) -> None:
    def known(word: str) -> int | None:
        found = known_unit("contracts", CONTRACTS, word, BOTH, url)
        assert found is None or found.details == BOTH
        return None if found is None else found.subject_id

    assert known("The Forge") is None
    await eden.observe(store)
    for word in ("The Forge", "the forge", " THE FORGE ", str(FORGE)):
        assert known(word) == FORGE
    for word in ("Domain", str(DOMAIN), "", "0", "9" * 19, "9" * 20, "9" * 5000, "\u0661"):
        assert known(word) is None
    store.keep_names([], [555], eden.clock.now())
    assert known("555") is None, "it is known to have no name"
    found = known_unit("contracts", CONTRACTS, "the forge", (), url)
    assert found is not None
    assert found.subject_name == "The Forge"


async def test_a_glance_at_another_database_is_no_knowledge(eden: Eden, tmp_path: Path) -> None:
    assert known_unit("contracts", CONTRACTS, "The Forge", (), "postgresql://x/y") is None
    assert nothing_to_do(unit(), CONTRACTS, f"sqlite:///{tmp_path}/no", eden.clock.now()) is None
    assert not (tmp_path / "no").exists()
