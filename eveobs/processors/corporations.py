"""Corporations: whichever is asked for publicly, a member's with what members may see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from msgspec.structs import asdict

from eveobs.esi.routes import BY_PATH
from eveobs.processors.sheets import Part, SheetProcessor
from eveobs.records.corporations import (
    CORPORATIONS,
    AllianceMembership,
    Corporation,
    CorporationMember,
    CorporationSheet,
    DivisionBalance,
    Logo,
)
from eveobs.records.schema import Record

BASE = "/corporations/{corporation_id}"


@dataclass(frozen=True, kw_only=True)
class Corporations(SheetProcessor[CorporationSheet]):
    """The processor `corporations`."""

    def compose(
        self, sheet: CorporationSheet, subject_id: int, fields: Mapping[str, Any]
    ) -> Record:
        """The sheet does not say whose it is, and nests the taxes."""
        told = asdict(sheet)
        taxes = told.pop("tax_rates")
        return Corporation(
            corporation_id=subject_id,
            tax_rate=taxes.isk,
            loyalty_point_tax_rate=taxes.loyalty_point,
            **told,
            **fields,
        )


PROCESSOR = Corporations(
    schema=CORPORATIONS,
    sheet=BY_PATH["GET", BASE],
    shape=CorporationSheet,
    parts=(
        Part(
            what="logo",
            route=BY_PATH["GET", f"{BASE}/icons"],
            shape=Logo,
            fields=lambda logo: {"logo": logo.px256x256},
        ),
        Part(
            what="alliance history",
            route=BY_PATH["GET", f"{BASE}/alliancehistory"],
            shape=list[AllianceMembership],
            detail="alliance_history",
        ),
        Part(
            what="members",
            route=BY_PATH["GET", f"{BASE}/members"],
            shape=list[int],
            detail="members",
            rows=lambda ids: [CorporationMember(character_id=one) for one in dict.fromkeys(ids)],
        ),
        Part(
            what="wallets",
            route=BY_PATH["GET", f"{BASE}/wallets"],
            shape=list[DivisionBalance],
            detail="wallets",
        ),
    ),
)
