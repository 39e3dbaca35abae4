"""Questions in SQL about the store, which cannot change it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy.exc import DBAPIError, ResourceClosedError

from eveobs.errors import ConfigError, StoreError, UsageError
from eveobs.store.engine import connect, meaning
from eveobs.store.glance import sqlite_path

ALLOWED = frozenset(
    {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
)
STEPS = 100_000
"""Steps of SQLite's machine after which Python may look whether it is interrupted."""

Answer = tuple[Sequence[str], Iterator[Sequence[Any]]]
REFUSALS = ("not authorized", "denied", "prohibited", "read-only")
"""Words of databases for what only writes may do."""
READS_ONLY = "eveobs sql reads, and changes nothing"


@contextmanager
def answered(url: str, statement: str) -> Iterator[Answer]:
    """The names of the columns and the rows of `statement`, one that reads. Raises UsageError for
    one that does not, or that the database does not understand.
    """
    stored(url)
    path = sqlite_path(url)
    with _of_file(path, statement) if path is not None else _of_server(url, statement) as answer:
        yield answer


def stored(url: str) -> None:
    """That there is a store at all. Raises ConfigError."""
    path = sqlite_path(url)
    if path is not None and not path.is_file():
        raise ConfigError(
            f"there is no store {path} yet", hint="`eveobs fetch contracts` makes it."
        )


@contextmanager
def _of_file(path: Path, statement: str) -> Iterator[Answer]:
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as database:
            database.execute("PRAGMA query_only=ON")
            database.set_authorizer(_allow)
            database.set_progress_handler(lambda: 0, STEPS)
            with closing(database.execute(statement)) as found:
                if found.description is None:
                    raise UsageError(READS_ONLY, hint="Such as SELECT count(*) FROM contracts.")
                yield distinct([one[0] for one in found.description]), iter(found)
    except (sqlite3.Error, sqlite3.Warning) as error:
        if str(error) == "interrupted":  # where Python looked, and found that it was
            raise KeyboardInterrupt from error
        raise _explained(str(path), error) from error


def _allow(action: int, *_: object) -> int:
    return sqlite3.SQLITE_OK if action in ALLOWED else sqlite3.SQLITE_DENY


def _explained(where: str, error: Exception) -> UsageError | StoreError | ConfigError:
    words = " ".join(str(error).split())
    if (
        "not authorized" in words
        or "denied" in words
        or "prohibited" in words
        or "read-only" in words
    ):
        return UsageError(READS_ONLY, hint="Such as SELECT count(*) FROM contracts.")
    known = meaning(where, words)
    if isinstance(known, StoreError) and "failed: " in known.message:  # it is the question
        return UsageError(
            f"that is no question the store understands: {words}",
            hint="SELECT name FROM sqlite_master lists the tables; docs/reference has the fields.",
        )
    return known  # type: ignore[return-value]


@contextmanager
def _of_server(url: str, statement: str) -> Iterator[Answer]:
    engine = connect(url)
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("SET TRANSACTION READ ONLY")
            found = connection.exec_driver_sql(statement)
            yield distinct(list(found.keys())), iter(found)
    except (DBAPIError, ResourceClosedError) as error:
        raise _explained(engine.url.render_as_string(), getattr(error, "orig", error)) from error
    finally:
        engine.dispose()


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
