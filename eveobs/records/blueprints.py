"""Blueprints of characters and corporations.

Shapes: ESI's routes `/characters/{character_id}/blueprints` and
`/corporations/{corporation_id}/blueprints` at compatibility date 2026-08-18.
"""

from __future__ import annotations

from eveobs.records.schema import (
    Borrowed,
    Column,
    Filter,
    Kind,
    Match,
    Record,
    Schema,
    SubjectKind,
)

COPY = -2
"""The `quantity` of a copy; -1 is an original that is not stacked, more a stack of originals."""


class Blueprint(Record, frozen=True, kw_only=True, omit_defaults=True):
    """An original, a copy, or a stack of originals.

    `quantity` is -1 for an original, -2 for a copy, of which `is_copy` is made, and otherwise how
    many originals lie in the stack. `runs` are those that are left, -1 without end. `location_id`
    is a station, a structure or an item that holds it; `location_flag` says where in it.
    """

    item_id: int
    type_id: int
    location_id: int
    location_flag: str
    quantity: int
    material_efficiency: int
    time_efficiency: int
    runs: int
    is_copy: bool = False


BLUEPRINTS = Schema(
    name="blueprints",
    singular="blueprint",
    subjects=(SubjectKind.CHARACTER, SubjectKind.CORPORATION),
    record=Blueprint,
    key="item_id",
    names={"owner_id": "owner_name", "type_id": "type_name"},
    places={"location_id": "location_name"},
    borrows=(
        Borrowed(
            table="industry_jobs",
            mine="item_id",
            theirs="blueprint_id",
            fields={
                "job_id": "job_id",
                "job_activity": "activity",
                "job_runs": "runs",
                "job_end": "end_date",
            },
            where={"status": "active"},
        ),
    ),
    filters=(
        Filter("character", "owner_id", Match.EQUALS, "Of this character.", names=True),
        Filter("corporation", "owner_id", Match.EQUALS, "Of this corporation.", names=True),
        Filter("type", "type_id", Match.CONTAINS, "Type id, or part of its name.", names=True),
        Filter(
            "copies",
            "is_copy",
            Match.EQUALS,
            "Only copies, or only originals.",
            Kind.FLAG,
        ),
        Filter(
            "min-me",
            "material_efficiency",
            Match.AT_LEAST,
            "Material efficiency of at least this.",
            Kind.NUMBER,
        ),
        Filter(
            "min-te",
            "time_efficiency",
            Match.AT_LEAST,
            "Time efficiency of at least this.",
            Kind.NUMBER,
        ),
        Filter(
            "min-runs",
            "runs",
            Match.AT_LEAST,
            "At least this many runs left; of copies, as originals count as -1.",
            Kind.NUMBER,
        ),
        Filter(
            "location",
            "location_id",
            Match.CONTAINS,
            "What it lies in: id of a station, structure or container, or part of the name.",
            names=True,
        ),
    ),
    columns=(
        Column("item_id", "Item", Kind.ID, rank=8),
        Column("type_name", "Blueprint", flexible=True),
        Column("is_copy", "Copy", Kind.FLAG),
        Column("material_efficiency", "ME", Kind.NUMBER),
        Column("time_efficiency", "TE", Kind.NUMBER),
        Column("runs", "Runs", Kind.NUMBER, rank=2),
        Column("quantity", "Quantity", Kind.NUMBER, rank=9),
        Column("location_name", "Where", rank=3, flexible=True),
        Column("location_flag", "In", rank=7),
        Column("owner_name", "Owner", rank=5, flexible=True),
        Column("job_activity", "Job", rank=6),
        Column("job_end", "Job ends", Kind.TIME, rank=4),
    ),
    sort="type_name",
)
