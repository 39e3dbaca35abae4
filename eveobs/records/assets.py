"""Assets of characters and corporations.

Shapes: ESI's routes `/characters/{character_id}/assets`, `/corporations/{corporation_id}/assets`
and `…/assets/names` at compatibility date 2026-08-18.
"""

from __future__ import annotations

from eveobs.records.schema import Column, Filter, Kind, Match, Record, Schema, SubjectKind


class Asset(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A stack of items, or one that was assembled (`is_singleton`).

    `location_id` is a station, a solar system, another asset, or (`location_type` `other`) a
    structure or what else holds it; `location_flag` says where in it. `item_name` is what a player
    called a container or ship.
    """

    item_id: int
    type_id: int
    location_id: int
    location_type: str
    location_flag: str
    quantity: int
    is_singleton: bool
    is_blueprint_copy: bool | None = None
    item_name: str | None = None


class AssetName(Record, frozen=True, kw_only=True, omit_defaults=True):
    """One row of `…/assets/names`; of an item without a name ESI says "None"."""

    item_id: int
    name: str


ASSETS = Schema(
    name="assets",
    singular="asset",
    subjects=(SubjectKind.CHARACTER, SubjectKind.CORPORATION),
    record=Asset,
    key="item_id",
    tree="location_id",
    names={"owner_id": "owner_name", "type_id": "type_name"},
    places={"location_id": "location_name"},
    filters=(
        Filter("character", "owner_id", Match.EQUALS, "Of this character.", names=True),
        Filter("corporation", "owner_id", Match.EQUALS, "Of this corporation.", names=True),
        Filter("type", "type_id", Match.CONTAINS, "Type id, or part of its name.", names=True),
        Filter("name", "item_name", Match.CONTAINS, "Part of the name a player gave it."),
        Filter(
            "location",
            "location_id",
            Match.CONTAINS,
            "What it lies in: id of a station, structure, system, container or ship, or part of "
            "the name.",
            names=True,
        ),
        Filter(
            "min-quantity",
            "quantity",
            Match.AT_LEAST,
            "At least this many in the stack.",
            Kind.NUMBER,
        ),
    ),
    columns=(
        Column("item_id", "Item", Kind.ID, rank=6),
        Column("type_name", "Type", flexible=True),
        Column("item_name", "Name", rank=3, flexible=True),
        Column("quantity", "Quantity", Kind.NUMBER),
        Column("location_name", "Where", rank=2, flexible=True),
        Column("location_flag", "In", rank=5),
        Column("owner_name", "Owner", rank=4, flexible=True),
    ),
    sort="type_name",
)
