"""`eveobs sql` on SQLite and on DuckDB: nothing is changed, nothing else is read, all of it ends."""

from __future__ import annotations

import itertools
import resource
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from eveobs.errors import EveobsError, StoreError, UsageError
from eveobs.store.asking import answered
from eveobs.store.linear_text import take_over
from tests.conftest import Eveobs, process

pytestmark = pytest.mark.integration


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "store.sqlite3"
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE names (id INTEGER, name TEXT)")
        database.execute("INSERT INTO names VALUES (1, '100%')")
        database.commit()
    before = sha256(path.read_bytes()).digest()
    yield path
    assert sha256(path.read_bytes()).digest() == before
    assert {one.name.partition("-")[0] for one in tmp_path.iterdir()} == {"store.sqlite3"}


def asked(path: Path, statement: str, timeout: float = 20) -> list[tuple[Any, ...]]:
    with answered(f"sqlite:///{path}", statement, timeout) as (_, rows):
        return [tuple(row) for row in rows]


def by_duckdb(path: Path, statement: str, timeout: float = 20) -> list[tuple[Any, ...]]:
    pytest.importorskip("duckdb")
    from eveobs.store.duck import answered_by_duckdb

    with answered_by_duckdb(f"sqlite:///{path}", statement, timeout) as (_, rows):
        return [tuple(row) for row in rows]


@pytest.mark.parametrize(
    "statement",
    [
        "ATTACH ':memory:' AS x",
        "ATTACH 'file:/etc/passwd?mode=ro' AS x",
        "DETACH main",
        "SELECT load_extension('x')",
        "SELECT fts3_tokenizer('simple')",
        "SELECT readfile('/etc/passwd')",
        "SELECT writefile('x', 'y')",
        "SELECT edit('x')",
        "SELECT * FROM fsdir('/')",
        "PRAGMA query_only = OFF",
        "PRAGMA user_version = 7",
        "PRAGMA wal_checkpoint(TRUNCATE)",
        "PRAGMA temp_store_directory = '/tmp'",
        "PRAGMA hard_heap_limit = 0",
        "SELECT * FROM pragma_user_version",
        "INSERT INTO sqlite_master VALUES (1, 2, 3, 4, 5)",
        "CREATE VIRTUAL TABLE x USING fts5(y)",
        "CREATE TEMP TRIGGER x AFTER INSERT ON names BEGIN DELETE FROM names; END",
        "DELETE FROM names RETURNING *",
        "WITH x AS (SELECT 1) DELETE FROM names",
        "EXPLAIN DELETE FROM names",
        "SAVEPOINT x",
        "ANALYZE",
        "SELECT 1; DELETE FROM names",
        "SELECT 1;\0DELETE FROM names",
        "SELECT zeroblob(2147483648)",
        "SELECT length(hex(zeroblob(16000000)))",
        "SELECT replace(hex(zeroblob(8000000)), '0', '0123456789')",
        "SELECT json('{')",
        "SELECT json_extract('{}', 'disk is full')",
        "SELECT json_extract('{}', 'database disk image is malformed')",
        "SELECT json_extract('{}', 'interrupted')",
        "SELECT 1 WHERE 'x' LIKE '" + "%a" * 600 + "'",
        "SELECT " + ", ".join(["1"] * 600),
    ],
)
def test_statements_that_are_refused(statement: str, store: Path) -> None:
    with pytest.raises(UsageError) as raised:
        asked(store, statement)
    assert "damaged" not in raised.value.message
    assert raised.value.hint


@pytest.mark.parametrize(
    ("statement", "rows"),
    [
        ("SELECT name FROM names WHERE name LIKE '%0%'", [("100%",)]),
        ("SELECT '%s', ':x', 7 % 4", [("%s", ":x", 3)]),
        ("SELECT length(printf('%2000000000d', 1))", [(None,)]),
    ],
)
def test_statements_that_read(statement: str, rows: list[Any], store: Path) -> None:
    assert asked(store, statement) == rows


ENDLESS = (
    "WITH RECURSIVE x AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM x) SELECT max(n) FROM x",
    "WITH RECURSIVE x AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM x) SELECT n FROM x WHERE n < 0",
)


@pytest.mark.parametrize("ask", [asked, by_duckdb])
@pytest.mark.parametrize("statement", ENDLESS)
def test_statements_that_never_end(statement: str, ask: Any, store: Path) -> None:
    started = time.monotonic()
    with pytest.raises(StoreError, match="timed out after 1 s"):
        ask(store, statement, timeout=1)
    assert time.monotonic() - started < 15


LONG = "replace(hex(zeroblob(4000000)), '0', 'a')"
HALF = "replace(hex(zeroblob(2000000)), '0', 'a') || 'b'"


@pytest.mark.parametrize(
    "expression",
    [
        f"instr({LONG}, {HALF})",
        f"length(replace({LONG}, {HALF}, ''))",
        *(
            f"length({name}({LONG}, replace(hex(zeroblob(4000000)), '0', 'b') || 'a'))"
            for name in ("trim", "ltrim", "rtrim")
        ),
    ],
)
def test_functions_that_would_take_hours_between_two_steps(expression: str, store: Path) -> None:
    """In a process of its own: SQLite cannot be interrupted in them."""
    code = (
        "import sys\nfrom eveobs.store.asking import answered\n"
        "with answered(f'sqlite:///{sys.argv[1]}', sys.argv[2], 5) as (_, rows): print(*rows)"
    )
    command = [sys.executable, "-c", code, str(store), f"SELECT {expression}"]
    subprocess.run(command, check=True, timeout=60, capture_output=True)


VALUES = (
    *(None, "", "a", "aa", "baab", "ä€😀", "x\0y", "1.5", 1, -1, 10**18, 0.1, 1.5, -2.0, -0.0),
    *(1e15, 1e20, 123456789012345680.0, 1e-5, 1e-4, 0.30000000000000004, 1e308, float("inf")),
    *(b"", b"a", b"aa", b"a\0b"),
)


@pytest.mark.parametrize("function", ["instr", "trim", "ltrim", "rtrim", "replace"])
def test_functions_that_are_taken_over_give_what_sqlite_gives(function: str) -> None:
    places = 3 if function == "replace" else 2
    call = f"{function}({', '.join('?' * places)})"
    statement = f"SELECT typeof({call}), hex({call})"
    with (
        closing(sqlite3.connect(":memory:")) as theirs,
        closing(sqlite3.connect(":memory:")) as ours,
    ):
        take_over(ours)
        for values in itertools.product(VALUES, repeat=places):
            answers = [one.execute(statement, values * 2).fetchone() for one in (theirs, ours)]
            assert answers[0] == answers[1], values


def test_rows_that_never_end(store: Path) -> None:
    endless = "WITH RECURSIVE x AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM x) SELECT n FROM x"
    with pytest.raises(StoreError, match="timed out"):
        asked(store, endless, timeout=0.5)


def test_a_slow_reader_is_no_slow_query(store: Path) -> None:
    with answered(f"sqlite:///{store}", "SELECT 1 UNION SELECT 2", 0.5) as (_, rows):
        for _ in rows:
            time.sleep(0.6)


def test_a_row_is_bounded(filled: Eveobs) -> None:
    """Eight gigabytes in one row are an error, in a process that has four."""
    wide = "SELECT " + ", ".join(["randomblob(16000000)"] * 500)

    def four_gigabytes() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))

    result = process(filled.env, "sql", wide, preexec_fn=four_gigabytes)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("error: the query needs more than 1024 MiB of memory")


def test_the_limit_of_rows(filled: Eveobs) -> None:
    result = filled("sql", "SELECT contract_id FROM contracts", "--limit", "2", "--csv")
    assert (result.exit_code, len(result.stdout.splitlines())) == (7, 3)
    assert filled("sql", "SELECT 1 UNION SELECT 2", "--limit", "2").exit_code == 0


def test_the_time_limit(filled: Eveobs) -> None:
    result = filled("sql", ENDLESS[0], "--timeout", "0.5")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "hint: Ask for less, or give it longer with --timeout SECONDS." in result.stderr


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "FROM read_text('/etc/passwd')",
        "FROM read_blob('/etc/passwd')",
        "FROM glob('/etc/*')",
        "FROM sniff_csv('/etc/passwd')",
        "FROM read_csv('http://127.0.0.1:9/x')",
        "FROM read_parquet('s3://x/y')",
        "SELECT * FROM query('COPY names TO ''x''')",
        "COPY names TO 'x.csv'",
        "COPY names FROM '/etc/passwd'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "ATTACH 'x.duckdb' AS x",
        "ATTACH '/etc/passwd' AS x (TYPE sqlite)",
        "SET enable_external_access = true",
        "RESET enable_external_access",
        "PRAGMA enable_profiling",
        "SET GLOBAL lock_configuration = false",
        "SET temp_directory = '/tmp'",
        "CALL pragma_version()",
        "CREATE SECRET (TYPE s3)",
        "EXPORT DATABASE 'x'",
        "IMPORT DATABASE 'x'",
        "SELECT getenv('HOME')",
        "SELECT set_config('x', 'y')",
        "SELECT 1; DROP TABLE names",
        "FROM python_variable",
        "SELECT write_log('x'); COPY names TO 'x'",
        "SELECT json('{')",
    ],
)
def test_statements_that_duckdb_refuses(
    statement: str, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(store.parent)
    with pytest.raises(EveobsError) as raised:
        by_duckdb(store, statement)
    assert raised.value.exit_code == 2


@pytest.mark.parametrize(
    "statement",
    ["SELECT length(repeat('x', 100000000000))", "SELECT list(range) FROM range(1000000000000)"],
)
def test_duckdb_spills_nothing_into_the_working_folder(
    statement: str, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(store.parent)
    with pytest.raises(EveobsError):
        by_duckdb(store, statement, timeout=2)
