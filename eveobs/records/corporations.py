"""Corporations: the public sheet, and what their members may see.

Shapes: ESI's routes `/corporations/{corporation_id}`, `…/alliancehistory`, `…/icons`, `…/members`
and `…/wallets` at compatibility date 2026-08-18.
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
from eveobs.records.units import Isk, Percent


class TaxRates(Record, frozen=True, kw_only=True, omit_defaults=True):
    """What the corporation takes of its members' income, in percent (0 to 100).

    The OpenAPI document's `CorporationsDetailTaxrates` says "0.0% - 100.0%" with the examples 10
    and 5.6. Before compatibility date 2026-07-21 `tax_rate` was a share of 0 to 1; the changelog
    does not say that the unit changed (jitaspace#747).
    """

    isk: Percent | None = None
    loyalty_point: Percent | None = None


class CorporationSheet(Record, frozen=True, kw_only=True, omit_defaults=True):
    """`/corporations/{corporation_id}`, without its colours."""

    name: str
    ticker: str
    member_count: int
    tax_rates: TaxRates = TaxRates()
    alliance_id: int | None = None
    ceo_id: int | None = None
    creator_id: int | None = None
    date_founded: datetime | None = None
    description: str | None = None
    enlisted_faction_id: int | None = None
    friendly_fire: str | None = None
    home_station_id: int | None = None
    shares: int | None = None
    state: str | None = None
    type: str | None = None
    url: str | None = None
    war_eligible: bool | None = None


class Corporation(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A corporation.

    `tax_rate` and `loyalty_point_tax_rate` are percentages from 0 to 100, as ESI sends them. `logo`
    is the address of the image of 256 pixels.
    """

    corporation_id: int
    name: str
    ticker: str
    member_count: int
    tax_rate: Percent | None = None
    loyalty_point_tax_rate: Percent | None = None
    alliance_id: int | None = None
    ceo_id: int | None = None
    creator_id: int | None = None
    date_founded: datetime | None = None
    description: str | None = None
    enlisted_faction_id: int | None = None
    friendly_fire: str | None = None
    home_station_id: int | None = None
    shares: int | None = None
    state: str | None = None
    type: str | None = None
    url: str | None = None
    war_eligible: bool | None = None
    logo: str | None = None


class CorporationMember(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A character in the corporation."""

    character_id: int


class DivisionBalance(Record, frozen=True, kw_only=True, omit_defaults=True):
    """What is in one of the seven wallets, in ISK."""

    division: int
    balance: Isk


class AllianceMembership(Record, frozen=True, kw_only=True, omit_defaults=True):
    """That the corporation joined an alliance; without `alliance_id`, that it left one."""

    record_id: int
    start_date: datetime
    alliance_id: int | None = None
    is_deleted: bool | None = None


class Logo(Record, frozen=True, kw_only=True, omit_defaults=True):
    """The address of the image that eveobs shows, of those ESI tells."""

    px256x256: str | None = None


def summarise_wallets(wallets: Sequence[Mapping[str, Any]]) -> str:
    """What is in all of them."""
    return f"{sum(wallet['balance'] for wallet in wallets):,.2f} ISK" if wallets else ""


MEMBERS = Detail(
    name="members",
    record=CorporationMember,
    key="character_id",
    current=True,
    names={"character_id": "character_name"},
    columns=(
        Column("character_id", "Character", Kind.ID, rank=2),
        Column("character_name", "Name", flexible=True),
    ),
)

WALLETS = Detail(
    name="wallets",
    record=DivisionBalance,
    key="division",
    current=True,
    summary=summarise_wallets,
    columns=(
        Column("division", "Division", Kind.NUMBER),
        Column("balance", "Balance", Kind.ISK),
    ),
)

ALLIANCE_HISTORY = Detail(
    name="alliance_history",
    record=AllianceMembership,
    key="record_id",
    current=True,
    names={"alliance_id": "alliance_name"},
    columns=(
        Column("start_date", "Since", Kind.TIME),
        Column("alliance_name", "Alliance", flexible=True),
        Column("is_deleted", "Closed", Kind.FLAG, rank=2),
    ),
)

CORPORATIONS = Schema(
    name="corporations",
    singular="corporation",
    subjects=(SubjectKind.CORPORATION,),
    record=Corporation,
    key="corporation_id",
    names={
        "owner_id": "owner_name",
        "alliance_id": "alliance_name",
        "ceo_id": "ceo_name",
        "creator_id": "creator_name",
        "enlisted_faction_id": "enlisted_faction_name",
    },
    places={"home_station_id": "home_station_name"},
    details=(MEMBERS, WALLETS, ALLIANCE_HISTORY),
    filters=(
        Filter("corporation", "owner_id", Match.EQUALS, "This corporation.", names=True),
        Filter("name", "name", Match.CONTAINS, "Part of the name."),
        Filter("ticker", "ticker", Match.CONTAINS, "Part of the ticker."),
        Filter(
            "alliance",
            "alliance_id",
            Match.CONTAINS,
            "In this alliance: id, or part of its name.",
            names=True,
        ),
        Filter(
            "member",
            "character_id",
            Match.CONTAINS,
            "With this member: character id, or part of the name.",
            detail="members",
            names=True,
        ),
    ),
    columns=(
        Column("corporation_id", "Corporation", Kind.ID, rank=5),
        Column("name", "Name", flexible=True),
        Column("ticker", "Ticker"),
        Column("ceo_name", "CEO", rank=3, flexible=True),
        Column("alliance_name", "Alliance", rank=2, flexible=True),
        Column("member_count", "Members", Kind.NUMBER),
        Column("tax_rate", "Tax", Kind.PERCENT, rank=4),
        Column("wallets_summary", "Wallets", rank=6),
        Column("date_founded", "Founded", Kind.TIME, rank=7),
    ),
    sort="name",
)
