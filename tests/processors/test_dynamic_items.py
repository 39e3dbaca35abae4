"""Abyssal items: which there are the store says, what they are ESI is asked, once."""

from __future__ import annotations

import sqlite3
import tarfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from eveobs.esi.cache import ResponseCache
from eveobs.esi.client import EsiClient
from eveobs.processors.dynamic_items import PROCESSOR
from eveobs.processors.interface import Task
from eveobs.records.collected import Collected, DetailAnswer, Meaning
from eveobs.records.dynamic_items import DynamicItem
from eveobs.records.schema import SubjectKind
from eveobs.settings import Esi
from eveobs.telemetry.progress import Silence
from tests.conftest import Eveobs, NewEden

ALL = ("origins", "attributes", "effects")
DOGMA = {
    "created_by": 2112000001,
    "source_type_id": 5975,
    "mutator_type_id": 47297,
    "dogma_attributes": [
        {"attribute_id": 20, "value": 512.5},
        {"attribute_id": 20, "value": 512.5},
        {"attribute_id": 554, "value": -1},
    ],
    "dogma_effects": [{"effect_id": 13, "is_default": True}],
}
MODIFIED = "Tue, 01 Sep 2026 11:31:44 GMT"
ITEMS = [DynamicItem(item_id=n, contract_id=1, type_id=47408) for n in (11, 12, 13)]


class Knows:
    """A memory of which items there are, and what was answered."""

    def __init__(self, items: list[DynamicItem] | None, settled: dict[str, set[int]]) -> None:
        self.items, self.known = items, settled

    def settled(self, detail: str, parents: Any) -> set[int]:
        return self.known.get(detail, set()) & {*parents}

    def newest_whole(self, subject_id: int) -> None:
        return None

    def dynamic_items(self, region_id: int) -> list[DynamicItem] | None:
        return self.items


def tables(archive: Path) -> dict[str, bytes]:
    """The tables of an archive by name."""
    with tarfile.open(archive) as tar:
        files = {member.name: tar.extractfile(member) for member in tar.getmembers()}
        return {name: file.read() for name, file in files.items() if file and name[-4:] == ".csv"}


async def collect(
    memory: Knows, answers: dict[int, tuple[int, Any]], details: tuple[str, ...] = ALL
) -> tuple[list[DetailAnswer[Any]], Collected[Any], list[str]]:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        status, body = answers[int(request.url.path.rpartition("/")[2])]
        return httpx.Response(status, json=body, headers={"last-modified": MODIFIED})

    client = EsiClient(
        Esi(max_retries=0), ResponseCache(None), transport=httpx.MockTransport(answer)
    )
    task = Task(10000002, SubjectKind.REGION, details, memory, Silence())
    async with client:
        parts = [part async for part in PROCESSOR.collect(client, task)]
    *told, whole = parts
    assert isinstance(whole, Collected)
    return [one for one in told if isinstance(one, DetailAnswer)], whole, asked


@pytest.mark.unit
async def test_each_is_asked_once_and_what_is_not_dynamic_is_remembered() -> None:
    gone = {"error": "Undefined error"}
    answers = {11: (200, DOGMA), 12: (520, gone), 13: (404, {"error": "not found"})}
    told, whole, asked = await collect(Knows(ITEMS, {}), answers)
    assert sorted(asked) == [f"/dogma/dynamic/items/47408/{n}" for n in (11, 12, 13)]
    assert (whole.rows, whole.whole, whole.missing) == (ITEMS, True, "")
    assert all(one.settled for one in told)
    assert {one.modified for one in told} == {datetime(2026, 9, 1, 11, 31, 44, tzinfo=UTC)}
    meanings = {(one.parent, one.detail): one.meaning for one in told}
    assert {meanings[11, detail] for detail in ALL} == {Meaning.GIVEN}
    assert {meanings[n, detail] for n in (12, 13) for detail in ALL} == {Meaning.NOT_FOUND}
    (attributes,) = (one.rows for one in told if (one.parent, one.detail) == (11, "attributes"))
    assert [(row.attribute_id, row.value) for row in attributes] == [(20, 512.5), (554, -1.0)]


@pytest.mark.unit
async def test_what_is_known_is_not_asked_and_what_is_not_wanted_not_told() -> None:
    known = {detail: {11, 12} for detail in ALL} | {"origins": {11, 13}}
    told, _, asked = await collect(Knows(ITEMS, known), {13: (200, DOGMA)}, ("attributes",))
    assert [path[-2:] for path in asked] == ["13"]
    assert [one.detail for one in told] == ["attributes"]


@pytest.mark.unit
async def test_being_busy_is_no_answer_about_an_item() -> None:
    busy = {"error": 'ConStopSpamming, details: {"remainingTime": 12000000}'}
    told, whole, _ = await collect(Knows(ITEMS[:1], {}), {11: (520, busy)})
    assert told == []
    assert "ConStopSpamming" in whole.missing


@pytest.mark.integration
def test_from_the_store_to_esi_and_an_archive(new_eden: NewEden, tmp_path: Path) -> None:
    env = {
        "EVEOBS_HOME": str(tmp_path / "home"),
        "EVEOBS_ESI__BASE_URL": new_eden.url,
        "EVEOBS_STATIC_DATA__BASE_URL": f"{new_eden.url}/static-data",
    }
    run = Eveobs(env)
    assert run.json("fetch", "contracts", "--no-bids")[0]["status"] == "complete"
    result = run("fetch", "dynamic-items")
    assert result.exit_code == 3
    assert "eveobs static-data update" in result.stderr
    assert run("static-data", "update").exit_code == 0
    (first,) = run.json("fetch", "dynamic-items")
    assert first["status"] == "complete"
    assert first["rows"] == first["new"] > 5
    assert run.json("fetch", "dynamic-items")[0]["requests"] == 0
    listed = run.json("list", "dynamic-items", "--limit", "0")
    assert {row["type_name"] for row in listed} == {
        "50MN Abyssal Microwarpdrive",
        "Abyssal Stasis Webifier",
    }
    (store,) = tmp_path.rglob("eveobs.sqlite3")
    with closing(sqlite3.connect(store)) as database:
        answers = (
            "SELECT DISTINCT parent FROM answers WHERE meaning = 'given' AND detail = 'origins'"
        )
        given = {key for (key,) in database.execute(answers)}
    archive, other = tmp_path / "a.tar.bz2", Eveobs({**env, "EVEOBS_HOME": str(tmp_path / "2")})
    assert run("export", "contracts", "-o", str(archive)).exit_code == 0
    assert other.json("import", "everef", str(archive))[0]["dynamic_items"] == len(given)
    assert len(given) < first["rows"], "some items are not dynamic after all"
    assert other("static-data", "update").exit_code == 0
    (again,) = other.json("fetch", "dynamic-items")
    assert (again["status"], again["rows"]) == ("complete", first["rows"])
    assert again["requests"] == 1, "names of those who made them, which an archive does not have"
    second = tmp_path / "b.tar.bz2"
    assert other("export", "contracts", "-o", str(second)).exit_code == 0
    assert tables(second) == tables(archive)
    for item_id in given:
        mine, theirs = (one.json("show", "dynamic-item", str(item_id)) for one in (run, other))
        parts = ("contract_id", "type_id", "attributes", "effects")
        assert [mine[part] for part in parts] == [theirs[part] for part in parts]
