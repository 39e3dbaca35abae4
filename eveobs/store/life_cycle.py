"""The life of a listed record: first seen, seen again, changed, gone, back.

In a domain with owners each owner's record has a life of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any

import msgspec
from msgspec.structs import astuple
from sqlalchemy import ColumnElement, Connection, Table, bindparam, insert, select, update

from eveobs.records.schema import Record, Schema, builtins
from eveobs.store.bulk import Row, add_rows
from eveobs.store.chunks import chunks
from eveobs.store.tables import CHANGES, tables_of


@dataclass(frozen=True, slots=True)
class Sighting:
    """The rows of one list by key, the moment they are of, and the observation that read them."""

    schema: Schema
    subject_id: int
    rows: Mapping[int, Record]
    seen_at: datetime
    observation: int

    @property
    def table(self) -> Table:
        """Where the list is kept."""
        return tables_of(self.schema).listed

    @property
    def owner(self) -> int | None:
        """Whose records these are; None in a domain without owners."""
        return self.subject_id if self.schema.owned else None

    def rows_where(self, condition: ColumnElement[bool]) -> list[ColumnElement[bool]]:
        """The stored rows of `condition` that this sighting may speak of."""
        owner = self.owner
        return [condition] if owner is None else [self.table.c.owner_id == owner, condition]

    def changed_when(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """`values`, and that they are of this sighting."""
        return {
            **values,
            "changed_at": self.seen_at,
            "changed_observation": self.observation,
            "gone_observation": None,
        }


def row_hash(row: Record) -> int:
    """64 bits that change when any field of `row` does."""
    digest = blake2b(msgspec.json.encode(row), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def upsert(connection: Connection, sighting: Sighting) -> tuple[int, int]:
    """Write what was seen; returns how many were new and how many changed.

    A row that is already known of a later moment stays as it is.
    """
    new = changed = 0
    for some in chunks(list(sighting.rows)):
        hashes = {key: row_hash(sighting.rows[key]) for key in some}
        fresh, differing, known = _sorted_out(connection, sighting, hashes)
        if fresh:
            insert_new(connection, sighting, fresh, hashes)
        if differing:
            change(connection, sighting, differing, hashes)
        if known:
            _touch(connection, sighting, known)
        new += len(fresh)
        changed += len(differing)
    return new, changed


def declare_gone(connection: Connection, sighting: Sighting) -> int:
    """Everything of the subject that was not seen is gone; returns how many are.

    What another run saw at a later moment is not; nor is anything of a ledger, whose list shows no
    more than the newest entries.
    """
    if sighting.schema.ledger:
        return 0
    gone = list(_missing(connection, sighting))
    if gone:
        table = sighting.table
        statement = (
            update(table)
            .where(*sighting.rows_where(table.c[sighting.schema.key] == bindparam("the_key")))
            .values(
                gone_at=sighting.seen_at,
                gone_how=bindparam("how"),
                gone_observation=sighting.observation,
            )
        )
        connection.execute(statement, gone)
    return len(gone)


def _sorted_out(
    connection: Connection, sighting: Sighting, hashes: Mapping[int, int]
) -> tuple[list[int], list[int], list[int]]:
    """Of the keys of `hashes`: those never seen before; those that are told otherwise than stored,
    or were gone; all that are stored already.
    """
    table = sighting.table
    key = table.c[sighting.schema.key]
    columns = (key, table.c.row_hash, table.c.gone_at, table.c.last_seen > sighting.seen_at)
    unmet = dict.fromkeys(hashes)
    differing, known = [], []
    stored = select(*columns).where(*sighting.rows_where(key.in_(list(hashes))))
    for number, kept_hash, gone_at, newer in connection.execute(stored):
        del unmet[number]
        if newer:
            continue
        known.append(number)
        if kept_hash != hashes[number] or gone_at is not None:
            differing.append(number)
    return list(unmet), differing, known


def insert_new(
    connection: Connection, sighting: Sighting, keys: Sequence[int], hashes: Mapping[int, int]
) -> None:
    """Add the rows of `keys`, which are not there."""
    born = {
        sighting.schema.subject_field: sighting.subject_id,
        "first_seen": sighting.seen_at,
        "last_seen": sighting.seen_at,
        "first_observation": sighting.observation,
        "last_observation": sighting.observation,
    }
    names = (*sighting.schema.record.__struct_fields__, *born, "row_hash")
    seen = tuple(born.values())
    rows: list[Row] = [(*astuple(sighting.rows[key]), *seen, hashes[key]) for key in keys]
    add_rows(connection, sighting.table, names, rows)


def change(
    connection: Connection, sighting: Sighting, keys: Sequence[int], hashes: Mapping[int, int]
) -> None:
    """Put the rows of `keys` in the place of what is stored, and note what differs."""
    table = sighting.table
    key = table.c[sighting.schema.key]
    changes: list[dict[str, Any]] = []
    updates: list[dict[str, Any]] = []
    stored = select(table).where(*sighting.rows_where(key.in_(keys)))
    for old in connection.execute(stored).mappings():
        number = old[sighting.schema.key]
        new = {**builtins(sighting.rows[number]), "gone_at": None, "gone_how": None}
        changes += _differences(sighting, number, old, new)
        updates.append(sighting.changed_when({**new, "row_hash": hashes[number]}))
    if changes:
        connection.execute(insert(CHANGES), changes)
    names = [name for name in updates[0] if name != sighting.schema.key]
    values = {name: bindparam(f"new_{name}", type_=table.c[name].type) for name in names}
    connection.execute(
        update(table).where(*sighting.rows_where(key == bindparam("the_key"))).values(values),
        [
            {"the_key": one[sighting.schema.key]} | {f"new_{name}": one[name] for name in names}
            for one in updates
        ],
    )


def _differences(
    sighting: Sighting, key: int, old: Mapping[Any, Any], new: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """A row of `changes` for each field."""
    for name, value in new.items():
        if old[name] != value:
            yield {
                "observation": sighting.observation,
                "processor": sighting.schema.name,
                "key": key,
                "field": name,
                "old": _json(old[name]),
                "new": _json(value),
                "owner": sighting.owner,
            }


def _touch(connection: Connection, sighting: Sighting, keys: Sequence[int]) -> None:
    table = sighting.table
    connection.execute(
        update(table)
        .where(*sighting.rows_where(table.c[sighting.schema.key].in_(keys)))
        .values(last_seen=sighting.seen_at, last_observation=sighting.observation)
    )


def _missing(connection: Connection, sighting: Sighting) -> Iterator[dict[str, Any]]:
    schema, table = sighting.schema, sighting.table
    columns = [table.c[name] for name in (schema.key, schema.expires) if name]
    outstanding = connection.execute(
        select(*columns).where(
            table.c[schema.subject_field] == sighting.subject_id,
            table.c.gone_at.is_(None),
            table.c.last_seen <= sighting.seen_at,
        )
    )
    for key, *expires in outstanding:
        if key not in sighting.rows:
            over = any(moment is not None and moment <= sighting.seen_at for moment in expires)
            yield {"the_key": key, "how": "expired" if over else schema.gone_early}


def _json(value: Any) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()
