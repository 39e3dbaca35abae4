"""What processors of characters and corporations read comes out of the store as it should be seen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from eveobs.esi.cache import ResponseCache
from eveobs.esi.client import EsiClient
from eveobs.observation.observe import observe
from eveobs.observation.unit import Report, Unit
from eveobs.processors.assets import PROCESSOR as ASSETS
from eveobs.processors.blueprints import PROCESSOR as BLUEPRINTS
from eveobs.processors.characters import PROCESSOR as CHARACTERS
from eveobs.processors.corporations import PROCESSOR as CORPORATIONS
from eveobs.processors.industry_jobs import PROCESSOR as INDUSTRY_JOBS
from eveobs.processors.interface import Processor
from eveobs.processors.planets import PROCESSOR as PLANETS
from eveobs.records.schema import SubjectKind
from eveobs.settings import Esi
from eveobs.store.query import Query
from eveobs.store.store import Store
from eveobs.telemetry.progress import Silence
from tests.processors import test_characters, test_corporations
from tests.processors.esi_of_lists import CHARACTER, CORPORATION, NOW, error, page
from tests.processors.esi_of_subjects import Says, saying, signed_in
from tests.processors.test_assets import BOX, STACK, Hangar, asset
from tests.processors.test_listed import JOBS, MINE, OURS, blueprint, job
from tests.processors.test_planets import LATER, LIST, SOON, colony, layout

pytestmark = pytest.mark.integration


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(f"sqlite:///{tmp_path / 'eveobs.db'}") as opened:
        yield opened


async def run(
    store: Store,
    processor: Processor,
    says: Says,
    *scopes: str,
    kind: SubjectKind = SubjectKind.CHARACTER,
) -> Report:
    """One observation. Names of ids are not known."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/universe/names":
            return httpx.Response(200, json=[])
        if request.url.path.startswith("/universe/structures/"):
            return error(403, "Forbidden")
        return says(request)

    schema = processor.schema
    unit = Unit(
        processor=schema.name,
        subject_kind=kind,
        subject_id=CHARACTER if kind is SubjectKind.CHARACTER else CORPORATION,
        subject_name="whoever",
        details=tuple(detail.name for detail in schema.details),
    )
    client = EsiClient(
        Esi(base_url="http://127.0.0.1", max_retries=0),
        ResponseCache(None),
        transport=httpx.MockTransport(answer),
        clock=lambda: NOW,
    )
    async with client:
        return await observe(
            unit,
            processor,
            client=client,
            store=store,
            progress=Silence(),
            access=signed_in(*scopes),
        )


def listed(store: Store, processor: Processor, **values: Any) -> list[dict[str, Any]]:
    return list(store.rows(processor.schema, Query(values=values), summaries=True))


async def test_a_blueprint_seen_by_two_routes_is_listed_once_with_its_running_job(
    store: Store,
) -> None:
    prints = [blueprint(1), blueprint(2, -2)]
    await run(store, INDUSTRY_JOBS, saying({JOBS: page([job(7), job(8, status="delivered")])}))
    await run(store, BLUEPRINTS, saying({MINE: page(prints)}))
    await run(store, BLUEPRINTS, saying({OURS: page(prints)}), kind=SubjectKind.CORPORATION)
    found = {row["item_id"]: row for row in listed(store, BLUEPRINTS)}
    assert {*found} == {1, 2}
    told = [found[1][name] for name in ("job_id", "job_activity", "job_runs")]
    assert told == [7, "manufacturing", 2]
    assert found[2]["job_id"] is None
    assert [row["item_id"] for row in listed(store, BLUEPRINTS, copies=[True])] == [2]
    assert [row["item_id"] for row in listed(store, BLUEPRINTS, **{"min-runs": 5.0})] == [2]
    first = listed(store, INDUSTRY_JOBS, status=["active"])
    assert [row["job_id"] for row in first] == [7]


async def test_what_names_and_layouts_could_not_be_read_stays_as_it_was_seen(store: Store) -> None:
    rows = [asset(BOX), asset(STACK, inside=BOX, is_singleton=False)]
    await run(store, ASSETS, Hangar(rows, {BOX: "Ore"}))
    report = await run(store, ASSETS, Hangar(rows, nameless=(BOX,), refusal=error(500, "x")))
    assert report.outcome.status == "partial"
    assert {row["item_id"]: row["item_name"] for row in listed(store, ASSETS)} == {
        BOX: "Ore",
        STACK: None,
    }
    planets = {LIST: page([colony(1), colony(2)]), f"{LIST}/1": layout(LATER)}
    await run(store, PLANETS, saying({**planets, f"{LIST}/2": layout(SOON)}))
    report = await run(store, PLANETS, saying({**planets, f"{LIST}/2": error(500, "x")}))
    assert (report.outcome.status, report.outcome.gone) == ("partial", 0)
    assert [row["planet_id"] for row in listed(store, PLANETS)] == [2, 1]
    record = store.row(PLANETS.schema, 2)
    assert record is not None
    assert [pin["product_type_id"] for pin in record["pins"]] == [None, 2268]


async def test_a_colony_that_is_abandoned_is_gone_with_no_trace_in_the_list(store: Store) -> None:
    two = {LIST: page([colony(1), colony(2)]), f"{LIST}/1": layout(), f"{LIST}/2": layout()}
    await run(store, PLANETS, saying(two))
    report = await run(store, PLANETS, saying({**two, LIST: page([colony(1)])}))
    assert (report.outcome.status, report.outcome.gone) == ("complete", 1)
    assert [row["planet_id"] for row in listed(store, PLANETS)] == [1]


async def test_a_wallet_that_fails_keeps_the_balance_and_a_change_is_told(store: Store) -> None:
    scopes = (test_characters.WALLET, test_characters.QUEUE)
    await run(store, CHARACTERS, saying(test_characters.esi()), *scopes)
    failing = test_characters.esi(wallet=error(500, "x"))
    report = await run(store, CHARACTERS, saying(failing), *scopes)
    assert (report.outcome.status, report.outcome.changed) == ("partial", 0)
    (row,) = listed(store, CHARACTERS)
    assert (row["wallet_balance"], row["queue_summary"]) == (29500.01, "1 skill, paused")
    richer = test_characters.esi(wallet=page(30000.0), skillqueue=page([]))
    report = await run(store, CHARACTERS, saying(richer), *scopes)
    assert (report.outcome.status, report.outcome.changed) == ("complete", 1)
    (row,) = listed(store, CHARACTERS)
    assert (row["wallet_balance"], row["queue_summary"]) == (30000.0, "")


async def test_a_member_who_left_is_not_shown_and_a_detail_that_may_not_be_read_stays(
    store: Store,
) -> None:
    about: dict[str, Any] = {"kind": SubjectKind.CORPORATION}
    scopes = (test_corporations.MEMBERS, test_corporations.WALLETS, test_corporations.ROLES)
    says = test_corporations.esi("Accountant")
    await run(store, CORPORATIONS, saying(says), *scopes, **about)
    one_left = {**says, f"{test_corporations.BASE}/members": page([CHARACTER])}
    await run(store, CORPORATIONS, saying(one_left), *scopes[:1], **about)
    record = store.row(CORPORATIONS.schema, CORPORATION)
    assert record is not None
    assert [member["character_id"] for member in record["members"]] == [CHARACTER]
    assert len(record["wallets"]) == 7
    (row,) = listed(store, CORPORATIONS)
    assert row["wallets_summary"] == "7.00 ISK"
