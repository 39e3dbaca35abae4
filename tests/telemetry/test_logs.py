"""Logs arrive where they were asked for, one harmless line each, without a secret in them, and
cost nothing where nobody asked.
"""

from __future__ import annotations

import io
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from eveobs.errors import ConfigError
from eveobs.settings import Secret
from eveobs.telemetry.logs import start_logging, stop_logging
from tests.cli.hostile import ALL
from tests.conftest import Eveobs, process

pytestmark = pytest.mark.unit

LOG = logging.getLogger("eveobs.esi.client")


@pytest.fixture(autouse=True)
def _stop() -> Iterator[None]:
    yield
    stop_logging()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "logs" / "eveobs.log"


def records(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_a_file_gets_a_json_object_a_line_from_its_level_on(file: Path) -> None:
    start_logging(level="info", file=str(file))
    LOG.debug("too small")
    LOG.info("answered", extra={"route": "/status", "status": 200, "seconds": 0.25})
    LOG.warning("slow: %s of %d", "one", 7)
    first, second = records(file)
    assert first.pop("timestamp").endswith("Z")
    assert first == {
        "event": "answered",
        "level": "info",
        "logger": "eveobs.esi.client",
        "route": "/status",
        "status": 200,
        "seconds": 0.25,
    }
    assert (second["event"], second["level"]) == ("slow: one of 7", "warning")


def test_a_later_run_writes_below_an_earlier_one(file: Path) -> None:
    for number in range(2):
        start_logging(level="warning", file=str(file))
        LOG.warning("run %d", number)
    assert [record["event"] for record in records(file)] == ["run 0", "run 1"]


def test_an_exception_is_in_the_line(file: Path) -> None:
    start_logging(level="error", file=str(file))
    try:
        int("\x1b[31m")
    except ValueError:
        LOG.exception("broke")
    (record,) = records(file)
    assert record["exception"].startswith("Traceback")
    assert record["exception"].endswith("invalid literal for int() with base 10: '\\x1b[31m'")


@pytest.mark.parametrize(("verbose", "events"), [(1, ["b", "c"]), (2, ["a", "b", "c"])])
def test_v_says_what_is_done_and_vv_each_request(
    verbose: int, events: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    start_logging(level="error", file="", verbose=verbose)
    LOG.debug("a")
    LOG.info("b")
    LOG.warning("c", extra={"route": "/status"})
    shown = capsys.readouterr()
    assert shown.out == ""
    lines = shown.err.splitlines()
    assert [line.split("] ")[1][0] for line in lines] == events
    assert lines[-1].endswith("c route=/status")


def test_file_and_stderr_have_a_level_of_their_own(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start_logging(level="error", file=str(file), verbose=2)
    LOG.debug("for the person")
    LOG.error("for both")
    assert [record["event"] for record in records(file)] == ["for both"]
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_what_strangers_typed_is_harmless_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, file: Path
) -> None:
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    start_logging(level="debug", file=str(file), verbose=2)
    for text in ALL:
        LOG.info(text, extra={"title": text})
        LOG.info("%s", text)
    shown = stream.getvalue()
    assert len(shown.splitlines()) == 2 * len(ALL)
    assert all(character.isprintable() for line in shown.splitlines() for character in line)
    assert len(records(file)) == 2 * len(ALL)
    assert [record["title"] for record in records(file)[::2]] == list(ALL)


def test_a_secret_stays_one(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    start_logging(level="debug", file=str(file), verbose=2)
    secret = Secret("hunter2")
    LOG.info("token %s", secret, extra={"token": secret, "all": [secret, {"a": secret}]})
    try:
        int(f"{secret} {secret!r}")
    except ValueError:
        LOG.exception("broke", extra={"token": secret})
    assert "hunter2" not in capsys.readouterr().err
    assert "hunter2" not in file.read_text()
    assert records(file)[0]["token"] == "***"


def test_colour_only_where_it_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    for colour in (False, True):
        start_logging(level="info", file="", verbose=1, colour=colour)
        LOG.info("hello")
        assert ("\x1b[" in capsys.readouterr().err) == colour


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_disk_that_fills_up_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    told: list[str] = []
    start_logging(level="info", file="/dev/full", warn=told.append)
    for _ in range(3):
        LOG.error("lost")
    assert told == ["the log /dev/full cannot be written: No space left on device"]
    assert capsys.readouterr().err == ""


def test_a_defect_in_a_log_call_is_seen(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    start_logging(level="info", file=str(file))
    LOG.info("%d", "no number")
    assert "TypeError" in capsys.readouterr().err


def test_a_file_that_cannot_be_written_is_a_wrong_setting(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"log .* cannot be written: Is a directory") as caught:
        start_logging(level="info", file=str(tmp_path))
    assert caught.value.hint == "Set log.file to a file in a folder that can be written."


def test_nothing_asked_for_is_nothing_set_up() -> None:
    start_logging(level="debug", file="")
    assert logging.getLogger("eveobs").handlers == []


LOADED = (
    "import sys; from eveobs.cli.app import app; "
    "app(sys.argv[1:], standalone_mode=False); print('structlog' in sys.modules, file=sys.stderr)"
)


@pytest.mark.parametrize(
    ("options", "loaded"), [([], "False"), (["-v"], "True"), (["--set", "log.file={}"], "True")]
)
def test_structlog_is_loaded_only_where_something_is_logged(
    options: list[str], loaded: str, filled: Eveobs, tmp_path: Path
) -> None:
    arguments = [option.format(tmp_path / "a.log") for option in options]
    run = subprocess.run(
        [sys.executable, "-c", LOADED, *arguments, "list", "contracts", "--json"],
        env={**os.environ, **filled.env},
        capture_output=True,
        text=True,
    )
    assert run.stderr.splitlines()[-1] == loaded


def test_the_old_variable_names_the_file_and_each_line_parses(
    filled: Eveobs, tmp_path: Path
) -> None:
    file = tmp_path / "eveobs.log"
    env = {**filled.env, "LOG_FILE": str(file), "LOG_LEVEL": "DEBUG"}
    assert process(env, "fetch", "contracts").returncode == 0
    assert file.exists()
    assert all(isinstance(record, dict) for record in records(file))


def test_a_log_that_cannot_be_written_stops_before_anything_is_asked(filled: Eveobs) -> None:
    result = Eveobs({**filled.env, "EVEOBS_LOG__FILE": "/proc/nothing/here.log"})(
        "list", "contracts"
    )
    assert result.exit_code == 3
    assert result.stderr.startswith("error: the log /proc/nothing/here.log cannot be written")
    assert "hint: Set log.file" in result.stderr
