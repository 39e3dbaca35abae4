"""Simple lists: whose they are, what they need, and what a reading of them is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from eveobs.errors import LimitError, SignInError
from eveobs.processors.blueprints import PROCESSOR as BLUEPRINTS
from eveobs.processors.industry_jobs import PROCESSOR as INDUSTRY_JOBS
from eveobs.processors.interface import Needs
from eveobs.processors.listed import STRUCTURES
from eveobs.records.schema import SubjectKind
from tests.processors.esi_of_lists import CHARACTER, CORPORATION, MOMENT, error, page, used_up
from tests.processors.esi_of_subjects import builtins, read, saying, signed_in

pytestmark = pytest.mark.unit

MINE = f"/characters/{CHARACTER}/blueprints"
OURS = f"/corporations/{CORPORATION}/blueprints"
JOBS = f"/characters/{CHARACTER}/industry/jobs"
OUR_JOBS = f"/corporations/{CORPORATION}/industry/jobs"


def blueprint(number: int, quantity: int = -1, **fields: Any) -> dict[str, Any]:
    return {
        "item_id": number,
        "type_id": 955,
        "location_id": 60003760,
        "location_flag": "Hangar",
        "quantity": quantity,
        "material_efficiency": 10,
        "time_efficiency": 20,
        "runs": 5 if quantity == -2 else -1,
    } | fields


def job(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "job_id": number,
        "activity_id": 1,
        "blueprint_id": 1,
        "blueprint_type_id": 955,
        "blueprint_location_id": 60003760,
        "facility_id": 60003760,
        "installer_id": CHARACTER,
        "output_location_id": 60003760,
        "runs": 2,
        "status": "active",
        "duration": 3600,
        "start_date": "2026-09-23T07:00:00Z",
        "end_date": "2026-09-23T09:00:00Z",
    } | fields


@pytest.mark.parametrize(
    ("processor", "kind", "scope", "roles"),
    [
        (BLUEPRINTS, SubjectKind.CHARACTER, "esi-characters.read_blueprints.v1", ()),
        (BLUEPRINTS, SubjectKind.CORPORATION, "esi-corporations.read_blueprints.v1", ("Director",)),
        (INDUSTRY_JOBS, SubjectKind.CHARACTER, "esi-industry.read_character_jobs.v1", ()),
        (
            INDUSTRY_JOBS,
            SubjectKind.CORPORATION,
            "esi-industry.read_corporation_jobs.v1",
            ("Factory_Manager",),
        ),
    ],
)
def test_needs_are_those_of_the_route(
    processor: Any, kind: SubjectKind, scope: str, roles: tuple[str, ...]
) -> None:
    assert processor.needs(kind) == Needs(scopes=(scope,), roles=roles, useful=(STRUCTURES,))
    assert {route.scope for route in processor.routes} >= {scope}


async def test_pages_make_one_list_without_doubles_read_with_a_token() -> None:
    pages = {
        "1": page([blueprint(1), blueprint(2, -2)], pages=2),
        "2": page([blueprint(2, -2), blueprint(2**41, 7)], pages=2, lasts=1800),
    }

    def says(request: httpx.Request) -> httpx.Response:
        return pages[request.url.params["page"]]

    reading = await read(BLUEPRINTS, says, access=signed_in())
    copies = {row.item_id: row.is_copy for row in reading.end.rows}
    assert copies == {1: False, 2: True, 2**41: False}
    assert reading.asked == {f"signed {MINE}?page={number}": 1 for number in (1, 2)}
    assert (reading.end.whole, reading.end.missing, reading.end.pages) == (True, "", 2)
    assert reading.end.moment == MOMENT
    half_an_hour = datetime.fromtimestamp(MOMENT.timestamp() + 1800, UTC)
    assert reading.end.expires == reading.end.fresh_until == half_an_hour
    row = next(row for row in reading.end.rows if row.item_id == 1)
    assert builtins(row) == blueprint(1) | {"is_copy": False}


async def test_a_corporation_has_its_own_route() -> None:
    reading = await read(
        BLUEPRINTS,
        saying({OURS: page([blueprint(1)])}),
        kind=SubjectKind.CORPORATION,
        access=signed_in(),
    )
    assert [row.item_id for row in reading.end.rows] == [1]


async def test_a_page_that_fails_makes_it_partial() -> None:
    def says(request: httpx.Request) -> httpx.Response:
        first = request.url.params["page"] == "1"
        return page([blueprint(1)], pages=2) if first else error(500, "broken")

    reading = await read(BLUEPRINTS, says, access=signed_in())
    assert len(reading.end.rows) == 1
    assert not reading.end.whole
    assert "page 2" in reading.end.missing


async def test_a_limit_amid_the_pages_is_told() -> None:
    def says(request: httpx.Request) -> httpx.Response:
        first = request.url.params["page"] == "1"
        return page([blueprint(1)], pages=2) if first else used_up()

    reading = await read(BLUEPRINTS, says, access=signed_in(), patient=False)
    assert isinstance(reading.end.stopped, LimitError)
    assert not reading.end.whole


async def test_a_list_that_is_refused_raises() -> None:
    with pytest.raises(SignInError, match="role"):
        await read(
            BLUEPRINTS,
            saying({MINE: error(403, "Character does not have required role(s)")}),
            access=signed_in(),
        )


async def test_an_answer_without_list_says_nothing_of_what_is_gone() -> None:
    reading = await read(BLUEPRINTS, saying({MINE: httpx.Response(204)}), access=signed_in())
    assert (reading.end.rows, reading.end.whole) == ([], False)


async def test_flags_that_esi_adds_cost_no_row() -> None:
    reading = await read(
        BLUEPRINTS,
        saying({MINE: page([blueprint(1, location_flag="AFlagToCome")])}),
        access=signed_in(),
    )
    assert [row.location_flag for row in reading.end.rows] == ["AFlagToCome"]


async def test_completed_jobs_are_asked_for_and_activities_named() -> None:
    jobs = [job(1, station_id=60003760), job(2, activity_id=8), job(3, activity_id=77)]
    reading = await read(INDUSTRY_JOBS, saying({JOBS: page(jobs)}), access=signed_in())
    assert reading.order == [f"signed {JOBS}?include_completed=true"]
    named = {row.job_id: row.activity for row in reading.end.rows}
    assert named == {1: "manufacturing", 2: "invention", 3: "activity 77"}
    assert {row.job_id: row.location_id for row in reading.end.rows}[1] == 60003760
    assert reading.end.moment == MOMENT


async def test_a_corporations_job_says_itself_where_it_is() -> None:
    reading = await read(
        INDUSTRY_JOBS,
        saying({OUR_JOBS: page([job(1, location_id=1_000_000_000_001)])}),
        kind=SubjectKind.CORPORATION,
        access=signed_in(),
    )
    assert reading.order == [f"signed {OUR_JOBS}?include_completed=true&page=1"]
    (row,) = reading.end.rows
    assert builtins(row) == msg(job(1)) | {
        "activity": "manufacturing",
        "location_id": 1_000_000_000_001,
    }


def msg(row: dict[str, Any]) -> dict[str, Any]:
    """`row` with times as records hold them."""
    return {
        name: datetime.fromisoformat(value) if name.endswith("_date") else value
        for name, value in row.items()
    }
