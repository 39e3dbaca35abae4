"""How far a ledger is known without a gap."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from eveobs.records.schema import Schema
from eveobs.store.tables import OBSERVATIONS, tables_of


def newest_whole(connection: Connection, schema: Schema, subject_id: int) -> int | None:
    """The highest key of the subject's rows that a whole reading has reached; None for none yet.

    What only partial readings saw since may have a gap below it. A whole reading that was not newer
    than the one before it wrote nothing, and vouches for nothing.
    """
    table = tables_of(schema).listed
    seen = OBSERVATIONS.c
    of_subject = (seen.processor == schema.name, seen.subject_id == subject_id, seen.whole)
    newest = select(func.max(seen.moment)).where(*of_subject).scalar_subquery()
    dated = select(func.min(seen.id)).where(*of_subject, seen.moment == newest)
    undated = select(func.max(seen.id)).where(*of_subject, seen.moment.is_(None))
    found = (connection.execute(one).scalar_one() for one in (dated, undated))
    whole = [number for number in found if number is not None]
    if not whole:
        return None
    highest = select(func.max(table.c[schema.key])).where(
        table.c[schema.subject_field] == subject_id, table.c.first_observation <= max(whole)
    )
    found_key: int | None = connection.execute(highest).scalar_one()
    return found_key
