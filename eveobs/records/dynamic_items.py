"""Dynamic items, which the game calls abyssal: modules that a mutaplasmid made, each with
attributes of its own.

Shapes: ESI's route `/dogma/dynamic/items/{type_id}/{item_id}` at compatibility date 2026-08-18. An
item is made once and never changes again, whatever contract it is offered in.
"""

from __future__ import annotations

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

ABYSSAL = 15
"""The meta group of types whose items are dynamic, by the static data export."""


class DynamicItem(Record, frozen=True, kw_only=True, omit_defaults=True):
    """An item of the type `type_id`, made of a `source_type_id` with a `mutator_type_id`; and the
    contract in which it was seen.
    """

    item_id: int
    contract_id: int
    type_id: int | None = None
    source_type_id: int
    mutator_type_id: int
    created_by: int


class DogmaAttribute(Record, frozen=True, kw_only=True, omit_defaults=True):
    """An attribute of an item."""

    attribute_id: int
    value: float


class DogmaEffect(Record, frozen=True, kw_only=True, omit_defaults=True):
    """An effect of an item."""

    effect_id: int
    is_default: bool


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
    ledger=True,
    names={
        "region_id": "region_name",
        "type_id": "type_name",
        "source_type_id": "source_type_name",
        "mutator_type_id": "mutator_type_name",
        "created_by": "created_by_name",
    },
    details=(ATTRIBUTES, EFFECTS),
    filters=(
        Filter("region", "region_id", Match.EQUALS, "Region, by name or id.", names=True),
        Filter("type", "type_id", Match.CONTAINS, "Type: id, or part of its name.", names=True),
        Filter(
            "source",
            "source_type_id",
            Match.CONTAINS,
            "What it was made of: type id, or part of its name.",
            names=True,
        ),
        Filter("contract", "contract_id", Match.EQUALS, "The contract it was seen in.", Kind.ID),
    ),
    columns=(
        Column("item_id", "Item", Kind.ID),
        Column("type_name", "Type", flexible=True),
        Column("source_type_name", "Made of", flexible=True, rank=2),
        Column("mutator_type_name", "With", flexible=True, rank=3),
        Column("contract_id", "Contract", Kind.ID),
        Column("first_seen", "First seen", Kind.TIME, rank=4),
    ),
    sort="-first_seen",
)
