"""Writing one observation: what is new, changed, gone. All inside one transaction of the caller."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from eveobs.records.collected import DetailAnswer
from eveobs.records.schema import Record, Schema, SubjectKind
from eveobs.store.details import keep_answers, replaceable
from eveobs.store.fleeting import Reading, drop_unseen, put
from eveobs.store.life_cycle import Sighting, declare_gone, upsert
from eveobs.store.tables import OBSERVATIONS


@dataclass(frozen=True, slots=True)
class Draft:
    """An observation before it is written. Not `whole`: nothing is declared gone. `kept_before` are
    the detail rows that came with it and were kept already.
    """

    schema: Schema
    subject_kind: SubjectKind
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
    kept_before: int = 0


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
    stale = draft.moment is not None and latest is not None and draft.moment < latest
    answers = replaceable(draft.schema, draft.answers, stale=stale)
    added = draft.kept_before
    added += keep_answers(
        connection, draft.schema, answers, draft.finished_at, owner_id=draft.subject_id
    )
    if draft.moment is not None and latest is not None and draft.moment <= latest:
        applied = Applied(_status(draft, differs=added > 0))
        _record(connection, draft, applied)
        return applied
    number = _record(connection, draft, Applied("partial"))
    write = _replace if draft.schema.fleeting else _live
    new, changed, gone = write(connection, draft, number)
    differs = latest is None or new + changed + gone + added > 0
    applied = Applied(_status(draft, differs=differs), new, changed, gone)
    _complete(connection, number, applied)
    return applied


def _live(connection: Connection, draft: Draft, number: int) -> tuple[int, int, int]:
    """How many rows are new, changed, gone: each has a life."""
    rows = {getattr(row, draft.schema.key): row for row in draft.rows}
    seen_at = draft.moment or draft.finished_at
    sighting = Sighting(draft.schema, draft.subject_id, rows, seen_at, number)
    new, changed = upsert(connection, sighting)
    return new, changed, declare_gone(connection, sighting) if draft.whole else 0


def _replace(connection: Connection, draft: Draft, number: int) -> tuple[int, int, int]:
    """The same where rows are what the list shows now."""
    seen_at = draft.moment or draft.finished_at
    reading = Reading(draft.schema, draft.subject_id, seen_at, number)
    new, changed = put(connection, reading, draft.rows)
    return new, changed, drop_unseen(connection, reading) if draft.whole else 0


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
            table.c.subject_kind == draft.subject_kind,
            table.c.subject_id == draft.subject_id,
            table.c.whole,
        )
    ).scalar_one()
    return found


def _record(connection: Connection, draft: Draft, applied: Applied) -> int:
    result = connection.execute(
        insert(OBSERVATIONS).values(
            processor=draft.schema.name,
            subject_kind=draft.subject_kind,
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
