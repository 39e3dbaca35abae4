"""Whatever happens, a command ends in a sentence, never in a traceback; a report names no secret."""

from __future__ import annotations

import ctypes
import os
import resource
import shutil
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from eveobs.cli.endings import no_tracebacks
from eveobs.cli.internal_errors import FOLDER, MAX_REPORTS, masked
from eveobs.errors import StoreError
from eveobs.store.altered import first_altered
from eveobs.store.store import Store
from tests.conftest import Eveobs, process
from tests.security import altered_store

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def whole(filled: Eveobs, tmp_path_factory: pytest.TempPathFactory) -> tuple[Eveobs, Path]:
    """A home with a store that has rows in every table, and where that is."""
    run = Eveobs(filled.env | {"EVEOBS_HOME": str(tmp_path_factory.mktemp("altered"))})
    return run, altered_store.make(run)


@pytest.fixture
def broken(whole: tuple[Eveobs, Path], tmp_path: Path) -> tuple[Eveobs, Callable[..., None]]:
    """The same in a home of its own, and what alters it."""
    run, path = whole
    home = Path(run.env["EVEOBS_HOME"])
    copy = tmp_path / "altered"
    shutil.copytree(home, copy)
    there = copy / path.relative_to(home)

    def alter(statement: str, *values: Any, nullable: str = "") -> None:
        with closing(sqlite3.connect(there)) as database:
            if nullable:
                database.execute("PRAGMA writable_schema = ON")
                database.execute(
                    "UPDATE sqlite_master SET sql = replace(sql, 'NOT NULL', '') WHERE name = ?",
                    (nullable,),
                )
                database.commit()
        with closing(sqlite3.connect(there)) as database, database:
            assert database.execute(statement, values).rowcount > 0

    return Eveobs(run.env | {"EVEOBS_HOME": str(copy)}), alter


def reports(run: Eveobs) -> list[Path]:
    return sorted(Path(run.env["EVEOBS_HOME"]).rglob(f"{FOLDER}/*.txt"))


# -- what nobody foresaw -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "error",
    [
        TypeError("'<' not supported"),
        ValueError(""),
        KeyError("price"),
        OverflowError("int too large"),
        RecursionError("maximum recursion depth exceeded"),
        AssertionError(),
        ZeroDivisionError("division by zero"),
        ArithmeticError("decimal"),
        AttributeError("'NoneType'"),
        LookupError("unknown encoding"),
        RuntimeError("dictionary changed size during iteration"),
        ExceptionGroup("several", [ValueError("x"), TypeError("y")]),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_defect_is_a_sentence_and_a_report(
    error: Exception, eveobs: Eveobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(Store, "rows", fail)
    result = eveobs("list", "contracts")
    assert (result.exit_code, result.stdout) == (1, "")
    first, hint = result.stderr.splitlines()
    assert first.startswith(f"error: internal error: {type(error).__name__}")
    (report,) = reports(eveobs)
    assert str(report) in hint
    assert stat.S_IMODE(report.stat().st_mode) == 0o600
    assert stat.S_IMODE(report.parent.stat().st_mode) == 0o700
    text = report.read_text()
    assert "Traceback" in text
    assert type(error).__name__ in text


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (MemoryError(), "out of memory"),
        (RuntimeError("can't start new thread"), "no more threads or processes"),
        (ExceptionGroup("x", [StoreError("the disk is full")]), "the disk is full"),
    ],
)
def test_what_the_machine_refuses_is_no_defect(
    error: Exception, words: str, eveobs: Eveobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(Store, "rows", fail)
    result = eveobs("list", "contracts")
    assert result.exit_code == 1
    assert words in result.stderr.splitlines()[0]
    assert reports(eveobs) == []


def test_a_report_names_no_secret(eveobs: Eveobs, monkeypatch: pytest.MonkeyPatch) -> None:
    word = os.urandom(6).hex()
    jwt = ".".join(["eyJ" + os.urandom(9).hex(), os.urandom(9).hex(), os.urandom(9).hex()])
    refresh = os.urandom(24).hex()
    eveobs.env["EVEOBS_WORDPRESS__APP_PASSWORD"] = word
    eveobs.env["EVEOBS_ALERTS__TO"] = f"discord://1234/{word}two json://user:{word}three@host/"
    telling = (
        f"{word} Bearer {jwt} https://u:{word}x@host/?token={word}y {word}two refresh={refresh}"
    )

    def fail(*_: object, **__: object) -> None:
        raise ValueError(telling)

    monkeypatch.setattr(Store, "rows", fail)
    monkeypatch.setattr("sys.argv", ["eveobs", "--set", f"wordpress.app_password={word}"])
    result = eveobs("list", "contracts")
    assert result.exit_code == 1
    (report,) = reports(eveobs)
    for text in (result.output, report.read_text()):
        assert word not in text
        assert jwt.split(".")[1] not in text
        assert refresh not in text
    assert "wordpress.app_password=***" in report.read_text()


@pytest.mark.unit
def test_what_is_masked() -> None:
    text = (
        'File "/home/eve/eveobs/store/query.py", line 7, in rows at https://esi.evetech.net/x?a=1'
    )
    assert masked(text, ()) == text
    assert masked("postgresql://u:word@host/db", ()) == "postgresql://u:***@host/db"


def test_reports_do_not_fill_the_disk(eveobs: Eveobs, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ValueError("x" * 2_000_000)

    monkeypatch.setattr(Store, "rows", fail)
    for _ in range(MAX_REPORTS + 3):
        eveobs("list", "contracts")
    assert len(reports(eveobs)) == MAX_REPORTS
    assert all(one.stat().st_size <= 256_000 for one in reports(eveobs))


def test_a_report_that_cannot_be_written_is_a_sentence_too(
    eveobs: Eveobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Path(eveobs.env["EVEOBS_HOME"])
    (home / "state").mkdir(parents=True)
    (home / "state" / FOLDER).symlink_to(home / "nowhere" / "else")

    def fail(*_: object, **__: object) -> None:
        raise ValueError("x")

    monkeypatch.setattr(Store, "rows", fail)
    result = eveobs("list", "contracts")
    assert result.exit_code == 1
    assert "No report could be written" in result.stderr
    assert "Traceback" not in result.stderr


def test_before_there_is_a_command(eveobs: Eveobs, tmp_path: Path) -> None:
    """A module of a dependency that is broken."""
    (tmp_path / "site" / "typer").mkdir(parents=True)
    (tmp_path / "site" / "typer" / "__init__.py").write_text("raise ValueError('broken')")
    result = process(eveobs.env | {"PYTHONPATH": str(tmp_path / "site")}, "list", "contracts")
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    assert "internal error" in result.stderr


def test_threads_and_libraries_end_in_a_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import logging
    import threading

    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    assert logging.lastResort is not None
    before = logging.lastResort.formatter
    no_tracebacks()
    try:

        def fail() -> None:
            raise ValueError("in a thread")

        thread = threading.Thread(target=fail)
        thread.start()
        thread.join()
        record = logging.LogRecord("x", 40, "x", 1, "lost", (), None)
        record.exc_info = (ValueError, ValueError("why"), None)
        print(logging.lastResort.format(record))  # noqa: T201
    finally:
        logging.lastResort.setFormatter(before)
    told = capsys.readouterr()
    assert "error: internal error: ValueError: in a thread" in told.err
    assert told.out == "warning: lost (ValueError: why)\n"


def without_processes() -> None:
    """In the child: may start nothing more. The limit does not hold for root, nor for what may
    override it; files are still read as before.
    """
    if os.geteuid() == 0:
        prctl = ctypes.CDLL(None).prctl
        for capability in (21, 24):  # CAP_SYS_ADMIN, CAP_SYS_RESOURCE
            prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP
    resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))
    if os.geteuid() == 0:
        os.setresuid(54321, 0, 0)


@pytest.mark.slow
@pytest.mark.parametrize(
    "line", ["fetch contracts", "list contracts", "health", "publish", "alerts --dry-run", "sql -"]
)
def test_where_no_process_may_be_started(line: str, eveobs: Eveobs) -> None:
    result = process(eveobs.env, *line.split(), preexec_fn=without_processes, input="SELECT 1")
    assert "Traceback" not in result.stderr, result.stderr
    assert result.returncode in {0, 1, 2, 3, 5, 7}
    assert result.stderr or result.returncode == 0


# -- a store that was altered by hand ----------------------------------------------------------------

READING = (
    "list contracts",
    "list contracts --json",
    "list contracts --csv --all",
    "list own-contracts --json",
    "list market-orders --json",
    "show contract {contract}",
    "show contract {contract} --json",
    "find Rifter",
    "outbid --json",
    "deals --json",
    "appraise --contract {contract}",
    "history contract {contract}",
    "history type Tritanium",
    "export contracts --format json",
    "export contracts.items --format csv",
    "publish --dry-run",
    "alerts --dry-run --json",
)
ALTERED = (
    ("contracts", "price", "abc", "a number"),
    ("contracts", "price", b"\xff", "a number"),
    ("contracts", "price", 9e999, "a number"),
    ("contracts", "date_expired", "soon", "a time"),
    ("contracts", "date_issued", "9999-99-99T99:99:99Z", "a time"),
    ("contracts", "first_seen", 7, "a time"),
    ("contracts", "first_seen", None, "a time"),
    ("contracts", "issuer_id", "NaN", "a whole number"),
    ("contracts", "for_corporation", "perhaps", "a flag"),
    ("contracts", "type", None, "text"),
    ("contract_items", "quantity", "many", "a whole number"),
    ("contract_items", "is_included", 9, "a flag"),
    ("observations", "finished_at", "then", "a time"),
    ("observations", "whole", "x", "a flag"),
    ("changes", "new", '{"', "JSON"),
    ("own_contracts", "price", "abc", "a number"),
    ("own_contracts", "date_expired", "", "a time"),
    ("own_contracts", "owner_id", "me", "a whole number"),
    ("market_orders", "price", "abc", "a number"),
    ("market_orders", "volume_remain", b"\x00", "a whole number"),
    ("names", "name", b"\xff", "text"),
    ("names", "asked_at", "x", "a time"),
)


@pytest.mark.slow
@pytest.mark.parametrize(("table", "column", "value", "expected"), ALTERED)
def test_altered_values_are_named_or_passed_over(
    table: str,
    column: str,
    value: object,
    expected: str,
    broken: tuple[Eveobs, Callable[..., None]],
) -> None:
    run, alter = broken
    (contract,) = run.json("sql", "SELECT min(contract_id) AS id FROM contracts")
    alter(f"UPDATE {table} SET {column} = ?", value, nullable=table if value is None else "")  # noqa: S608
    (store,) = Path(run.env["EVEOBS_HOME"]).rglob("eveobs.sqlite3")
    found = first_altered(f"sqlite:///{store}")
    assert found is not None
    assert (found.table, found.column) == (table, column)
    assert expected in found.expected
    for line in READING:
        result = run(*line.format(contract=contract["id"]).split())
        assert result.exception is None or isinstance(result.exception, SystemExit), line
        assert "internal error" not in result.stderr, (line, result.stderr)
        assert "Traceback" not in result.stderr, line
        if "did not write" in result.stderr:
            assert result.exit_code == 1
            assert f"{table}.{column} where " in result.stderr


def test_a_store_that_nobody_altered_has_no_such_value(whole: tuple[Eveobs, Path]) -> None:
    assert first_altered(f"sqlite:///{whole[1]}") is None


def test_huge_numbers_are_no_fault(broken: tuple[Eveobs, Callable[..., None]]) -> None:
    run, alter = broken
    alter("UPDATE contracts SET price = ?, volume = ?", 1e308, -1e308)
    alter("UPDATE contract_items SET quantity = ?", 2**63 - 1)
    (contract,) = run.json("sql", "SELECT min(contract_id) AS id FROM contracts")
    for line in READING:
        result = run(*line.format(contract=contract["id"]).split())
        assert "internal error" not in result.stderr, (line, result.stderr)
        assert "Traceback" not in result.stderr, line


@pytest.mark.parametrize("line", ["appraise -", "sql -"])
def test_input_that_is_nested_too_deep(line: str, eveobs: Eveobs) -> None:
    for deep in ("[" * 100_000, "(" * 100_000, '{"a":' * 100_000):
        result = eveobs(*line.split(), stdin=deep)
        assert result.exception is None or isinstance(result.exception, SystemExit)
        assert "internal error" not in result.output
