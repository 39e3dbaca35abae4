"""A run reads its settings once, opens only what is used, and speaks where it may."""

from __future__ import annotations

import io
import json
import os
import pwd
from datetime import UTC
from pathlib import Path

import pytest

from eveobs.cli.context import Run
from eveobs.cli.progress import Lines, TerminalProgress, WarningsOnly
from eveobs.errors import ConfigError, UsageError

pytestmark = pytest.mark.unit


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def terminal_as_stderr(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    stream = Terminal()
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setenv("TERM", "xterm")
    return stream


def a_run(tmp_path: Path, *settings: str, **options: object) -> Run:
    environ = {"EVEOBS_HOME": str(tmp_path / "home"), **options.pop("environ", {})}  # type: ignore[dict-item]
    return Run(environ=environ, cwd=tmp_path, settings=settings, **options)  # type: ignore[arg-type]


def test_settings_are_read_once_and_flags_win(tmp_path: Path) -> None:
    run = a_run(tmp_path, "esi.concurrency=7", environ={"EVEOBS_ESI__CONCURRENCY": "5"})
    assert run.loaded().settings.esi.concurrency == 7
    assert run.loaded() is run.loaded()


def test_a_flag_that_sets_nothing_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--set esi: that is no KEY=VALUE"):
        a_run(tmp_path, "esi").loaded()
    with pytest.raises(ConfigError, match=r"esi\.concurrency"):
        a_run(tmp_path, "esi.concurrency=many").loaded()


def test_a_value_may_have_an_equals_sign_in_it(tmp_path: Path) -> None:
    run = a_run(tmp_path, "store.url=sqlite:////a?b=c")
    assert run.loaded().settings.store.url.reveal() == "sqlite:////a?b=c"


def test_nothing_is_made_by_looking(tmp_path: Path) -> None:
    run = a_run(tmp_path)
    run.loaded()
    run.client(run.progress())
    assert not (tmp_path / "home").exists()
    with run.store():
        assert (tmp_path / "home" / "data" / "eveobs.sqlite3").exists()


def test_colour_is_for_terminals_that_want_it(tmp_path: Path) -> None:
    assert a_run(tmp_path).colour(True)  # noqa: FBT003
    assert not a_run(tmp_path).colour(False)  # noqa: FBT003
    assert not a_run(tmp_path, no_color=True).colour(True)  # noqa: FBT003
    assert not a_run(tmp_path, environ={"NO_COLOR": "1"}).colour(True)  # noqa: FBT003
    assert a_run(tmp_path, environ={"NO_COLOR": ""}).colour(True)  # noqa: FBT003


def test_bars_give_way_to_quiet_and_to_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal_as_stderr(monkeypatch)
    assert isinstance(a_run(tmp_path).progress(), TerminalProgress)
    assert type(a_run(tmp_path, quiet=True).progress()) is WarningsOnly
    assert type(a_run(tmp_path, verbose=1).progress()) is Lines


def test_the_width_is_that_of_a_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "55")
    monkeypatch.setattr("sys.stdout", Terminal())
    assert a_run(tmp_path).width() == 55
    monkeypatch.setattr("sys.stdout", io.StringIO())
    assert a_run(tmp_path).width() is None


def test_remarks_are_plain_and_quiet_when_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = terminal_as_stderr(monkeypatch)
    a_run(tmp_path).remark("a\x1b[31mb")
    assert terminal.getvalue() == "a␛[31mb\n"
    a_run(tmp_path, quiet=True).remark("more")
    assert terminal.getvalue() == "a␛[31mb\n"


def test_now_is_aware() -> None:
    assert Run.now().tzinfo is UTC


def test_the_audit_is_in_the_state_folder_and_names_the_system_user(tmp_path: Path) -> None:
    run = a_run(tmp_path, environ={"USER": "somebody-else", "LOGNAME": "somebody-else"})
    run.audit().note("config.set", "esi.concurrency")
    assert run.audit() is run.audit()
    (line,) = (tmp_path / "home" / "state" / "audit.jsonl").read_text().splitlines()
    assert json.loads(line)["user"] == pwd.getpwuid(os.getuid()).pw_name


def test_an_audit_that_cannot_be_written_is_a_warning_even_with_quiet(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "home").write_text("in the way")
    run = a_run(tmp_path, quiet=True)
    for _ in range(2):
        run.audit().note("config.set", "esi.concurrency")
    told = capsys.readouterr().err.splitlines()
    assert told == [
        f"warning: the audit {tmp_path}/home/state/audit.jsonl cannot be written: Not a directory"
    ]
