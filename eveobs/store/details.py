"""Details of records: what was answered for good, and the rows that were given."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import astuple
from sqlalchemy import Connection, select

from eveobs.records.collected import DetailAnswer
from eveobs.records.schema import Detail, Record, Schema
from eveobs.store.bulk import Row, add_rows
from eveobs.store.chunks import chunks
from eveobs.store.replacing import make_room
from eveobs.store.tables import ANSWERS, of_owner, tables_of

Answers = Sequence[DetailAnswer[Record]]


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


def replaceable(schema: Schema, answers: Answers, *, stale: bool) -> Answers:
    """The answers that may be kept: of a reading that is `stale`, none that would replace what is
    stored.
    """
    return [one for one in answers if not (stale and schema.detail(one.detail).current)]


def keep_answers(
    connection: Connection,
    schema: Schema,
    answers: Answers,
    asked_at: datetime,
    *,
    owner_id: int | None = None,
) -> int:
    """Add the rows of `answers`, those of current details in place of what is stored, and remember
    the answers that are settled: since their Last-Modified, or else since `asked_at`. Keeping twice
    changes nothing.

    `owner_id` is whose records the details hang on, where they are kept for each owner. Returns the
    number of rows that are new, changed or no longer there.
    """
    differing = 0
    for detail in schema.details:
        ours = [answer for answer in answers if answer.detail == detail.name]
        if ours:
            differing += _keep(connection, schema, detail, ours, owner_id)
    shared = {detail.name for detail in schema.details if not of_owner(schema, detail)}
    settled: list[Row] = [
        (
            schema.name,
            answer.detail,
            answer.parent,
            str(answer.meaning),
            answer.modified or asked_at,
        )
        for answer in answers
        if answer.settled and answer.detail in shared
    ]
    names = ("processor", "detail", "parent", "meaning", "asked_at")
    add_rows(connection, ANSWERS, names, settled)
    return differing


def _keep(
    connection: Connection, schema: Schema, detail: Detail, answers: Answers, owner_id: int | None
) -> int:
    table = tables_of(schema).details[detail.name]
    owner: dict[str, int] = {}
    if of_owner(schema, detail):
        if owner_id is None:
            raise AssertionError(f"whose {detail.name} these are was not said")
        owner = {"owner_id": owner_id}
    names = (*owner, schema.key, *detail.record.__struct_fields__)
    before = tuple(owner.values())
    rows: list[Row] = [
        (*before, answer.parent, *astuple(row)) for answer in answers for row in answer.rows
    ]
    if detail.current:
        parents = list(dict.fromkeys(answer.parent for answer in answers))
        among = {schema.key: parents}
        rows, gone = make_room(connection, table, names, rows, among=among, owner=owner)
        return add_rows(connection, table, names, rows) + gone
    return add_rows(connection, table, names, rows)
