"""Industry jobs of characters and corporations.

Shapes: ESI's routes `/characters/{character_id}/industry/jobs` and
`/corporations/{corporation_id}/industry/jobs` at compatibility date 2026-08-18, asked with the
completed ones. The enumerations are kept as text: a value that ESI adds must not cost the row.
"""

from __future__ import annotations

from datetime import datetime

from eveobs.records.schema import Column, Filter, Kind, Match, Record, Schema, SubjectKind
from eveobs.records.units import Isk, Seconds, Share

ACTIVITIES = {
    1: "manufacturing",
    3: "research_time",
    4: "research_material",
    5: "copying",
    8: "invention",
    9: "reaction",
    11: "reaction",
}
"""`activity_id` in the words of the static data; reactions have two numbers."""


class IndustryJob(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A job that is under way, or was completed in the last 90 days.

    `activity` is the name of `activity_id`. `duration` is in seconds, `cost` in ISK, `probability`
    between 0 and 1 (invention). `status` stays `active` after `end_date` until it is delivered.
    `location_id` is where it is installed, which ESI calls `station_id` in a character's job.
    """

    job_id: int
    activity_id: int
    blueprint_id: int
    blueprint_type_id: int
    blueprint_location_id: int
    facility_id: int
    installer_id: int
    output_location_id: int
    runs: int
    status: str
    duration: Seconds
    start_date: datetime
    end_date: datetime
    activity: str = ""
    location_id: int | None = None
    station_id: int | None = None
    product_type_id: int | None = None
    licensed_runs: int | None = None
    successful_runs: int | None = None
    probability: Share | None = None
    cost: Isk | None = None
    pause_date: datetime | None = None
    completed_date: datetime | None = None
    completed_character_id: int | None = None


INDUSTRY_JOBS = Schema(
    name="industry-jobs",
    singular="industry-job",
    subjects=(SubjectKind.CHARACTER, SubjectKind.CORPORATION),
    record=IndustryJob,
    key="job_id",
    expires="end_date",
    names={
        "owner_id": "owner_name",
        "blueprint_type_id": "blueprint_type_name",
        "product_type_id": "product_type_name",
        "installer_id": "installer_name",
        "completed_character_id": "completed_character_name",
    },
    places={
        "location_id": "location_name",
        "blueprint_location_id": "blueprint_location_name",
        "output_location_id": "output_location_name",
    },
    filters=(
        Filter("character", "owner_id", Match.EQUALS, "Of this character.", names=True),
        Filter("corporation", "owner_id", Match.EQUALS, "Of this corporation.", names=True),
        Filter(
            "activity",
            "activity",
            Match.EQUALS,
            "What is done.",
            choices=tuple(dict.fromkeys(ACTIVITIES.values())),
        ),
        Filter(
            "status",
            "status",
            Match.EQUALS,
            "How it stands.",
            choices=("active", "paused", "ready", "delivered", "cancelled", "reverted"),
        ),
        Filter(
            "blueprint",
            "blueprint_type_id",
            Match.CONTAINS,
            "Blueprint: type id, or part of its name.",
            names=True,
        ),
        Filter(
            "product",
            "product_type_id",
            Match.CONTAINS,
            "Product: type id, or part of its name.",
            names=True,
        ),
        Filter(
            "installer",
            "installer_id",
            Match.CONTAINS,
            "Who installed it: character id, or part of the name.",
            names=True,
        ),
        Filter(
            "location",
            "location_id",
            Match.CONTAINS,
            "Where it is installed: id of the station or structure, or part of its name.",
            names=True,
        ),
        Filter(
            "ends-before",
            "end_date",
            Match.BEFORE,
            "Ends before this: a date, a time, or a span from now such as 12h or 3d.",
            Kind.TIME,
        ),
    ),
    columns=(
        Column("job_id", "Job", Kind.ID, rank=7),
        Column("activity", "Activity", rank=2),
        Column("blueprint_type_name", "Blueprint", flexible=True),
        Column("product_type_name", "Product", rank=8, flexible=True),
        Column("runs", "Runs", Kind.NUMBER),
        Column("status", "Status"),
        Column("end_date", "Ends", Kind.TIME),
        Column("location_name", "Where", rank=4, flexible=True),
        Column("installer_name", "Installer", rank=6, flexible=True),
        Column("owner_name", "Owner", rank=5, flexible=True),
        Column("cost", "Cost", Kind.ISK, rank=9),
    ),
    sort="-end_date",
)
