"""Details of records: what was answered for good, and the rows that were given."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, select
from sqlalchemy.dialects import postgresql, sqlite

from eveobs.records.collected import DetailAnswer
from eveobs.records.schema import Record, Schema, builtins
from eveobs.store.chunks import chunks
from eveobs.store.tables import ANSWERS, tables_of

INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


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
    tables = tables_of(schema).details
    added = 0
    for name, table in tables.items():
        rows = [
            {schema.key: answer.parent, **builtins(row)}
            for answer in answers
            if answer.detail == name
            for row in answer.rows
        ]
        added += _add(connection, table, rows)
    settled = [
        {
            "processor": schema.name,
            "detail": answer.detail,
            "parent": answer.parent,
            "meaning": str(answer.meaning),
            "asked_at": asked_at,
        }
        for answer in answers
        if answer.settled
    ]
    _add(connection, ANSWERS, settled)
    return added


def _add(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> int:
    if not rows:
        return 0
    statement = INSERTS[connection.dialect.name](table).on_conflict_do_nothing()
    return max(connection.execute(statement, rows).rowcount, 0)
