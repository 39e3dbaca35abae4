"""Handing out what is stored as plain rows, for an archive that others read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Select, and_, case, func, select

from eveobs.records.schema import Detail, Schema
from eveobs.store.on_offer import not_dynamic
from eveobs.store.static_tables import static_table
from eveobs.store.tables import ANSWERS, tables_of

PORTION = 5000
"""Rows in memory at a time."""

Span = tuple[Any, Any]
Columns = Mapping[str, ColumnElement[Any]]


@dataclass(frozen=True, slots=True)
class Part:
    """The records of `schema`, or the rows of its `detail`; those `within` the records of another
    only, whose key they have. `at` is a field with a location, of which those with an id below
    `stations_below` are stations. `not_found`: instead, the items that looked dynamic and are not;
    see `on_offer.not_dynamic`.

    Beside their own columns and those of their record there is `last_seen`, of a detail when it was
    answered for good, if it was; the `station_id`, and its `system_id` and `constellation_id`,
    where static data knows them.
    """

    schema: Schema
    detail: Detail | None = None
    within: Schema | None = None
    at: str = ""
    stations_below: int = 0
    not_found: bool = False


def span(connection: Connection, schema: Schema, *, gone_too: bool) -> Span:
    """The longest ago and the latest that a listed record was last seen; Nones without any."""
    table = tables_of(schema).listed
    asked = select(func.min(table.c.last_seen), func.max(table.c.last_seen))
    there = [] if gone_too else [table.c.gone_at.is_(None)]
    first, last = connection.execute(asked.where(*there)).one()
    return first, last


def rows(
    connection: Connection, part: Part, names: Sequence[str], *, gone_too: bool
) -> Iterator[Sequence[Any]]:
    """The columns `names` of each row of `part`, in the order of the keys."""
    if part.not_found:
        yield from not_dynamic(connection, gone_too=gone_too)
        return
    source, columns, order = _hanging(part, part.detail) if part.detail else _listed(part)
    asked = (
        select(*(columns[name] for name in names))
        .select_from(source)
        .where(*([] if gone_too else _there(part)))
        .order_by(*order)
    )
    yield from _streamed(connection, asked)


def _listed(part: Part) -> tuple[FromClause, Columns, Sequence[ColumnElement[Any]]]:
    table = tables_of(part.schema).listed
    columns: dict[str, ColumnElement[Any]] = dict(table.c.items())
    order = [table.c[part.schema.key]]
    if not part.at:
        return table, columns, order
    station, system = static_table("stations"), static_table("systems")
    there = table.c[part.at]
    columns["station_id"] = case((there < part.stations_below, there))
    columns |= {name: system.c[name] for name in ("system_id", "constellation_id")}
    source = table.outerjoin(station, station.c.station_id == table.c[part.at])
    return source.outerjoin(system, system.c.system_id == station.c.system_id), columns, order


def _hanging(
    part: Part, detail: Detail
) -> tuple[FromClause, Columns, Sequence[ColumnElement[Any]]]:
    parents, table = tables_of(part.schema).listed, tables_of(part.schema).details[detail.name]
    key = table.c[part.schema.key]
    answer = and_(
        ANSWERS.c.processor == part.schema.name,
        ANSWERS.c.detail == detail.name,
        ANSWERS.c.parent == key,
    )
    columns: dict[str, ColumnElement[Any]] = {**dict(parents.c.items()), **dict(table.c.items())}
    columns["last_seen"] = func.coalesce(
        ANSWERS.c.asked_at, parents.c.last_seen, type_=ANSWERS.c.asked_at.type
    )
    source = table.join(parents, parents.c[part.schema.key] == key).outerjoin(ANSWERS, answer)
    return source, columns, [key, table.c[detail.key]]


def _there(part: Part) -> list[ColumnElement[bool]]:
    """What is gone is left out, and what is within what is gone."""
    table = tables_of(part.schema).listed
    there: list[ColumnElement[bool]] = [table.c.gone_at.is_(None)]
    if part.within is not None:
        holder = tables_of(part.within).listed
        held = select(holder.c[part.within.key]).where(holder.c.gone_at.is_(None))
        there.append(table.c[part.within.key].in_(held))
    return there


def _streamed(connection: Connection, asked: Select[Any]) -> Iterator[Sequence[Any]]:
    found = connection.execute(asked, execution_options={"yield_per": PORTION})
    for portion in found.partitions(PORTION):
        yield from portion
