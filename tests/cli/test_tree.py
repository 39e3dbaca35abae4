"""A tree shows every row once, under what it lies in; what goes round in circles, too."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eveobs.cli.output.table import Look
from eveobs.cli.plain import cells
from eveobs.cli.tree import tree_lines
from eveobs.records.schema import Column, Kind, Record, Schema, SubjectKind

pytestmark = pytest.mark.unit
NOW = datetime(2026, 9, 23, tzinfo=UTC)
JITA = 60003760


class Item(Record, frozen=True, kw_only=True, omit_defaults=True):
    item_id: int
    location_id: int
    quantity: int
    is_singleton: bool


SCHEMA = Schema(
    name="belongings",
    singular="belonging",
    subjects=(SubjectKind.CHARACTER,),
    record=Item,
    key="item_id",
    tree="location_id",
    places={"location_id": "location_name"},
    names={"owner_id": "owner_name"},
    columns=(
        Column("type_name", "Type"),
        Column("name", "Name"),
        Column("quantity", "Quantity", Kind.NUMBER),
        Column("is_singleton", "Assembled", Kind.FLAG),
        Column("location_name", "Where"),
        Column("owner_name", "Owner"),
    ),
)


def row(number: int, holder: int, type_name: str, quantity: int = 1, **more: Any) -> dict[str, Any]:
    place = {JITA: "Jita IV"}.get(holder)
    base = {"item_id": number, "location_id": holder, "type_name": type_name, "quantity": quantity}
    return {**base, "location_name": place, "owner_name": "Astra", **more}


ROWS = [
    row(1, JITA, "Station Container", is_singleton=True, name="Minerals\x1b[31m"),
    row(2, 1, "Tritanium", 1_200_000),
    row(3, 1, "Small Container", is_singleton=True, name="Rare"),
    row(4, 3, "Morphite", 7),
    row(5, JITA, "Rifter"),
    row(6, 1042000000001, "Veldspar", 9),
]


def lines(rows: list[dict[str, Any]], wanted: Any = None, **look: Any) -> list[str]:
    return list(tree_lines(rows, SCHEMA, Look(NOW, **look), wanted))


def test_containers_are_named_and_hold_what_lies_in_them() -> None:
    assert lines(ROWS) == [
        "Jita IV",
        "├── Station Container · Minerals␛[31m · 1 · Assembled",
        "│   ├── Tritanium · 1,200,000",
        "│   └── Small Container · Rare · 1 · Assembled",
        "│       └── Morphite · 7",
        "└── Rifter · 1",
        "location 1042000000001",
        "└── Veldspar · 9",
    ]


def test_what_is_wanted_is_shown_with_what_it_lies_in() -> None:
    assert lines(ROWS, [4]) == [
        "Jita IV",
        "└── Station Container · Minerals␛[31m · 1 · Assembled",
        "    └── Small Container · Rare · 1 · Assembled",
        "        └── Morphite · 7",
    ]
    assert lines(ROWS, []) == []


def test_it_is_cut_at_the_width_and_drawn_in_ascii_where_need_be() -> None:
    narrow = lines(ROWS, width=20)
    assert max(map(cells, narrow)) == 20
    assert narrow[1].endswith("…")
    plain = lines(ROWS, encoding="ascii")
    assert "`-- Rifter - 1" in plain


def test_what_is_said_to_lie_in_itself_is_shown_all_the_same() -> None:
    rows = [row(1, 2, "Egg"), row(2, 1, "Hen")]
    assert sum("Egg" in line for line in lines(rows)) == 1
    assert sum("Hen" in line for line in lines(rows)) == 1


@given(st.lists(st.tuples(st.integers(1, 12), st.integers(1, 12)), unique_by=lambda one: one[0]))
def test_every_row_is_shown_once(pairs: list[tuple[int, int]]) -> None:
    shown = lines([row(number, holder, f"thing{number}.") for number, holder in pairs])
    for number, _ in pairs:
        assert sum(f" thing{number}." in line for line in shown) == 1
