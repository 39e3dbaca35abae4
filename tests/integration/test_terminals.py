"""What a person sees: progress and tables in real terminals of any width, in any language, and
plain text where there is no terminal.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import Eveobs, NewEden, missing, new_eden_of, process

pytestmark = [pytest.mark.integration, pytest.mark.slow]

EVEOBS = f"{shlex.quote(sys.executable)} -m eveobs"
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@pytest.fixture(scope="module")
def slow_eden() -> Iterator[NewEden]:
    """Two regions that take a second each."""
    arguments = ("--contracts", "300", "--regions", "The Forge,Domain", "--latency", "80")
    with new_eden_of(*arguments, "--seed", "8") as started:
        yield started


class Screen:
    """A terminal of tmux, with a shell in it whose prompt is `$ `."""

    def __init__(self, columns: int, lines: int, env: dict[str, str], socket: Path) -> None:
        self._tmux = ["tmux", "-S", str(socket), "-f", "/dev/null"]
        size = ["-x", str(columns), "-y", str(lines)]
        clean = {k: v for k, v in os.environ.items() if k not in {"NO_COLOR", "TMUX", "LC_ALL"}}
        shell = ["env", "PS1=$ ", "LC_ALL=C.UTF-8", "bash", "--norc", "--noprofile"]
        subprocess.run(
            [*self._tmux, "new-session", "-d", *size, *shell], env={**clean, **env}, check=True
        )
        self.columns = columns

    def send(self, *keys: str) -> None:
        subprocess.run([*self._tmux, "send-keys", *keys], check=True)

    def ask(self, what: str) -> str:
        """Something that tmux knows."""
        asked = [*self._tmux, "display-message", "-p", f"#{{{what}}}"]
        return subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()

    def type(self, line: str) -> None:
        self.send(line, "Enter")

    def text(self, *, escapes: bool = False) -> str:
        options = ["-e"] if escapes else []
        shown = subprocess.run(
            [*self._tmux, "capture-pane", "-p", *options], check=True, capture_output=True
        )
        return shown.stdout.decode().rstrip("\n")

    def until(self, words: str, seconds: float = 30, seen: list[str] | None = None) -> str:
        """Wait for what the pattern `words` finds; what was shown on the way goes to `seen`."""
        end = time.monotonic() + seconds
        while not re.search(words, text := self.text(), re.MULTILINE):
            assert time.monotonic() < end, text
            if seen is not None:
                seen.append(text)
            time.sleep(0.05)
        return text

    def run(self, line: str) -> str:
        """What is on the screen when the command has ended."""
        self.type(f"clear; {line}; echo ended $?")
        return self.until(r"^ended \d+$")

    def close(self) -> None:
        subprocess.run([*self._tmux, "kill-server"], check=False)


Open = Callable[..., Screen]


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[Open]:
    """Opens terminals."""
    if shutil.which("tmux") is None:
        missing("tmux is not installed")
    opened: list[Screen] = []

    def start(columns: int, env: dict[str, str], lines: int = 24) -> Screen:
        opened.append(Screen(columns, lines, env, tmp_path / f"tmux{len(opened)}"))
        return opened[-1]

    yield start
    for one in opened:
        one.close()


def env_of(home: Path, eden: NewEden) -> dict[str, str]:
    return {"EVEOBS_HOME": str(home), "EVEOBS_ESI__BASE_URL": eden.url}


# -- progress -------------------------------------------------------------------------------------


@pytest.mark.parametrize("columns", [80, 40])
def test_progress_is_seen_counts_right_and_leaves_no_trace(
    columns: int, slow_eden: NewEden, home: Path, screen: Open
) -> None:
    terminal = screen(columns, env_of(home, slow_eden))
    terminal.type(f"clear; {EVEOBS} fetch contracts --region 'The Forge' --region Domain")
    shown: list[str] = []
    end = terminal.until("complete", seen=shown)
    bars = [line for text in shown for line in text.splitlines() if "━" in line]
    stages = {line.split()[0] for line in bars}
    assert {"pages", "items", "regions"} <= stages
    for line in bars:
        assert len(line) <= columns
        found = re.search(r" ([\d,]+)/([\d,]+)", line)
        assert found is not None, line
        done, total = (int(number.replace(",", "")) for number in found.groups())
        assert 0 <= done <= total, line
    lines = end.splitlines()
    table = next(number for number, line in enumerate(lines) if line.startswith("Subject"))
    assert [line.split()[0] for line in lines[table + 1 : table + 3]] == ["The", "Domain"]
    assert "━" not in end


@pytest.mark.parametrize(
    "variable", ["TERM=dumb", "TERM=xterm-256color QUIET=1", "NO_COLOR=1"], ids=str
)
def test_progress_knows_when_it_is_not_wanted(
    variable: str, slow_eden: NewEden, home: Path, screen: Open
) -> None:
    terminal = screen(80, env_of(home, slow_eden))
    quiet = "--quiet" if "QUIET" in variable else ""
    terminal.type(f"clear; env {variable} {EVEOBS} {quiet} fetch contracts")
    shown: list[str] = []
    terminal.until("complete", seen=shown)
    coloured = terminal.text(escapes=True)
    assert any("━" in text for text in shown) == ("NO_COLOR" in variable)
    if "NO_COLOR" in variable:
        assert not re.search(r"\x1b\[3[0-9]", coloured)


def test_a_ctrl_c_gives_the_terminal_back(slow_eden: NewEden, home: Path, screen: Open) -> None:
    terminal = screen(80, env_of(home, slow_eden))
    terminal.type(f"clear; {EVEOBS} fetch contracts; echo ended $?")
    terminal.until(r"items .*[1-9]/")
    terminal.send("C-c")
    end = terminal.until(r"^ended", seconds=5)
    assert re.search(r"^(\^C)?interrupted\nended 130$", end, re.MULTILINE)
    assert "━" not in end
    assert terminal.ask("cursor_flag") == "1"


# -- tables ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("columns", [120, 80, 40])
def test_a_list_fills_a_screen_without_a_wrapped_line(
    columns: int, filled: Eveobs, screen: Open
) -> None:
    terminal = screen(columns, filled.env)
    text = terminal.run(f"{EVEOBS} list contracts")
    lines = text.splitlines()
    head = next(number for number, line in enumerate(lines) if "Contract" in line)
    rows = lines[head + 1 : -3]  # then the remark, "ended 0", the prompt
    assert head <= 2  # a screenful, so nothing has scrolled away but what was typed
    assert all(re.match(r" *22\d{7} ", row) for row in rows), text
    assert re.search(rf"^{len(rows)} of \d+ contracts; --limit 0 shows all$", text, re.MULTILINE)
    assert all(len(line) <= columns for line in lines)
    if columns >= 80:
        assert {"Type", "Price", "Items"} <= set(lines[head].split())
    else:
        assert {"Contract", "Price"} <= set(lines[head].split())


@pytest.mark.parametrize("columns", [80, 40])
def test_a_card_and_the_errors_fit_too(columns: int, filled: Eveobs, screen: Open) -> None:
    key = filled.json("list", "contracts", "--type", "auction", "--limit", "1")[0]["contract_id"]
    terminal = screen(columns, filled.env, lines=200)
    text = terminal.run(f"{EVEOBS} show contract {key}")
    assert str(key) in text
    assert "ended 0" in text
    labels = [line.split("  ")[0] for line in text.splitlines()]
    assert {"Type", "Price", "Title", "Issuer", "Ends"} & set(labels)
    assert all(len(line) <= columns for line in text.splitlines())


def test_colour_is_for_terminals_that_want_it(filled: Eveobs, screen: Open) -> None:
    terminal = screen(80, filled.env)
    listing = f"{EVEOBS} list contracts --limit 3"
    terminal.run(listing)
    assert "\x1b[1m" in terminal.text(escapes=True)
    for plain in (f"NO_COLOR=1 {listing}", f"{EVEOBS} --no-color list contracts --limit 3"):
        terminal.run(plain)
        assert not ESCAPES.search(terminal.text(escapes=True)), plain
    terminal.run(f"{listing} | cat")
    assert not ESCAPES.search(terminal.text(escapes=True))


# -- no terminal, no Unicode ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "locale",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ],
    ids=["ascii", "LC_ALL=C"],
)
def test_any_encoding_can_carry_the_output(locale: dict[str, str], filled: Eveobs) -> None:
    env = {"LANG": "C", **filled.env, **locale}
    titled = filled.json("list", "contracts", "--fields", "contract_id,title")
    hostile = [str(row["contract_id"]) for row in titled if not (row["title"] or "").isascii()]
    assert hostile, "the sandbox has no title beyond ASCII"
    for arguments in (
        ("list", "contracts"),
        ("list", "contracts", "--csv"),
        ("show", "contract", hostile[0]),
        ("fetch", "contracts", "--region", "Zürich\u202e"),
    ):
        result = process(env, *arguments, errors="replace")
        assert result.returncode == (2 if "--region" in arguments else 0), result.stderr
        assert "Traceback" not in result.stderr


def test_without_a_terminal_there_is_neither_progress_nor_colour(
    slow_eden: NewEden, home: Path
) -> None:
    result = process(env_of(home, slow_eden), "fetch", "contracts")
    assert (result.returncode, result.stderr) == (0, "")
    assert not ESCAPES.search(result.stdout)
    assert result.stdout.split()[0] == "Subject"


def test_quiet_leaves_nothing_but_errors(filled: Eveobs, home: Path) -> None:
    nothing = process(filled.env, "--quiet", "list", "contracts", "--limit", "1")
    assert nothing.stderr == ""
    wrong = process(filled.env, "--quiet", "list", "contracts", "--region", "Forgery")
    assert wrong.returncode == 2
    assert wrong.stderr.startswith("error: ")
