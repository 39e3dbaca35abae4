"""What DuckDB answers is what SQLite does, and it can neither write nor look elsewhere."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

from tests.cli.test_export_and_sql import WRITES, store_of
from tests.conftest import Eveobs, process

pytest.importorskip("duckdb")
pytestmark = pytest.mark.integration

QUESTIONS = (
    "SELECT type, count(*) AS n, max(price) AS most FROM contracts GROUP BY type ORDER BY type",
    "SELECT contract_id, title, price, date_issued FROM Contracts ORDER BY contract_id",
    """SELECT c.contract_id, i.type_id, n.name FROM contracts c JOIN contract_items i
    USING (contract_id) LEFT JOIN names n ON n.id = i.type_id ORDER BY i.record_id""",
    "SELECT count(*) AS n FROM main.contract_bids",
    "WITH x AS (SELECT price FROM contracts) SELECT count(price) AS n FROM x",
    "SELECT 1 AS a, 2 AS a",
    "SELECT 1 AS one WHERE 1 = 0",
)


@pytest.mark.parametrize("question", QUESTIONS)
def test_both_say_the_same(question: str, filled: Eveobs) -> None:
    assert filled.json("sql", question, "--duckdb") == filled.json("sql", question)


def test_what_only_duckdb_has(filled: Eveobs) -> None:
    (row,) = filled.json(
        "sql",
        "SELECT 0.5 AS half, INTERVAL 1 DAY AS span, DATE '2026-09-23' AS day, [1, 2] AS list, "
        "{'a': 0.5} AS struct, 'x'::BLOB AS bytes, typeof(date_issued) AS kind, for_corporation "
        "IN (true, false) AS flag FROM contracts WHERE for_corporation IS NOT NULL LIMIT 1",
        "--duckdb",
    )
    assert row == {
        "half": 0.5,
        "span": "1 day, 0:00:00",
        "day": "2026-09-23",
        "list": [1, 2],
        "struct": {"a": 0.5},
        "bytes": "78",
        "kind": "TIMESTAMP WITH TIME ZONE",
        "flag": True,
    }
    tables = {one["name"] for one in filled.json("sql", "SHOW TABLES", "--duckdb")}
    assert {"contracts", "contract_items", "names"} <= tables
    (counted,) = filled.json(
        "sql", "SELECT count(*) AS n FROM query_table('contr' || 'acts')", "--duckdb"
    )
    assert counted == {"n": 300}


@pytest.mark.parametrize(
    "statement",
    [
        *WRITES,
        "COPY contracts TO 'evil.sqlite'",
        "COPY (SELECT 1) TO 'evil.sqlite'",
        "EXPORT DATABASE 'evil.sqlite'",
        "INSTALL sqlite",
        "LOAD sqlite",
        "SET threads = 1",
        "SET lock_configuration = false",
        "EXPLAIN ANALYZE DELETE FROM contracts",
        "SELECT 1; COPY (SELECT 1) TO 'evil.sqlite'",
        "PREPARE x AS DELETE FROM contracts",
        "CHECKPOINT",
    ],
)
def test_nothing_that_writes(
    statement: str, filled: Eveobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = sha256(store_of(filled).read_bytes()).digest()
    result = filled("sql", statement, "--duckdb")
    assert result.exit_code == 2
    assert "hint: " in result.stderr
    assert result.stdout == ""
    assert sha256(store_of(filled).read_bytes()).digest() == before
    assert not (tmp_path / "evil.sqlite").exists()


@pytest.mark.parametrize(
    "source",
    [
        "read_text('{0}')",
        "read_blob('{0}')",
        "read_csv('{0}')",
        "'{0}'",
        "glob('*')",
        "read_csv('http://127.0.0.1:1/x.csv')",
        "sqlite_scan('{0}', 'x')",
        "statement",
        "filled",
    ],
)
def test_nothing_of_this_machine(source: str, filled: Eveobs, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("sesame\n")
    result = filled("sql", "FROM " + source.format(secret), "--duckdb")
    assert result.exit_code == 2, result.output
    assert "sesame" not in result.output


@pytest.mark.parametrize("statement", ["", "SELEC", "SELECT * FROM nowhere", "SELECT ?", "\x00"])
def test_no_questions(statement: str, filled: Eveobs) -> None:
    result = filled("sql", statement, "--duckdb")
    assert result.exit_code == 2, result.output
    assert result.stdout == ""


def test_where_nothing_is_stored(eveobs: Eveobs) -> None:
    assert eveobs("sql", "SELECT 1", "--duckdb").exit_code == 3


def test_a_value_of_another_type(filled: Eveobs, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(filled.env["EVEOBS_HOME"], home)
    (store,) = home.rglob("eveobs.sqlite3")
    with closing(sqlite3.connect(store)) as database, database:
        database.execute("UPDATE contracts SET date_issued = 'yesterday'")
    mine = Eveobs({**filled.env, "EVEOBS_HOME": str(home)})
    result = mine("sql", "SELECT date_issued FROM contracts", "--duckdb")
    assert result.exit_code == 1, result.output
    assert "date_issued has a value that is not of its type" in result.stderr
    assert "Traceback" not in result.stderr
    refused = mine("export", "contracts", "-o", str(tmp_path / "x.parquet"))
    assert refused.exit_code == 1
    assert "date_issued has a value that is not of its type" in refused.stderr
    assert not (tmp_path / "x.parquet").exists()


def test_start_up_does_not_pay_for_it(filled: Eveobs, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import atexit, sys\n"
        "atexit.register(lambda: print(sorted({'duckdb', 'pyarrow'} & {*sys.modules}), file=sys.stderr))\n"
    )
    env = {**filled.env, "PYTHONPATH": str(tmp_path)}
    assert process(env, "sql", "SELECT 1").stderr.endswith("[]\n")
    assert process(env, "export", "contracts.bids").stderr.endswith("[]\n")
