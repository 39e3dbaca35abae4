"""How each list stands that is observed: when it was last read as a whole, and what ails it."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, case, func, select

from eveobs.store.tables import ARCHIVE, NAMES, OBSERVATIONS


class Standing(NamedTuple):
    """A list of one subject. `whole_at` is None where it never was read as a whole; `since` is when
    it was first read; `whole_since` when first as a whole: what became of its rows is known from
    then on.
    """

    processor: str
    subject_kind: str
    subject_id: int
    subject_name: str
    since: datetime
    last_at: datetime
    whole_at: datetime | None
    whole_since: datetime | None
    error: str | None


def standings(connection: Connection) -> list[Standing]:
    """Every list that was ever observed; what was taken in from archives stands for none."""
    seen = OBSERVATIONS.c
    whole = case((seen.status != "partial", seen.finished_at))
    grouped = (
        select(
            seen.processor,
            seen.subject_kind,
            seen.subject_id,
            func.max(seen.id).label("last"),
            func.min(seen.finished_at).label("since"),
            func.min(case((seen.whole, seen.finished_at))).label("whole_since"),
            func.max(whole).label("whole_at"),
        )
        .where(seen.subject_kind != ARCHIVE)
        .group_by(seen.processor, seen.subject_kind, seen.subject_id)
        .subquery()
    )
    rows = connection.execute(
        select(grouped, seen.finished_at, seen.error, NAMES.c.name)
        .join(OBSERVATIONS, seen.id == grouped.c.last)
        .outerjoin(NAMES, NAMES.c.id == grouped.c.subject_id)
        .order_by(grouped.c.processor, grouped.c.subject_id)
    )
    return [
        Standing(
            row.processor,
            row.subject_kind,
            row.subject_id,
            row.name or str(row.subject_id),
            row.since,
            row.finished_at,
            row.whole_at,
            row.whole_since,
            row.error,
        )
        for row in rows
    ]
