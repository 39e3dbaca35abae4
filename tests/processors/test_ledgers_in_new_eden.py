"""Own contracts, wallets and orders of people in the sandbox are what the sandbox says is true."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from eveobs.errors import ExitCode
from eveobs.esi.cache import ResponseCache
from eveobs.esi.client import EsiClient
from eveobs.observation.observe import observe
from eveobs.observation.unit import Report, Unit
from eveobs.processors.orders import PROCESSOR as ORDERS
from eveobs.processors.own_contracts import DETAILS
from eveobs.processors.own_contracts import PROCESSOR as OWN_CONTRACTS
from eveobs.processors.wallet_journal import PROCESSOR as WALLET_JOURNAL
from eveobs.processors.wallet_transactions import PROCESSOR as WALLET_TRANSACTIONS
from eveobs.records.orders import OPEN
from eveobs.records.schema import SubjectKind
from eveobs.sandbox.capsuleers.truth import Truth
from eveobs.sandbox.server import Sandbox
from eveobs.sandbox.sso.tokens import Holder
from eveobs.sandbox.world import World
from eveobs.settings import Esi
from eveobs.store.query import Query
from eveobs.store.store import Store
from eveobs.telemetry.progress import Silence
from tests.processors.esi_of_lists import SignedIn
from tests.processors.test_in_new_eden import BOTH, NOW, Doorman, NewEden, by

pytestmark = pytest.mark.integration

WINDOW = 900
"""Seconds in which a bucket of the contracts is full again."""
LEDGERS = [(WALLET_JOURNAL, "id"), (WALLET_TRANSACTIONS, "transaction_id")]


@dataclass
class Clock:
    """Stands still until it is moved."""

    now: float = NOW

    def __call__(self) -> float:
        return self.now


async def inhabited(world: World, clock: Clock) -> AsyncIterator[NewEden]:
    """A sandbox in which the director of the first corporation has signed in."""
    doorman = Doorman()
    async with Sandbox(world, clock=clock, tokens=doorman, spam_guard=False) as sandbox:
        everybody = Truth(sandbox.views).people()["characters"]
        director = next(one for one in everybody if "Director" in one["roles"])
        access = SignedIn(character_id=director["id"])
        doorman.holders[access.bearer] = Holder(access.character_id, access.scopes)
        yield NewEden(sandbox, access, director["corporation_id"])


@pytest.fixture(scope="module")
def small() -> World:
    return World.generate(seed=7, contracts=50, regions=[10000002], corporation_contracts=20)


@pytest.fixture
async def eden(small: World) -> AsyncIterator[NewEden]:
    async for one in inhabited(small, Clock()):
        yield one


def alike(found: Mapping[str, Any], true: Mapping[str, Any]) -> bool:
    """Whether all that is true of a row was found; false may be left out, as ESI does."""
    return all(found.get(name, False) == value for name, value in true.items())


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize(("processor", "number"), LEDGERS, ids=["journal", "transactions"])
async def test_wallets(eden: NewEden, processor: Any, number: str, kind: SubjectKind) -> None:
    rows, _ = await eden.read(processor, kind)
    true = eden.truth(processor, kind)["rows"]
    found = {(row[number], row.get("division")): row for row in rows}
    assert len(found) == len(rows) == len(true) > 50
    for row in true:
        assert alike(found[row[number], row.get("division")], row)


@pytest.mark.parametrize("kind", BOTH)
async def test_orders(eden: NewEden, kind: SubjectKind) -> None:
    rows, _ = await eden.read(ORDERS, kind)
    told = eden.truth(ORDERS, kind)
    true = by("order_id", [{**row, "state": OPEN} for row in told["rows"]])
    true |= by("order_id", told["history"])
    found = by("order_id", rows)
    assert found.keys() == true.keys()
    assert {row["state"] for row in rows} == {"open", "cancelled", "expired"}
    assert all(alike(found[number], row) for number, row in true.items())


@pytest.mark.parametrize("kind", BOTH)
async def test_own_contracts_with_items_and_bids(eden: NewEden, kind: SubjectKind) -> None:
    rows, answers = await eden.read(OWN_CONTRACTS, kind)
    told = eden.truth(OWN_CONTRACTS, kind)
    true = by("contract_id", told["rows"])
    found = by("contract_id", rows)
    assert found.keys() == true.keys()
    assert all(alike(found[number], row) for number, row in true.items())
    kept = {number for number, row in true.items() if row["status"] != "deleted"}
    assert {*answers["items"]} == {n for n in kept if true[n]["type"] != "courier"}
    assert {*answers["bids"]} == {n for n in kept if true[n]["type"] == "auction"}
    for detail, key in (("items", "record_id"), ("bids", "bid_id")):
        for number, stacks in answers[detail].items():
            theirs, ours = by(key, told[detail][str(number)]), by(key, stacks)
            assert theirs.keys() == ours.keys()
            assert all(alike(ours[one], row) for one, row in theirs.items())


async def test_a_corporation_with_more_contracts_than_a_window_holds(tmp_path: Path) -> None:
    """Each run does what fits, and nothing that never changes is asked for twice."""
    clock = Clock()
    world = World.generate(seed=7, contracts=10, regions=[10000002], corporation_contracts=700)
    async for eden in inhabited(world, clock):
        with Store(f"sqlite:///{tmp_path / 'eveobs.db'}") as store:
            first = await fetch(eden, clock, store, tmp_path)
            assert first.exit_code is ExitCode.LIMITED
            assert "left for the next run" in str(first.outcome.error)
            contracts = list(store.rows(OWN_CONTRACTS.schema, Query()))
            assert len(contracts) == first.outcome.rows >= 700
            runs = [first]
            while runs[-1].exit_code is ExitCode.LIMITED and len(runs) < 9:
                clock.now += WINDOW
                runs.append(await fetch(eden, clock, store, tmp_path))
            assert runs[-1].exit_code is ExitCode.DONE
            assert len(runs) > 2, "it did not fit in one window, nor in two"
            listed = list(store.rows(OWN_CONTRACTS.schema, Query(), summaries=True))
            with_items = [row for row in listed if row["type"] != "courier"]
            assert all(row["items_summary"] for row in with_items if row["status"] != "deleted")
            schema, everything = OWN_CONTRACTS.schema, Query(gone_too=True)
            ids = [row["contract_id"] for row in store.rows(schema, everything)]
            answered = store.answered(schema, "items", ids)
        tally = eden.sandbox.gateway.tally
        assert tally.count(route=DETAILS["items"][SubjectKind.CORPORATION].path) == len(answered)
        assert tally.count(status=429) == 0


async def fetch(eden: NewEden, clock: Clock, store: Store, folder: Path) -> Report:
    """One run that does not wait for limits; what is in the cache outlives it."""
    settings = Esi(base_url=eden.sandbox.url, max_retries=0)
    client = EsiClient(
        settings, ResponseCache(folder / "cache", clock=clock), clock=clock, patient=False
    )
    unit = Unit(
        processor=OWN_CONTRACTS.schema.name,
        subject_id=eden.corporation_id,
        subject_name="theirs",
        subject_kind=SubjectKind.CORPORATION,
        details=("items", "bids"),
    )
    async with client:
        return await observe(
            unit,
            OWN_CONTRACTS,
            client=client,
            store=store,
            progress=Silence(),
            access=eden.director,
            now=lambda: datetime.fromtimestamp(clock(), UTC),
        )
