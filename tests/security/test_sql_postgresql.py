"""`eveobs sql` on a real PostgreSQL: no statement changes anything, leaves the session, or lasts."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from eveobs.errors import ConfigError, EveobsError, StoreError, UsageError
from eveobs.operate.health.home import Home
from eveobs.records.universe import Name
from eveobs.store.asking import answered
from eveobs.store.engine import WRITERS
from eveobs.store.store import Store
from tests.conftest import Eveobs
from tests.esi.fakes import Time
from tests.operate.health.homes import Esi, home_at, look
from tests.postgresql import postgresql_server

pytestmark = [pytest.mark.integration, pytest.mark.slow]
NOW = datetime(2026, 9, 23, tzinfo=UTC)
HOW_TO = Path(__file__).parents[2] / "docs" / "how-to" / "postgresql.md"


@pytest.fixture(scope="module")
def superuser() -> Iterator[str]:
    with postgresql_server() as url:
        yield url


@pytest.fixture(scope="module")
def owner(superuser: str) -> str:
    """The store, by the role that owns it; and the documented role that only reads."""
    run(superuser, "CREATE ROLE eveobs LOGIN NOSUPERUSER")
    run(superuser, "CREATE DATABASE eveobs OWNER eveobs ENCODING 'UTF8' TEMPLATE template0")
    url = as_role(superuser, "eveobs")
    with Store(url) as store:
        store.keep_names([Name(category="region", id=10000002, name="The Forge 100%")], (), NOW)
    (documented,) = re.findall(r"```sql\n-- reader\n(.*?)```", HOW_TO.read_text(), re.DOTALL)
    run(as_role(superuser, "eve"), documented)
    run(url, "CREATE SEQUENCE counter; CREATE TABLE secrets (x int)")
    return url


@pytest.fixture(scope="module")
def reader(owner: str) -> str:
    return as_role(owner, "eveobs_reader")


def as_role(url: str, role: str) -> str:
    _, _, host = url.partition("@")
    return f"postgresql+psycopg://{role}@{host.rpartition('/')[0]}/eveobs"


def run(url: str, statement: str) -> list[Any]:
    import psycopg

    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description and cursor.rowcount >= 0 else []


def asked(url: str, statement: str, timeout: float = 20) -> list[tuple[Any, ...]]:
    with answered(url, statement, timeout) as (_, rows):
        return [tuple(row) for row in rows]


def everything(url: str) -> list[Any]:
    """What a statement could have changed, and where a session could have been left."""
    tables = [
        name for (name,) in run(url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    ]
    counts = [(name, run(url, f'SELECT count(*) FROM "{name}"')) for name in sorted(tables)]  # noqa: S608
    rest = "SELECT count(*) FROM pg_class UNION ALL SELECT count(*) FROM pg_proc UNION ALL "
    rest += "SELECT count(*) FROM pg_largeobject_metadata UNION ALL SELECT count(*) FROM pg_roles"
    return [
        *counts,
        run(url, rest),
        run(url, "SELECT is_called, last_value FROM counter"),
        run(url, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"),
    ]


STATEMENTS = (
    "COMMIT; DROP TABLE names; SELECT 1",
    "SELECT 1; DROP TABLE names",
    "SELECT 1; COMMIT; DELETE FROM names",
    "COMMIT",
    "ROLLBACK; DELETE FROM names",
    "BEGIN READ WRITE",
    "SET TRANSACTION READ WRITE",
    "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE",
    "SET default_transaction_read_only = off",
    "RESET ALL",
    "DISCARD ALL",
    "SELECT set_config('transaction_read_only', 'off', false)",
    "SELECT set_config('transaction_read_only', 'off', true), nextval('counter')",
    "DO $$ BEGIN DELETE FROM names; END $$",
    "CALL nothing()",
    "DELETE FROM names",
    "DELETE FROM names RETURNING *",
    "WITH x AS (DELETE FROM names RETURNING *) SELECT * FROM x",
    "WITH x AS (INSERT INTO secrets VALUES (1) RETURNING *) SELECT * FROM x",
    "INSERT INTO names SELECT * FROM names",
    "SELECT * INTO copied FROM names",
    "CREATE TABLE copied AS SELECT * FROM names",
    "CREATE TEMP TABLE copied AS SELECT * FROM names",
    "SELECT * FROM names FOR UPDATE",
    "TRUNCATE names",
    "LOCK TABLE names",
    "COPY names TO '/tmp/eveobs-copied'",
    "COPY names TO PROGRAM 'touch /tmp/eveobs-copied'",
    "COPY (SELECT 1) TO STDOUT",
    "COPY names FROM PROGRAM 'id'",
    "SELECT lo_import('/etc/passwd')",
    "SELECT lo_export(1, '/tmp/eveobs-copied')",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT pg_read_binary_file('postgresql.conf')",
    "SELECT pg_ls_dir('/')",
    "SELECT pg_reload_conf()",
    "SELECT pg_rotate_logfile()",
    "SELECT pg_switch_wal()",
    "SELECT pg_create_physical_replication_slot('x')",
    "SELECT nextval('counter')",
    "SELECT setval('counter', 7)",
    "SELECT query_to_xml('DROP TABLE names', true, true, '')",
    "SELECT query_to_xml('COMMIT', true, true, '')",
    "NOTIFY eveobs, 'x'",
    "LISTEN eveobs",
    "PREPARE x AS DELETE FROM names",
    "EXECUTE x",
    "EXPLAIN ANALYZE DELETE FROM names",
    "DECLARE x CURSOR FOR SELECT 1",
    "FETCH ALL FROM eveobs_sql",
    "CLOSE eveobs_sql",
    "SELECT 1 \0; DELETE FROM names",
    "VACUUM",
    "REINDEX TABLE names",
    "ANALYZE names",
    "ALTER ROLE eveobs SUPERUSER",
    "SET ROLE eve",
    "SET SESSION AUTHORIZATION eve",
    "SELECT set_config('role', 'eve', false)",
    "SELECT set_config('session_authorization', 'eve', false)",
    "REFRESH MATERIALIZED VIEW x",
    "LOAD 'dblink'",
)


@pytest.mark.parametrize("statement", STATEMENTS)
@pytest.mark.parametrize("role", ["owner", "reader"])
def test_statements_that_do_more_than_read(
    role: str, statement: str, owner: str, request: pytest.FixtureRequest
) -> None:
    url: str = request.getfixturevalue(role)
    before = everything(owner)
    with pytest.raises(UsageError):
        asked(url, statement)
    assert everything(owner) == before
    assert not Path("/tmp/eveobs-copied").exists()  # noqa: S108


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT pg_notify('eveobs', 'x')",
        "SELECT pg_advisory_lock(77)",
        f"SELECT pg_advisory_lock({WRITERS})",
        "SELECT set_config('statement_timeout', '0', false)",
        "SELECT set_config('search_path', 'pg_temp', false)",
        "SELECT lo_from_bytea(0, 'x')",  # the transaction itself refuses it from PostgreSQL 16 on
        "SELECT lo_creat(-1)",
    ],
)
def test_what_functions_leave_is_gone_with_the_session(statement: str, owner: str) -> None:
    import psycopg

    before = everything(owner)
    with psycopg.connect(owner.replace("+psycopg", ""), autocommit=True) as listening:
        listening.execute("LISTEN eveobs")
        with suppress(UsageError):
            asked(owner, statement)
        assert [*listening.notifies(timeout=0.2)] == []
    assert everything(owner) == before


@pytest.mark.parametrize(
    "function",
    [
        "pg_terminate_backend(pid)",
        "pg_cancel_backend(pid)",
        f"pg_advisory_lock({WRITERS})",
        "pg_try_advisory_xact_lock(pid)",
    ],
)
def test_the_documented_role_disturbs_nobody(function: str, owner: str, reader: str) -> None:
    import psycopg

    with psycopg.connect(owner.replace("+psycopg", ""), autocommit=True) as other:
        with pytest.raises(UsageError, match=r"refuses statements|permission denied"):
            asked(reader, f"SELECT {function} FROM pg_stat_activity WHERE usename = 'eveobs'")  # noqa: S608
        assert other.execute("SELECT 1").fetchone() == (1,)


EVADING = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()",
    "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()",
    'SELECT "pg_terminate_backend"(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()',
    "SELECT pg_catalog . Pg_Terminate_BACKEND /**/ (pid) FROM pg_stat_activity",
    'SELECT U&"pg\\005fterminate_backend"(pid) FROM pg_stat_activity',
    "SELECT u&\"pg!005fterminate_backend\" UESCAPE '!' (pid) FROM pg_stat_activity",
    (
        "SELECT query_to_xml('SELECT pg_term' || 'inate_backend(pid) FROM pg_stat_activity', "
        "true, true, '')"
    ),
    "SELECT query_to_xmlschema('SELECT pg_' || 'cancel_backend(1)', true, true, '')",
    "SELECT ts_stat('SELECT pg_term' || 'inate_backend(pid) FROM pg_stat_activity')",
    "SELECT ts_rewrite('a'::tsquery, 'SELECT pg_term' || 'inate_backend(1)')",
    "SELECT 1 LIMIT (SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity)",
    "SELECT pg_logical_emit_message(false, 'x', 'y')",
    "SELECT pg_logical_emit_message(false, 'x', repeat('y', 1000)::bytea)",
    f"SELECT pg_advisory_lock({WRITERS})",
    "SELECT brin_summarize_new_values('names'::regclass)",
    "SELECT gin_clean_pending_list('names'::regclass)",
)


@pytest.mark.parametrize("statement", EVADING)
def test_no_session_of_the_same_role_is_disturbed_and_no_log_written(
    statement: str, owner: str
) -> None:
    """By default `eveobs sql` has the role of `eveobs watch`."""
    import psycopg

    with psycopg.connect(owner.replace("+psycopg", ""), autocommit=True) as other:
        with pytest.raises(UsageError, match="refuses statements"):
            asked(owner, statement)
        assert other.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize("value", ["repeat('x', 20000000)", "to_jsonb(repeat('x', 20000000))"])
def test_large_values_are_refused_and_held_one_at_a_time(value: str, owner: str) -> None:
    script = (
        "import resource, sys\n"
        "from eveobs.errors import StoreError\n"
        "from eveobs.store.asking import answered\n"
        "from eveobs.store import postgresql_sql\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try:\n"
        "    with answered(sys.argv[1], sys.argv[2], 60) as (_, rows):\n"
        "        print(sum(1 for _ in rows))\n"
        "except StoreError as error:\n"
        "    print(error.message)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )

    def run_in_process(statement: str) -> tuple[str, int]:
        done = subprocess.run(
            [sys.executable, "-c", script, owner, statement],
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        said, kilobytes = done.stdout.splitlines()
        return said, int(kilobytes)

    said, kilobytes = run_in_process(f"SELECT {value} FROM generate_series(1, 40)")  # noqa: S608
    assert "more than 16 MiB" in said
    assert kilobytes < 300_000
    smaller = value.replace("20000000", "CASE WHEN n > 600 THEN 9000000 ELSE 1 END")
    said, kilobytes = run_in_process(f"SELECT {smaller} FROM generate_series(1, 640) n")  # noqa: S608
    assert said == "640"
    assert kilobytes < 300_000


def test_all_rows_come_in_order_whatever_their_size(owner: str) -> None:
    statement = (
        "SELECT n, repeat('x', CASE WHEN n % 50 = 0 THEN 300000 ELSE 3 END) "
        "FROM generate_series(1, 3000) n"
    )
    with answered(owner, statement, 60) as (names, rows):
        assert names == ["n", "repeat"]
        assert [row[0] for row in rows] == list(range(1, 3001))


def test_the_writers_of_the_store_still_queue(reader: str, owner: str) -> None:
    with Store(owner) as store:
        store.keep_names([Name(category="region", id=10000002, name="The Forge 100%")], (), NOW)
    assert asked(reader, "SELECT name FROM names") == [("The Forge 100%",)]


@pytest.mark.parametrize(
    ("statement", "row"),
    [
        ("SELECT name FROM names WHERE name LIKE '%100%'", ("The Forge 100%",)),
        ("SELECT 7 % 4, '%s %(x)s %%'", (3, "%s %(x)s %%")),
        ("SELECT ':x', '10:30'::time::text", (":x", "10:30:00")),
        ("SELECT 1 AS a, 2 AS a;", (1, 2)),
        ("SELECT 1 -- and a remark", (1,)),
        ("VALUES (1, 2)", (1, 2)),
        ("SELECT current_setting('transaction_read_only')", ("on",)),
    ],
)
def test_nothing_in_a_question_is_a_placeholder(
    statement: str, row: tuple[Any, ...], owner: str, reader: str
) -> None:
    assert asked(owner, statement) == [row]
    assert asked(reader, statement) == [row]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT pg_sleep(60)",
        "SELECT count(*) FROM generate_series(1, 1000000000000)",
        "SELECT set_config('statement_timeout', '0', false), pg_sleep(60)",
        "WITH RECURSIVE x AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM x) SELECT max(n) FROM x",
    ],
)
def test_a_statement_ends_when_its_time_is_up(statement: str, owner: str) -> None:
    started = time.monotonic()
    with pytest.raises(StoreError, match="timed out after 1 s"):
        asked(owner, statement, timeout=1)
    assert time.monotonic() - started < 15


def test_a_statement_that_lifts_its_own_time_limit_ends_too(owner: str) -> None:
    endless = (
        "SELECT CASE WHEN n = 1 THEN set_config('statement_timeout', '0', false) END, "
        "CASE WHEN n > 600 THEN pg_sleep(0.1) END FROM generate_series(1, 100000) n"
    )
    with pytest.raises(StoreError, match="timed out"):
        asked(owner, endless, timeout=1)


def test_rows_are_read_in_flat_memory(owner: str) -> None:
    with answered(owner, "SELECT n FROM generate_series(1, 50000000) n", 60) as (names, rows):
        assert names == ["n"]
        assert next(iter(rows)) == (1,)


@pytest.mark.parametrize("statement", ["SELECT 1", "SELECT pg_read_file('/etc/passwd')"])
def test_a_superuser_is_refused(statement: str, superuser: str, owner: str) -> None:
    assert owner
    with pytest.raises(ConfigError, match="superuser") as raised:
        asked(as_role(superuser, "eve"), statement)
    assert "store.sql_url" in str(raised.value.hint)


@pytest.mark.parametrize(
    "power", ["pg_read_server_files", "pg_execute_server_program", "pg_signal_backend", "eve"]
)
def test_a_role_that_could_take_such_powers_is_refused(
    power: str, superuser: str, owner: str
) -> None:
    assert owner
    run(superuser, f"CREATE ROLE mighty LOGIN NOINHERIT; GRANT {power} TO mighty")
    try:
        with pytest.raises(ConfigError, match=power):
            asked(as_role(superuser, "mighty"), "SELECT 1")
    finally:
        run(superuser, "DROP ROLE mighty")


def test_functions_that_open_connections_are_refused(superuser: str, reader: str) -> None:
    eve = as_role(superuser, "eve")
    run(eve, "CREATE FUNCTION dblink_exec(text) RETURNS text LANGUAGE sql AS 'SELECT $1'")
    try:
        with pytest.raises(ConfigError, match="dblink_exec"):
            asked(reader, "SELECT 1")
        run(eve, "REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC")
        assert asked(reader, "SELECT 1") == [(1,)]
    finally:
        run(eve, "DROP FUNCTION dblink_exec(text)")


@pytest.mark.parametrize(
    "words", ["connection failed", "denied", "read-only", "malformed", "disk is full"]
)
def test_words_in_a_question_do_not_choose_the_error(words: str, owner: str) -> None:
    with pytest.raises(UsageError, match="SQL error: invalid input syntax"):
        asked(owner, f"SELECT '{words}'::int")


def test_values_that_have_no_form_elsewhere(owner: str, eveobs: Eveobs) -> None:
    eveobs.env["EVEOBS_STORE__URL"] = owner
    odd = (
        "SELECT 1e400::numeric AS big, 'NaN'::numeric AS nan, sum(n) AS whole, avg(n) AS mean, "
        "9::numeric ^ 5000 AS digits, '\\xff'::bytea AS bytes, '[1,2)'::int4range AS range, "
        "'{\"a\": 1}'::jsonb AS json, 'Infinity'::float8 AS infinite "
        "FROM generate_series(1, 4::bigint) n"
    )
    (row,) = eveobs.json("sql", odd)
    assert (row["whole"], row["mean"], row["json"]) == (10, 2.5, {"a": 1})
    assert (row["big"], row["nan"], row["infinite"], row["bytes"]) == (None, None, None, "ff")
    for shape in ("--csv", "--ndjson", "--quiet"):
        result = eveobs("--quiet", "sql", odd, *([shape] if shape != "--quiet" else []))
        assert (result.exit_code, result.stderr) == (0, "")


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 'infinity'::timestamptz",
        "SELECT '20000-01-01'::date",
        "SELECT '4713-01-01 BC'::date",
    ],
)
def test_dates_that_python_does_not_have(statement: str, owner: str) -> None:
    with pytest.raises(EveobsError, match="SQL error"):
        asked(owner, statement)


def test_the_command_uses_the_role_that_only_reads(
    superuser: str, reader: str, eveobs: Eveobs
) -> None:
    eveobs.env["EVEOBS_STORE__URL"] = as_role(superuser, "eve")
    result = eveobs("sql", "SELECT 1")
    assert (result.exit_code, result.stdout) == (3, "")
    assert "error: eveobs sql is refused for the role eve" in result.stderr
    eveobs.env["EVEOBS_STORE__SQL_URL"] = reader
    assert eveobs.json("sql", "SELECT current_user::text AS role") == [{"role": "eveobs_reader"}]


async def test_health_says_whether_the_role_is_accepted(
    superuser: str, owner: str, reader: str, tmp_path: Path
) -> None:
    def home(url: str, **more: str) -> Home:
        return home_at(tmp_path / "home", Esi(Time()), Time(), EVEOBS_STORE__URL=url, **more)

    refused = (await look(home(as_role(superuser, "eve")), "store"))["store"].finding
    assert str(refused.state) == "degraded"
    assert "eveobs sql is refused for the role eve" in refused.figure
    assert "store.sql_url" in refused.hint
    for url in (owner, reader):
        well = (await look(home(url), "store"))["store"].finding
        assert (str(well.state), well.values["missing"]) == ("healthy", [])
    both = home(as_role(superuser, "eve"), EVEOBS_STORE__SQL_URL=reader)
    assert str((await look(both, "store"))["store"].finding.state) == "healthy"


def test_no_more_rows_than_the_limit(reader: str, eveobs: Eveobs) -> None:
    eveobs.env["EVEOBS_STORE__URL"] = reader
    result = eveobs("sql", "SELECT generate_series(1, 100000000000)", "--limit", "3", "--csv")
    assert result.exit_code == 7
    assert result.stdout == "generate_series\n1\n2\n3\n"
    assert "hint: --limit 0" in result.stderr
