"""What is stored, in files and as answers to questions in SQL; the store stays as it is."""

from __future__ import annotations

import csv
import io
import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Eveobs, process

pytestmark = pytest.mark.integration


def store_of(filled: Eveobs) -> Path:
    (path,) = Path(filled.env["EVEOBS_HOME"]).rglob("eveobs.sqlite3")
    return path


def exported(filled: Eveobs, *arguments: str) -> Any:
    result = filled("export", *arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_all_formats_hold_the_same(filled: Eveobs, tmp_path: Path) -> None:
    listed = filled.json("list", "contracts", "--limit", "0", "--sort", "contract_id", "--all")
    for row in listed:
        del row["items_summary"]  # an export has the items themselves: contracts.items
    assert json.loads(exported(filled, "contracts", "--format", "json", "--all")) == listed
    lines = exported(filled, "contracts", "--format", "ndjson", "--all").splitlines()
    assert [json.loads(line) for line in lines] == listed
    file = tmp_path / "x.csv"
    exported(filled, "contracts", "-o", str(file), "--all", "--raw")
    with file.open(newline="", encoding="utf-8") as opened:
        rows = list(csv.DictReader(opened))
    assert [row["title"] or None for row in rows] == [row["title"] or None for row in listed]
    assert [float(row["price"]) for row in rows] == [row["price"] for row in listed]
    database = tmp_path / "x.sqlite"
    exported(filled, "contracts", "-o", str(database), "--all")
    with closing(sqlite3.connect(database)) as opened_:
        opened_.row_factory = sqlite3.Row
        found = [dict(row) for row in opened_.execute("SELECT * FROM contracts")]
    for row, told in zip(found, listed, strict=True):
        assert {k: bool(v) if isinstance(told[k], bool) else v for k, v in row.items()} == told


def test_details_are_rows_of_their_own(filled: Eveobs) -> None:
    rows = list(csv.DictReader(io.StringIO(exported(filled, "contracts.items"))))
    with closing(sqlite3.connect(store_of(filled))) as store:
        (number,) = store.execute("SELECT count(*) FROM contract_items").fetchone()
    assert len(rows) == number
    assert list(rows[0])[:2] == ["contract_id", "record_id"]


def test_a_spreadsheet_computes_nothing_and_raw_changes_nothing(filled: Eveobs) -> None:
    listed = filled.json("list", "contracts", "--limit", "0", "--all", "--sort", "contract_id")
    titles = [row["title"] or "" for row in listed]
    assert any(title.startswith("=") for title in titles)
    safe = list(csv.DictReader(io.StringIO(exported(filled, "contracts", "--all"))))
    assert not [row for row in safe if row["title"][:1] in {"=", "+", "@"}]


def no_large_files() -> None:
    """Whatever grows beyond this fails, as on a disk that is full."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (34_000, 34_000))


@pytest.mark.parametrize("ending", ["csv", "ndjson", "sqlite"])
def test_a_file_is_whole_or_as_it_was(filled: Eveobs, tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"x.{ending}"
    file.write_text("mine")
    result = process(filled.env, "export", "contracts", "-o", str(file), preexec_fn=no_large_files)
    assert result.returncode == 1, result.stderr
    assert "hint: The file that was there is as it was." in result.stderr
    assert "Traceback" not in result.stderr.partition("hint:")[0]  # behind it coverage may fail
    assert file.read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == [file.name]


@pytest.mark.parametrize(
    "words",
    [
        ("nonsense",),
        ("contracts.nonsense",),
        ("assets.x",),
        ("contracts", "--format", "sqlite"),
        ("contracts", "--format", "parquet"),
    ],
)
def test_what_cannot_be_exported(words: tuple[str, ...], filled: Eveobs) -> None:
    result = filled("export", *words)
    assert result.exit_code == 2
    assert result.stdout == ""


def test_a_folder_that_is_not_there(filled: Eveobs, tmp_path: Path) -> None:
    result = filled("export", "contracts", "-o", str(tmp_path / "nowhere" / "x.json"))
    assert result.exit_code == 1
    assert "hint: The file that was there is as it was." in result.stderr


# -- sql ------------------------------------------------------------------------------------------


def test_questions(filled: Eveobs) -> None:
    rows = filled.json("sql", "SELECT type, count(*) AS n FROM contracts GROUP BY type")
    assert sum(row["n"] for row in rows) == 300
    assert filled.json("sql", "SELECT 1 AS a, 2 AS a, x'ff' AS b") == [
        {"a": 1, "a_2": 2, "b": "ff"}
    ]
    piped = filled("sql", "-", "--csv", stdin="SELECT 7 AS seven")
    assert piped.stdout == "seven\n7\n"
    assert filled.json("sql", "SELECT 1 WHERE 0") == []


WRITES = (
    "DELETE FROM contracts",
    "UPDATE contracts SET price = 0",
    "INSERT INTO names VALUES (1, 'x', 'y', 'z')",
    "WITH x AS (SELECT 1) INSERT INTO names SELECT 1, 'x', 'y', 'z'",
    "DROP TABLE contracts",
    "CREATE TABLE x (y)",
    "CREATE TEMP TABLE x AS SELECT 1",
    "ATTACH 'evil.sqlite' AS evil",
    "VACUUM",
    "VACUUM INTO 'evil.sqlite'",
    "PRAGMA journal_mode = DELETE",
    "PRAGMA writable_schema = 1",
    "SELECT load_extension('evil')",
    "BEGIN IMMEDIATE",
    "SELECT 1; DELETE FROM contracts",
    "REINDEX",
)


@pytest.mark.parametrize("statement", WRITES)
def test_nothing_that_writes(
    statement: str, filled: Eveobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = sha256(store_of(filled).read_bytes()).digest()
    result = filled("sql", statement)
    assert result.exit_code == 2
    assert "hint: " in result.stderr
    assert sha256(store_of(filled).read_bytes()).digest() == before
    assert not (tmp_path / "evil.sqlite").exists()


@pytest.mark.parametrize("more", [(), ("--duckdb",)])
def test_a_long_question_can_be_interrupted(more: tuple[str, ...], filled: Eveobs) -> None:
    endless = "SELECT count(*) FROM contract_items a, contract_items b, contract_items c, names n"
    with subprocess.Popen(
        [
            sys.executable,
            "-m",
            "eveobs",
            "sql",
            f"{endless} WHERE a.quantity * n.id % 7 = 3",
            *more,
        ],
        env={**os.environ, **filled.env},
        stderr=subprocess.PIPE,
        text=True,
    ) as asked:
        time.sleep(4)
        asked.send_signal(signal.SIGINT)
        _, said = asked.communicate(timeout=30)
    assert asked.returncode == 130, said
    assert "error" not in said


@pytest.mark.parametrize("statement", ["", "SELEC", "SELECT * FROM nowhere", "\x00", "SELECT ?"])
def test_no_questions(statement: str, filled: Eveobs) -> None:
    result = filled("sql", statement)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""


def test_where_nothing_is_stored(eveobs: Eveobs) -> None:
    assert eveobs("sql", "SELECT 1").exit_code == 3
    assert json.loads(eveobs("export", "contracts", "--format", "json").stdout) == []
