"""Structures that refuse a character (403): remembered, so that they are not asked again and again.

A structure's access list changes seldom, and each refusal counts against ESI's error limit. Another
character may still be let in.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select

from eveobs.store.bulk import INSERTS
from eveobs.store.chunks import chunks
from eveobs.store.tables import REFUSALS

DAYS = (1, 2, 4, 8, 16, 32)
"""How long a first, second, ... refusal holds."""


def refused(
    connection: Connection, character_id: int, ids: Iterable[int], now: datetime
) -> set[int]:
    """Those of `ids` that should not be asked with the token of the character yet."""
    found: set[int] = set()
    for some in chunks(sorted(set(ids))):
        found.update(
            connection.execute(
                select(REFUSALS.c.subject).where(
                    REFUSALS.c.character_id == character_id,
                    REFUSALS.c.subject.in_(some),
                    REFUSALS.c.until > now,
                )
            ).scalars()
        )
    return found


def note_refusal(connection: Connection, character_id: int, subject: int, now: datetime) -> None:
    """Remember a refusal: for a day, and twice as long each time it comes again, up to 32 days.

    One that is noted while an earlier one still holds was of another run, and is no second one.
    """
    before = connection.execute(
        select(REFUSALS.c.times, REFUSALS.c.until).where(
            REFUSALS.c.character_id == character_id, REFUSALS.c.subject == subject
        )
    ).first()
    if before is not None and before.until > now:
        return
    times = 1 if before is None else before.times + 1
    lasts = timedelta(days=DAYS[min(times, len(DAYS)) - 1])
    statement = INSERTS[connection.dialect.name](REFUSALS)
    told = {"refused_at": now, "until": now + lasts, "times": times}
    connection.execute(
        statement.values(character_id=character_id, subject=subject, **told).on_conflict_do_update(
            index_elements=[REFUSALS.c.character_id, REFUSALS.c.subject], set_=told
        )
    )


def forget(connection: Connection, character_id: int, subject: int) -> None:
    """The structure let the character in: the next refusal is a first one again."""
    connection.execute(
        delete(REFUSALS).where(
            REFUSALS.c.character_id == character_id, REFUSALS.c.subject == subject
        )
    )
