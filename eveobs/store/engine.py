"""The connection to the database, and what its errors mean to a person."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from eveobs.errors import ConfigError, EveobsError, StoreError

PATIENCE = 60
"""Seconds to wait for another process that writes."""


def connect(url: str) -> Engine:
    """An engine for `url`; SQLite in WAL mode, its folder made where it is missing."""
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() != "sqlite":
            return create_engine(parsed)
    except (ArgumentError, NoSuchModuleError) as error:
        raise ConfigError(
            "store.url is not a database URL", hint="For example sqlite:////home/me/eve.sqlite3."
        ) from error
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"store.url needs the package {error.name}, which is not installed",
            hint="pip install 'eveobs[postgres]'",
        ) from error
    _make_folder(parsed.database)
    engine = create_engine(parsed, connect_args={"timeout": PATIENCE})
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _make_folder(database: str | None) -> None:
    if database and database != ":memory:":
        folder = Path(database).parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _cannot_write(str(folder), str(error)) from error


def _prepare(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None  # transactions are begun below, not by the driver
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "temp_store=MEMORY"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Any) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def told(engine: Engine) -> Iterator[None]:
    """Database errors inside become errors that a person can act on."""
    try:
        yield
    except DBAPIError as error:
        raise explain(engine, error) from error


def explain(engine: Engine, error: DBAPIError) -> EveobsError:
    """What a database error means for the store at hand."""
    words = str(error.orig)
    where = engine.url.render_as_string(hide_password=True).removeprefix("sqlite:///")
    for sign, explanation in _EXPLANATIONS.items():
        if sign in words:
            return explanation(where, words)
    return StoreError(f"the store {where} failed: {words}")


def _cannot_write(where: str, words: str) -> EveobsError:
    return ConfigError(
        f"the store {where} cannot be written: {words}",
        hint="Make its folder writable, or set EVEOBS_HOME or store.url to one that is.",
    )


def _full(where: str, _: str) -> EveobsError:
    return StoreError(
        f"the disk is full: nothing more can be stored in {where}",
        hint="Free some space and run it again; what was stored before is intact.",
    )


def _locked(where: str, _: str) -> EveobsError:
    return StoreError(
        f"the store {where} has been locked by another program for {PATIENCE} seconds",
        hint="Wait for it to end, then run it again.",
    )


def _damaged(where: str, words: str) -> EveobsError:
    return StoreError(
        f"the store {where} is damaged or not a database: {words}",
        hint="Move the file away and fetch anew, or bring it back from a backup.",
    )


_EXPLANATIONS = {
    "unable to open database file": _cannot_write,
    "readonly database": _cannot_write,
    "disk is full": _full,
    "disk I/O error": _full,
    "database is locked": _locked,
    "not a database": _damaged,
    "malformed": _damaged,
}
