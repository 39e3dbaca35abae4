"""Logs arrive where they were asked for, one harmless line each, without a secret in them, and
cost nothing where nobody asked.
"""

from __future__ import annotations

import asyncio
import io
import json
import logging
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from eveobs.errors import ConfigError
from eveobs.settings import Secret
from eveobs.telemetry.about import about
from eveobs.telemetry.logs import LogTo, start_logging, stop_logging, told
from tests.cli.hostile import ALL
from tests.conftest import Eveobs, new_eden_of, process

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
    start_logging(LogTo(level="info", file=str(file)))
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
        "run": "",
        "subject": "",
    }
    assert (second["event"], second["level"]) == ("slow: one of 7", "warning")


def test_a_later_run_writes_below_an_earlier_one(file: Path) -> None:
    for number in range(2):
        start_logging(LogTo(level="warning", file=str(file)))
        LOG.warning("run %d", number)
    assert [record["event"] for record in records(file)] == ["run 0", "run 1"]


def test_an_exception_is_in_the_line(file: Path) -> None:
    start_logging(LogTo(level="error", file=str(file)))
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
    start_logging(LogTo(level="error", file="", verbose=verbose), run="7")
    LOG.debug("a")
    LOG.info("b")
    LOG.warning("c", extra={"route": "/status"})
    shown = capsys.readouterr()
    assert shown.out == ""
    lines = shown.err.splitlines()
    assert [line.split("] ")[1][0] for line in lines] == events
    assert lines[-1].endswith("c route=/status run=7")


def test_file_and_stderr_have_a_level_of_their_own(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start_logging(LogTo(level="error", file=str(file), verbose=2))
    LOG.debug("for the person")
    LOG.error("for both")
    assert [record["event"] for record in records(file)] == ["for both"]
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_what_strangers_typed_is_harmless_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, file: Path
) -> None:
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    start_logging(LogTo(level="debug", file=str(file), verbose=2))
    for text in ALL:
        LOG.info(text, extra={"title": text})
        LOG.info("%s", text)
    shown = stream.getvalue()
    assert len(shown.splitlines()) == 2 * len(ALL)
    assert all(character.isprintable() for line in shown.splitlines() for character in line)
    assert len(records(file)) == 2 * len(ALL)
    assert [record["title"] for record in records(file)[::2]] == list(ALL)


def test_a_secret_stays_one(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    start_logging(LogTo(level="debug", file=str(file), verbose=2))
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
        start_logging(LogTo(level="info", file="", verbose=1, colour=colour))
        LOG.info("hello")
        assert ("\x1b[" in capsys.readouterr().err) == colour


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_disk_that_fills_up_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    told: list[str] = []
    start_logging(LogTo(level="info", file="/dev/full"), warn=told.append)
    for _ in range(3):
        LOG.error("lost")
    assert told == ["the log /dev/full cannot be written: No space left on device"]
    assert capsys.readouterr().err == ""


def test_a_defect_in_a_log_call_is_seen(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    start_logging(LogTo(level="info", file=str(file)))
    LOG.info("%d", "no number")
    assert "TypeError" in capsys.readouterr().err


def test_a_file_that_cannot_be_written_is_a_wrong_setting(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"log .* cannot be written: Is a directory") as caught:
        start_logging(LogTo(level="info", file=str(tmp_path)))
    assert caught.value.hint == "Set log.file to a file in a folder that can be written."


def test_nothing_asked_for_is_nothing_set_up() -> None:
    start_logging(LogTo(level="debug", file=""))
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


def test_every_line_has_the_run_and_whose_work_it_is(file: Path) -> None:
    start_logging(LogTo(level="info", file=str(file)), run="c0ffee")

    async def one(subject: str) -> None:
        with about(subject):
            await asyncio.sleep(0)
            LOG.info("asked")
            await asyncio.gather(asyncio.to_thread(LOG.info, "in a thread"), later())

    async def later() -> None:
        LOG.info("in a task")

    async def both() -> None:
        await asyncio.gather(one("The Forge"), one("Domain"))
        LOG.info("done")

    asyncio.run(both())
    assert {record["run"] for record in records(file)} == {"c0ffee"}
    seen = Counter((record["event"], record["subject"]) for record in records(file))
    whats = ("asked", "in a thread", "in a task")
    assert seen == Counter(
        [("done", "")] + [(w, s) for w in whats for s in ("The Forge", "Domain")]
    )


def test_json_on_stderr_has_what_a_person_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    start_logging(LogTo(level="warning", json=True), run="7")
    LOG.info("too small")
    LOG.warning("slow")
    assert told("12 entries forgotten", logging.INFO)
    shown = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(one["event"], one["level"]) for one in shown] == [
        ("slow", "warning"),
        ("12 entries forgotten", "info"),
    ]


def test_what_a_person_is_told_is_in_the_file_and_not_told_twice(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start_logging(LogTo(level="warning", file=str(file), verbose=1))
    assert not told("careful", logging.WARNING)
    assert not told("nothing special", logging.INFO)
    assert [record["event"] for record in records(file)] == ["careful"]
    assert capsys.readouterr().err == ""


def test_ten_thousand_equal_failures_are_one_line_with_a_count(file: Path) -> None:
    start_logging(LogTo(level="info", file=str(file)))
    for number in range(10_000):
        LOG.warning("failed", extra={"why": f"answer {number}", "like": ("/status", 502)})
    LOG.warning("failed", extra={"why": "another", "like": ("/status", 503)})
    stop_logging()
    first, other = records(file)
    assert (first["event"], first["why"], first["count"]) == ("failed", "answer 0", 10_000)
    assert "count" not in other
    assert "like" not in first


def test_a_failure_is_written_soon_while_the_run_goes_on(file: Path) -> None:
    start_logging(LogTo(level="info", file=str(file)))
    LOG.warning("failed", extra={"like": 1})
    deadline = time.monotonic() + 10
    while not file.read_text() and time.monotonic() < deadline:
        time.sleep(0.02)
    (record,) = records(file)
    age = time.time() - datetime.fromisoformat(record["timestamp"]).timestamp()
    assert 0.5 < age < 10  # held back, and stamped with when it happened


def test_a_fetch_from_an_esi_that_fails_is_a_line_a_kind_of_failure(tmp_path: Path) -> None:
    file = tmp_path / "eveobs.log"
    faults = ("--fault", "400:route=/contracts/public/items/*,times=50")
    with new_eden_of("--contracts", "200", "--regions", "The Forge", *faults) as eden:
        env = {
            "EVEOBS_HOME": str(tmp_path / "home"),
            "EVEOBS_ESI__BASE_URL": eden.url,
            "EVEOBS_ESI__MAX_RETRIES": "1",
            "LOG_FILE": str(file),
            "LOG_LEVEL": "info",
        }
        result = process(env, "fetch", "contracts")
    assert result.returncode == 7, result.stderr
    failed = [one for one in records(file) if one["event"] == "failed"]
    assert len(failed) <= 2
    assert sum(one.get("count", 1) for one in failed) == 50
    assert {one["subject"] for one in failed} == {"The Forge"}
    assert {one["route"] for one in failed} == {"/contracts/public/items/{contract_id}"}


@pytest.mark.parametrize("sizes", [(1, 2), (1, 0)])
def test_a_file_that_grows_is_moved_aside(file: Path, sizes: tuple[int, int]) -> None:
    size, kept = sizes
    start_logging(LogTo(level="info", file=str(file), file_mb=size, files=kept))
    for number in range(60):
        LOG.info("x" * 100_000, extra={"number": number})
    files = sorted(one.name for one in file.parent.iterdir() if one.suffix != ".lock")
    assert files == ["eveobs.log", "eveobs.log.1", "eveobs.log.2"][: kept + 1]
    assert all(one.stat().st_size < 1_200_000 for one in file.parent.iterdir())
    numbers = [
        json.loads(line)["number"]
        for name in reversed(files)
        for line in (file.parent / name).read_text().splitlines()
    ]
    assert numbers == list(range(60))[60 - len(numbers) :]


def test_a_folder_that_goes_away_is_told_once(file: Path) -> None:
    told: list[str] = []
    start_logging(LogTo(level="info", file=str(file), file_mb=1, files=1), warn=told.append)
    LOG.error("one")
    file.unlink()
    file.parent.rmdir()
    for _ in range(3):
        LOG.error("lost")
    assert told == [f"the log {file} cannot be written: No such file or directory"]


def test_a_file_that_cannot_be_moved_aside_grows_on(file: Path) -> None:
    told: list[str] = []
    start_logging(LogTo(level="info", file=str(file), file_mb=1, files=1), warn=told.append)
    (file.parent / "eveobs.log.1").mkdir()
    for _ in range(30):
        LOG.info("x" * 100_000)
    assert len(records(file)) == 30
    assert told == [f"the log {file} cannot be moved aside (Is a directory) and grows on"]


CROWD = """
import logging, sys
from eveobs.telemetry.logs import LogTo, start_logging, stop_logging
start_logging(LogTo(level="info", file=sys.argv[1], file_mb=1, files=50), run=sys.argv[2])
for number in range(1500):
    logging.getLogger("eveobs.x").info("x" * 700, extra={"number": number})
stop_logging()
"""


@pytest.mark.integration
def test_several_processes_lose_no_line_when_the_file_is_moved_aside(file: Path) -> None:
    crowd = [
        subprocess.Popen([sys.executable, "-c", CROWD, str(file), str(one)]) for one in range(4)
    ]
    assert [one.wait(timeout=60) for one in crowd] == [0] * 4
    files = [one for one in file.parent.iterdir() if one.suffix != ".lock"]
    assert len(files) >= 4
    seen = Counter(record["run"] for one in files for record in records(one))
    assert seen == {str(one): 1500 for one in range(4)}


def test_all_of_stderr_is_json_where_that_is_asked_for(tmp_path: Path) -> None:
    env = {"EVEOBS_HOME": str(tmp_path / "home"), "EVEOBS_ESI__BASE_URL": "http://127.0.0.1:9"}
    result = process(env, "--log-format", "json", "fetch", "contracts", "--region", "The Forge")
    assert result.returncode == 5
    shown = [json.loads(line) for line in result.stderr.splitlines()]
    assert [one["level"] for one in shown] == ["warning", "error"]
    assert "cannot connect" in shown[1]["event"]
    assert shown[1]["hint"].startswith("Check the network")
    assert len({one["run"] for one in shown}) == 1
    broken = {**env, "EVEOBS_ESI__CONCURRENCY": "many"}
    wrong = process(broken, "--log-format", "json", "cache", "clear")
    assert "esi.concurrency" in json.loads(wrong.stderr)["event"]
    cleared = process(env, "--log-format", "json", "cache", "clear")
    assert json.loads(cleared.stderr)["event"] == "0 entries forgotten"
