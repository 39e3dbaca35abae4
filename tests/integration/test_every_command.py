"""Every command on every bad day: a sentence, an exit code, nothing lost, and never a traceback."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from eveobs.cli.app import COMMANDS
from eveobs.errors import ExitCode
from tests.conftest import Eveobs

pytestmark = [pytest.mark.integration, pytest.mark.slow]

LINES = (
    "fetch contracts",
    "fetch all",
    "fetch contracts --plan",
    "fetch dynamic-items",
    "list contracts",
    "list contracts --json",
    "list own-contracts",
    "show contract 1",
    "find Rifter",
    "find 587",
    "history contract 1",
    "history type Rifter",
    "history type Rifter --chart --plot history.html",
    "export contracts",
    "export contracts.items -o items.sqlite",
    "export contracts -o contracts.parquet",
    "export contracts -o contracts.tar.bz2",
    "import everef contracts.tar.bz2",
    "import everef http://127.0.0.1:9/contracts.tar.bz2",
    "sql SELECT",
    "sql SELECT --duckdb",
    "outbid",
    "outbid --contract 1",
    "appraise -",
    "appraise --contract 1",
    "deals",
    "fetch market-orders",
    "fetch market-history --type Rifter",
    "list market-prices",
    "watch --once",
    "watch --listen nonsense",
    "alerts",
    "alerts --dry-run",
    "alerts test",
    "publish",
    "publish --from contracts --dry-run",
    "publish --target wordpress",
    "publish check",
    "publish plugin",
    "api /status",
    "api --list status",
    "limits",
    "bench contracts --mode store --requests 5",
    "cache stats",
    "cache ls",
    "cache verify --repair",
    "cache prune",
    "cache clear --private",
    "cache path",
    "cache size",
    "health --check store --check cache --check configuration",
    "auth list",
    "auth login --no-browser",
    "auth logout Nobody",
    "auth refresh --all",
    "static-data status",
    "static-data update",
    "audit tail",
    "audit verify",
    "audit path",
    "config show",
    "config path",
    "config get esi.contact",
    "config set esi.contact you@your.domain",
    "completion bash",
    "help environment",
    "sandbox --list-faults",
)
CODES = {int(code) for code in ExitCode}


def test_every_command_is_here() -> None:
    assert {line.split()[0] for line in LINES} == set(COMMANDS)


def nothing(_: Path) -> dict[str, str]:
    """A home where nothing was ever done, and no ESI to be reached."""
    return {}


def home_is_a_file(home: Path) -> dict[str, str]:
    shutil.rmtree(home, ignore_errors=True)
    home.write_text("mine")
    return {"EVEOBS_HOME": str(home / "below")}


def noise_everywhere(home: Path) -> dict[str, str]:
    """Cache, store and limits are garbage."""
    for name in ("cache/esi/cache.db", "data/eveobs.sqlite3", "state/limits.sqlite3"):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_bytes(b"\x00\xffgarbage" * 500)
    for name in ("state/audit.jsonl", "cache/completion.json", "data/sign-ins.json"):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_bytes(b"{garbage\n\xff")
    return {}


def bad_settings(_: Path) -> dict[str, str]:
    return {"EVEOBS_ESI__CONCURRENCY": "many", "EVEOBS_STORE__URL": "nonsense"}


def ascii_of_forty_columns(_: Path) -> dict[str, str]:
    return {"LC_ALL": "C", "LANG": "C", "COLUMNS": "40", "PYTHONUTF8": "0"}


DAYS: tuple[Callable[[Path], dict[str, str]], ...] = (
    nothing,
    home_is_a_file,
    noise_everywhere,
    bad_settings,
    ascii_of_forty_columns,
)


@pytest.mark.parametrize("day", DAYS, ids=lambda day: day.__name__)
def test_every_command_on_a_bad_day(
    day: Callable[[Path], dict[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for number, line in enumerate(LINES):
        home = tmp_path / f"home{number}"
        env = {
            "EVEOBS_HOME": str(home),
            "EVEOBS_ESI__BASE_URL": "http://127.0.0.1:9",
            "EVEOBS_ESI__MAX_RETRIES": "0",
            "EVEOBS_SSO__BASE_URL": "http://127.0.0.1:9",
            "EVEOBS_STATIC_DATA__BASE_URL": "http://127.0.0.1:9",
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
            **day(home),
        }
        monkeypatch.delenv("COLUMNS", raising=False)
        result = Eveobs(env)(*line.split(), stdin="")
        told = f"{line}: {result.exit_code}\n{result.output}"
        assert result.exit_code in CODES, told
        assert "Traceback" not in result.output, told
        assert result.exception is None or isinstance(result.exception, SystemExit), told
        if "error: " in result.stderr:
            assert "hint: " in result.stderr, told
        if result.exit_code not in (0, 1, 2, 7):  # health has codes of its own
            assert "error: " in result.stderr, told


@pytest.fixture
def locked(filled: Eveobs, tmp_path: Path) -> Iterator[Eveobs]:
    """A home whose store another program holds."""
    home = tmp_path / "home"
    shutil.copytree(filled.env["EVEOBS_HOME"], home)
    (store,) = home.rglob("eveobs.sqlite3")
    with closing(sqlite3.connect(store, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode=EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        other.execute("DELETE FROM refusals")
        yield Eveobs({**filled.env, "EVEOBS_HOME": str(home)})
        other.execute("ROLLBACK")


def test_every_command_with_a_store_that_another_holds(
    locked: Eveobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eveobs.store.engine.PATIENCE", 0.1)
    for line in ("watch --once", "alerts --dry-run", "publish --from contracts", "fetch all"):
        result = locked(*line.split())
        assert result.exit_code == 1, f"{line}: {result.output}"
        assert "locked by another program" in result.stderr, line
        assert "Traceback" not in result.output


PIPED = ("list contracts --json", "cache ls", "config show", "audit tail", "api --list", "help")


@pytest.mark.parametrize("line", PIPED)
def test_a_closed_pipe_is_quiet(line: str, filled: Eveobs) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with subprocess.Popen(
        [sys.executable, "-m", "eveobs", *line.split()],
        env={**os.environ, **filled.env},
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
    ) as started:
        os.close(writing)
        _, said = started.communicate(timeout=30)
    assert started.returncode in (0, 141)
    assert "Traceback" not in said
    assert "pipe" not in said.lower()
