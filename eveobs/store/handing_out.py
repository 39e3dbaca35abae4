"""Handing out what is stored as plain rows, for an archive that others read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, select

from eveobs.records.schema import Detail, Schema
from eveobs.store.static_tables import static_table
from eveobs.store.tables import ANSWERS, tables_of

PORTION = 5000
"""Rows in memory at a time."""

Span = tuple[Any, Any]


def span(connection: Connection, schema: Schema, *, gone_too: bool) -> Span:
    """The longest ago and the latest that a listed record was last seen; Nones without any."""
    table = tables_of(schema).listed
    asked = select(func.min(table.c.last_seen), func.max(table.c.last_seen))
    first, last = connection.execute(asked.where(*_there(schema, gone_too))).one()
    return first, last


def listed(
    connection: Connection, schema: Schema, names: Sequence[str], at: str, *, gone_too: bool
) -> Iterator[Sequence[Any]]:
    """The columns `names` of each record in the order of the keys. Beside its own fields there are
    `last_seen`, and `station_id`, `system_id` and `constellation_id` of the location in field `at`,
    the latter two where static data knows it.
    """
    table = tables_of(schema).listed
    station, system = static_table("stations"), static_table("systems")
    known = {
        "station_id": table.c[at].label("station_id"),
        "system_id": system.c.system_id,
        "constellation_id": system.c.constellation_id,
    }
    asked = (
        select(*(known[name] if name in known else table.c[name] for name in names))
        .select_from(
            table.outerjoin(station, station.c.station_id == table.c[at]).outerjoin(
                system, system.c.system_id == station.c.system_id
            )
        )
        .where(*_there(schema, gone_too))
        .order_by(table.c[schema.key])
    )
    yield from _streamed(connection, asked)


def hanging(
    connection: Connection, schema: Schema, detail: Detail, names: Sequence[str], *, gone_too: bool
) -> Iterator[Sequence[Any]]:
    """The columns `names` of each row of `detail`, in the order of the keys. Beside its own fields
    there is `last_seen`: when it was answered for good, or else when its record was last seen.
    """
    table, parents = tables_of(schema).details[detail.name], tables_of(schema).listed
    seen = func.coalesce(ANSWERS.c.asked_at, parents.c.last_seen, type_=ANSWERS.c.asked_at.type)
    answer = and_(
        ANSWERS.c.processor == schema.name,
        ANSWERS.c.detail == detail.name,
        ANSWERS.c.parent == table.c[schema.key],
    )
    asked = (
        select(*(seen.label(name) if name == "last_seen" else table.c[name] for name in names))
        .select_from(
            table.join(parents, parents.c[schema.key] == table.c[schema.key]).outerjoin(
                ANSWERS, answer
            )
        )
        .where(*_there(schema, gone_too))
        .order_by(table.c[schema.key], table.c[detail.key])
    )
    yield from _streamed(connection, asked)


def _there(schema: Schema, gone_too: bool) -> list[ColumnElement[bool]]:
    return [] if gone_too else [tables_of(schema).listed.c.gone_at.is_(None)]


def _streamed(connection: Connection, asked: Select[Any]) -> Iterator[Sequence[Any]]:
    found = connection.execute(asked, execution_options={"yield_per": PORTION})
    for portion in found.partitions(PORTION):
        yield from portion
