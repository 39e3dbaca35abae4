"""What processors read of people in the sandbox is what the sandbox says is true."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest

from eveobs.esi.cache import ResponseCache
from eveobs.esi.client import EsiClient
from eveobs.processors.assets import PROCESSOR as ASSETS
from eveobs.processors.blueprints import PROCESSOR as BLUEPRINTS
from eveobs.processors.characters import PROCESSOR as CHARACTERS
from eveobs.processors.corporations import PROCESSOR as CORPORATIONS
from eveobs.processors.industry_jobs import PROCESSOR as INDUSTRY_JOBS
from eveobs.processors.interface import Processor, Task
from eveobs.processors.planets import PROCESSOR as PLANETS
from eveobs.records.collected import Collected
from eveobs.records.schema import Record, SubjectKind
from eveobs.sandbox.capsuleers.truth import Truth
from eveobs.sandbox.server import Sandbox
from eveobs.sandbox.sso.tokens import Holder
from eveobs.sandbox.world import World
from eveobs.settings import Esi
from eveobs.telemetry.progress import Silence
from tests.processors.esi_of_lists import SignedIn

pytestmark = pytest.mark.integration

NOW = 1_790_000_000.0
BOTH = (SubjectKind.CHARACTER, SubjectKind.CORPORATION)


class NothingStored:
    """A memory before the first reading."""

    def settled(self, detail: str, parents: Any) -> tuple[int, ...]:
        return ()

    def newest_whole(self, subject_id: int) -> None:
        return None

    def dynamic_items(self, region_id: int) -> None:
        return None


@dataclass
class Doorman:
    """Knows the tokens of `holders`."""

    holders: dict[str, Holder] = field(default_factory=dict)

    def holder(self, bearer: str, now: float) -> Holder | None:
        return self.holders.get(bearer)


@dataclass
class NewEden:
    """A sandbox, and its first corporation's director, who signed in."""

    sandbox: Sandbox
    director: SignedIn
    corporation_id: int

    def subject(self, kind: SubjectKind) -> int:
        character = kind is SubjectKind.CHARACTER
        return self.director.character_id if character else self.corporation_id

    def truth(self, processor: Processor, kind: SubjectKind) -> dict[str, Any]:
        """As it goes over the wire."""
        told = Truth(self.sandbox.views).of(processor.schema.name, self.subject(kind), NOW)
        found: dict[str, Any] = json.loads(msgspec.json.encode(told))
        return found

    async def read(
        self, processor: Processor, kind: SubjectKind
    ) -> tuple[list[dict[str, Any]], dict[str, dict[int, list[dict[str, Any]]]]]:
        """Rows, and the rows of details by parent; the reading is whole, without a refusal."""
        details = tuple(detail.name for detail in processor.schema.details)
        rows: list[dict[str, Any]] = []
        answers: dict[str, dict[int, list[dict[str, Any]]]] = {name: {} for name in details}
        settings = Esi(base_url=self.sandbox.url, max_retries=0)
        task = Task(self.subject(kind), kind, details, NothingStored(), Silence(), self.director)
        async with EsiClient(settings, ResponseCache(None), clock=lambda: NOW) as client:
            async for part in processor.collect(client, task):
                if isinstance(part, Collected):
                    assert (part.whole, part.missing) == (True, "")
                    assert part.fresh_until is not None
                    assert part.fresh_until.timestamp() > NOW
                    rows = sent(part.rows)
                else:
                    answers[part.detail][part.parent] = sent(part.rows)
        tally = self.sandbox.gateway.tally
        assert tally.total == tally.count(status=200)
        return rows, answers


def sent(rows: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(msgspec.json.encode(rows))
    return found


def within(given: Mapping[str, Any], record: type[Record]) -> dict[str, Any]:
    """What of a true row a record can hold."""
    return {name: given[name] for name in record.__struct_fields__ if name in given}


def by(key: str, rows: Any) -> dict[int, dict[str, Any]]:
    return {row[key]: row for row in rows}


@pytest.fixture(scope="module")
def world() -> World:
    return World.generate(seed=7, contracts=200, regions=[10000002])


@pytest.fixture
async def new_eden(world: World) -> AsyncIterator[NewEden]:
    doorman = Doorman()
    async with Sandbox(world, clock=lambda: NOW, tokens=doorman) as sandbox:
        everybody = Truth(sandbox.views).people()["characters"]
        director = next(one for one in everybody if "Director" in one["roles"])
        access = SignedIn(character_id=director["id"])
        doorman.holders[access.bearer] = Holder(access.character_id, access.scopes)
        yield NewEden(sandbox, access, director["corporation_id"])


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize("processor", [BLUEPRINTS, INDUSTRY_JOBS], ids=["blueprints", "jobs"])
async def test_lists(new_eden: NewEden, processor: Any, kind: SubjectKind) -> None:
    schema = processor.schema
    rows, _ = await new_eden.read(processor, kind)
    true = by(schema.key, new_eden.truth(processor, kind)["rows"])
    found = by(schema.key, rows)
    assert true
    assert {number: within(row, schema.record) for number, row in true.items()} == {
        number: {name: row[name] for name in true[number]} for number, row in found.items()
    }


@pytest.mark.parametrize("kind", BOTH)
async def test_assets_and_their_names(new_eden: NewEden, kind: SubjectKind) -> None:
    rows, _ = await new_eden.read(ASSETS, kind)
    truth = new_eden.truth(ASSETS, kind)
    named = {str(row["item_id"]): row.pop("item_name") for row in rows if "item_name" in row}
    assert by("item_id", rows) == by("item_id", truth["rows"])
    assert named == truth["names"]
    assert named


async def test_colonies_and_when_their_extractors_end(new_eden: NewEden) -> None:
    rows, answers = await new_eden.read(PLANETS, SubjectKind.CHARACTER)
    truth = new_eden.truth(PLANETS, SubjectKind.CHARACTER)
    record = PLANETS.schema.record
    found, true = by("planet_id", rows), by("planet_id", truth["rows"])
    assert {*found} == {*true}
    assert true
    for number, row in found.items():
        pins = truth["layouts"][str(number)]["pins"]
        drills = [pin for pin in pins if "product_type_id" in pin.get("extractor_details", {})]
        ends = {"extractors_end": min(pin["expiry_time"] for pin in drills)} if drills else {}
        assert row == within(true[number], record) | {"extractors": len(drills)} | ends
        ids = [pin["pin_id"] for pin in answers["pins"][number]]
        assert ids == [pin["pin_id"] for pin in pins]


async def test_a_character(new_eden: NewEden) -> None:
    (row,), answers = await new_eden.read(CHARACTERS, SubjectKind.CHARACTER)
    truth = new_eden.truth(CHARACTERS, SubjectKind.CHARACTER)
    (sheet,) = truth["rows"]
    assert {name: row[name] for name in sheet} == sheet
    assert row["wallet_balance"] == truth["wallet"]
    assert row["total_sp"] == truth["skills"]["total_sp"]
    assert row["portrait"] == truth["portrait"]["px256x256"]
    assert row["roles"].split(", ") == sorted(truth["roles"]["roles"])
    number = row["character_id"]
    for detail, key, true in (
        ("corporation_history", "record_id", truth["corporationhistory"]),
        ("skills", "skill_id", truth["skills"]["skills"]),
        ("queue", "queue_position", truth["skillqueue"]),
    ):
        assert by(key, answers[detail][number]) == by(key, true)
        assert true


async def test_a_corporation(new_eden: NewEden) -> None:
    (row,), answers = await new_eden.read(CORPORATIONS, SubjectKind.CORPORATION)
    truth = new_eden.truth(CORPORATIONS, SubjectKind.CORPORATION)
    (sheet,) = truth["rows"]
    taxes = sheet.pop("tax_rates")
    assert {name: row[name] for name in sheet} == sheet
    assert (row["tax_rate"], row["loyalty_point_tax_rate"]) == (
        taxes["isk"],
        taxes["loyalty_point"],
    )
    assert row["logo"] == truth["icons"]["px256x256"]
    number = row["corporation_id"]
    members = [member["character_id"] for member in answers["members"][number]]
    assert members == truth["members"]
    assert by("record_id", answers["alliance_history"][number]) == by(
        "record_id", truth["alliancehistory"]
    )
    assert answers["wallets"][number] == truth["wallets"]
