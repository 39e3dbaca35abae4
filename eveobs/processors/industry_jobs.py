"""Industry jobs of characters and corporations, completed ones too."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec.structs import replace

from eveobs.processors.listed import OwnedList, routes_by_kind
from eveobs.records.industry_jobs import ACTIVITIES, INDUSTRY_JOBS, IndustryJob


@dataclass(frozen=True, kw_only=True)
class IndustryJobs(OwnedList[IndustryJob]):
    """The processor `industry-jobs`."""

    def compose(self, row: IndustryJob) -> IndustryJob:
        """Name the activity, and call the place by one name: a corporation's job has no station."""
        number = row.activity_id
        return replace(
            row,
            activity=ACTIVITIES.get(number, f"activity {number}"),
            location_id=row.station_id if row.location_id is None else row.location_id,
        )


PROCESSOR = IndustryJobs(
    schema=INDUSTRY_JOBS,
    lists=routes_by_kind(INDUSTRY_JOBS, "/industry/jobs"),
    shape=list[IndustryJob],
    query={"include_completed": True},
)
