"""A corporation whose contracts do not fit in a window: each run does what fits, none asks twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from eveobs.errors import ExitCode
from eveobs.esi.cache import ResponseCache
from eveobs.esi.client import EsiClient
from eveobs.observation.observe import observe
from eveobs.observation.unit import Report, Unit
from eveobs.processors.own_contracts import PROCESSOR
from eveobs.records.blueprints import BLUEPRINTS, Blueprint
from eveobs.records.collected import DetailAnswer, Meaning
from eveobs.records.contracts import CONTRACTS, ContractItem
from eveobs.records.schema import SubjectKind
from eveobs.settings import Esi
from eveobs.store.applying import Draft
from eveobs.store.query import Query
from eveobs.store.store import Store
from eveobs.telemetry.progress import Silence
from tests.processors.esi_of_lists import CORPORATION, MOMENT, NOW, SignedIn, page, used_up
from tests.processors.test_own_contracts import OURS, contract, item

pytestmark = pytest.mark.integration

SCHEMA = PROCESSOR.schema
HOW_MANY = 60


@dataclass
class Corporation:
    """Its contracts as ESI tells of them, while there are `left` answers in the window."""

    left: int
    asked: Counter[str] = field(default_factory=Counter)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path == "/universe/names":
            return httpx.Response(200, json=[])
        if self.left == 0:
            return used_up()
        self.left -= 1
        self.asked[path] += 1
        if path == OURS:
            return page([contract(number) for number in range(1, HOW_MANY + 1)])
        number = int(path.split("/")[-2])
        return page([item(number * 10)])


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(f"sqlite:///{tmp_path / 'eveobs.db'}") as opened:
        yield opened


async def run(esi: Corporation, store: Store, folder: Path) -> Report:
    settings = Esi(base_url="http://127.0.0.1", max_retries=0, concurrency=4)
    client = EsiClient(
        settings,
        ResponseCache(folder, clock=lambda: NOW),
        transport=httpx.MockTransport(esi),
        clock=lambda: NOW,
        patient=False,
    )
    unit = Unit(
        processor=SCHEMA.name,
        subject_id=CORPORATION,
        subject_name="Usual Suspects",
        subject_kind=SubjectKind.CORPORATION,
        details=("items", "bids"),
    )
    async with client:
        return await observe(
            unit,
            PROCESSOR,
            client=client,
            store=store,
            progress=Silence(),
            access=SignedIn(),
            now=lambda: datetime.fromtimestamp(NOW, UTC),
        )


def rows(store: Store) -> list[dict[str, Any]]:
    return list(store.rows(SCHEMA, Query(), summaries=True))


async def test_each_run_does_what_fits_and_the_next_goes_on(store: Store, tmp_path: Path) -> None:
    esi = Corporation(left=1 + 25)
    first = await run(esi, store, tmp_path / "cache")
    assert first.exit_code is ExitCode.LIMITED
    assert first.outcome.status == "partial"
    assert "35 items left for the next run" in str(first.outcome.error)
    listed = rows(store)
    assert len(listed) == HOW_MANY
    assert sum(bool(row["items_summary"]) for row in listed) == 25

    esi.left = 20
    second = await run(esi, store, tmp_path / "cache")
    assert second.exit_code is ExitCode.LIMITED
    assert sum(bool(row["items_summary"]) for row in rows(store)) == 45

    esi.left = 100
    third = await run(esi, store, tmp_path / "cache")
    assert third.exit_code is ExitCode.DONE
    assert all(row["items_summary"] for row in rows(store))
    assert len(esi.asked) == 1 + HOW_MANY
    assert set(esi.asked.values()) == {1}, "nothing is asked twice"


async def test_efficiencies_and_runs_come_from_the_public_items_and_the_library(
    store: Store, tmp_path: Path
) -> None:
    public: dict[int, dict[str, Any]] = {
        10: {"item_id": 500, "is_blueprint_copy": True, "material_efficiency": 8, "runs": 3},
        20: {"item_id": 600},  # of which ESI tells no efficiencies
    }
    for record_id, fields in public.items():
        stack: Any = {"record_id": record_id, "type_id": 34, "quantity": 1, "is_included": True}
        rows = [ContractItem(**stack, **fields)]
        answer = DetailAnswer("items", record_id // 10, Meaning.GIVEN, settled=True, rows=rows)
        store.keep_answers(CONTRACTS, [answer], MOMENT)
    original: Any = {"material_efficiency": 10, "time_efficiency": 20, "runs": -1}
    place: Any = {"type_id": 34, "location_id": 1, "location_flag": "Hangar", "quantity": -1}
    blueprint = Blueprint(item_id=600, **place, **original)
    store.apply(library(blueprint))
    await run(Corporation(left=100), store, tmp_path / "cache")
    lent = ("item_id", "is_blueprint_copy", "material_efficiency", "time_efficiency", "runs")
    found: dict[int, Any] = {}
    for number in (1, 2, 3):
        shown = store.row(SCHEMA, number)
        assert shown is not None
        (stack,) = shown["items"]
        found[number] = tuple(stack[name] for name in lent)
    assert found == {
        1: (500, True, 8, None, 3),
        2: (600, False, 10, 20, -1),
        3: (None, None, None, None, None),
    }


def library(*blueprints: Blueprint) -> Draft:
    """A whole reading of the corporation's blueprints."""
    return Draft(
        schema=BLUEPRINTS,
        subject_kind=SubjectKind.CORPORATION,
        subject_id=CORPORATION,
        rows=blueprints,
        pages=1,
        whole=True,
        error=None,
        details=(),
        answers=(),
        moment=MOMENT,
        expires=None,
        fresh_until=None,
        started_at=MOMENT,
        finished_at=MOMENT,
    )
