"""Characters and what hangs on them have ESI's fields."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from eveobs.records.characters import (
    CHARACTERS,
    Character,
    Membership,
    Portrait,
    QueuedSkill,
    Skill,
    Skills,
    summarise_queue,
)
from eveobs.records.schema import Record
from tests.records.documented import check_record, check_schema, resolved, row_of

pytestmark = pytest.mark.unit

SHEET = "/characters/{character_id}"
MADE = frozenset(
    "character_id race bloodline portrait wallet_balance total_sp unallocated_sp roles".split()
)


@pytest.mark.parametrize(
    ("record", "path", "made"),
    [
        (Character, SHEET, MADE),
        (Membership, f"{SHEET}/corporationhistory", frozenset()),
        (QueuedSkill, f"{SHEET}/skillqueue", frozenset()),
    ],
)
def test_fields_are_the_documented_ones(
    record: type[Record], path: str, made: frozenset[str]
) -> None:
    check_record(record, path, made=made)


def test_skills_and_portraits_are_the_documented_ones() -> None:
    skills = row_of(f"{SHEET}/skills")["properties"]
    assert {*Skills.__struct_fields__} == {*skills}
    skill = resolved(resolved(skills["skills"])["items"])
    assert {*Skill.__struct_fields__} == {*skill["properties"]}
    assert {*Portrait.__struct_fields__} <= {*row_of(f"{SHEET}/portrait")["properties"]}


def test_every_field_the_schema_names_exists() -> None:
    check_schema(CHARACTERS)


@pytest.mark.parametrize(
    ("ends", "told"),
    [
        ([], ""),
        ([None], "1 skill, paused"),
        ([datetime(2026, 9, 24, tzinfo=UTC)], "1 skill until 2026-09-24"),
        (
            [datetime(2026, 9, 24, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC)],
            "2 skills until 2026-10-01",
        ),
    ],
)
def test_a_queue_in_a_few_words(ends: list[Any], told: str) -> None:
    assert summarise_queue([{"finish_date": end} for end in ends]) == told
