"""Which rows a question is about, and in which order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Table,
    and_,
    case,
    exists,
    func,
    or_,
    select,
    tuple_,
)

from eveobs.errors import UsageError
from eveobs.records.schema import Filter, Match, Schema
from eveobs.store.tables import NAMES, of_owner, tables_of

LARGEST = 2**63 - 1
"""What a database can count to."""
SEEN = ("first_seen", "last_seen", "gone_at", "gone_how")


Asked = Sequence[tuple[Filter, object]]
"""Filters, and what they were given."""


def stored_fields(schema: Schema) -> tuple[str, ...]:
    """The fields of a listed row that its own table has."""
    return (*schema.record.__struct_fields__, schema.subject_field, *SEEN)


def conditions(schema: Schema, values: Mapping[str, object]) -> list[ColumnElement[bool]]:
    """What a listed row must be, for the `values` of filters by their option."""
    table = tables_of(schema).listed
    asked = [
        (rule, values[rule.option])
        for rule in schema.filters
        if values.get(rule.option) not in (None, [], ())
    ]
    if not schema.owned:
        return [_condition(schema, table, rule, value) for rule, value in asked]
    whose = [(rule, value) for rule, value in asked if _of_owner(schema, rule)]
    where = [
        _condition(schema, table, rule, value)
        for rule, value in asked
        if not _of_owner(schema, rule)
    ]
    # Each party to an entry of a ledger has a side of its own of it.
    listed = [] if schema.ledger else [once(schema, whose)]
    return [*where, *_owned_by(table, whose), *listed]


def _of_owner(schema: Schema, rule: Filter) -> bool:
    return rule.detail is None and rule.field == schema.subject_field


def _owned_by(rows: FromClause, whose: Asked) -> list[ColumnElement[bool]]:
    """Characters and corporations are both owners: a row of any that was named is wanted."""
    return [or_(*(_compare(rows, rule, value) for rule, value in whose))] if whose else []


def once(schema: Schema, whose: Asked = ()) -> ColumnElement[bool]:
    """That no other owner's row of the same key tells more: one not gone before one that is, then
    the one seen last. Only the owners that are asked for (`whose`) count.
    """
    table = tables_of(schema).listed
    other = table.alias("other")
    better = or_(
        _gone(other) < _gone(table),
        and_(
            _gone(other) == _gone(table),
            or_(
                other.c.last_seen > table.c.last_seen,
                and_(
                    other.c.last_seen == table.c.last_seen,
                    other.c.owner_id < table.c.owner_id,
                ),
            ),
        ),
    )
    same = other.c[schema.key] == table.c[schema.key]
    return ~exists().where(same, better, *_owned_by(other, whose)).correlate(table)


def _gone(rows: FromClause) -> ColumnElement[int]:
    return case((rows.c.gone_at.is_(None), 0), else_=1)


def _condition(schema: Schema, table: Table, rule: Filter, value: object) -> ColumnElement[bool]:
    if rule.detail is None:
        return _compare(table, rule, value)
    inner = tables_of(schema).details[rule.detail]
    if of_owner(schema, schema.detail(rule.detail)):
        having = select(inner.c.owner_id, inner.c[schema.key]).where(_compare(inner, rule, value))
        return tuple_(table.c.owner_id, table.c[schema.key]).in_(having)
    keys = select(inner.c[schema.key]).where(_compare(inner, rule, value))
    return table.c[schema.key].in_(keys)


def _compare(rows: FromClause, rule: Filter, value: object) -> ColumnElement[bool]:
    column = rows.c[rule.field]
    if rule.names:
        return _by_name(column, rule, value)
    if rule.match is Match.AT_LEAST:
        return column >= value
    if rule.match is Match.AT_MOST:
        return column <= value
    if rule.match is Match.BEFORE:
        return column < value
    if rule.match is Match.CONTAINS:
        return func.lower(column).contains(str(value).lower(), autoescape=True)
    return column.in_(value) if isinstance(value, list | tuple) else column == value


def _by_name(column: ColumnElement[Any], rule: Filter, value: object) -> ColumnElement[bool]:
    asked = [str(one) for one in value] if isinstance(value, list | tuple) else [str(value)]
    ids = [int(one) for one in asked if is_id(one)]
    texts = [one.lower() for one in asked if not one.isdecimal()]
    name = func.lower(NAMES.c.name)
    conditions: list[ColumnElement[bool]] = [column.in_(ids)]
    for text in texts:
        same = name == text if rule.match is Match.EQUALS else name.contains(text, autoescape=True)
        conditions.append(column.in_(select(NAMES.c.id).where(same)))
    return or_(*conditions)


def is_id(text: str) -> bool:
    """Whether `text` is a number that an id can be."""
    return text.isdecimal() and len(text) <= len(str(LARGEST)) and int(text) <= LARGEST


def order(schema: Schema, sort: Sequence[str]) -> list[ColumnElement[Any]]:
    """By the fields of `sort`, a leading - turning one round; what has no value comes last."""
    table = tables_of(schema).listed
    wishes: list[ColumnElement[Any]] = []
    for wish in sort or (schema.sort or schema.key,):
        column = _sortable(schema, table, wish.removeprefix("-"))
        wishes.append((column.desc() if wish.startswith("-") else column.asc()).nulls_last())
    return [*wishes, table.c[schema.key].asc()]


def _sortable(schema: Schema, table: Table, name: str) -> ColumnElement[Any]:
    stored = stored_fields(schema)
    by_name = {shown: field for field, shown in schema.names.items() if field in stored}
    if name in by_name:
        id_column = table.c[by_name[name]]
        return select(NAMES.c.name).where(NAMES.c.id == id_column).scalar_subquery()
    if name in stored:
        return table.c[name]
    raise UsageError(
        f"there is no field {name!r} to sort by",
        hint=f"Fields: {', '.join((*stored, *by_name))}.",
    )
