"""`eveobs sql` on PostgreSQL: one statement, in a session that the server keeps read-only.

What holds it, in this order:

1. The role. A superuser, or a role that reaches the server's files, programs, replication or other
   sessions, is refused: no transaction confines what its functions do outside of the tables.
2. `DECLARE … CURSOR FOR` by the extended query protocol: the grammar takes nothing but a query
   there (no SET, COMMIT, DO, COPY, CALL), and the protocol takes one statement alone.
3. A READ ONLY transaction whose snapshot is taken before the statement runs: from then on the
   server refuses `set_config('transaction_read_only', 'off', …)`.
4. It is rolled back, so that no notification is sent, and the session is closed, which gives back
   advisory locks and settings.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from typing import Any

import psycopg
from psycopg import errors
from sqlalchemy import create_engine
from sqlalchemy.engine import URL, make_url

from eveobs.errors import ConfigError, EveobsError, UsageError
from eveobs.store.asking import EXAMPLE, READS_ONLY, sql_error
from eveobs.store.engine import meaning
from eveobs.store.sql_bounds import TimeBudget

CURSOR = "eveobs_sql"
BATCH_SIZE = 500
"""Rows fetched at a time, so that memory stays flat."""
CONNECT_TIMEOUT = 30
CLIENT_CHECK = 10_000
"""Milliseconds after which the server looks whether the client is still there (PostgreSQL 14)."""
POWERS = """
SELECT r.rolname FROM pg_roles r
WHERE (r.rolsuper OR r.rolreplication OR r.rolname IN (
    'pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program',
    'pg_signal_backend'))
AND pg_has_role(session_user, r.oid, 'MEMBER')
ORDER BY r.rolname <> session_user, r.rolname LIMIT 1
"""
"""A role whose powers the session has, or could take by set_config('role', …)."""
OUTWARDS = """
SELECT p.proname FROM pg_proc p
WHERE p.proname IN ('dblink', 'dblink_exec', 'dblink_connect', 'dblink_connect_u', 'dblink_open',
    'dblink_send_query', 'pg_file_write', 'pg_file_unlink', 'pg_file_rename')
AND has_function_privilege(session_user, p.oid, 'EXECUTE') ORDER BY 1 LIMIT 1
"""
"""A function of an extension that acts outside of the transaction. A superuser has them all."""
HINT = "docs/how-to/postgresql.md has the SQL of a role that only reads; set store.sql_url to it."


def role_refusal(url: str) -> str:
    """Why `eveobs sql` does not run as the role of `url`; "" where it does. Raises ConfigError."""
    with closing(_connect(make_url(url))) as connection:
        return _refusal(connection)


@contextmanager
def query(
    url: str, statement: str, budget: TimeBudget
) -> Iterator[tuple[Sequence[str], Iterator[Sequence[Any]]]]:
    """The names of the columns and the rows of `statement`. Raises UsageError for what is no query,
    ConfigError for a role that can do more than the transaction holds, StoreError when the time is
    up.
    """
    where = make_url(url).render_as_string()
    if "\0" in statement:  # where the C library would end it
        raise sql_error("the query contains a null character", EXAMPLE)
    try:
        with closing(_connect(make_url(url))) as connection:
            if why := _refusal(connection):
                raise ConfigError(f"eveobs sql is refused {why}", hint=HINT)
            try:
                yield from _answer(connection, statement, budget)
            finally:
                with suppress(psycopg.Error):
                    connection.rollback()
    except psycopg.Error as error:
        raise _explained(where, error, budget) from error


def _connect(url: URL) -> psycopg.Connection[tuple[Any, ...]]:
    dialect = create_engine(url).dialect
    arguments, options = dialect.create_connect_args(url)
    options.setdefault("connect_timeout", CONNECT_TIMEOUT)
    try:
        connection = psycopg.connect(*arguments, **options)
    except psycopg.Error as error:
        words = " ".join(str(error).split()).removeprefix("connection failed: ")
        raise meaning(url.render_as_string(), f"connection failed: {words}") from error
    connection.read_only = True
    return connection


def _refusal(connection: psycopg.Connection[Any]) -> str:
    if power := connection.execute(POWERS).fetchone():
        role = connection.info.user
        if power[0] == role:
            return f"for the role {role}: it is a superuser or a replication role"
        return f"for the role {role}: it has the powers of {power[0]}"
    if outwards := connection.execute(OUTWARDS).fetchone():
        return f"for the role {connection.info.user}: it may call {outwards[0]}()"
    return ""


def _answer(
    connection: psycopg.Connection[Any], statement: str, budget: TimeBudget
) -> Iterator[tuple[Sequence[str], Iterator[Sequence[Any]]]]:
    milliseconds = max(int(budget.seconds * 1000), 1)
    settings = {
        "client_encoding": "UTF8",
        "TimeZone": "UTC",
        "statement_timeout": str(milliseconds),
        "idle_in_transaction_session_timeout": "0",
        "client_connection_check_interval": str(CLIENT_CHECK),
    }
    for name, value in settings.items():
        # Only where the server knows it; also takes the snapshot, after which it stays read-only.
        connection.execute(
            "SELECT set_config(name, %s, false) FROM pg_settings WHERE name = %s", (value, name)
        )
    cursor = connection.cursor(CURSOR, scrollable=False)
    cursor.itersize = BATCH_SIZE
    with closing(cursor):
        with budget.running(connection.cancel):
            # Neither % nor :x is a placeholder: there are no parameters.
            cursor.execute(statement.encode().rstrip().rstrip(b";"))
        names = [column.name for column in cursor.description or ()]
        yield names, _rows(connection, cursor, budget)


def _rows(
    connection: psycopg.Connection[Any],
    cursor: psycopg.ServerCursor[tuple[Any, ...]],
    budget: TimeBudget,
) -> Iterator[Sequence[Any]]:
    while True:
        with budget.running(connection.cancel):
            some = cursor.fetchmany(BATCH_SIZE)
        yield from some
        if len(some) < BATCH_SIZE:
            return


def _explained(where: str, error: psycopg.Error, budget: TimeBudget) -> EveobsError:
    """By SQLSTATE: the words of an error can hold whatever the statement says."""
    words = " ".join((error.diag.message_primary or str(error)).split())
    if budget.expired or (isinstance(error, errors.QueryCanceled) and "timeout" in words):
        return budget.error()
    if isinstance(error, errors.ReadOnlySqlTransaction):
        return UsageError(READS_ONLY, hint=EXAMPLE)
    state = error.sqlstate or ""
    if (not state and isinstance(error, psycopg.OperationalError)) or state.startswith("57P"):
        return meaning(where, f"connection failed: {words}")
    return sql_error(
        words,
        "SELECT table_name FROM information_schema.tables lists the tables; "
        "docs/reference has the fields.",
    )
