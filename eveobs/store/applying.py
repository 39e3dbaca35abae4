"""Writing one observation: what is new, changed, gone. All inside one transaction of the caller."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, bindparam, func, insert, select, update
from sqlalchemy.engine import RowMapping

from eveobs.records.collected import DetailAnswer
from eveobs.records.schema import Record, Schema, builtins
from eveobs.store.chunks import chunks
from eveobs.store.details import keep_answers
from eveobs.store.tables import CHANGES, OBSERVATIONS, tables_of


@dataclass(frozen=True, slots=True)
class Draft:
    """An observation before it is written. Not `whole`: nothing is declared gone."""

    schema: Schema
    subject_id: int
    rows: Sequence[Record]
    pages: int
    whole: bool
    error: str | None
    details: tuple[str, ...]
    answers: Sequence[DetailAnswer[Record]]
    moment: datetime | None
    expires: datetime | None
    fresh_until: datetime | None
    started_at: datetime
    finished_at: datetime
    costs: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Applied:
    """What an observation changed. `status`: complete, partial, or unchanged."""

    status: str
    new: int = 0
    changed: int = 0
    gone: int = 0


def apply(connection: Connection, draft: Draft) -> Applied:
    """Write `draft`; what the store already knows to be newer stays."""
    latest = latest_moment(connection, draft)
    added = keep_answers(connection, draft.schema, draft.answers, draft.finished_at)
    if draft.moment is not None and latest is not None and draft.moment <= latest:
        applied = Applied(_status(draft, differs=added > 0))
        _record(connection, draft, applied)
        return applied
    number = _record(connection, draft, Applied("partial"))
    seen_at = draft.moment or draft.finished_at
    rows = {getattr(row, draft.schema.key): row for row in draft.rows}
    new, changed = _upsert(connection, draft.schema, draft.subject_id, rows, seen_at, number)
    gone = _declare_gone(connection, draft, rows, seen_at, number) if draft.whole else 0
    differs = latest is None or new + changed + gone + added > 0
    applied = Applied(_status(draft, differs=differs), new, changed, gone)
    _complete(connection, number, applied)
    return applied


def _status(draft: Draft, *, differs: bool) -> str:
    if draft.error or not draft.whole:
        return "partial"
    return "complete" if differs else "unchanged"


def latest_moment(connection: Connection, draft: Draft) -> datetime | None:
    """The moment of the newest whole reading of this list that was applied."""
    table = OBSERVATIONS
    found: datetime | None = connection.execute(
        select(func.max(table.c.moment)).where(
            table.c.processor == draft.schema.name,
            table.c.subject_kind == draft.schema.subject,
            table.c.subject_id == draft.subject_id,
            table.c.whole,
        )
    ).scalar_one()
    return found


def _record(connection: Connection, draft: Draft, applied: Applied) -> int:
    result = connection.execute(
        insert(OBSERVATIONS).values(
            processor=draft.schema.name,
            subject_kind=draft.schema.subject,
            subject_id=draft.subject_id,
            details=",".join(draft.details),
            status=applied.status,
            whole=draft.whole,
            error=draft.error,
            started_at=draft.started_at,
            finished_at=draft.finished_at,
            moment=draft.moment,
            expires=draft.expires,
            fresh_until=draft.fresh_until,
            pages=draft.pages,
            rows=len(draft.rows),
            **draft.costs,
        )
    )
    key = result.inserted_primary_key
    return int(key[0]) if key else 0


def _complete(connection: Connection, number: int, applied: Applied) -> None:
    connection.execute(
        update(OBSERVATIONS)
        .where(OBSERVATIONS.c.id == number)
        .values(status=applied.status, new=applied.new, changed=applied.changed, gone=applied.gone)
    )


def row_hash(row: Record) -> int:
    """64 bits that change when any field of `row` does."""
    digest = blake2b(msgspec.json.encode(row), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def _upsert(
    connection: Connection,
    schema: Schema,
    subject_id: int,
    rows: Mapping[int, Record],
    seen_at: datetime,
    number: int,
) -> tuple[int, int]:
    table = tables_of(schema).listed
    hashes = {key: row_hash(row) for key, row in rows.items()}
    stored = dict(_stored(connection, table, schema, list(rows)))
    fresh = [key for key in rows if key not in stored]
    born = {
        schema.subject_field: subject_id,
        "first_seen": seen_at,
        "last_seen": seen_at,
        "first_observation": number,
        "last_observation": number,
    }
    for some in chunks(fresh):
        values = [{**builtins(rows[key]), **born, "row_hash": hashes[key]} for key in some]
        connection.execute(insert(table), values)
    differing = [
        key for key, kept in stored.items() if kept["row_hash"] != hashes[key] or kept["gone_at"]
    ]
    for key in differing:
        _change(connection, schema, key, rows[key], hashes[key], seen_at, number)
    _touch(connection, table, schema, list(stored), seen_at, number)
    return len(fresh), len(differing)


def _stored(
    connection: Connection, table: Table, schema: Schema, keys: Sequence[int]
) -> Iterator[tuple[int, RowMapping]]:
    key = table.c[schema.key]
    for some in chunks(keys):
        found = connection.execute(
            select(key, table.c.row_hash, table.c.gone_at).where(key.in_(some))
        )
        yield from ((row[schema.key], row) for row in found.mappings())


def _touch(
    connection: Connection,
    table: Table,
    schema: Schema,
    keys: Sequence[int],
    seen_at: datetime,
    number: int,
) -> None:
    for some in chunks(keys):
        connection.execute(
            update(table)
            .where(table.c[schema.key].in_(some))
            .values(last_seen=seen_at, last_observation=number)
        )


def _change(
    connection: Connection,
    schema: Schema,
    key: int,
    row: Record,
    hashed: int,
    seen_at: datetime,
    number: int,
) -> None:
    table = tables_of(schema).listed
    this = table.c[schema.key] == key
    old = connection.execute(select(table).where(this)).mappings().one()
    values = {**builtins(row), "gone_at": None, "gone_how": None}
    connection.execute(
        insert(CHANGES),
        [
            {
                "observation": number,
                "processor": schema.name,
                "key": key,
                "field": name,
                "old": _json(old[name]),
                "new": _json(value),
            }
            for name, value in values.items()
            if old[name] != value
        ],
    )
    connection.execute(
        update(table)
        .where(this)
        .values(
            **values,
            row_hash=hashed,
            changed_at=seen_at,
            changed_observation=number,
            gone_observation=None,
        )
    )


def _declare_gone(
    connection: Connection,
    draft: Draft,
    rows: Mapping[int, Record],
    seen_at: datetime,
    number: int,
) -> int:
    schema = draft.schema
    table = tables_of(schema).listed
    key = table.c[schema.key]
    expires = table.c[schema.expires] if schema.expires else None
    columns = [key] if expires is None else [key, expires]
    outstanding = connection.execute(
        select(*columns).where(
            table.c[schema.subject_field] == draft.subject_id, table.c.gone_at.is_(None)
        )
    )
    gone = [
        {
            "the_key": found[0],
            "how": "expired" if len(found) > 1 and found[1] <= seen_at else schema.gone_early,
        }
        for found in outstanding
        if found[0] not in rows
    ]
    if gone:
        connection.execute(
            update(table)
            .where(key == bindparam("the_key"))
            .values(gone_at=seen_at, gone_how=bindparam("how"), gone_observation=number),
            gone,
        )
    return len(gone)


def _json(value: Any) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()
