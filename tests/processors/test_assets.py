"""Assets: a list, and names for what can have one, at the price of few questions."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from eveobs.errors import LimitError
from eveobs.processors import assets
from eveobs.processors.assets import PROCESSOR
from eveobs.processors.interface import Needs
from eveobs.processors.listed import STRUCTURES
from eveobs.records.schema import SubjectKind
from tests.processors.esi_of_lists import (
    CHARACTER,
    CORPORATION,
    MOMENT,
    Knows,
    Reading,
    error,
    page,
    used_up,
)
from tests.processors.esi_of_subjects import read, signed_in

pytestmark = pytest.mark.unit


def asset(number: int, *, inside: int = 60003760, **fields: Any) -> dict[str, Any]:
    return {
        "item_id": number,
        "type_id": 3465,
        "location_id": inside,
        "location_type": "station" if inside < 10**9 else "item",
        "location_flag": "Hangar",
        "quantity": 1,
        "is_singleton": True,
    } | fields


@dataclass
class Hangar:
    """Answers with `rows`, and with the names of all but `nameless`, which ESI refuses."""

    rows: list[dict[str, Any]]
    names: dict[int, str] = field(default_factory=dict)
    nameless: Iterable[int] = ()
    refusal: httpx.Response = field(
        default_factory=lambda: error(404, "Invalid IDs in the request")
    )
    batches: list[list[int]] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return page(self.rows)
        ids = json.loads(request.content)
        self.batches.append(ids)
        if {*ids} & {*self.nameless}:
            reply = self.refusal
            return httpx.Response(reply.status_code, headers=reply.headers, content=reply.content)
        rows = [{"item_id": one, "name": self.names.get(one, "None")} for one in ids]
        return httpx.Response(200, json=rows)


async def look(hangar: Hangar, **about: Any) -> Reading:
    return await read(PROCESSOR, hangar, access=signed_in(), **about)


def named(reading: Reading) -> dict[int, str | None]:
    return {row.item_id: row.item_name for row in reading.end.rows}


BOX, SHIP, STACK, SHEATHED = (10**12 + number for number in range(1, 5))


@pytest.mark.parametrize(
    ("kind", "scope", "roles", "path"),
    [
        (SubjectKind.CHARACTER, "esi-assets.read_assets.v1", (), f"/characters/{CHARACTER}"),
        (
            SubjectKind.CORPORATION,
            "esi-assets.read_corporation_assets.v1",
            ("Director",),
            f"/corporations/{CORPORATION}",
        ),
    ],
)
async def test_whose_assets_and_names(
    kind: SubjectKind, scope: str, roles: tuple[str, ...], path: str
) -> None:
    assert PROCESSOR.needs(kind) == Needs(scopes=(scope,), roles=roles, useful=(STRUCTURES,))
    reading = await look(Hangar([asset(BOX)], {BOX: "Ore"}), kind=kind)
    assert named(reading) == {BOX: "Ore"}
    assert reading.asked == {f"signed {path}/assets?page=1": 1, f"signed {path}/assets/names": 1}
    assert (reading.end.whole, reading.end.missing, reading.end.moment) == (True, "", MOMENT)


async def test_only_what_can_have_a_name_is_asked_for() -> None:
    hangar = Hangar(
        [
            asset(BOX),
            asset(SHIP),
            asset(STACK, inside=BOX, is_singleton=False, quantity=500),
            asset(SHEATHED, inside=SHIP, location_flag="HiSlot0"),
            asset(5, is_blueprint_copy=True),
            asset(6, type_id=assets.OFFICE),
        ],
        {BOX: "Ore", SHIP: ""},
    )
    reading = await look(hangar)
    assert hangar.batches == [[BOX, SHIP]]
    assert named(reading) == dict.fromkeys((SHIP, STACK, SHEATHED, 5, 6)) | {BOX: "Ore"}


async def test_nothing_to_name_asks_nothing() -> None:
    hangar = Hangar([asset(STACK, is_singleton=False)])
    reading = await look(hangar)
    assert hangar.batches == []
    assert reading.end.whole


async def test_a_thousand_names_at_once() -> None:
    hangar = Hangar([asset(number) for number in range(1, 2002)])
    reading = await look(hangar)
    assert [len(batch) for batch in hangar.batches] == [1000, 1000, 1]
    assert len(reading.end.rows) == 2001


async def test_an_id_that_is_refused_costs_no_other_its_name() -> None:
    numbers = range(1, 101)
    hangar = Hangar([asset(n) for n in numbers], {n: f"Box {n}" for n in numbers}, nameless=(37,))
    reading = await look(hangar)
    assert named(reading) == {n: None if n == 37 else f"Box {n}" for n in numbers}
    assert len(hangar.batches) <= 15
    assert (reading.end.whole, reading.end.missing) == (True, "")


async def test_too_many_that_are_refused_are_not_asked_for_for_ever() -> None:
    numbers = range(1, 601)
    reading = await look(hangar := Hangar([asset(n) for n in numbers], nameless=numbers))
    assert len(hangar.batches) <= 2 * assets.REFUSALS + 1
    assert len(reading.end.rows) == 600
    assert not reading.end.whole
    assert "Invalid IDs" in reading.end.missing


@pytest.mark.parametrize("refusal", [error(500, "broken"), httpx.Response(404, text="<html>")])
async def test_names_that_fail_leave_what_is_stored_as_it_is(refusal: httpx.Response) -> None:
    rows = [asset(BOX), asset(STACK, inside=BOX, is_singleton=False)]
    for memory, given in ((Knows(newest=BOX), {STACK}), (Knows(), {BOX, STACK})):
        reading = await look(Hangar(rows, nameless=(BOX,), refusal=refusal), memory=memory)
        assert {*named(reading)} == given
        assert not reading.end.whole
        assert "names of 1 items" in reading.end.missing


async def test_a_limit_stops_the_asking() -> None:
    hangar = Hangar([asset(BOX)], nameless=(BOX,), refusal=used_up())
    reading = await look(hangar, patient=False)
    assert isinstance(reading.end.stopped, LimitError)
    assert not reading.end.whole
