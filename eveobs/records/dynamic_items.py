"""Dynamic items, which the game calls abyssal: modules that a mutaplasmid made, each with
attributes of its own.

Shapes: ESI's route `/dogma/dynamic/items/{type_id}/{item_id}` at compatibility date 2026-08-18. An
item is made once and never changes again, whatever contract it is offered in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from eveobs.records.units import OfAttribute

ABYSSAL = 15
"""The meta group of types whose items are dynamic, by the static data export."""


class DynamicItem(Record, frozen=True, kw_only=True, omit_defaults=True):
    """An item that is dynamic by its type, and the contract that it was seen in."""

    item_id: int
    contract_id: int
    type_id: int | None = None


class Origin(Record, frozen=True, kw_only=True, omit_defaults=True):
    """What an item was made of, with which mutaplasmid, and by whom."""

    source_type_id: int
    mutator_type_id: int
    created_by: int


class DogmaAttribute(Record, frozen=True, kw_only=True, omit_defaults=True):
    """An attribute of an item."""

    attribute_id: int
    value: OfAttribute


class DogmaEffect(Record, frozen=True, kw_only=True, omit_defaults=True):
    """An effect of an item."""

    effect_id: int
    is_default: bool


def summarise_origins(origins: Sequence[Mapping[str, Any]]) -> str:
    """What an item is made of, in a few words."""
    if not origins:
        return ""
    origin = origins[0]
    source = origin.get("source_type_name") or f"type {origin['source_type_id']}"
    mutator = origin.get("mutator_type_name") or f"type {origin['mutator_type_id']}"
    return f"{source} + {mutator}"


ORIGINS = Detail(
    name="origins",
    summary=summarise_origins,
    record=Origin,
    key="source_type_id",
    final=True,
    names={
        "source_type_id": "source_type_name",
        "mutator_type_id": "mutator_type_name",
        "created_by": "created_by_name",
    },
    columns=(
        Column("source_type_name", "Made of", flexible=True),
        Column("mutator_type_name", "With", flexible=True),
        Column("created_by_name", "By", flexible=True, rank=2),
    ),
)

ATTRIBUTES = Detail(
    name="attributes",
    record=DogmaAttribute,
    key="attribute_id",
    final=True,
    columns=(
        Column("attribute_id", "Attribute", Kind.ID),
        Column("value", "Value", Kind.NUMBER),
    ),
)

EFFECTS = Detail(
    name="effects",
    record=DogmaEffect,
    key="effect_id",
    final=True,
    columns=(
        Column("effect_id", "Effect", Kind.ID),
        Column("is_default", "Default", Kind.FLAG),
    ),
)

DYNAMIC_ITEMS = Schema(
    name="dynamic-items",
    singular="dynamic-item",
    subjects=(SubjectKind.REGION,),
    record=DynamicItem,
    key="item_id",
    on_demand=True,
    names={"region_id": "region_name", "type_id": "type_name"},
    details=(ORIGINS, ATTRIBUTES, EFFECTS),
    filters=(
        Filter("region", "region_id", Match.EQUALS, "Region, by name or id.", names=True),
        Filter("type", "type_id", Match.CONTAINS, "Type: id, or part of its name.", names=True),
        Filter(
            "source",
            "source_type_id",
            Match.CONTAINS,
            "What it was made of: type id, or part of its name.",
            detail="origins",
            names=True,
        ),
        Filter("contract", "contract_id", Match.EQUALS, "The contract it was seen in.", Kind.ID),
    ),
    columns=(
        Column("item_id", "Item", Kind.ID),
        Column("type_name", "Type", flexible=True),
        Column("origins_summary", "Made of", flexible=True, rank=2),
        Column("contract_id", "Contract", Kind.ID),
        Column("first_seen", "First seen", Kind.TIME, rank=4),
    ),
    sort="-first_seen",
)
