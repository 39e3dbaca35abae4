"""Everything in portions of columns is what the rows are, one by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from eveobs.records.contracts import CONTRACTS
from eveobs.records.schema import Record, Schema
from eveobs.records.universe import Name
from eveobs.store import columns
from eveobs.store.columns import Holds
from eveobs.store.query import Query
from eveobs.store.store import Store
from tests.store.drafts import CYCLE, START, bids, contract, item, items, put, reading, text
from tests.store.things import (
    ANNA,
    BERT,
    CORP,
    JOURNAL,
    LOANS,
    THINGS,
    Loan,
    Mark,
    Note,
    Part,
    answer,
    hangar,
    parts,
    thing,
)

pytestmark = pytest.mark.unit

PLACES = {"location_id": "location_name", "other_id": "other_name"}


class Placed(Record, frozen=True, kw_only=True, omit_defaults=True):
    placed_id: int
    location_id: int
    other_id: int | None = None


PLACED = replace(
    LOANS, name="placed", singular="placed-one", record=Placed, key="placed_id", places=PLACES
)
DETAILS = [
    *((CONTRACTS, detail) for detail in ("", "items", "bids")),
    *((THINGS, detail) for detail in ("", "parts", "marks", "notes")),
    (PLACED, ""),
    (JOURNAL, ""),
    (LOANS, ""),
]


@pytest.fixture
def full(store: Store, url: str) -> Store:
    later = START + CYCLE
    names = [(34, "type", "Tritanium"), (90000001, "character", "=Anna"), (5, "station", "Here")]
    store.keep_names([Name(id=i, category=c, name=n) for i, c, n in names], [], START)
    first = contract(1, title="=1+1", for_corporation=True, price=1e22, start_location_id=5)
    answers = [items(1, item(11), item(10, type_id=35, is_blueprint_copy=False)), bids(2, 1.5, 9.0)]
    store.apply(reading([contract(2, buyout=0.0), first, contract(3)], answers=answers))
    store.apply(reading([contract(2, buyout=0.0), first], at=later))  # 3 is gone
    notes = [answer("notes", 7, Note(note_id=1), Note(note_id=2, runs=3), settled=True)]
    own = [parts(7, Part(part_id=2, made_at=START), Part(part_id=1, label="\x1b[31m")), *notes]
    store.apply(hangar(ANNA, [thing(8, runs=1), thing(7, value=2.5)], answers=own))
    store.apply(
        hangar(CORP, [thing(7, until=later)], answers=[answer("marks", 7, Mark(mark_id=1))])
    )
    loan = Loan(loan_id=1, of_thing=7, status="active", ends=later, runs=9)
    store.apply(hangar(ANNA, [loan], schema=LOANS))
    placed = [Placed(placed_id=n, location_id=n, other_id=n - 5 or None) for n in (4, 5, 10)]
    store.apply(hangar(ANNA, placed, schema=PLACED))
    for owner in (ANNA, BERT):
        store.apply(hangar(owner, [Mark(mark_id=1), Mark(mark_id=2)], schema=JOURNAL))
    put(url, "names", id=BERT, category="character", name="Bert", asked_at=text(START))
    return store


def slowly(store: Store, schema: Schema, detail: str, *, gone: bool) -> Iterator[dict[str, Any]]:
    query = Query(gone_too=gone, sort=(schema.key,))
    if not detail:
        yield from store.rows(schema, query)
        return
    for record in store.records(schema, query):
        yield from ({schema.key: record[schema.key], **row} for row in record[detail])


def told(row: dict[str, Any]) -> dict[str, Any]:
    return {name: text(v) if isinstance(v, datetime) else v for name, v in row.items()}


@pytest.mark.parametrize("portion", [1, 2, 1000])
@pytest.mark.parametrize("gone", [False, True])
@pytest.mark.parametrize(
    ("schema", "detail"), DETAILS, ids=[f"{one.name}.{detail}" for one, detail in DETAILS]
)
def test_columns_are_the_rows(
    full: Store,
    schema: Schema,
    detail: str,
    gone: bool,
    portion: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(columns, "PORTION", portion)
    fields = [one.name for one in full.fields(schema, detail)]
    found = [
        dict(zip(fields, row, strict=True))
        for some in full.portions(schema, detail, gone=gone)
        for row in zip(*some, strict=True)
    ]
    expected = [told(row) for row in slowly(full, schema, detail, gone=gone)]
    assert found == expected
    assert all(
        type(a) is type(b)
        for x, y in zip(found, expected, strict=True)
        for a, b in zip(x.values(), y.values(), strict=True)
    )
    assert found or (schema, detail) == (THINGS, "marks")


def test_what_columns_hold(full: Store) -> None:
    holds = dict(full.fields(CONTRACTS))
    assert holds["contract_id"] is Holds.INTEGER
    assert holds["price"] is Holds.NUMBER
    assert holds["for_corporation"] is Holds.FLAG
    assert holds["date_issued"] is holds["gone_at"] is Holds.TIME
    assert holds["title"] is holds["issuer_name"] is Holds.TEXT
    lent = dict(full.fields(THINGS))
    assert lent["loan_ends"] is Holds.TIME
    assert lent["runs"] is Holds.INTEGER
    assert lent["price"] is Holds.TEXT, "whose table is not there"


def test_what_is_gone_is_left_out(full: Store) -> None:
    (alive,) = full.portions(CONTRACTS)
    assert list(alive[0]) == [1, 2]
