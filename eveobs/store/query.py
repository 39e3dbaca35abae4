"""Questions about what is stored: filtered, sorted, named rows of a domain."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from eveobs.records.schema import Detail, Schema
from eveobs.store.chunks import CHUNK
from eveobs.store.conditions import LARGEST, conditions, once, order, stored_fields
from eveobs.store.lending import borrow
from eveobs.store.names import names_of
from eveobs.store.places import resolve
from eveobs.store.tables import ANSWERS, CHANGES, of_owner, tables_of

PORTION = CHUNK
"""Rows read and named at a time, so that memory stays flat."""

WITH_DETAILS = 50
"""The same, of rows with all that hangs on them, such as the thousand items of a contract."""

Row = dict[str, Any]
Parent = tuple[int | None, int]
"""The owner of a record, where its details are kept for each owner, and its key."""


@dataclass(frozen=True, slots=True)
class Query:
    """What to list. `values` by filter option; `sort` names fields, a leading - turns one
    round. What is gone is left out, unless it is all that is wanted (`gone_only`) or wanted too.

    What several owners have is listed once, as it was seen last, and is gone when all have lost it;
    of those owners only that a filter asks for.
    """

    values: Mapping[str, object] = field(default_factory=dict)
    sort: Sequence[str] = ()
    limit: int = 0
    gone_only: bool = False
    gone_too: bool = False


def fields_of(schema: Schema) -> tuple[str, ...]:
    """The fields of a listed row: ESI's own, whose list, when seen, what is borrowed, and the
    resolved names.
    """
    borrowed = (name for one in schema.borrows for name in one.fields)
    shown = (*stored_fields(schema), *borrowed, *schema.names.values(), *schema.places.values())
    return tuple(dict.fromkeys(shown))


def detail_fields(schema: Schema, detail: Detail) -> tuple[str, ...]:
    """The fields of a row of `detail`: its record's key, ESI's own, what is borrowed, names."""
    borrowed = (name for one in detail.borrows for name in one.fields)
    own = detail.record.__struct_fields__
    return tuple(dict.fromkeys((schema.key, *own, *borrowed, *detail.names.values())))


def count(connection: Connection, schema: Schema, query: Query) -> int:
    """How many rows `query` finds without its limit."""
    table = tables_of(schema).listed
    counted = select(func.count()).select_from(table).where(*restrictions(schema, query))
    return int(connection.execute(counted).scalar_one())


def keys(connection: Connection, schema: Schema, query: Query) -> list[int]:
    """The keys of the rows that `query` finds, in its order."""
    table = tables_of(schema).listed
    wanted = select(table.c[schema.key]).where(*restrictions(schema, query))
    wanted = wanted.order_by(*order(schema, query.sort))
    if query.limit:
        wanted = wanted.limit(min(query.limit, LARGEST))
    return list(connection.execute(wanted).scalars())


def rows(
    connection: Connection, schema: Schema, query: Query, *, summaries: bool = False
) -> Iterator[Row]:
    """The rows of `query` by field name, names resolved; `summaries` adds `<detail>_summary`."""
    table = tables_of(schema).listed
    wanted = [table.c[name] for name in stored_fields(schema)]
    statement = (
        select(*wanted).where(*restrictions(schema, query)).order_by(*order(schema, query.sort))
    )
    if query.limit:
        statement = statement.limit(min(query.limit, LARGEST))
    found = connection.execute(statement, execution_options={"yield_per": PORTION})
    for portion in found.mappings().partitions(PORTION):
        listed = [dict(row) for row in portion]
        _complete(connection, schema, listed)
        if summaries:
            for detail in schema.details:
                hanging = _hanging(connection, schema, detail, listed)
                first = _looked_for(schema, detail, query.values)
                _summarise(schema, detail, listed, hanging, first)
        yield from listed


def records(
    connection: Connection, schema: Schema, query: Query, keys: Sequence[int] | None = None
) -> Iterator[Row]:
    """The rows of `query` with their details, each under its name; with `keys` only those of them.
    Memory is that of one portion.
    """
    table = tables_of(schema).listed
    wanted = [table.c[name] for name in stored_fields(schema)]
    where = restrictions(schema, query)
    if keys is not None:
        where.append(table.c[schema.key].in_(keys))
    statement = select(*wanted).where(*where).order_by(*order(schema, query.sort))
    if query.limit:
        statement = statement.limit(min(query.limit, LARGEST))
    found = connection.execute(statement, execution_options={"yield_per": WITH_DETAILS})
    for portion in found.mappings().partitions(WITH_DETAILS):
        listed = [dict(row) for row in portion]
        _complete(connection, schema, listed)
        for detail in schema.details:
            hanging = _hanging(connection, schema, detail, listed)
            _summarise(schema, detail, listed, hanging)
            for one in listed:
                one[detail.name] = hanging.get(_parent(schema, detail, one), [])
        yield from listed


def row(connection: Connection, schema: Schema, key: int) -> Row | None:
    """One record with its details and its changes; None for one that was never seen. Of several
    owners' it is the one that is listed.
    """
    if abs(key) > LARGEST:
        return None
    table = tables_of(schema).listed
    wanted = [table.c[name] for name in (*stored_fields(schema), "changed_at")]
    which = [table.c[schema.key] == key, *([once(schema)] if schema.owned else [])]
    found = connection.execute(select(*wanted).where(*which)).mappings().first()
    if found is None:
        return None
    record = dict(found)
    _complete(connection, schema, [record])
    for detail in schema.details:
        of_parent = _hanging(connection, schema, detail, [record])
        _summarise(schema, detail, [record], of_parent)
        record[detail.name] = of_parent.get(_parent(schema, detail, record), [])
        record[f"{detail.name}_answer"] = _answer(connection, schema, detail, key)
    record["changes"] = _changes(
        connection, schema, key, record["owner_id"] if schema.owned else None
    )
    return record


def restrictions(schema: Schema, query: Query) -> list[ColumnElement[bool]]:
    """What a row of the list must be, to be one that `query` is about."""
    gone_at = tables_of(schema).listed.c.gone_at
    where = conditions(schema, query.values)
    if query.gone_only:
        where.append(gone_at.is_not(None))
    elif not query.gone_too:
        where.append(gone_at.is_(None))
    return where


def _complete(connection: Connection, schema: Schema, listed: Sequence[Row]) -> None:
    """What the rows of a portion say beyond their own fields."""
    borrow(connection, listed, schema.borrows)
    _add_names(connection, listed, schema.names)
    if schema.places:
        ids = {one[field] for one in listed for field in schema.places} - {None}
        _show(listed, schema.places, resolve(connection, ids))


def _add_names(connection: Connection, listed: Sequence[Row], names: Mapping[str, str]) -> None:
    ids = {one[field] for one in listed for field in names if one[field] is not None}
    _show(listed, names, names_of(connection, ids))


def _show(listed: Sequence[Row], fields: Mapping[str, str], known: Mapping[int, str]) -> None:
    for one in listed:
        for id_field, name_field in fields.items():
            one[name_field] = known.get(one[id_field])


def _parent(schema: Schema, detail: Detail, record: Row) -> Parent:
    return record["owner_id"] if of_owner(schema, detail) else None, record[schema.key]


def _hanging(
    connection: Connection, schema: Schema, detail: Detail, listed: Sequence[Row]
) -> dict[Parent, list[Row]]:
    """The rows of `detail` that hang on `listed`, in the order of their own key."""
    table = tables_of(schema).details[detail.name]
    parents = {_parent(schema, detail, record): record for record in listed}
    key = table.c[schema.key]
    found = connection.execute(
        select(table).where(key.in_([key for _, key in parents])).order_by(key, table.c[detail.key])
    )
    everything: list[Row] = []
    by_parent: dict[Parent, list[Row]] = {}
    for one in map(dict, found.mappings()):
        parent = _parent(schema, detail, one)
        if parent in parents:  # and not the same record of another owner
            everything.append(one)
            by_parent.setdefault(parent, []).append(one)
            if schema.owned:  # also what all owners share is borrowed for one of them
                one["owner_id"] = parents[parent]["owner_id"]
    borrow(connection, everything, detail.borrows, parent=schema.key)
    _add_names(connection, everything, detail.names)
    for one in everything:
        del one[schema.key]
        if schema.owned:
            del one["owner_id"]
    return by_parent


def _summarise(
    schema: Schema,
    detail: Detail,
    listed: Sequence[Row],
    of_parent: Mapping[Parent, list[Row]],
    first: Callable[[Row], bool] | None = None,
) -> None:
    """Add the summaries; each begins with the rows for which `first` holds."""
    if detail.summary is not None:
        for one in listed:
            hanging = of_parent.get(_parent(schema, detail, one), [])
            told = hanging if first is None else _put_first(detail, hanging, first)
            one[f"{detail.name}_summary"] = detail.summary(told)


def _put_first(detail: Detail, hanging: Sequence[Row], first: Callable[[Row], bool]) -> list[Row]:
    """`hanging` beginning with the rows that were looked for, and only with those of their side."""
    found = [one for one in hanging if first(one)]
    if found and detail.side:
        side = any(one[detail.side] for one in found)
        hanging = [one for one in hanging if one[detail.side] == side]
        found = [one for one in found if one[detail.side] == side]
    return [*found, *(one for one in hanging if one not in found)]


def _looked_for(
    schema: Schema, detail: Detail, values: Mapping[str, object]
) -> Callable[[Row], bool] | None:
    """Whether a row of `detail` is what a filter by name asks for, as `conditions` judges it; None
    where there is no such filter.
    """
    rules = [
        (rule, [str(one).lower() for one in asked])
        for rule in schema.filters
        if rule.detail == detail.name
        and rule.names
        and isinstance(asked := values.get(rule.option), list | tuple)
    ]
    if not rules:
        return None

    def first(one: Row) -> bool:
        return any(
            str(one[rule.field]) == word
            if word.isdecimal()
            else word in str(one.get(detail.names.get(rule.field, "")) or "").lower()
            for rule, words in rules
            for word in words
        )

    return first


def _answer(connection: Connection, schema: Schema, detail: Detail, key: int) -> str | None:
    found: str | None = connection.execute(
        select(ANSWERS.c.meaning).where(
            ANSWERS.c.processor == schema.name,
            ANSWERS.c.detail == detail.name,
            ANSWERS.c.parent == key,
        )
    ).scalar_one_or_none()
    return found


def _changes(
    connection: Connection, schema: Schema, key: int, owner_id: int | None
) -> list[dict[str, Any]]:
    whose = [] if owner_id is None else [CHANGES.c.owner == owner_id]
    found = connection.execute(
        select(CHANGES.c.observation, CHANGES.c.field, CHANGES.c.old, CHANGES.c.new)
        .where(CHANGES.c.processor == schema.name, CHANGES.c.key == key, *whose)
        .order_by(CHANGES.c.id)
    )
    return [dict(row) for row in found.mappings()]
