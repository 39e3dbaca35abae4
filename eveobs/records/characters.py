"""Characters: the public sheet, and what only they may see.

Shapes: ESI's routes `/characters/{character_id}`, `…/corporationhistory`, `…/skills`,
`…/skillqueue`, `…/portrait`, `…/wallet` and `…/roles` at compatibility date 2026-08-18.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from eveobs.records.schema import (
    Column,
    Detail,
    Filter,
    Kind,
    Match,
    Record,
    Schema,
    SubjectKind,
)
from eveobs.records.units import Isk, Security


class Character(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A character.

    `race` and `bloodline` are the names of their ids, `portrait` is the address of the image of 256
    pixels. `wallet_balance` (ISK), `total_sp`, `unallocated_sp` and `roles` (those that hold
    everywhere) are None where the character did not allow to see them.
    """

    name: str
    corporation_id: int
    birthday: datetime
    gender: str
    race_id: int
    bloodline_id: int
    character_id: int = 0
    race: str | None = None
    bloodline: str | None = None
    alliance_id: int | None = None
    faction_id: int | None = None
    corporation_title: str | None = None
    character_title_id: str | None = None
    achievement_score: int | None = None
    security_status: Security | None = None
    description: str | None = None
    portrait: str | None = None
    wallet_balance: Isk | None = None
    total_sp: int | None = None
    unallocated_sp: int | None = None
    roles: str | None = None


class Membership(Record, frozen=True, kw_only=True, omit_defaults=True):
    """That the character joined a corporation."""

    record_id: int
    corporation_id: int
    start_date: datetime
    is_deleted: bool | None = None


class Skill(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A skill. `active_skill_level` is lower than the trained one without a subscription."""

    skill_id: int
    trained_skill_level: int
    active_skill_level: int
    skillpoints_in_skill: int


class Skills(Record, frozen=True, kw_only=True, omit_defaults=True):
    """`/characters/{character_id}/skills`."""

    skills: tuple[Skill, ...]
    total_sp: int
    unallocated_sp: int | None = None


class QueuedSkill(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A skill in training, or to be trained. A paused queue has no dates.

    ESI shows entries that have been finished until the character logs in.
    """

    queue_position: int
    skill_id: int
    finished_level: int
    start_date: datetime | None = None
    finish_date: datetime | None = None
    training_start_sp: int | None = None
    level_start_sp: int | None = None
    level_end_sp: int | None = None


class Portrait(Record, frozen=True, kw_only=True, omit_defaults=True):
    """The address of the image that eveobs shows, of those ESI tells."""

    px256x256: str | None = None


RACES = {
    1: "Caldari",
    2: "Minmatar",
    4: "Amarr",
    8: "Gallente",
    16: "Jove",
    135: "Triglavian",
}
"""`/universe/races`."""

BLOODLINES = {
    1: "Deteis",
    2: "Civire",
    3: "Sebiestor",
    4: "Brutor",
    5: "Amarr",
    6: "Ni-Kunni",
    7: "Gallente",
    8: "Intaki",
    9: "Static",
    10: "Modifier",
    11: "Achura",
    12: "Jin-Mei",
    13: "Khanid",
    14: "Vherokior",
    19: "Drifter",
}
"""`/universe/bloodlines`."""


def summarise_queue(queue: Sequence[Mapping[str, Any]]) -> str:
    """How many skills, and when the last of them is trained."""
    if not queue:
        return ""
    ends = [entry["finish_date"] for entry in queue if entry["finish_date"]]
    until = f" until {max(ends):%Y-%m-%d}" if ends else ", paused"
    return f"{len(queue)} skill{'s' if len(queue) > 1 else ''}{until}"


HISTORY = Detail(
    name="corporation_history",
    record=Membership,
    key="record_id",
    current=True,
    names={"corporation_id": "corporation_name"},
    columns=(
        Column("start_date", "Since", Kind.TIME),
        Column("corporation_name", "Corporation", flexible=True),
        Column("is_deleted", "Closed", Kind.FLAG, rank=2),
    ),
)

SKILLS = Detail(
    name="skills",
    record=Skill,
    key="skill_id",
    current=True,
    names={"skill_id": "skill_name"},
    columns=(
        Column("skill_name", "Skill", flexible=True),
        Column("trained_skill_level", "Level", Kind.NUMBER),
        Column("active_skill_level", "Active", Kind.NUMBER, rank=2),
        Column("skillpoints_in_skill", "Points", Kind.NUMBER, rank=2),
    ),
)

QUEUE = Detail(
    name="queue",
    record=QueuedSkill,
    key="queue_position",
    current=True,
    names={"skill_id": "skill_name"},
    summary=summarise_queue,
    columns=(
        Column("queue_position", "Place", Kind.NUMBER, rank=2),
        Column("skill_name", "Skill", flexible=True),
        Column("finished_level", "To level", Kind.NUMBER),
        Column("finish_date", "Ends", Kind.TIME),
    ),
)

CHARACTERS = Schema(
    name="characters",
    singular="character",
    subjects=(SubjectKind.CHARACTER,),
    record=Character,
    key="character_id",
    names={
        "owner_id": "owner_name",
        "corporation_id": "corporation_name",
        "alliance_id": "alliance_name",
        "faction_id": "faction_name",
    },
    details=(HISTORY, SKILLS, QUEUE),
    filters=(
        Filter("character", "owner_id", Match.EQUALS, "This character.", names=True),
        Filter("name", "name", Match.CONTAINS, "Part of the name."),
        Filter(
            "corporation",
            "corporation_id",
            Match.CONTAINS,
            "In this corporation: id, or part of its name.",
            names=True,
        ),
        Filter(
            "alliance",
            "alliance_id",
            Match.CONTAINS,
            "In this alliance: id, or part of its name.",
            names=True,
        ),
        Filter("role", "roles", Match.CONTAINS, "With this role, such as Director."),
        Filter(
            "skill",
            "skill_id",
            Match.CONTAINS,
            "Knows this skill: type id, or part of its name.",
            detail="skills",
            names=True,
        ),
        Filter(
            "min-balance",
            "wallet_balance",
            Match.AT_LEAST,
            "At least this in the wallet.",
            Kind.ISK,
        ),
    ),
    columns=(
        Column("character_id", "Character", Kind.ID, rank=6),
        Column("name", "Name", flexible=True),
        Column("corporation_name", "Corporation", flexible=True),
        Column("alliance_name", "Alliance", rank=5, flexible=True),
        Column("wallet_balance", "Wallet", Kind.ISK),
        Column("total_sp", "Skill points", Kind.NUMBER, rank=2),
        Column("queue_summary", "Queue", rank=4),
        Column("security_status", "Security", Kind.NUMBER, rank=3),
    ),
    sort="name",
)
