"""Many new rows at once.

SQLAlchemy prepares each value of each row, which costs more than SQLite takes to store it. Where
the driver takes rows by position (SQLite's does), they are handed over as tuples in one call.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Boolean, Connection, Dialect, Table
from sqlalchemy.dialects import postgresql, sqlite

INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}

Row = Sequence[Any]
Convert = Callable[[Any], Any]
Conflict = Callable[[Any], Any]
"""An INSERT of the dialect, with what is to happen to rows whose key is there already."""


def leave(statement: Any) -> Any:
    """They stay as they are."""
    return statement.on_conflict_do_nothing()


def add_rows(
    connection: Connection,
    table: Table,
    names: tuple[str, ...],
    rows: list[Row],
    conflict: Conflict = leave,
) -> int:
    """Insert `rows`, values in the order of `names`; those whose key is there already are left out,
    or what `conflict` makes of them.

    Returns how many were written.
    """
    if not rows:
        return 0
    dialect = connection.dialect
    if dialect.positional:
        text, converts = _prepared(table, names, dialect, conflict)
        result = connection.exec_driver_sql(text, [_bound(row, converts) for row in rows])
    else:
        named = [dict(zip(names, row, strict=True)) for row in rows]
        result = connection.execute(_statement(table, dialect, conflict), named)
    return max(result.rowcount, 0)


def _bound(row: Row, converts: list[tuple[int, Convert]]) -> tuple[Any, ...]:
    values = list(row)
    for index, convert in converts:
        values[index] = convert(values[index])
    return tuple(values)


def _statement(table: Table, dialect: Dialect, conflict: Conflict) -> Any:
    return conflict(INSERTS[dialect.name](table))


@lru_cache(maxsize=64)
def _prepared(
    table: Table, names: tuple[str, ...], dialect: Dialect, conflict: Conflict
) -> tuple[str, list[tuple[int, Convert]]]:
    """The statement as text, and which values have to be converted how."""
    compiled = _statement(table, dialect, conflict).compile(
        dialect=dialect, column_keys=list(names)
    )
    if tuple(compiled.positiontup) != names:
        raise AssertionError("the columns are not in the order of their names")
    converts: list[tuple[int, Convert]] = []
    for index, name in enumerate(names):
        kind = table.c[name].type
        convert = kind.dialect_impl(dialect).bind_processor(dialect)
        if convert is not None and not isinstance(kind, Boolean):  # the driver knows True
            converts.append((index, convert))
    return str(compiled), converts
