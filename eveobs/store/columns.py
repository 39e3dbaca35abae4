"""All that is stored of a kind, in portions of columns: for what reads everything, and fast.

Where names and places are all that a row lacks, the database joins the names, places are looked up
once a portion, and no other value but flags is touched. Kinds that borrow go the way of `query`,
row by row.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from itertools import islice
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    Double,
    FromClause,
    Integer,
    Select,
    String,
    TableClause,
    select,
    type_coerce,
)
from sqlalchemy.types import TypeEngine

from eveobs.records.schema import Borrowed, Detail, Schema
from eveobs.store.lending import existing
from eveobs.store.places import resolve
from eveobs.store.query import Query, detail_fields, fields_of, records, restrictions, rows
from eveobs.store.tables import NAMES, UtcTime, tables_of, utc_text

PORTION = 2000
"""Rows of a portion."""
FLAGS = {0: False, 1: True, None: None}
Portion = Sequence[Sequence[Any]]
"""Columns of equally many values: whole numbers, doubles, flags, text; moments are text in UTC."""


class Holds(StrEnum):
    """What the values of a column are."""

    INTEGER = "integer"
    NUMBER = "number"
    FLAG = "flag"
    TIME = "time"
    TEXT = "text"


class Field(NamedTuple):
    """A column, and what it holds."""

    name: str
    holds: Holds


def fields(connection: Connection, schema: Schema, detail: str = "") -> list[Field]:
    """The columns of a kind, or of a detail of it, in their stable order."""
    if not detail:
        names = fields_of(schema)
        own: FromClause = tables_of(schema).listed
        borrows = schema.borrows
    else:
        hanging = schema.detail(detail)
        names, borrows = detail_fields(schema, hanging), hanging.borrows
        own = tables_of(schema).details[detail]
    types = _lent(connection, borrows) | {one.name: one.type for one in own.c}
    return [Field(name, _holds(types.get(name))) for name in names]


def portions(
    connection: Connection, schema: Schema, detail: str = "", *, gone: bool
) -> Iterator[Portion]:
    """The rows, in the order of their key, as columns in the order of `fields`."""
    named = fields(connection, schema, detail)
    if _is_plain(schema, detail):
        statement = _of_detail(schema, detail, gone=gone) if detail else _of_list(schema, gone=gone)
        places = {} if detail else schema.places
        yield from _read(connection, statement, named, [*places.values()])
        return
    left = _rows(connection, schema, detail, gone=gone)
    while some := [*islice(left, PORTION)]:
        yield [[_text(row[one.name]) for row in some] for one in named]


def fields_of_table(table: TableClause) -> list[Field]:
    """The columns of a table as it is in the database."""
    return [Field(one.name, _holds(one.type)) for one in table.c]


def portions_of_table(connection: Connection, table: TableClause) -> Iterator[Portion]:
    """All its rows, in no order."""
    yield from _read(connection, select(*map(_raw, table.c)), fields_of_table(table))


def _is_plain(schema: Schema, detail: str) -> bool:
    """Whether names and places are all that the rows lack."""
    if detail:
        return not schema.detail(detail).borrows and not schema.owned
    return not schema.borrows


def _of_list(schema: Schema, *, gone: bool) -> Select[Any]:
    table = tables_of(schema).listed
    wanted, joined = _with_names(table, fields_of(schema), schema.names, schema.places)
    owner = (table.c[schema.subject_field],) if schema.owned else ()
    return (
        select(*wanted)
        .select_from(joined)
        .where(*restrictions(schema, Query(gone_too=gone)))
        .order_by(table.c[schema.key], *owner)
    )


def _of_detail(schema: Schema, name: str, *, gone: bool) -> Select[Any]:
    detail: Detail = schema.detail(name)
    tables = tables_of(schema)
    table, listed = tables.details[name], tables.listed
    wanted, joined = _with_names(table, detail_fields(schema, detail), detail.names)
    key = table.c[schema.key]
    statement = select(*wanted).select_from(joined).order_by(key, table.c[detail.key])
    if gone:
        return statement
    alive = select(listed.c[schema.key]).where(*restrictions(schema, Query()))
    return statement.where(key.in_(alive))


def _with_names(
    table: FromClause,
    names: Sequence[str],
    shown: Mapping[str, str],
    places: Mapping[str, str] = MappingProxyType({}),
) -> tuple[list[ColumnElement[Any]], FromClause]:
    """The columns `names` of `table` and of what it is joined with for its names. Those of `places`
    hold the ids that are still to be looked up.
    """
    joined, columns = table, {one.name: _raw(one) for one in table.c}
    columns |= {name: table.c[field] for field, name in places.items()}
    for field, name in shown.items():
        known = NAMES.alias()
        joined = joined.outerjoin(known, known.c.id == table.c[field])
        columns[name] = known.c.name
    return [columns[name].label(name) for name in names], joined


def _raw(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """As the driver gives it: nothing is done with each value."""
    if isinstance(column.type, UtcTime):
        return type_coerce(column, String)
    return type_coerce(column, Integer) if isinstance(column.type, Boolean) else column


def _read(
    connection: Connection,
    statement: Select[Any],
    named: Sequence[Field],
    places: Collection[str] = (),
) -> Iterator[Portion]:
    placed = [number for number, one in enumerate(named) if one.name in places]
    flags = [number for number, one in enumerate(named) if one.holds is Holds.FLAG]
    found = connection.execute(statement, execution_options={"yield_per": PORTION})
    for some in found.partitions(PORTION):
        columns: list[Sequence[Any]] = [*zip(*some, strict=True)]
        for number in flags:
            columns[number] = [*map(FLAGS.get, columns[number])]
        known = resolve(connection, {one for number in placed for one in columns[number]} - {None})
        for number in placed:
            columns[number] = [*map(known.get, columns[number])]
        yield columns


def _rows(
    connection: Connection, schema: Schema, detail: str, *, gone: bool
) -> Iterator[dict[str, Any]]:
    query = Query(gone_too=gone, sort=(schema.key,))
    if not detail:
        yield from rows(connection, schema, query)
        return
    for record in records(connection, schema, query):
        for row in record[detail]:
            yield {schema.key: record[schema.key], **row}


def _text(value: Any) -> Any:
    return utc_text(value) if isinstance(value, datetime) else value


def _lent(connection: Connection, borrows: Sequence[Borrowed]) -> dict[str, TypeEngine[Any]]:
    """The types of borrowed fields, as far as the tables that lend them are there."""
    found: dict[str, TypeEngine[Any]] = {}
    for one in borrows:
        lender = existing(connection, one.table)
        for shown, theirs in one.fields.items():
            if lender is not None and theirs in lender.c:
                found.setdefault(shown, lender.c[theirs].type)
    return found


def _holds(kind: TypeEngine[Any] | None) -> Holds:
    if isinstance(kind, UtcTime):
        return Holds.TIME
    if isinstance(kind, Boolean):
        return Holds.FLAG
    if isinstance(kind, Integer):
        return Holds.INTEGER
    return Holds.NUMBER if isinstance(kind, Double) else Holds.TEXT
