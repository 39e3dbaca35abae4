"""Tab in the real bash, zsh and fish: what a command is handed after it."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import Eveobs, missing

pytestmark = [pytest.mark.integration, pytest.mark.slow]

SCRIPTS = Path(__file__).parents[2] / "completions"
HOSTILE = "Zap $(touch pwned) `touch pwned` \"double\" 'single' \\ ; & *"
SHELLS = {
    "bash": (["bash", "--norc", "--noprofile"], "source '{}/eveobs.bash'"),
    "zsh": (["zsh", "-f"], "autoload -U compinit; compinit -u -D; source '{}/_eveobs'"),
    "fish": (["fish", "--no-config"], "source '{}/eveobs.fish'"),
}
PROGRAM = """#!{python}
import json, os, sys
if "_EVEOBS_COMPLETE" in os.environ:
    os.execv(sys.executable, [sys.executable, "-m", "eveobs", *sys.argv[1:]])
with open({args!r}, "w") as file:
    json.dump(sys.argv[1:], file)
"""


class Shell:
    """A shell in a terminal, with completions, and an `eveobs` that writes down its arguments."""

    def __init__(self, name: str, folder: Path, env: dict[str, str]) -> None:
        self.folder, self.args = folder, folder / "args.json"
        program = folder / "bin" / "eveobs"
        program.parent.mkdir()
        program.write_text(PROGRAM.format(python=sys.executable, args=str(self.args)))
        program.chmod(0o755)
        command, source = SHELLS[name]
        self._tmux = ["tmux", "-S", str(folder / "tmux"), "-f", "/dev/null"]
        clean = {k: v for k, v in os.environ.items() if k not in {"TMUX", "LC_ALL"}}
        path = {"PATH": f"{program.parent}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}
        run = ["env", f"HOME={folder}", "TERM=xterm", *command]
        subprocess.run(
            [*self._tmux, "new-session", "-d", "-x", "200", "-y", "50", "-c", str(folder), *run],
            env={**clean, **env, **path},
            check=True,
        )
        self.type(source.format(SCRIPTS) + "; echo rea''dy", "Enter")
        self.until("ready")

    def type(self, *keys: str) -> None:
        for key in keys:
            literal = [] if key in {"Enter", "Tab"} else ["-l", "--"]
            subprocess.run([*self._tmux, "send-keys", *literal, key], check=True)

    def screen(self) -> str:
        shown = subprocess.run(
            [*self._tmux, "capture-pane", "-p"], check=True, capture_output=True, text=True
        )
        return shown.stdout

    def until(self, words: str) -> None:
        end = time.monotonic() + 20
        while words not in self.screen():
            assert time.monotonic() < end, self.screen()
            time.sleep(0.05)

    def hands_over(self, *keys: str) -> list[str]:
        """The arguments of eveobs after these keys; each Tab gets the time that it needs."""
        self.args.unlink(missing_ok=True)
        for key in keys:
            before = self.screen()
            self.type(key)
            if key == "Tab":
                self.settled(before)
        self.type("Enter")
        end = time.monotonic() + 10
        while not self.args.exists() or not self.args.read_text():
            assert time.monotonic() < end, self.screen()
            time.sleep(0.02)
        found: list[str] = json.loads(self.args.read_text())
        return found

    def settled(self, before: str) -> None:
        end = time.monotonic() + 5
        while self.screen() == before and time.monotonic() < end:
            time.sleep(0.02)
        time.sleep(0.1)

    def close(self) -> None:
        subprocess.run([*self._tmux, "kill-server"], check=False)


@pytest.fixture(scope="module")
def home(filled: Eveobs, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A home that holds The Forge, and a region with a name that no shell should see bare."""
    folder = tmp_path_factory.mktemp("home")
    shutil.copytree(filled.env["EVEOBS_HOME"], folder, dirs_exist_ok=True)
    (store,) = folder.rglob("eveobs.sqlite3")
    with closing(sqlite3.connect(store)) as database:
        database.execute(
            "INSERT INTO names VALUES (10009999, 'region', ?, '2026-01-01T00:00:00Z')", (HOSTILE,)
        )
        database.commit()
    return {**filled.env, "EVEOBS_HOME": str(folder)}


@pytest.fixture(params=list(SHELLS))
def shell(request: pytest.FixtureRequest, tmp_path: Path, home: dict[str, str]) -> Iterator[Shell]:
    if shutil.which("tmux") is None or shutil.which(request.param) is None:
        missing(f"tmux or {request.param} is not installed")
    started = Shell(request.param, tmp_path, home)
    yield started
    started.close()


def test_commands_options_and_names(shell: Shell) -> None:
    found = shell.hands_over("eveobs fe", "Tab", "contr", "Tab", "--reg", "Tab", "The\\ F", "Tab")
    assert found == ["fetch", "contracts", "--region", "The Forge"]
    found = shell.hands_over("eveobs fetch contracts --region the\\ f", "Tab")
    assert found == ["fetch", "contracts", "--region", "The Forge"]
    found = shell.hands_over("eveobs list contracts --fields price,tit", "Tab")
    assert found == ["list", "contracts", "--fields", "price,title"]
    found = shell.hands_over("eveobs list contracts --type auc", "Tab", "--gone")
    assert found == ["list", "contracts", "--type", "auction", "--gone"]


def test_names_with_quotes_begun(shell: Shell) -> None:
    found = shell.hands_over('eveobs fetch contracts --region "The F', "Tab")
    assert found == ["fetch", "contracts", "--region", "The Forge"]
    found = shell.hands_over("eveobs fetch contracts --region 'The F", "Tab")
    assert found == ["fetch", "contracts", "--region", "The Forge"]
    found = shell.hands_over("eveobs fetch contracts --region=The\\ F", "Tab")
    assert found == ["fetch", "contracts", "--region=The Forge"]


def test_a_hostile_name_is_only_a_name(shell: Shell) -> None:
    found = shell.hands_over("eveobs fetch contracts --region Za", "Tab")
    assert found == ["fetch", "contracts", "--region", HOSTILE]
    assert not (shell.folder / "pwned").exists()


@pytest.mark.parametrize("words", [["list", "contracts", "--region", "th"], ["fetch", ""]])
def test_a_tab_costs_no_more_than_loading_typer(words: list[str], home: dict[str, str]) -> None:
    env = {**os.environ, **home}
    program = [sys.executable, "-m", "eveobs", *words]
    typer = [sys.executable, "-c", "import typer"]
    tabs: list[float] = []
    imports: list[float] = []
    for _ in range(6):
        for command, times in ((program, tabs), (typer, imports)):
            began = time.perf_counter()
            subprocess.run(
                command,
                env={**env, "_EVEOBS_COMPLETE": "zsh"},
                check=True,
                stdout=subprocess.DEVNULL,
            )
            times.append(time.perf_counter() - began)
    assert min(tabs) < max(min(imports) * 1.2, 0.15)
