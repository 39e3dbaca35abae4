"""Questions in SQL that DuckDB answers, from a copy in memory of the tables they name.

DuckDB could attach an SQLite file only by an extension that it downloads. So the tables are handed
over as Arrow, in portions; after that it may open no file, load nothing and change no setting. What
a statement would write, it would write into that copy; all but questions are refused nevertheless.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

import duckdb
import pyarrow as pa
from sqlalchemy import TableClause, inspect

from eveobs.errors import EveobsError, StoreError, UsageError
from eveobs.store.arrow import arrow_batch, arrow_schema
from eveobs.store.asking import EXAMPLE, READS_ONLY, Answer, distinct, sql_error, stored
from eveobs.store.columns import Portion, fields_of_table, portions_of_table
from eveobs.store.engine import connect, told
from eveobs.store.lending import existing
from eveobs.store.sql_bounds import TIMEOUT, TimeBudget

AT_ONCE = 1000
"""Rows of the answer that are fetched at a time."""
APART: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "enable_external_access": False,
    "python_enable_replacements": False,
    "temp_directory": "",  # else what does not fit into memory is spilled into the working folder
}
LOCKED = ("TimeZone = 'UTC'", "lock_configuration = true")


@contextmanager
def answered_by_duckdb(url: str, statement: str, timeout: float = TIMEOUT) -> Iterator[Answer]:
    """As `asking.answered`; moments are timestamps in UTC, flags true and false."""
    stored(url)
    budget = TimeBudget(timeout)
    try:
        with closing(duckdb.connect(":memory:", config=APART)) as database:
            for setting in LOCKED:
                database.execute(f"SET {setting}")
            question = _question(database, statement)
            _copy(database, url, statement)
            with budget.running(database.interrupt):
                found = database.execute(question)
            names = distinct([one[0] for one in found.description])
            yield names, _rows(database, found, budget)
    except duckdb.Error as error:
        if budget.expired:
            raise budget.error() from error
        raise _explained(error) from error
    except RuntimeError as error:
        if budget.expired:
            raise budget.error() from error
        if "interrupted" in str(error):
            raise KeyboardInterrupt from error
        raise


def _question(database: duckdb.DuckDBPyConnection, statement: str) -> duckdb.Statement:
    found = database.extract_statements(statement)
    if len(found) != 1 or found[0].type != duckdb.StatementType.SELECT:
        raise UsageError(READS_ONLY, hint=EXAMPLE)
    return found[0]


def _copy(database: duckdb.DuckDBPyConnection, url: str, statement: str) -> None:
    """All tables, and the rows of those that `statement` names."""
    engine = connect(url)
    try:
        with told(engine), engine.connect() as connection:
            for name in inspect(connection).get_table_names():
                table = existing(connection, name)
                if table is not None:
                    some = portions_of_table(connection, table) if _names(statement, name) else ()
                    _hand_over(database, table, some)
    finally:
        engine.dispose()


def _names(statement: str, table: str) -> bool:
    """Whether it may be about that table. DuckDB's own list of names is not right for USING."""
    words = {*re.findall(r"\w+", statement.lower())}
    return table.lower() in words or not words.isdisjoint({"query", "query_table"})


def _hand_over(
    database: duckdb.DuckDBPyConnection, table: TableClause, some: Iterable[Portion]
) -> None:
    schema = arrow_schema(fields_of_table(table))
    database.register("handed_over", schema.empty_table())
    database.execute(f'CREATE TABLE "{table.name}" AS FROM handed_over')
    for one in some:
        database.register("handed_over", pa.Table.from_batches([arrow_batch(one, schema)]))
        database.execute(f'INSERT INTO "{table.name}" FROM handed_over')
    database.unregister("handed_over")


def _rows(
    database: duckdb.DuckDBPyConnection, found: duckdb.DuckDBPyConnection, budget: TimeBudget
) -> Iterator[Sequence[Any]]:
    while True:
        with budget.running(database.interrupt):
            some = found.fetchmany(AT_ONCE)
        if not some:
            return
        yield from some


def _explained(error: duckdb.Error) -> EveobsError:
    words = " ".join(str(error).split())
    if isinstance(error, duckdb.OutOfMemoryException):
        return StoreError(
            f"there is not enough memory for that question: {words}",
            hint="Ask for less, or without --duckdb.",
        )
    return sql_error(words, "SHOW TABLES lists the tables, DESCRIBE contracts the columns of one.")
