"""Industry jobs have ESI's fields, and lose no row to a word that ESI adds."""

from __future__ import annotations

import pytest

from eveobs.records.industry_jobs import ACTIVITIES, INDUSTRY_JOBS, IndustryJob
from tests.records.documented import check_record, check_schema, enumerated

pytestmark = pytest.mark.unit

PATHS = (
    "/characters/{character_id}/industry/jobs",
    "/corporations/{corporation_id}/industry/jobs",
)


def test_fields_are_the_documented_ones() -> None:
    check_record(IndustryJob, *PATHS, made=frozenset({"activity"}))


def test_every_field_the_schema_names_exists() -> None:
    check_schema(INDUSTRY_JOBS)


@pytest.mark.parametrize("path", PATHS)
def test_choices_are_the_documented_ones(path: str) -> None:
    choices = {rule.option: {*rule.choices} for rule in INDUSTRY_JOBS.filters}
    assert choices["status"] == enumerated(path, "status")
    assert choices["activity"] == {*ACTIVITIES.values()}
