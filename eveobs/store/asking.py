"""Questions in SQL about the store, which cannot change it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from eveobs.errors import ConfigError, EveobsError, StoreError, UsageError
from eveobs.store.engine import of_sqlite
from eveobs.store.glance import sqlite_path
from eveobs.store.linear_text import take_over
from eveobs.store.sql_bounds import MAX_COLUMNS, MAX_MEMORY, MAX_VALUE, TIMEOUT, TimeBudget

ALLOWED = frozenset(
    {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
)
FORBIDDEN = frozenset({"load_extension", "fts3_tokenizer"})
"""Functions that load code, or take and show addresses in memory."""
STEPS = 100_000
"""Steps of SQLite's machine after which Python may look whether it is interrupted."""
PATHOLOGICAL = 1000
"""Characters of a LIKE or GLOB pattern: matching is quadratic, and cannot be interrupted."""

Answer = tuple[Sequence[str], Iterator[Sequence[Any]]]
READS_ONLY = "eveobs sql reads, and changes nothing"
EXAMPLE = "Such as SELECT count(*) FROM contracts."
AUTHORIZATION = {sqlite3.SQLITE_AUTH, sqlite3.SQLITE_PERM}
OF_THE_FILE = {
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
}
"""Result codes that say something about the store; all others are about the statement."""


@contextmanager
def answered(url: str, statement: str, timeout: float = TIMEOUT) -> Iterator[Answer]:
    """The names of the columns and the rows of `statement`, one that reads. Raises UsageError for
    one that does not, or that the database does not understand; StoreError after `timeout` seconds
    in the database.
    """
    stored(url)
    try:
        statement.encode()
    except UnicodeEncodeError as error:  # a byte of the terminal that is no text
        raise UsageError(f"the query is not valid Unicode (character {error.start + 1})") from None
    path = sqlite_path(url)
    if path is not None:
        with _of_file(path, statement, TimeBudget(timeout)) as answer:
            yield answer
    else:
        from eveobs.store.postgresql_sql import query

        with query(url, statement, TimeBudget(timeout)) as (names, rows):
            yield distinct(names), rows


def stored(url: str) -> None:
    """That there is a store at all. Raises ConfigError."""
    path = sqlite_path(url)
    if path is not None and not path.is_file():
        raise ConfigError(
            f"there is no store {path} yet", hint="`eveobs fetch contracts` makes it."
        )


@contextmanager
def _of_file(path: Path, statement: str, budget: TimeBudget) -> Iterator[Answer]:
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as database:
            _confine(database, budget)
            with budget.running():
                cursor = database.execute(statement)
            with closing(cursor) as found:
                if found.description is None:
                    raise UsageError(READS_ONLY, hint=EXAMPLE)
                yield distinct([one[0] for one in found.description]), _rows(found, budget)
    except (sqlite3.Error, sqlite3.Warning) as error:
        if budget.expired:
            raise budget.error() from error
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT:
            raise KeyboardInterrupt from error  # where Python looked, and found that it was
        raise _explained(str(path), error) from error
    except MemoryError as error:
        raise StoreError(
            f"the query needs more than {MAX_MEMORY >> 20} MiB of memory", hint="Ask for less."
        ) from error


def _confine(database: sqlite3.Connection, budget: TimeBudget) -> None:
    database.execute("PRAGMA query_only=ON")
    database.execute(f"PRAGMA hard_heap_limit={MAX_MEMORY}").fetchall()
    database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_VALUE)
    database.setlimit(sqlite3.SQLITE_LIMIT_COLUMN, MAX_COLUMNS)
    database.setlimit(sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, PATHOLOGICAL)
    database.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    take_over(database)
    database.set_authorizer(_allow)
    database.set_progress_handler(budget.is_over, STEPS)


def _rows(cursor: sqlite3.Cursor, budget: TimeBudget) -> Iterator[Sequence[Any]]:
    while True:
        with budget.running():
            row = cursor.fetchone()
        if row is None:
            return
        yield row


def _allow(action: int, _: object, name: object, *__: object) -> int:
    if action == sqlite3.SQLITE_FUNCTION and str(name).lower() in FORBIDDEN:
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK if action in ALLOWED else sqlite3.SQLITE_DENY


def _explained(where: str, error: sqlite3.Error | sqlite3.Warning) -> EveobsError:
    """By SQLite's result code: the words of an error can hold whatever the statement says."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    words = " ".join(str(error).split())
    if code in AUTHORIZATION or code == sqlite3.SQLITE_READONLY:
        return UsageError(READS_ONLY, hint=EXAMPLE)
    if code in OF_THE_FILE:
        return of_sqlite(where, error)
    return sql_error(
        words, "SELECT name FROM sqlite_master lists the tables; docs/reference has the fields."
    )


def sql_error(words: str, hint: str) -> UsageError:
    """A statement that the database refuses, in the database's `words`."""
    return UsageError(f"SQL error: {words}", hint=hint)


def distinct(names: Sequence[str]) -> list[str]:
    """Each name once: of equal ones the second gets a number."""
    found: list[str] = []
    for name in names:
        number, one = 1, name
        while one in found:
            number += 1
            one = f"{name}_{number}"
        found.append(one)
    return found
