"""Whatever a command raises becomes words on stderr and the exit code that is documented."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from eveobs.cli.endings import complain, endings
from eveobs.errors import (
    AnswerError,
    ConfigError,
    DowntimeError,
    EveobsError,
    LimitError,
    ShapeError,
    SignInError,
    StoreError,
    UnreachableError,
    UsageError,
)
from tests.cli.hostile import ALL, leaked

pytestmark = pytest.mark.unit

Shown = pytest.CaptureFixture[str]


def ending_of(error: BaseException) -> int:
    with pytest.raises(typer.Exit) as caught, endings():
        raise error
    return int(caught.value.exit_code)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (EveobsError("it broke"), 1),
        (UsageError("it broke"), 2),
        (ConfigError("it broke"), 3),
        (SignInError("it broke"), 4),
        (UnreachableError("it broke"), 5),
        (DowntimeError("it broke"), 5),
        (LimitError("it broke", retry_at=1.0), 6),
        (AnswerError("it broke", status=404), 1),
        (ShapeError("it broke", status=200), 1),
        (StoreError("it broke"), 1),
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_kind_has_its_code(error: EveobsError, code: int, capsys: Shown) -> None:
    assert ending_of(error) == code
    when = ", until 1970-01-01 00:00:01 UTC" if isinstance(error, LimitError) else ""
    assert capsys.readouterr() == ("", f"error: it broke{when}\nhint: {error.advice}\n")


def test_a_hint_has_a_line_of_its_own(capsys: Shown) -> None:
    ending_of(StoreError("it broke", hint="Mend it."))
    assert capsys.readouterr().err == "error: it broke\nhint: Mend it.\n"


def test_what_strangers_typed_is_harmless_in_an_error(capsys: Shown) -> None:
    for text in ALL:
        complain(EveobsError(f"<{text}>", hint=text))
        assert leaked(capsys.readouterr().err) == set()


def test_interrupted_is_130_and_a_closed_pipe_141(capsys: Shown) -> None:
    assert ending_of(KeyboardInterrupt()) == 130
    assert capsys.readouterr().err == "interrupted\n"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, "No space left"), "the output cannot be written: No space left"),
        (PermissionError(errno.EACCES, "Denied", "/a/b"), "/a/b: Denied"),
        (OSError(errno.EMFILE, "Too many files"), "the system refused: Too many files"),
    ],
)
def test_what_the_system_refuses_is_named(
    error: OSError, said: str, capsys: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eveobs.cli.endings._forget_stdout", lambda: None)
    assert ending_of(error) == 1
    assert capsys.readouterr().err == f"error: {said}\nhint: What was stored is not lost.\n"


def test_bytes_that_are_no_text_are_a_slip_of_the_command_line(capsys: Shown) -> None:
    try:
        "a\udcff".encode()
    except UnicodeEncodeError as error:
        assert ending_of(error) == 2
    assert capsys.readouterr().err.startswith("error: 'a\\udcff' is not text in UTF-8\nhint: ")


def test_a_defect_is_told_and_has_a_report(capsys: Shown) -> None:
    assert ending_of(ZeroDivisionError()) == 1
    said = capsys.readouterr().err
    assert said.startswith("error: internal error: ZeroDivisionError")
    report = said.split("The report ")[1].split(" has no")[0]
    assert "raise error" in Path(report).read_text()


def test_exits_pass() -> None:
    assert ending_of(typer.Exit(7)) == 7


def test_a_stderr_that_is_full_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        encoding = "utf-8"

        def write(self, _: str) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("sys.stderr", Full())
    assert ending_of(ConfigError("it broke", hint="Mend it.")) == 3


PROGRAM = """
import os, signal, sys, time
from eveobs.cli.endings import endings, heed_termination, interruption, open_closed_streams
{body}
"""


def program(body: str, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", PROGRAM.format(body=body)]
    defaults: dict[str, object] = {"capture_output": True, "text": True, "timeout": 20}
    return subprocess.run(command, **(defaults | options))  # type: ignore[call-overload,no-any-return]


def test_a_termination_is_heeded_as_an_interruption() -> None:
    body = (
        "heed_termination()\n"
        "try:\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "    time.sleep(5)\n"
        "except KeyboardInterrupt:\n"
        "    sys.exit(int(interruption()))\n"
    )
    assert program(body).returncode == 128 + signal.SIGTERM


@pytest.mark.parametrize("closed", [[0], [1], [2], [0, 1], [1, 2], [0, 1, 2]], ids=str)
def test_streams_that_came_closed_are_opened_on_nothing(closed: list[int]) -> None:
    body = (
        "open_closed_streams()\n"
        "print('out', flush=True)\n"
        "print('err', file=sys.stderr, flush=True)\n"
        "number = os.open(os.devnull, os.O_RDONLY)\n"
        "sys.exit(0 if number > 2 and not sys.stdin.read() else 1)\n"
    )

    def close() -> None:
        for number in closed:
            os.close(number)

    run = program(body, preexec_fn=close, capture_output=False, stdin=subprocess.DEVNULL)
    assert run.returncode == 0


def test_tasks_that_a_second_ctrl_c_ended_are_not_told_of(caplog: pytest.LogCaptureFixture) -> None:
    import logging

    from eveobs.cli.endings import hush_interruptions

    hush_interruptions()
    hush_interruptions()
    logger = logging.getLogger("asyncio")
    assert (
        len([one for one in logger.filters if getattr(one, "__name__", "") == "_no_interruption"])
        == 1
    )
    for error in (KeyboardInterrupt(), ValueError("told")):
        logger.error("Task exception was never retrieved", exc_info=(type(error), error, None))
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [ValueError]
