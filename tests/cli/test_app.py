"""The command line explains itself: every command and option, at any width, and slips are met."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from eveobs import __version__
from eveobs.cli.app import COMMANDS, app
from tests.conftest import Eveobs, process

pytestmark = pytest.mark.unit


def every_command() -> Iterator[tuple[tuple[str, ...], Any]]:
    """Name and command, groups too, the root first."""

    def below(names: tuple[str, ...], command: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
        yield names, command
        if hasattr(command, "list_commands"):
            context = typer.Context(command)
            for name in command.list_commands(context):
                yield from below((*names, name), command.get_command(context, name))

    yield from below((), typer.main.get_command(app))


EVERY = dict(every_command())


def test_the_commands_of_the_issue_are_there() -> None:
    wanted = {("fetch", "contracts"), ("list", "contracts"), ("show", "contract"), ("sandbox",)}
    wanted |= {("config", name) for name in "init show get set validate path".split()}
    assert wanted <= EVERY.keys()
    assert {names[0] for names in EVERY if names} == set(COMMANDS)


@pytest.mark.parametrize("names", EVERY, ids=" ".join)
def test_every_command_and_option_has_help(names: tuple[str, ...]) -> None:
    command = EVERY[names]
    assert command.help
    assert command.help.split("\n")[0].rstrip().endswith((".", "?")), command.help
    for parameter in command.params:
        assert getattr(parameter, "help", None), f"{parameter.name} of {' '.join(names)}"


@pytest.mark.parametrize("columns", [40, 80])
@pytest.mark.parametrize("names", EVERY, ids=" ".join)
def test_help_fits_the_terminal(
    names: tuple[str, ...], columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    result = Eveobs({"COLUMNS": str(columns)})(*names, "--help")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("Usage: ")
    # Names of options and their metavars are never broken; all else is.
    long = [line for line in result.stdout.splitlines() if len(line) > columns]
    assert not [line for line in long if not re.match(r"\s*(Usage: )?\S+( \S+)?$", line)]
    assert result.stdout == Eveobs({"COLUMNS": str(columns)})(*names, "-h").stdout


def test_no_arguments_is_help_and_exit_2() -> None:
    result = Eveobs({})()
    assert result.exit_code == 2
    assert result.output.startswith("Usage: eveobs ")
    for name in COMMANDS:
        assert re.search(rf"^  {name} ", result.output, re.MULTILINE)
    for group in ("fetch", "list", "show", "config"):
        assert Eveobs({})(group).exit_code == 2


def test_the_version_is_one_line() -> None:
    assert Eveobs({})("--version").output == f"eveobs {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "suggestion"),
    [
        (("lst",), "list"),
        (("fecth", "contracts"), "fetch"),
        (("fetch", "contract"), "contracts"),
        (("show", "contracts", "1"), "contract"),
        (("list", "contracts", "--regoin", "x"), "--region"),
        (("config", "sohw"), "show"),
    ],
)
def test_a_slip_is_exit_2_with_a_suggestion(arguments: tuple[str, ...], suggestion: str) -> None:
    result = Eveobs({})(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert suggestion in result.stderr.splitlines()[-1]


def test_nothing_near_is_still_a_sentence() -> None:
    result = Eveobs({})("xyzzy")
    assert result.exit_code == 2
    assert "No such command 'xyzzy'." in result.stderr


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("config", "revoke"), "`eveobs config trust --revoke`"),
        (("config", "revoke", "eveobs.toml"), "`eveobs config trust --revoke`"),
        (("config", "check"), "`eveobs config validate`"),
    ],
)
def test_a_command_of_another_name_is_named(words: tuple[str, ...], hint: str) -> None:
    result = Eveobs({})(*words)
    assert result.exit_code == 2
    assert result.stderr.splitlines() == [
        f"error: no such command '{' '.join(words[:2])}'",
        f"hint: {hint}",
    ]


def test_a_hostile_name_of_a_command_is_harmless() -> None:
    result = Eveobs({})("\x1b[31mred\x07")
    assert result.exit_code == 2
    assert "\x1b" not in result.stderr
    assert "\x07" not in result.stderr


def test_set_goes_above_all_and_may_be_repeated(eveobs: Eveobs) -> None:
    eveobs.env["EVEOBS_ESI__CONCURRENCY"] = "3"
    shown = eveobs(
        *("--set", "esi.concurrency=4", "--set", "esi.language=de", "config", "show", "--json")
    )
    esi = json.loads(shown.stdout)["esi"]
    assert (esi["concurrency"], esi["language"]) == (4, "de")


LOADED = """
import sys
from eveobs.cli.app import app
app(sys.argv[1:], standalone_mode=False)
heavy = {"sqlalchemy", "aiohttp", "httpx", "asyncio", "msgspec", "rich", "structlog", "diskcache"}
heavy |= {"prometheus_client"}
print(*sorted(heavy & sys.modules.keys()), file=sys.stderr)
"""


@pytest.mark.parametrize(
    ("arguments", "allowed"),
    [
        (["--version"], set()),
        (["--help"], set()),
        (["list", "contracts", "--json"], {"msgspec", "sqlalchemy", "asyncio"}),
        (["fetch", "contracts"], {"msgspec", "asyncio"}),  # nothing has expired
    ],
    ids=["version", "help", "list", "warm fetch"],
)
def test_a_run_loads_only_what_it_needs(
    arguments: list[str], allowed: set[str], filled: Eveobs
) -> None:
    run = subprocess.run(
        [sys.executable, "-c", LOADED, *arguments],
        env={**os.environ, **filled.env},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    assert set(run.stderr.splitlines()[-1].split()) <= allowed


def test_the_program_and_the_module_are_one() -> None:
    script = subprocess.run(
        [sys.executable, "-m", "eveobs", "--version"], capture_output=True, text=True
    )
    assert script.stdout == f"eveobs {__version__}\n"


def test_what_was_typed_in_utf_8_is_so_in_any_locale(filled: Eveobs) -> None:
    odd = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", **filled.env}
    result = process(odd, "fetch", "contracts", "--region", "Zürich", errors="replace")
    assert result.returncode == 2
    assert "there is no region 'Z?rich'" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["list", "contracts", "--title", b"a\xffb"],
        ["list", "contracts", "--issuer", b"\xff"],
        ["fetch", "contracts", "--region", b"\xff"],
        ["--set", b"esi.language=\xff", "list", "contracts"],
        ["--config", b"/nowhere/\xff", "list", "contracts"],
        ["show", "contract", b"\xff"],
        [b"\xff"],
    ],
    ids=str,
)
def test_bytes_that_are_no_text_are_no_crash(arguments: list[str | bytes], filled: Eveobs) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "eveobs", *arguments],
        env={**os.environ, **filled.env},
        capture_output=True,
        text=True,
        errors="replace",
    )
    assert run.returncode in {0, 2, 3}, run.stderr
    assert "Traceback" not in run.stderr
    assert run.stderr
