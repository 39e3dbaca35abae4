"""Details of records: what was answered for good, and the rows that were given."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import astuple
from sqlalchemy import Connection, select

from eveobs.records.collected import DetailAnswer
from eveobs.records.schema import Record, Schema
from eveobs.store.bulk import Row, add_rows
from eveobs.store.chunks import chunks
from eveobs.store.tables import ANSWERS, tables_of


def answered(
    connection: Connection, schema: Schema, detail: str, parents: Sequence[int]
) -> set[int]:
    """Those of `parents` whose `detail` need not be asked for again."""
    found: set[int] = set()
    for some in chunks(parents):
        found.update(
            connection.execute(
                select(ANSWERS.c.parent).where(
                    ANSWERS.c.processor == schema.name,
                    ANSWERS.c.detail == detail,
                    ANSWERS.c.parent.in_(some),
                )
            ).scalars()
        )
    return found


def keep_answers(
    connection: Connection,
    schema: Schema,
    answers: Sequence[DetailAnswer[Record]],
    asked_at: datetime,
) -> int:
    """Add the rows of `answers`, and remember those that are settled. Keeping twice changes
    nothing. Returns the number of rows that were not there before.
    """
    added = 0
    for name, table in tables_of(schema).details.items():
        names = (schema.key, *schema.detail(name).record.__struct_fields__)
        rows: list[Row] = [
            (answer.parent, *astuple(row))
            for answer in answers
            if answer.detail == name
            for row in answer.rows
        ]
        added += add_rows(connection, table, names, rows)
    settled: list[Row] = [
        (schema.name, answer.detail, answer.parent, str(answer.meaning), asked_at)
        for answer in answers
        if answer.settled
    ]
    names = ("processor", "detail", "parent", "meaning", "asked_at")
    add_rows(connection, ANSWERS, names, settled)
    return added
