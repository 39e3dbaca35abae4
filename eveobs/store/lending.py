"""Fields that a row lacks, from the stored rows of other domains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnClause,
    ColumnElement,
    Connection,
    String,
    TableClause,
    column,
    inspect,
    select,
    table,
)
from sqlalchemy.exc import NoSuchTableError

from eveobs.records.schema import Borrowed
from eveobs.store.chunks import CHUNK, chunks
from eveobs.store.tables import TIME_LENGTH, UtcTime

Row = dict[str, Any]


def borrow(
    connection: Connection,
    rows: Sequence[Row],
    borrows: Sequence[Borrowed],
    *,
    parent: str | None = None,
) -> None:
    """Fill in what `rows` lack; None where nothing lends. Of several lenders the first that has a
    value counts. A row that borrows from its owner's only has its `owner_id`.

    `parent` is the key that details have of their record. Where the lender has that too (the items
    of a contract, say), it lends to details of the same record only, and is quickly found by it.
    """
    for one in borrows:
        for row in rows:
            for name in one.fields:
                row.setdefault(name, None)
        lacking = [row for row in rows if any(row[name] is None for name in one.fields)]
        if lacking:
            _lend(connection, lacking, one, parent)


def existing(connection: Connection, name: str) -> TableClause | None:
    """The table `name` as it is in the database, whichever package wrote it; None for none."""
    try:
        columns = inspect(connection).get_columns(name)
    except NoSuchTableError:
        return None
    made: list[ColumnClause[Any]] = []
    for one in columns:
        kind = one["type"]
        is_time = isinstance(kind, String) and kind.length == TIME_LENGTH
        made.append(column(one["name"], UtcTime() if is_time else kind))
    return table(name, *made)


def last_first(lender: TableClause) -> list[ColumnElement[Any]]:
    """The row seen last comes last, and overwrites the others; always the same one."""
    names = ("last_seen", *(name for name in lender.c.keys() if name != "last_seen"))  # noqa: SIM118
    return [lender.c[name].asc() for name in names if name in lender.c]


def _lend(
    connection: Connection, lacking: Sequence[Row], one: Borrowed, parent: str | None
) -> None:
    lender = existing(connection, one.table)
    if lender is None or not _needed(one) <= {*lender.c.keys()}:
        return
    pairs = {one.theirs: one.mine}
    if one.owned:
        pairs["owner_id"] = "owner_id"
    if parent is not None and parent in lender.c:
        pairs.setdefault(parent, parent)
    found = _lenders(connection, lender, one, pairs, lacking)
    for row in lacking:
        lent = found.get(tuple(row.get(mine) for mine in pairs.values()), {})
        for shown, theirs in one.fields.items():
            if row[shown] is None:
                row[shown] = lent.get(theirs)


def _needed(one: Borrowed) -> set[str]:
    return {one.theirs, *one.where} | ({"owner_id"} if one.owned else set())


def _lenders(
    connection: Connection,
    lender: TableClause,
    one: Borrowed,
    pairs: Mapping[str, str],
    lacking: Sequence[Row],
) -> dict[tuple[Any, ...], Mapping[str, Any]]:
    """The rows that lend, by the values of the columns that name the borrower."""
    names = {*pairs, *(name for name in one.fields.values() if name in lender.c)}
    columns = [lender.c[name] for name in sorted(names)]
    same = [_equal(lender, name, value) for name, value in one.where.items()]
    statement = select(*columns).where(*same).order_by(*last_first(lender))
    found: dict[tuple[Any, ...], Mapping[str, Any]] = {}
    for some in chunks(lacking, CHUNK // len(pairs)):
        wanted = (lender.c[theirs].in_(_values(some, mine)) for theirs, mine in pairs.items())
        for row in connection.execute(statement.where(*wanted)).mappings():
            found[tuple(row[theirs] for theirs in pairs)] = {**row}
    return found


def _equal(lender: TableClause, name: str, value: object) -> ColumnElement[bool]:
    return lender.c[name].in_(value) if isinstance(value, list | tuple) else lender.c[name] == value


def _values(rows: Sequence[Row], name: str) -> list[Any]:
    return list({row.get(name): None for row in rows if row.get(name) is not None})
