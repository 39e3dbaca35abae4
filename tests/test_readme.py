"""What README.md says is so: its commands run, its tables are complete, its examples come out."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer

from eveobs.errors import ExitCode
from eveobs.observation.unit import Outcome
from tests.conftest import NewEden, new_eden_of

pytestmark = [pytest.mark.integration, pytest.mark.slow]

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
LEFT_TO_CI = ("make", "git", "pipx")
SERVES = "eveobs sandbox"
"""Runs until Ctrl-C."""


@dataclass(frozen=True)
class Example:
    """A command of the README, and the output shown below it."""

    command: str
    output: str


def examples() -> list[Example]:
    found = []
    for block in re.findall(r"^```console\n(.*?)^```", README, re.MULTILINE | re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            line, _, output = part.partition("\n")
            found.append(Example(re.sub(r" +#.*", "", line).strip(), output.strip()))
    return found


COMMANDS = [one for one in examples() if one.command.split()[0] not in LEFT_TO_CI]


@pytest.fixture(scope="module")
def eden() -> Iterator[NewEden]:
    """The sandbox as it is without options, but for its port."""
    with new_eden_of() as started:
        yield started


@pytest.fixture(scope="module")
def env(eden: NewEden, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """As a person's shell after the first fetch."""
    home = tmp_path_factory.mktemp("readme")
    (home / "ids.json").write_text("[34, 587]")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    own = {"EVEOBS_HOME": str(home), "EVEOBS_ESI__BASE_URL": eden.url, "PATH": path}
    return {**os.environ, **own}


def run(command: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", command],
        env=env,
        cwd=env["EVEOBS_HOME"],
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture(scope="module")
def first_fetch(env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    run('eveobs fetch market-orders --region "The Forge"', env)
    return run('eveobs fetch contracts --region "The Forge"', env)


def test_there_is_something_to_check() -> None:
    assert len(COMMANDS) > 10


def test_the_first_fetch_gives_the_figures_it_shows(
    first_fetch: subprocess.CompletedProcess[str],
) -> None:
    shown = next(one.output for one in COMMANDS if one.output.startswith("Subject"))
    assert (first_fetch.returncode, first_fetch.stderr) == (0, "")
    mine, theirs = ([line.split() for line in t.splitlines()] for t in (first_fetch.stdout, shown))
    assert mine[0] == theirs[0]
    for is_, said in zip(mine[1][:-1], theirs[1][:-1], strict=True):  # but the seconds
        assert is_.replace(",", "") == said.replace(",", "")


CODES = {"eveobs outbid": ExitCode.SIGN_IN}
"""The exit code of commands that do not end with 0 where nobody is signed in."""


@pytest.mark.parametrize(
    "command", dict.fromkeys(one.command for one in COMMANDS if one.command != SERVES)
)
@pytest.mark.usefixtures("first_fetch")
def test_every_command_runs(command: str, env: dict[str, str]) -> None:
    ran = run(command, env)
    assert ran.returncode == CODES.get(command, 0), ran.stderr
    assert "Traceback" not in ran.stderr
    assert ran.stdout or ran.stderr


@pytest.mark.usefixtures("first_fetch")
def test_the_list_it_opens_with_comes_out(env: dict[str, str]) -> None:
    (example,) = [one for one in COMMANDS if "--item blueprint" in one.command]
    ran = run(example.command, env)
    *table, remark = example.output.splitlines()
    assert re.findall(r"^ *(\d+)", ran.stdout, re.MULTILINE) == [
        line.split()[0] for line in table[1:]
    ]
    assert ran.stderr.strip() == remark


def test_the_script_runs(env: dict[str, str], tmp_path: Path) -> None:
    blocks = re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    (script,) = (block for block in blocks if "case $?" in block)
    if shutil.which("jq") is None:
        script = script.replace("jq -r .contract_id", "cat")
    ran = run(f"set -e\n{script}", env | {"EVEOBS_HOME": str(tmp_path)})
    assert (ran.returncode, ran.stderr) == (0, "")
    outcome = json.loads((tmp_path / "outcome.json").read_text())
    assert outcome[0]["subject"] == "Domain"


def test_the_sandbox_prints_the_line_it_shows(env: dict[str, str]) -> None:
    (example,) = [one for one in COMMANDS if one.command == SERVES]
    with subprocess.Popen(
        [sys.executable, "-m", "eveobs", "sandbox", "--port", "0"],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout is not None
        count = len(example.output.splitlines())
        printed = [server.stdout.readline().strip() for _ in range(count)]
        server.send_signal(signal.SIGINT)
        server.communicate(timeout=20)
    assert server.returncode == 0
    shown = example.output.splitlines()
    assert [re.sub(r":\d+", ":PORT", one) for one in printed] == [
        re.sub(r":\d+", ":PORT", one) for one in shown
    ]


# -- tables ---------------------------------------------------------------------------------------


def rows(heading: str) -> dict[str, str]:
    """The cells of the tables with this header, first column to second, back-quotes dropped."""
    pattern = rf"^\| {re.escape(heading)} \|\n\|[-|]+\|\n(.*?)(?=^$)"
    table = "".join(re.findall(pattern, README, re.MULTILINE | re.DOTALL))
    cells = [line.strip("|").split("|", 1) for line in table.splitlines()]
    return {first.strip().replace("`", ""): second.strip() for first, second in cells}


def test_every_command_is_in_the_reference() -> None:
    from eveobs.cli.app import app

    group: Any = typer.main.get_command(app)
    context = typer.Context(group)
    told = rows("command | what it does")
    elsewhere = [*rows("processor | of | scopes | role"), *rows("market | of | kept")]
    owned = {word for name in elsewhere for word in (name, _singular(name))}
    for name in group.list_commands(context):
        below = group.get_command(context, name)
        assert any(command.split()[:2] == ["eveobs", name] for command in told), name
        if name in {"fetch", "list", "show"}:
            for one in below.list_commands(context):
                in_full = any(command.startswith(f"eveobs {name} {one}") for command in told)
                assert in_full or one in owned, f"{name} {one}"


def _singular(name: str) -> str:
    from eveobs.processors.registry import processor

    return processor(name).schema.singular


def test_what_must_be_allowed_is_told() -> None:
    from eveobs.processors import registry

    told = re.findall(r"^\| ([a-z-]+) \| (\w+)s \| (.*) \| (.*) \|$", README, re.MULTILINE)
    for name in registry.names():
        processor = registry.processor(name)
        for kind in processor.schema.subjects if processor.schema.owned else ():
            needs = processor.needs(kind)
            (line,) = (one for one in told if one[:2] == (name, str(kind)))
            assert set(needs.scopes) <= set(re.findall(r"`([^`]+)`", line[2]))
            assert set(needs.roles) == {
                role.replace(" ", "_") for role in line[3].split(" or ") if role.strip()
            }


def test_every_list_in_a_script_is_one_that_can_be_asked_for(env: dict[str, str]) -> None:
    blocks = re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    lists = [
        line
        for block in blocks
        for line in re.findall(r"^eveobs list [^|#\n]+", block, re.MULTILINE)
    ]
    assert len(lists) >= 3
    for line in lists:
        asked = run(line.replace("--region Domain", ""), env)
        assert asked.returncode == 0, asked.stderr


def test_every_make_target_it_names_exists() -> None:
    makefile = (ROOT / "Makefile").read_text()
    named = set(re.findall(r"(?:^\$ |`)make ((?:[a-z]+ ?)+)", README, re.MULTILINE))
    targets = {target for names in named for target in names.split()}
    assert {"demo", "test", "setup", "bench"} <= targets
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_every_exit_code_is_told() -> None:
    told = {int(n) for codes in rows("exit code | meaning") for n in codes.split(",")}
    assert told == {int(code) for code in ExitCode}


def test_every_field_of_an_outcome_is_told() -> None:
    told = {name.strip() for names in rows("field | meaning") for name in names.split(",")}
    assert told | {"processor", "subject", "error"} == set(Outcome.__struct_fields__)


def test_every_file_it_links_to_exists() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


# -- the demo -------------------------------------------------------------------------------------


def test_the_demo_shows_a_table_and_leaves_no_process(env: dict[str, str], tmp_path: Path) -> None:
    own = {key: value for key, value in env.items() if not key.startswith("EVEOBS_")}
    with subprocess.Popen(
        ["sh", str(ROOT / "scripts" / "demo.sh")],
        env=own,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as demo:
        out, err = demo.communicate(timeout=120)
    assert demo.returncode == 0, err
    assert "Traceback" not in err
    assert re.search(r"^The Forge +complete +2500 ", out.replace(",", ""), re.MULTILINE), out
    assert len(re.findall(r"^ *22\d{7} ", out, re.MULTILINE)) == 12
    assert re.search(r"^  eveobs show contract 22\d{7}$", out, re.MULTILINE)
    with pytest.raises(ProcessLookupError):
        os.killpg(demo.pid, 0)
    assert (tmp_path / ".demo" / "data" / "eveobs.sqlite3").exists()
    assert len(list((tmp_path / ".demo" / "data" / "site" / "contract").iterdir())) == 2500
    after = run(
        "EVEOBS_HOME=.demo eveobs list contracts --format count",
        {**own, "EVEOBS_HOME": str(tmp_path)},
    )
    assert int(after.stdout) == 2500
