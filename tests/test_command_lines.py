"""Every command line of README and docs, run, with the exit code that it should have.

Lines of console, sh and ini blocks and `code` in running text. They run one after the other in this
process, against one sandbox and one home that was filled first; only what needs a shell gets one.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer

from tests.conftest import Eveobs, new_eden_of
from tests.signing import free_port

pytestmark = [pytest.mark.integration, pytest.mark.slow]

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
SHELL = re.compile(r"[|<>]|\$\(|~|\*|^[A-Z_]+=")
"""What Typer's runner cannot do."""
FIRST = re.compile(r"(?:[A-Z_]+=\S+ )*(?:\S*/)?eveobs(?: |$)")


@dataclass(frozen=True)
class Line:
    """A command line, and where it stands."""

    page: str
    text: str


def lines() -> list[Line]:
    """All of them, each once a page."""
    found: dict[Line, None] = {}
    for page in PAGES:
        for text in _of(page.read_text(encoding="utf-8")):
            found[Line(page.name, text)] = None
    return list(found)


def _of(page: str) -> Iterator[str]:
    for language, block in re.findall(r"^ *```(\w*)\n(.*?)^ *```", page, re.MULTILINE | re.DOTALL):
        for line in map(str.strip, block.splitlines()):
            if language == "console" and not line.startswith("$ "):
                continue
            text = re.sub(r"^(\$ |ExecStart=)", "", line)
            text = re.sub(r"\s+#.*", "", text)
            known = language in {"console", "sh"} or line.startswith("ExecStart=")
            if known and re.search(r"(?:^|\| )" + FIRST.pattern, text):
                yield text
    prose = re.sub(r"^ *```.*?^ *```", "", page, flags=re.MULTILINE | re.DOTALL)
    for code in re.findall(r"`([^`]+)`", prose):
        text = " ".join(code.split()).replace("\\|", "|")
        if FIRST.match(text):
            yield text


SIGN_IN = """#!{python}
import json, sys
from urllib.request import urlopen
address = sys.argv[1]
people = json.load(urlopen("{url}/_sandbox/people"))
urlopen(f"{{address}}&character={{people['characters'][0]['id']}}").read()
"""
"""A browser in which the first character is chosen."""
XCLIP = "#!/bin/sh\necho Rifter x3\n"

PLACEHOLDERS = {
    "eveobs show contract ID": "eveobs show contract 222001499",
    "eveobs show dynamic-item ID": "eveobs list dynamic-items --limit 1",
    "eveobs find NAME": "eveobs find Rifter",
    "eveobs appraise [FILE]": "eveobs appraise cargo.txt",
    "eveobs history type NAME": "eveobs history type Rifter",
    "eveobs export KIND": "eveobs export contracts",
    "eveobs import everef FILE": "eveobs import everef Downloads/public-contracts-1.tar.bz2",
    'eveobs sql "SELECT …"': 'eveobs sql "SELECT count(*) FROM contracts"',
    "eveobs api PATH": "eveobs api /status",
    "eveobs completion SHELL": "eveobs completion bash",
    "eveobs help TOPIC": "eveobs help limits",
    "eveobs list NAME": "eveobs list contracts",
    "eveobs list --json": "eveobs list contracts --json",
    'eveobs api /corporations/98000001/blueprints --as "Kara Ovessa"': (
        'eveobs api /corporations/98500000/blueprints --as "Draus Longward"'
    ),
    'eveobs show corporation "Salt Haulers"': "eveobs show corporation 98500000",
    # Thousands of pages; test_readme.py and test_docs.py make them.
    "eveobs publish --from contracts": "eveobs publish --from contracts --limit 20",
    "eveobs publish --from contracts --from blueprints": (
        "eveobs publish --from contracts --from blueprints --limit 20"
    ),
    "eveobs publish --from contracts --from blueprints --dry-run --csv | tail -n 3": (
        "eveobs publish --from contracts --from blueprints --dry-run --csv --limit 20 | tail -n 3"
    ),
    "eveobs --metrics-file /var/lib/node_exporter/textfile/eveobs.prom fetch all": (
        "eveobs --metrics-file eveobs.prom fetch all"
    ),
    "LOG_FILE=/var/log/eveobs.log LOG_LEVEL=info eveobs fetch all": (
        "LOG_FILE=eveobs.log LOG_LEVEL=info eveobs fetch all"
    ),
    "/usr/local/bin/eveobs --quiet watch --once": "eveobs --quiet watch --once",
}
"""Lines with a word or a place that stands for the reader's own, and what is run instead."""

UNDERCUT, USAGE, CONFIGURATION, SIGN_IN_LACKS = 1, 2, 3, 4
CODES = {
    "eveobs": USAGE,  # alone it prints its help
    "eveobs sql": USAGE,  # without its query
    "eveobs fetch": USAGE,  # a group alone prints its help
    "eveobs list": USAGE,
    "eveobs cache": USAGE,
    "eveobs audit": USAGE,
    "eveobs config": USAGE,
    "eveobs auth": USAGE,
    "eveobs static-data": USAGE,
    "eveobs alerts": CONFIGURATION,  # no alerts.to
    "eveobs alerts test": CONFIGURATION,
    "eveobs outbid --check --quiet >/dev/null": UNDERCUT,
    "eveobs config trust": CONFIGURATION,  # no eveobs.toml in the working folder
    "eveobs publish check": CONFIGURATION,  # no wordpress.url
    "eveobs publish verify": CONFIGURATION,
    "eveobs publish verify --repair": CONFIGURATION,
    "eveobs publish --target wordpress": CONFIGURATION,
    "eveobs publish --target wordpress --dry-run": CONFIGURATION,
}
"""The exit code of lines that do not end with 0, for somebody who has set nothing."""

LASTS = "runs until it is stopped; tests/integration/test_watch.py"
MEASURES = "measures for seconds; tests/cli/test_bench.py"
SERVES = "serves until Ctrl-C; tests/cli/test_sandbox.py"
ELSEWHERE = "downloads from the internet; tests/cli/test_import.py"
PARSED = {
    "eveobs watch": LASTS,
    "eveobs watch --listen 127.0.0.1:9464": LASTS,
    "eveobs watch --listen 0.0.0.0:9464": LASTS,
    "/usr/local/bin/eveobs --log-format json watch --listen 127.0.0.1:9464": LASTS,
    "eveobs bench": MEASURES,
    "eveobs bench http://127.0.0.1:8787/universe/types/587 -c 1,10,50": MEASURES,
    "eveobs bench /universe/types/587 -c 1,10,50": MEASURES,
    "eveobs bench /contracts/public/10000002 --mode network,revalidate,memory,disk": MEASURES,
    "eveobs bench contracts --mode store": MEASURES,
    "eveobs bench /universe/types/587 --rate 200 -d 30s --plot latency.svg": MEASURES,
    "eveobs bench --save before.json": MEASURES,
    "eveobs bench --compare before.json --fail-if 'p99>+10%'": MEASURES,
    "eveobs bench --compare before.json --fail-if 'p99>+10%' --fail-if 'errors>0'": MEASURES,
    "eveobs sandbox": SERVES,
    "eveobs sandbox --fault 503:times=3": SERVES,
    "eveobs import everef https://data.everef.net/public-contracts/"
    "public-contracts-latest.v2.tar.bz2": ELSEWHERE,
}
"""Lines of which only the words are read, as the parser does, and why they are not run."""


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of somebody who followed the pages: signed in, and everything fetched."""
    folder = tmp_path_factory.mktemp("lines")
    programs = folder / "bin"
    programs.mkdir()
    with new_eden_of("--no-spam-guard") as eden:
        stand_ins = {"browser": SIGN_IN.format(python=sys.executable, url=eden.url), "xclip": XCLIP}
        if shutil.which("jq") is None:
            stand_ins["jq"] = "#!/bin/sh\ncat\n"
        for name, script in stand_ins.items():
            program = programs / name
            program.write_text(script)
            program.chmod(program.stat().st_mode | stat.S_IXUSR)
        (folder / "ids.json").write_text("[34, 587]")
        (folder / "cargo.txt").write_text("Rifter\t3\nTritanium\t1000\n")
        env = {
            "HOME": str(folder),
            "EVEOBS_HOME": str(folder / "home"),
            "EVEOBS_ESI__BASE_URL": eden.url,
            "EVEOBS_SSO__BASE_URL": eden.url,
            "EVEOBS_SSO__CLIENT_ID": "eveobs-sandbox",
            "EVEOBS_SSO__CALLBACK_PORT": str(free_port()),
            "EVEOBS_STATIC_DATA__BASE_URL": f"{eden.url}/static-data",
            "EVEOBS_IMAGES__BASE_URL": f"{eden.url}/images",
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
            "BROWSER": f"{programs / 'browser'} %s",
            "PATH": f"{programs}:{Path(sys.executable).parent}:{os.environ['PATH']}",
        }
        for line in FIRST_LINES:
            ran = in_shell(line, env, folder)
            assert ran.returncode == 0, f"{line}\n{ran.stderr}"
        yield env


FIRST_LINES = (
    "eveobs auth login",
    'eveobs fetch contracts --region "The Forge"',
    "eveobs fetch market-orders",
    "eveobs static-data update",
    "mkdir -p Downloads eve-templates",
    "eveobs export contracts --format everef -o Downloads/public-contracts-1.tar.bz2",
)


def in_shell(line: str, env: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", line],
        env={**os.environ, **env},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        stdin=subprocess.DEVNULL,
    )


def parse(words: list[str]) -> None:
    """Read a command line as far as the command that it names, and run nothing."""
    from eveobs.cli.app import app

    command: Any = typer.main.get_command(app)
    context = command.make_context("eveobs", words)
    while rest := [*getattr(context, "_protected_args", ()), *context.args]:
        name, command, rest = context.command.resolve_command(context, rest)
        context = command.make_context(name, rest, parent=context)
        if not hasattr(command, "list_commands"):
            return


LINES = list(dict.fromkeys(line.text for line in lines()))


@pytest.mark.parametrize("line", LINES)
def test_a_command_line_ends_as_it_should(
    line: str, shell: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = Path(shell["HOME"])
    monkeypatch.chdir(folder)
    if line in PARSED:
        parse(shlex.split(line)[1:])
        return
    env = dict(shell)
    text = PLACEHOLDERS.get(line, line)
    if text.startswith(("eveobs config init", "eveobs config set")):
        env["EVEOBS_HOME"] = str(tmp_path)  # and not for the lines after it
    if SHELL.search(text) or text.startswith("eveobs sandbox"):
        ran = in_shell(text, env, folder)
        code, output = ran.returncode, ran.stdout + ran.stderr
    else:
        result = Eveobs(env)(*shlex.split(text)[1:], stdin="")
        code, output = result.exit_code, result.output
    assert code == CODES.get(line, 0), output
    assert "Traceback" not in output


def test_every_exception_is_of_a_line_that_is_there() -> None:
    stale = {*PLACEHOLDERS, *CODES, *PARSED} - {*LINES}
    assert not stale
    assert len(LINES) > 100
