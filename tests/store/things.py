"""A domain with owners, made up: things in somebody's hangar, with parts, marks and notes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from eveobs.records.collected import DetailAnswer, Meaning
from eveobs.records.schema import Borrowed, Detail, Filter, Match, Record, Schema, SubjectKind
from eveobs.store.applying import Draft
from tests.store.drafts import START, reading

ANNA, BERT, CORP = 90000001, 90000002, 98000001


class Thing(Record, frozen=True, kw_only=True, omit_defaults=True):
    thing_id: int
    location_id: int = 60003760
    value: float | None = None
    until: datetime | None = None
    runs: int | None = None


class Part(Record, frozen=True, kw_only=True, omit_defaults=True):
    part_id: int
    amount: int = 1
    made_at: datetime | None = None
    label: str | None = None


class Mark(Record, frozen=True, kw_only=True, omit_defaults=True):
    mark_id: int


class Note(Record, frozen=True, kw_only=True, omit_defaults=True):
    note_id: int
    runs: int | None = None


class Loan(Record, frozen=True, kw_only=True, omit_defaults=True):
    loan_id: int
    of_thing: int
    status: str
    ends: datetime | None = None
    runs: int | None = None


def _told(rows: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(f"{row['part_id']}x{row['amount']}" for row in rows)


LOANS = Schema(
    name="loans",
    singular="loan",
    subjects=(SubjectKind.CHARACTER, SubjectKind.CORPORATION),
    record=Loan,
    key="loan_id",
)

THINGS = Schema(
    name="odd-things",
    singular="odd-thing",
    subjects=(SubjectKind.CHARACTER, SubjectKind.CORPORATION),
    record=Thing,
    key="thing_id",
    expires="until",
    names={"owner_id": "owner_name"},
    places={"location_id": "location_name"},
    borrows=(
        Borrowed(
            table="loans",
            mine="thing_id",
            theirs="of_thing",
            fields={"loan_id": "loan_id", "loan_ends": "ends", "runs": "runs"},
            where={"status": "active", "gone_at": None},
            owned=True,
        ),
        Borrowed(table="prices", mine="thing_id", theirs="thing_id", fields={"price": "price"}),
    ),
    details=(
        Detail("parts", Part, "part_id", current=True, summary=_told),
        Detail("marks", Mark, "mark_id"),
        Detail(
            "notes",
            Note,
            "note_id",
            final=True,
            shared=True,
            borrows=(
                Borrowed(table="jottings", mine="note_id", theirs="note_id", fields={"runs": "n"}),
                Borrowed(
                    table="loans",
                    mine="thing_id",
                    theirs="of_thing",
                    fields={"runs": "runs", "ends": "ends"},
                    where={"status": ("active", "paused")},
                    owned=True,
                ),
            ),
        ),
    ),
    filters=(
        Filter("character", "owner_id", Match.EQUALS, "Whose.", names=True),
        Filter("corporation", "owner_id", Match.EQUALS, "Whose.", names=True),
        Filter("min-value", "value", Match.AT_LEAST, "At least."),
        Filter("part", "part_id", Match.EQUALS, "With it.", detail="parts"),
        Filter("note", "note_id", Match.EQUALS, "With it.", detail="notes"),
    ),
)

JOURNAL = Schema(
    name="odd-journal",
    singular="odd-entry",
    subjects=(SubjectKind.CHARACTER,),
    record=Mark,
    key="mark_id",
    ledger=True,
)


def thing(number: int, **fields: Any) -> Thing:
    return Thing(thing_id=number, **fields)


def answer(detail: str, parent: int, *rows: Record, settled: bool = False) -> DetailAnswer[Record]:
    return DetailAnswer(detail, parent, Meaning.GIVEN, settled=settled, rows=rows)


def parts(parent: int, *rows: Part) -> DetailAnswer[Record]:
    return answer("parts", parent, *rows)


def hangar(
    owner: int,
    rows: Iterable[Record],
    *,
    at: datetime | None = START,
    schema: Schema = THINGS,
    **fields: Any,
) -> Draft:
    """One reading of an owner's list, of the moment `at`."""
    kind = SubjectKind.CORPORATION if owner == CORP else SubjectKind.CHARACTER
    draft = reading(rows, at=at, subject_id=owner, details=("parts",), **fields)
    return replace(draft, schema=schema, subject_kind=kind)
