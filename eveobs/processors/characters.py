"""Characters: whoever is asked for publicly, those who signed in with what they allow to see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from eveobs.esi.routes import BY_PATH
from eveobs.processors.sheets import ROLES, HeldRoles, Part, SheetProcessor
from eveobs.records.characters import (
    BLOODLINES,
    CHARACTERS,
    RACES,
    Character,
    Membership,
    Portrait,
    QueuedSkill,
    Skills,
)
from eveobs.records.schema import Record

BASE = "/characters/{character_id}"


@dataclass(frozen=True, kw_only=True)
class Characters(SheetProcessor[Character]):
    """The processor `characters`."""

    def compose(self, sheet: Character, subject_id: int, fields: Mapping[str, Any]) -> Record:
        """The sheet does not say whose it is, and tells race and bloodline by number."""
        return replace(
            sheet,
            character_id=subject_id,
            race=RACES.get(sheet.race_id),
            bloodline=BLOODLINES.get(sheet.bloodline_id),
            **fields,
        )


def _points(skills: Skills) -> Mapping[str, Any]:
    return {"total_sp": skills.total_sp, "unallocated_sp": skills.unallocated_sp or 0}


PROCESSOR = Characters(
    schema=CHARACTERS,
    sheet=BY_PATH["GET", BASE],
    shape=Character,
    parts=(
        Part(
            what="portrait",
            route=BY_PATH["GET", f"{BASE}/portrait"],
            shape=Portrait,
            fields=lambda portrait: {"portrait": portrait.px256x256},
        ),
        Part(
            what="corporation history",
            route=BY_PATH["GET", f"{BASE}/corporationhistory"],
            shape=list[Membership],
            detail="corporation_history",
        ),
        Part(
            what="wallet",
            route=BY_PATH["GET", f"{BASE}/wallet"],
            shape=float,
            fields=lambda balance: {"wallet_balance": balance},
        ),
        Part(
            what="skills",
            route=BY_PATH["GET", f"{BASE}/skills"],
            shape=Skills,
            fields=_points,
            detail="skills",
            rows=lambda skills: list({one.skill_id: one for one in skills.skills}.values()),
        ),
        Part(
            what="skill queue",
            route=BY_PATH["GET", f"{BASE}/skillqueue"],
            shape=list[QueuedSkill],
            detail="queue",
        ),
        Part(
            what="roles",
            route=ROLES,
            shape=HeldRoles,
            fields=lambda held: {"roles": ", ".join(sorted(held.roles))},
        ),
    ),
)
