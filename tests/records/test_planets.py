"""Colonies and pins have ESI's fields, pins those of what they do in one row."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from eveobs.records.planets import (
    PLANETS,
    Colony,
    Extractor,
    PlacedPin,
    flat,
    summarise_pins,
)
from tests.records.documented import check_schema, resolved, row_of

pytestmark = pytest.mark.unit

COLONIES = "/characters/{character_id}/planets"
LAYOUT = f"{COLONIES}/{{planet_id}}"


def test_a_colony_has_the_documented_fields_but_its_owner() -> None:
    documented = {*row_of(COLONIES)["properties"]}
    assert {*Colony.__struct_fields__} == (documented - {"owner_id"}) | {
        "extractors",
        "extractors_end",
    }


def pin_properties() -> dict[str, Any]:
    pins = resolved(row_of(LAYOUT)["properties"]["pins"])
    properties: dict[str, Any] = resolved(pins["items"])["properties"]
    return properties


def test_a_pin_has_the_documented_fields_but_what_it_holds() -> None:
    assert {*PlacedPin.__struct_fields__} == {*pin_properties()} - {"contents"}
    extractor = resolved(pin_properties()["extractor_details"])
    assert {*Extractor.__struct_fields__} == {*extractor["properties"]}


def test_every_field_the_schema_names_exists() -> None:
    check_schema(PLANETS)


def pin(**fields: Any) -> PlacedPin:
    placed = {"pin_id": 1, "type_id": 2848, "latitude": 0.5, "longitude": -0.25}
    return msgspec.convert(placed | fields, PlacedPin)


def test_an_extractor_in_one_row() -> None:
    row = flat(
        pin(
            expiry_time="2026-09-24T08:00:00Z",
            extractor_details={
                "product_type_id": 2268,
                "qty_per_cycle": 7000,
                "cycle_time": 1800,
                "head_radius": 0.01,
                "heads": [{"head_id": n, "latitude": 1, "longitude": 1} for n in range(3)],
            },
        )
    )
    assert (row.product_type_id, row.qty_per_cycle, row.cycle_time) == (2268, 7000, 1800)
    assert (row.heads, row.head_radius) == (3, 0.01)
    assert row.expiry_time == datetime(2026, 9, 24, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    "fields", [{"schematic_id": 127}, {"factory_details": {"schematic_id": 127}}]
)
def test_a_factory_has_its_schematic_wherever_esi_says_it(fields: dict[str, Any]) -> None:
    row = flat(pin(**fields))
    assert (row.schematic_id, row.heads, row.product_type_id) == (127, None, None)


def test_what_is_extracted_is_told_once() -> None:
    pins: list[dict[str, Any]] = [
        {"product_type_id": 2268, "product_type_name": "Aqueous Liquids"},
        {"product_type_id": None, "product_type_name": None},
        {"product_type_id": 2268, "product_type_name": "Aqueous Liquids"},
        {"product_type_id": 2305, "product_type_name": None},
    ]
    assert summarise_pins(pins) == "Aqueous Liquids, 2305"
    assert summarise_pins([]) == ""
