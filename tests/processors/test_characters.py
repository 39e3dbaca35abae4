"""Characters: the public sheet of anybody, the rest of those who allowed it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from eveobs.errors import AnswerError, LimitError
from eveobs.processors.characters import PROCESSOR
from eveobs.processors.interface import Needs
from eveobs.records.schema import SubjectKind
from tests.processors.esi_of_lists import CHARACTER, MOMENT, Knows, Reading, error, page, used_up
from tests.processors.esi_of_subjects import builtins, read, saying, signed_in

pytestmark = pytest.mark.unit

BASE = f"/characters/{CHARACTER}"
WALLET, SKILLS, QUEUE, ROLES = (
    "esi-wallet.read_character_wallet.v1",
    "esi-skills.read_skills.v1",
    "esi-skills.read_skillqueue.v1",
    "esi-characters.read_corporation_roles.v1",
)
PUBLIC_PATHS = {BASE, f"{BASE}/portrait", f"{BASE}/corporationhistory"}
PRIVATE_PATHS = {f"signed {BASE}/{part}" for part in ("wallet", "skills", "skillqueue", "roles")}
SHEET: dict[str, Any] = {
    "name": "Karda Usual",
    "corporation_id": 98000001,
    "birthday": "2015-03-24T11:37:00Z",
    "gender": "female",
    "race_id": 2,
    "bloodline_id": 4,
    "security_status": -1.5,
    "description": "",
    "achievement_score": 12,
}
PORTRAIT = "https://images.evetech.net/characters/90000001/portrait?size=256"


def esi(**replies: httpx.Response) -> dict[str, httpx.Response]:
    """What is said of the character, unless `replies` differ by the last word of the path."""
    said = {
        "": page(SHEET, lasts=86400),
        "portrait": page({"px256x256": PORTRAIT, "px64x64": "https://x"}),
        "corporationhistory": page(
            [{"record_id": 5, "corporation_id": 98000001, "start_date": "2020-01-01T00:00:00Z"}]
        ),
        "wallet": page(29500.01, lasts=120),
        "skills": page(
            {
                "skills": [
                    {
                        "skill_id": 3300,
                        "trained_skill_level": 5,
                        "active_skill_level": 4,
                        "skillpoints_in_skill": 256000,
                    }
                ],
                "total_sp": 256000,
            }
        ),
        "skillqueue": page([{"queue_position": 0, "skill_id": 3301, "finished_level": 3}]),
        "roles": page({"roles": ["Director", "Accountant"], "roles_at_hq": ["Hangar_Take_1"]}),
    } | replies
    return {f"{BASE}/{name}".rstrip("/"): reply for name, reply in said.items()}


async def look(
    *scopes: str, said: dict[str, httpx.Response] | None = None, **about: Any
) -> Reading:
    access = signed_in(*scopes) if scopes else None
    return await read(PROCESSOR, saying(said or esi()), **{"access": access, **about})


def test_nothing_is_needed_and_the_private_parts_are_useful() -> None:
    needs = PROCESSOR.needs(SubjectKind.CHARACTER)
    assert needs == Needs(useful=(WALLET, SKILLS, QUEUE, ROLES))


async def test_anybody_is_known_publicly() -> None:
    reading = await look()
    assert {*reading.asked} == PUBLIC_PATHS
    (row,) = reading.end.rows
    assert builtins(row) == SHEET | {
        "birthday": datetime(2015, 3, 24, 11, 37, tzinfo=UTC),
        "character_id": CHARACTER,
        "race": "Minmatar",
        "bloodline": "Brutor",
        "portrait": PORTRAIT,
    }
    assert {*reading.answers} == {("corporation_history", CHARACTER)}
    assert (reading.end.whole, reading.end.missing, reading.end.moment) == (True, "", None)
    assert reading.end.fresh_until == datetime.fromtimestamp(MOMENT.timestamp() + 3600, UTC)


async def test_who_allowed_everything_is_known_wholly() -> None:
    reading = await look(WALLET, SKILLS, QUEUE, ROLES)
    assert {*reading.asked} == PUBLIC_PATHS | PRIVATE_PATHS
    (row,) = reading.end.rows
    assert (row.wallet_balance, row.total_sp, row.unallocated_sp) == (29500.01, 256000, 0)
    assert row.roles == "Accountant, Director"
    history, skills, queue = (
        reading.answers[detail, CHARACTER].rows
        for detail in ("corporation_history", "skills", "queue")
    )
    assert [builtins(one)["record_id"] for one in history] == [5]
    assert [builtins(one)["skill_id"] for one in skills] == [3300]
    assert [builtins(one)["skill_id"] for one in queue] == [3301]
    assert reading.end.fresh_until == datetime.fromtimestamp(MOMENT.timestamp() + 120, UTC)


@pytest.mark.parametrize(
    ("scope", "path", "details"),
    [
        (WALLET, "wallet", set()),
        (SKILLS, "skills", {"skills"}),
        (QUEUE, "skillqueue", {"queue"}),
        (ROLES, "roles", set()),
    ],
)
async def test_each_scope_opens_its_part(scope: str, path: str, details: set[str]) -> None:
    reading = await look(scope)
    assert {*reading.asked} == PUBLIC_PATHS | {f"signed {BASE}/{path}"}
    assert {detail for detail, _ in reading.answers} == {"corporation_history"} | details
    (row,) = reading.end.rows
    given = (row.wallet_balance, row.total_sp, row.roles)
    assert [value is not None for value in given] == [
        scope is WALLET,
        scope is SKILLS,
        scope is ROLES,
    ]


async def test_another_characters_token_opens_nothing() -> None:
    access = replace(signed_in(WALLET, SKILLS), character_id=CHARACTER + 1)
    reading = await look(access=access)
    assert {*reading.asked} == PUBLIC_PATHS


async def test_only_the_details_wanted() -> None:
    reading = await look(WALLET, SKILLS, QUEUE, details=())
    assert reading.answers == {}
    asked = {target.rpartition("/")[2] for target in reading.asked}
    assert asked == {str(CHARACTER), "portrait", "wallet", "skills"}
    assert reading.end.rows[0].total_sp == 256000


@pytest.mark.parametrize(
    ("memory", "rows"), [(Knows(newest=CHARACTER), 0), (Knows(), 1)], ids=["stored", "first"]
)
async def test_a_part_that_fails_leaves_the_stored_row_as_it_is(memory: Knows, rows: int) -> None:
    said = esi(wallet=error(500, "broken"))
    reading = await look(WALLET, SKILLS, said=said, memory=memory)
    assert len(reading.end.rows) == rows
    assert not reading.end.whole
    assert reading.end.missing.startswith("wallet: ")
    assert ("skills", CHARACTER) in reading.answers


async def test_a_detail_that_fails_leaves_the_row_alone() -> None:
    said = esi(corporationhistory=error(500, "broken"))
    reading = await look(said=said, memory=Knows(newest=CHARACTER))
    assert len(reading.end.rows) == 1
    assert reading.end.whole
    assert reading.answers == {}
    assert reading.end.missing.startswith("corporation history: ")


async def test_a_limit_is_told_and_leaves_the_rest() -> None:
    reading = await look(WALLET, said=esi(wallet=used_up()), patient=False)
    assert isinstance(reading.end.stopped, LimitError)
    assert "1 parts left for the next run" in reading.end.missing


@pytest.mark.parametrize(
    ("reply", "words"),
    [(error(404, "Character has been deleted!"), "deleted"), (httpx.Response(204), "204")],
)
async def test_without_a_sheet_there_is_nothing(reply: httpx.Response, words: str) -> None:
    with pytest.raises(AnswerError, match=words):
        await look(said={BASE: reply})


async def test_a_race_to_come_has_no_name_yet() -> None:
    sheet = {**SHEET, "race_id": 4096, "bloodline_id": 4096}
    (row,) = (await look(said={**esi(), BASE: page(sheet)})).end.rows
    assert (row.race_id, row.race, row.bloodline) == (4096, None, None)
