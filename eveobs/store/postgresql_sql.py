"""`eveobs sql` on PostgreSQL: one statement, in a session that the server keeps read-only.

What holds it, in this order:

1. The role. A superuser, or a role that reaches the server's files, programs, replication or other
   sessions, is refused: no transaction confines what its functions do outside of the tables.
2. `DECLARE … CURSOR FOR` by the extended query protocol: the grammar takes nothing but a query
   there (no SET, COMMIT, DO, COPY, CALL), and the protocol takes one statement alone.
3. A READ ONLY transaction whose snapshot is taken before the statement runs: from then on the
   server refuses `set_config('transaction_read_only', 'off', …)`.
4. No statement with the name of a function that acts beyond the transaction (`FORBIDDEN`): any
   role may end its own other sessions, or write to the log of the server. The names are looked for
   in the text, since a call has to contain one; functions that run a text as SQL are among them.
5. It is rolled back, so that no notification is sent, and the session is closed, which gives back
   advisory locks and settings.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from typing import Any, cast

import psycopg
from psycopg import errors, sql
from sqlalchemy import create_engine
from sqlalchemy.engine import URL, make_url

from eveobs.errors import ConfigError, EveobsError, StoreError, UsageError
from eveobs.store.asking import EXAMPLE, READS_ONLY, sql_error
from eveobs.store.engine import meaning
from eveobs.store.sql_bounds import MAX_ROW, MAX_VALUE, TimeBudget

CURSOR = "eveobs_sql"
BATCH_SIZE = 500
"""Rows fetched at a time at most, so that memory stays flat."""
BATCH_BYTES = 4 << 20
"""Bytes of values that are held at a time; of large rows, fewer are fetched."""
FORBIDDEN = (
    "pg_terminate_backend",
    "pg_cancel_backend",
    "pg_logical_emit_message",
    "pg_advisory_",
    "pg_try_advisory_",
    "brin_summarize_",
    "brin_desummarize_",
    "gin_clean_pending_list",
    # what runs a text as SQL, in which a name can be put together
    "query_to_xml",
    "ts_stat",
    "ts_rewrite",
    "crosstab",
    "connectby",
    "xpath_table",
    "dblink",
    # what writes a name with escapes: U&"pg\005fcancel_backend"
    'u&"',
)
"""Parts of names of functions that a transaction does not confine, in lower case."""
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
    if part := _forbidden(statement):
        raise UsageError(f"eveobs sql refuses statements that contain {part}", hint=EXAMPLE)
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


def _forbidden(statement: str) -> str:
    """A part of FORBIDDEN that the statement contains, in a text or a remark too; "" for none."""
    # A server in Turkish makes an i of İ where it folds the case of names.
    folded = statement.replace("\u0130", "i").lower()
    return next((part for part in FORBIDDEN if part in folded), "")


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
    with closing(cursor):
        with budget.running(connection.cancel):
            # Neither % nor :x is a placeholder: there are no parameters.
            cursor.execute(statement.encode().rstrip().rstrip(b";"))
        names = [column.name for column in cursor.description or ()]
        with closing(_rows(connection, budget)) as rows:
            yield names, rows


def _rows(
    connection: psycopg.Connection[Any], budget: TimeBudget
) -> Generator[Sequence[Any], None, None]:
    wanted = 1
    while True:
        fetched, size = 0, 0
        with (
            connection.cursor() as cursor,
            # Row by row: libpq otherwise holds all that a FETCH gives, in copies.
            closing(_stream(cursor, wanted)) as rows,
        ):
            while some := _held(connection, cursor, rows, budget):
                for row, length in some:
                    size += length
                    fetched += 1
                    yield row
        if fetched < wanted:
            return
        fitting = BATCH_BYTES * fetched // max(size, 1)
        wanted = max(min(fitting, wanted * 4, BATCH_SIZE), 1)


def _stream(cursor: psycopg.Cursor[Any], wanted: int) -> Generator[Sequence[Any], None, None]:
    rows = cursor.stream(sql.SQL("FETCH FORWARD {} FROM {}").format(wanted, sql.Identifier(CURSOR)))
    return cast("Generator[Sequence[Any], None, None]", rows)


def _length(cursor: psycopg.Cursor[Any], at: int, value: object) -> int:
    """Bytes of a value, as it came: those of the row that was read last, at position `at`."""
    if isinstance(value, str | bytes):
        return len(value)
    if isinstance(value, int | float | datetime | None):
        return 8
    raw = cursor.pgresult.get_value(0, at) if cursor.pgresult else None
    return len(raw or b"")


def _held(
    connection: psycopg.Connection[Any],
    cursor: psycopg.Cursor[Any],
    rows: Iterator[Sequence[Any]],
    budget: TimeBudget,
) -> list[tuple[Sequence[Any], int]]:
    """The next rows with their bytes, BATCH_BYTES of them; none at the end. Raises StoreError for
    a row that is larger than a result may hold.
    """
    found, size = [], 0
    with budget.running(connection.cancel):
        for row in rows:
            lengths = [_length(cursor, at, value) for at, value in enumerate(row)]
            if lengths and (max(lengths) > MAX_VALUE or sum(lengths) > MAX_ROW):
                raise StoreError(
                    f"the query gives a value of more than {MAX_VALUE >> 20} MiB, or a row of more "
                    f"than {MAX_ROW >> 20} MiB",
                    hint="Ask for less, such as left(column, 1000).",
                )
            found.append((row, sum(lengths)))
            size += sum(lengths)
            if size >= BATCH_BYTES:
                break
    return found


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
