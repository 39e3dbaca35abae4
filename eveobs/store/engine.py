"""The connection to the database, and what its errors mean to a person."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from sqlalchemy import Connection, Engine, StaticPool, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from eveobs.errors import ConfigError, EveobsError, StoreError
from eveobs.esi.write_ahead import write_ahead
from eveobs.files import private_database

PATIENCE = 60
"""Seconds to wait for another process that writes."""
WRITERS = 0x657665_6F6273
"""The number of the lock that writers share in PostgreSQL: "eveobs"."""


def connect(url: str) -> Engine:
    """An engine for `url`; SQLite in WAL mode, its folder made where it is missing."""
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            return _sqlite(parsed)
        engine = create_engine(parsed)
    except (ArgumentError, NoSuchModuleError) as error:
        raise ConfigError(
            "store.url is not a database URL", hint="For example sqlite:////home/me/eve.sqlite3."
        ) from error
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"store.url needs the package {error.name}, which is not installed",
            hint="pip install 'eveobs[postgres]'",
        ) from error
    event.listen(engine, "begin", _queue)
    return engine


def _sqlite(url: URL) -> Engine:
    if url.database in {None, "", ":memory:"}:  # one connection, or each thread had its own tables
        alone: dict[str, Any] = {"check_same_thread": False}
        engine = create_engine(url, poolclass=StaticPool, connect_args=alone)
    else:
        _make_file(url)
        engine = create_engine(url, connect_args={"timeout": PATIENCE})
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _make_file(url: URL) -> None:
    """Make the file of a store that is not there yet, so that it is private from its first byte."""
    database = str(url.database)
    if database.startswith("file:"):
        if ":memory:" in database or url.query.get("mode", "rwc") != "rwc":
            return
        database = unquote(urlsplit(database).path)
    try:
        private_database(Path(database))
    except OSError as error:
        raise _cannot_write(database, str(error)) from error


def _prepare(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None  # transactions are begun below, not by the driver
    connection.create_function("lower", 1, _lower, deterministic=True)
    write_ahead(connection, PATIENCE)
    for pragma in ("synchronous=NORMAL", "temp_store=MEMORY"):
        connection.execute(f"PRAGMA {pragma}")


def _lower(text: Any) -> Any:
    """SQLite's own lower() knows the letters of ASCII only."""
    return text.lower() if isinstance(text, str) else text


def _begin(connection: Any) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _queue(connection: Any) -> None:
    """One writer at a time, as with SQLite: an observation compares, then writes."""
    if connection.get_execution_options().get("writes", False):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITERS})")


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that keeps other writers waiting from its first statement on."""
    with engine.connect() as connection, connection.execution_options(writes=True).begin():
        yield connection


@contextmanager
def told(engine: Engine) -> Iterator[None]:
    """Database errors inside become errors that a person can act on."""
    try:
        yield
    except DBAPIError as error:
        raise explain(engine, error) from error
    except OverflowError as error:  # by the driver, before the database is asked
        raise StoreError(f"a number does not fit into 64 bits: {error}") from error


def explain(engine: Engine, error: DBAPIError) -> EveobsError:
    """What a database error means for the store at hand."""
    where = shown_url(engine)
    if isinstance(error.orig, sqlite3.Error):
        return of_sqlite(where, error.orig)
    return meaning(where, " ".join(str(error.orig).split()))


def shown_url(engine: Engine) -> str:
    """Where the store is, for a message: the file, or a URL without its password."""
    return engine.url.render_as_string(hide_password=True).removeprefix("sqlite:///")


def of_sqlite(where: str, error: sqlite3.Error | sqlite3.Warning) -> EveobsError:
    """What an error of SQLite means for the store at `where`: by its result code, since its words
    may repeat what a statement or a value says ("malformed JSON" is no damaged file).
    """
    words = " ".join(str(error).split())
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return meaning(where, words)
    explanation = _BY_CODE.get(code & 0xFF)
    if explanation is None:
        return StoreError(f"the store {where} failed: {words}")
    return explanation(where, words)


def meaning(where: str, words: str) -> EveobsError:
    """What the database's `words` mean for the store at `where`."""
    for sign, explanation in _EXPLANATIONS.items():
        if sign in words:
            return explanation(where, words)
    return StoreError(f"the store {where} failed: {words}")


def _cannot_write(where: str, words: str) -> EveobsError:
    return ConfigError(
        f"the store {where} cannot be written: {words}",
        hint="Make its folder writable, or set EVEOBS_HOME or store.url to one that is.",
    )


def _unreachable(where: str, words: str) -> EveobsError:
    return ConfigError(
        f"the store {where} cannot be reached: {words}",
        hint="Is the server running, does the database exist, and is store.url right?",
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
    "connection failed": _unreachable,
    "disk is full": _full,
    "disk I/O error": _full,
    "database is locked": _locked,
    "not a database": _damaged,
    "disk image is malformed": _damaged,
    "malformed database schema": _damaged,
}
_BY_CODE = {
    sqlite3.SQLITE_CANTOPEN: _cannot_write,
    sqlite3.SQLITE_READONLY: _cannot_write,
    sqlite3.SQLITE_FULL: _full,
    sqlite3.SQLITE_IOERR: _full,
    sqlite3.SQLITE_BUSY: _locked,
    sqlite3.SQLITE_LOCKED: _locked,
    sqlite3.SQLITE_NOTADB: _damaged,
    sqlite3.SQLITE_CORRUPT: _damaged,
}
