"""Sightings that come late: what somebody else saw, at a moment that may be long past.

What was seen later stays as it is. Nothing is declared gone by such a sighting, whose list may have
holes; but a whole reading of ours that came after it, and did not show the record, says so.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select, update

from eveobs.records.schema import Schema
from eveobs.store.chunks import chunks
from eveobs.store.life_cycle import Sighting, change, insert_new, row_hash
from eveobs.store.tables import OBSERVATIONS


class Whole(NamedTuple):
    """A whole reading of a list."""

    observation: int
    moment: datetime


class Merged(NamedTuple):
    """How many records were new, and of how many more is known than before."""

    new: int = 0
    known_better: int = 0


@dataclass(slots=True)
class _Sorted:
    """Keys of a sighting by what it says of them that was not known. `later`: than all we saw;
    `between`: after it was last seen, and before we found it gone; `earlier`: than all we saw.
    """

    new: list[int] = field(default_factory=list)
    later: list[int] = field(default_factory=list)
    differing: list[int] = field(default_factory=list)
    between: list[int] = field(default_factory=list)
    earlier: list[int] = field(default_factory=list)


def merge(connection: Connection, sighting: Sighting) -> Merged:
    """Take in what was seen. Merging twice changes nothing, and returns zeros."""
    found = Merged()
    for some in chunks(list(sighting.rows)):
        hashes = {key: row_hash(sighting.rows[key]) for key in some}
        keys = _sorted_out(connection, sighting, hashes)
        insert_new(connection, sighting, keys.new, hashes) if keys.new else None
        change(connection, sighting, keys.differing, hashes) if keys.differing else None
        _set_seen(connection, sighting, "last", [*keys.later, *keys.between])
        _set_seen(connection, sighting, "first", keys.earlier)
        _gone_since(connection, sighting, [*keys.new, *keys.differing])
        better = len(keys.later) + len(keys.between) + len(keys.earlier)
        found = Merged(found.new + len(keys.new), found.known_better + better)
    return found


def whole_after(
    connection: Connection, schema: Schema, subject_id: int, moment: datetime
) -> Whole | None:
    """The first whole reading of the list that is of later than `moment`."""
    seen = OBSERVATIONS.c
    found = connection.execute(
        select(seen.id, seen.moment)
        .where(
            seen.processor == schema.name,
            seen.subject_kind == schema.subjects[0],
            seen.subject_id == subject_id,
            seen.whole,
            seen.moment > moment,
        )
        .order_by(seen.moment, seen.id)
        .limit(1)
    ).first()
    return None if found is None else Whole(*found)


def _sorted_out(connection: Connection, sighting: Sighting, hashes: Mapping[int, int]) -> _Sorted:
    table, at = sighting.table, sighting.seen_at
    key = table.c[sighting.schema.key]
    columns = (key, table.c.row_hash, table.c.first_seen, table.c.last_seen, table.c.gone_at)
    keys = _Sorted()
    unmet = dict.fromkeys(hashes)
    stored = select(*columns).where(key.in_(list(hashes)))
    for number, kept_hash, first, last, gone_at in connection.execute(stored):
        del unmet[number]
        if at < first:
            keys.earlier.append(number)
        elif at > last and gone_at is not None and gone_at >= at:
            keys.between.append(number)
        elif at > last:
            keys.later.append(number)
            if kept_hash != hashes[number] or gone_at is not None:
                keys.differing.append(number)
    keys.new = list(unmet)
    return keys


def _set_seen(connection: Connection, sighting: Sighting, which: str, keys: Sequence[int]) -> None:
    """That they were seen first, or last, in this sighting."""
    if keys:
        table = sighting.table
        connection.execute(
            update(table)
            .where(table.c[sighting.schema.key].in_(keys))
            .values(
                {f"{which}_seen": sighting.seen_at, f"{which}_observation": sighting.observation}
            )
        )


def _gone_since(connection: Connection, sighting: Sighting, keys: Collection[int]) -> None:
    """Those of `keys`, which are new or back, are gone if there is a later whole reading: they were
    not in it, or we had known them.
    """
    if not keys:
        return
    schema, table = sighting.schema, sighting.table
    whole = whole_after(connection, schema, sighting.subject_id, sighting.seen_at)
    if whole is None:
        return
    statement = (
        update(table)
        .where(table.c[schema.key] == bindparam("the_key"))
        .values(gone_at=whole.moment, gone_how=bindparam("how"), gone_observation=whole.observation)
    )
    rows = [{"the_key": key, "how": _how(sighting, key, whole.moment)} for key in keys]
    connection.execute(statement, rows)


def _how(sighting: Sighting, key: int, moment: datetime) -> str:
    schema = sighting.schema
    over = schema.expires and getattr(sighting.rows[key], schema.expires) <= moment
    return "expired" if over else schema.gone_early
