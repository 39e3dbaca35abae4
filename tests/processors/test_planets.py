"""Colonies: the list and each layout make a row; what could not be read takes nothing away."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from eveobs.errors import LimitError
from eveobs.processors.interface import Needs
from eveobs.processors.planets import PROCESSOR
from eveobs.records.schema import SubjectKind
from tests.processors.esi_of_lists import CHARACTER, MOMENT, Knows, error, page, used_up
from tests.processors.esi_of_subjects import builtins, read, saying, signed_in

pytestmark = pytest.mark.unit

LIST = f"/characters/{CHARACTER}/planets"
SOON, LATER = "2026-09-23T20:00:00Z", "2026-09-25T20:00:00Z"


def colony(number: int) -> dict[str, Any]:
    return {
        "planet_id": number,
        "solar_system_id": 30000142,
        "planet_type": "barren",
        "upgrade_level": 4,
        "num_pins": 3,
        "last_update": "2026-09-20T08:00:00Z",
        "owner_id": CHARACTER,
    }


def layout(*ends: str | None, **about: Any) -> httpx.Response:
    """A command centre, and an extractor for each of `ends`; None for one without programme."""
    place = {"latitude": 0.5, "longitude": 0.5}
    pins: list[dict[str, Any]] = [{"pin_id": 1, "type_id": 2524, **place}]
    for number, end in enumerate(ends, 2):
        extractor: dict[str, Any] = {"heads": []}
        if end is not None:
            extractor |= {"product_type_id": 2268, "cycle_time": 1800, "qty_per_cycle": 70}
        pin = {"pin_id": number, "type_id": 2848, "extractor_details": extractor, **place}
        pins.append(pin if end is None else pin | {"expiry_time": end})
    return page({"links": [], "pins": pins, "routes": []}, **about)


def test_only_characters_have_colonies() -> None:
    assert PROCESSOR.schema.subjects == (SubjectKind.CHARACTER,)
    assert PROCESSOR.needs(SubjectKind.CHARACTER) == Needs(
        scopes=("esi-planets.manage_planets.v1",)
    )


async def test_extractors_are_counted_and_the_first_end_is_told() -> None:
    says = saying(
        {
            LIST: page([colony(1), colony(2)]),
            f"{LIST}/1": layout(LATER, SOON, None),
            f"{LIST}/2": layout(lasts=600),
        }
    )
    reading = await read(PROCESSOR, says, access=signed_in())
    told = {row.planet_id: (row.extractors, row.extractors_end) for row in reading.end.rows}
    assert told == {1: (2, datetime.fromisoformat(SOON)), 2: (0, None)}
    assert [builtins(pin)["pin_id"] for pin in reading.answers["pins", 1].rows] == [1, 2, 3, 4]
    assert len(reading.answers["pins", 2].rows) == 1
    assert not any(answer.settled for answer in reading.answers.values())
    assert (reading.end.whole, reading.end.missing) == (True, "")
    assert reading.end.moment is None
    assert reading.end.fresh_until == datetime.fromtimestamp(MOMENT.timestamp() + 600, UTC)
    assert all(target.startswith("signed ") for target in reading.asked)


async def test_rows_tell_of_extractors_also_where_pins_are_not_wanted() -> None:
    says = saying({LIST: page([colony(1)]), f"{LIST}/1": layout(SOON)})
    reading = await read(PROCESSOR, says, access=signed_in(), details=())
    assert reading.answers == {}
    assert reading.end.rows[0].extractors == 1


@pytest.mark.parametrize(
    ("memory", "given"), [(Knows(newest=2), {1}), (Knows(), {1, 2})], ids=["stored", "first"]
)
async def test_a_layout_that_fails_leaves_the_stored_colony_as_it_is(
    memory: Knows, given: set[int]
) -> None:
    says = saying(
        {
            LIST: page([colony(1), colony(2)]),
            f"{LIST}/1": layout(SOON),
            f"{LIST}/2": error(500, "x"),
        }
    )
    reading = await read(PROCESSOR, says, access=signed_in(), memory=memory)
    assert {row.planet_id for row in reading.end.rows} == given
    assert {*reading.answers} == {("pins", 1)}
    assert not reading.end.whole
    assert "colony 2" in reading.end.missing


async def test_a_limit_leaves_the_rest_for_the_next_run() -> None:
    says = saying({LIST: page([colony(1)]), f"{LIST}/1": used_up()})
    reading = await read(PROCESSOR, says, access=signed_in(), patient=False)
    assert isinstance(reading.end.stopped, LimitError)
    assert "1 colonies left" in reading.end.missing
    assert not reading.end.whole
