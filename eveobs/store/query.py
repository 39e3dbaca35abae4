"""Questions about what is stored: filtered, sorted, named rows of a domain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, func, or_, select

from eveobs.errors import UsageError
from eveobs.records.schema import Detail, Filter, Match, Schema
from eveobs.store.chunks import CHUNK
from eveobs.store.names import names_of
from eveobs.store.tables import ANSWERS, CHANGES, NAMES, tables_of

PORTION = CHUNK
"""Rows read and named at a time, so that memory stays flat."""
LARGEST = 2**63 - 1
"""What a database can count to."""
SEEN = ("first_seen", "last_seen", "gone_at", "gone_how")


@dataclass(frozen=True, slots=True)
class Query:
    """What to list. `values` by filter option; `sort` names fields, a leading - turns one
    round. What is gone is left out, unless it is all that is wanted (`gone_only`) or wanted too.
    """

    values: Mapping[str, object] = field(default_factory=dict)
    sort: Sequence[str] = ()
    limit: int = 0
    gone_only: bool = False
    gone_too: bool = False


def fields_of(schema: Schema) -> tuple[str, ...]:
    """The fields of a listed row: ESI's own, whose list, when seen, and the resolved names."""
    own = schema.record.__struct_fields__
    return (*own, schema.subject_field, *SEEN, *schema.names.values())


def count(connection: Connection, schema: Schema, query: Query) -> int:
    """How many rows `query` finds without its limit."""
    table = tables_of(schema).listed
    where = _conditions(schema, query)
    counted = select(func.count()).select_from(table).where(*where)
    return int(connection.execute(counted).scalar_one())


def rows(
    connection: Connection, schema: Schema, query: Query, *, summaries: bool = False
) -> Iterator[dict[str, Any]]:
    """The rows of `query` by field name, names resolved; `summaries` adds `<detail>_summary`."""
    table = tables_of(schema).listed
    wanted = [table.c[name] for name in _stored_fields(schema)]
    statement = select(*wanted).where(*_conditions(schema, query)).order_by(*_order(schema, query))
    if query.limit:
        statement = statement.limit(min(query.limit, LARGEST))
    found = connection.execute(statement, execution_options={"yield_per": PORTION})
    for portion in found.mappings().partitions(PORTION):
        listed = [dict(row) for row in portion]
        _add_names(connection, listed, schema.names)
        if summaries:
            _add_summaries(connection, schema, listed)
        yield from listed


def row(connection: Connection, schema: Schema, key: int) -> dict[str, Any] | None:
    """One record with its details and its changes; None for one that was never seen."""
    if abs(key) > LARGEST:
        return None
    table = tables_of(schema).listed
    wanted = [table.c[name] for name in (*_stored_fields(schema), "changed_at")]
    found = connection.execute(select(*wanted).where(table.c[schema.key] == key)).mappings().first()
    if found is None:
        return None
    record = dict(found)
    _add_names(connection, [record], schema.names)
    for detail in schema.details:
        record[detail.name] = details(connection, schema, detail, [key]).get(key, [])
        record[f"{detail.name}_answer"] = _answer(connection, schema, detail, key)
    record["changes"] = _changes(connection, schema, key)
    return record


def details(
    connection: Connection, schema: Schema, detail: Detail, keys: Sequence[int]
) -> dict[int, list[dict[str, Any]]]:
    """The rows of `detail` by parent, in the order of their own key, names resolved."""
    table = tables_of(schema).details[detail.name]
    parent = table.c[schema.key]
    found = connection.execute(
        select(table).where(parent.in_(keys)).order_by(parent, table.c[detail.key])
    )
    everything = [dict(row) for row in found.mappings()]
    _add_names(connection, everything, detail.names)
    by_parent: dict[int, list[dict[str, Any]]] = {}
    for one in everything:
        by_parent.setdefault(one.pop(schema.key), []).append(one)
    return by_parent


def _stored_fields(schema: Schema) -> tuple[str, ...]:
    return (*schema.record.__struct_fields__, schema.subject_field, *SEEN)


def _add_names(
    connection: Connection, listed: Sequence[dict[str, Any]], names: Mapping[str, str]
) -> None:
    ids = {one[field] for one in listed for field in names if one[field] is not None}
    known = names_of(connection, ids)
    for one in listed:
        for id_field, name_field in names.items():
            one[name_field] = known.get(one[id_field])


def _add_summaries(
    connection: Connection, schema: Schema, listed: Sequence[dict[str, Any]]
) -> None:
    keys = [one[schema.key] for one in listed]
    for detail in schema.details:
        if detail.summary is not None:
            of_parent = details(connection, schema, detail, keys)
            for one in listed:
                rows_of_one = of_parent.get(one[schema.key], [])
                one[f"{detail.name}_summary"] = detail.summary(rows_of_one)


def _answer(connection: Connection, schema: Schema, detail: Detail, key: int) -> str | None:
    found: str | None = connection.execute(
        select(ANSWERS.c.meaning).where(
            ANSWERS.c.processor == schema.name,
            ANSWERS.c.detail == detail.name,
            ANSWERS.c.parent == key,
        )
    ).scalar_one_or_none()
    return found


def _changes(connection: Connection, schema: Schema, key: int) -> list[dict[str, Any]]:
    found = connection.execute(
        select(CHANGES.c.observation, CHANGES.c.field, CHANGES.c.old, CHANGES.c.new)
        .where(CHANGES.c.processor == schema.name, CHANGES.c.key == key)
        .order_by(CHANGES.c.id)
    )
    return [dict(row) for row in found.mappings()]


# -- conditions -------------------------------------------------------------------------------


def _conditions(schema: Schema, query: Query) -> list[ColumnElement[bool]]:
    table = tables_of(schema).listed
    where: list[ColumnElement[bool]] = []
    if query.gone_only:
        where.append(table.c.gone_at.is_not(None))
    elif not query.gone_too:
        where.append(table.c.gone_at.is_(None))
    for rule in schema.filters:
        value = query.values.get(rule.option)
        if value is not None and value not in ([], ()):
            where.append(_condition(schema, table, rule, value))
    return where


def _condition(schema: Schema, table: Table, rule: Filter, value: object) -> ColumnElement[bool]:
    if rule.detail is None:
        return _compare(table, rule, value)
    inner = tables_of(schema).details[rule.detail]
    having = select(inner.c[schema.key]).where(_compare(inner, rule, value))
    return table.c[schema.key].in_(having)


def _compare(table: Table, rule: Filter, value: object) -> ColumnElement[bool]:
    column = table.c[rule.field]
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


def _order(schema: Schema, query: Query) -> list[ColumnElement[Any]]:
    table = tables_of(schema).listed
    order: list[ColumnElement[Any]] = []
    for wish in query.sort or (schema.sort or schema.key,):
        name = wish.removeprefix("-")
        column = _sortable(schema, table, name)
        order.append((column.desc() if wish.startswith("-") else column.asc()).nulls_last())
    return [*order, table.c[schema.key].asc()]


def _sortable(schema: Schema, table: Table, name: str) -> ColumnElement[Any]:
    by_name = {shown: id_field for id_field, shown in schema.names.items()}
    if name in by_name:
        id_column = table.c[by_name[name]]
        return select(NAMES.c.name).where(NAMES.c.id == id_column).scalar_subquery()
    if name in _stored_fields(schema):
        return table.c[name]
    raise UsageError(
        f"there is no field {name!r} to sort by", hint=f"Fields: {', '.join(fields_of(schema))}."
    )
