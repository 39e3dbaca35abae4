"""In a real terminal hostile rows are lines of text, and progress leaves nothing behind."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.hostile import ALL

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(
        shutil.which("tmux") is None and os.environ.get("CI") != "true",
        reason="tmux is not installed",
    ),
]

ROOT = Path(__file__).parents[2]
ROWS = """
import sys
from datetime import UTC, datetime
from eveobs.cli.output import Format, write_rows
from eveobs.records.contracts import CONTRACTS
from tests.cli.hostile import ALL
moment = datetime(2026, 9, 23, 8, 11, 31, tzinfo=UTC)
names = ("title", "items_summary", "issuer_name", "start_location_name")
rows = [{"contract_id": 214_000_000 + n, **dict.fromkeys(names, t)} for n, t in enumerate(ALL)]
write_rows(rows, columns=CONTRACTS.columns, format=Format(sys.argv[1]), fields=None,
           stream=sys.stdout, width=int(sys.argv[2]), colour=False, now=moment,
           all_fields=["contract_id", "title"])
"""
PROGRESS = """
import sys, time
from eveobs.cli.progress import progress_for
from tests.cli.hostile import ALL
with progress_for(sys.stderr, quiet=False, colour=False) as progress:
    progress.expect("pages", 30)
    progress.wait(60, ALL[0])
    time.sleep(0.6)
    progress.warn("one\\x1b[31m warning")
    for _ in range(30):
        progress.advance("pages")
        time.sleep(0.02)
    if sys.argv[1] == "break":
        raise SystemExit(3)
print("the data")
"""


class Pane:
    """A terminal of 24 lines in which one script runs."""

    def __init__(self, script: str, *arguments: str, width: int) -> None:
        self._server = f"eveobs-{uuid.uuid4().hex[:12]}"
        self._environment = {
            **{name: value for name, value in os.environ.items() if name != "TMUX"},
            "LC_ALL": "C.UTF-8",
            "PYTHONPATH": str(ROOT),
            "SCRIPT": script,
        }
        arguments_ = " ".join(arguments)
        self._tmux("-u", "new-session", "-d", "-x", str(width), "-y", "24", "cat")
        self._tmux("set-option", "-g", "history-limit", "5000")
        self._tmux("set-option", "-g", "remain-on-exit", "on")
        self._tmux("select-pane", "-T", "untouched")
        run = f'"{sys.executable}" -c "$SCRIPT" {arguments_}'
        self._tmux("new-window", f"{run}; tmux -L {self._server} wait-for -S done; sleep 60")
        self._tmux("wait-for", "done")

    def lines(self, *options: str) -> list[str]:
        """What the terminal shows, with what has scrolled away."""
        shown = self._tmux("capture-pane", "-p", "-S", "-", *options)
        return shown.rstrip("\n").split("\n")

    def state(self, name: str) -> str:
        """One of tmux's format variables."""
        return self._tmux("display-message", "-p", f"#{{{name}}}").strip()

    def buffers(self) -> str:
        """What has been copied."""
        return self._tmux("list-buffers")

    def close(self) -> None:
        """End the terminal and what runs in it."""
        self._tmux("kill-server")

    def _tmux(self, *arguments: str) -> str:
        return subprocess.run(
            ["tmux", "-L", self._server, "-f", "/dev/null", *arguments],
            env=self._environment,
            capture_output=True,
            check=True,
            timeout=30,
            encoding="utf-8",
        ).stdout


@pytest.fixture
def panes() -> Iterator[list[Pane]]:
    opened: list[Pane] = []
    yield opened
    for pane in opened:
        pane.close()


def opened(panes: list[Pane], script: str, *arguments: str, width: int) -> Pane:
    panes.append(Pane(script, *arguments, width=width))
    return panes[-1]


def assert_untouched(pane: Pane, title: str) -> None:
    assert pane.state("pane_title") == title
    assert pane.state("cursor_flag") == "1"
    assert pane.state("cursor_x") == "0"
    for mode in ("alternate_on", "mouse_any_flag", "insert_flag", "origin_flag"):
        assert pane.state(mode) == "0", mode
    assert pane.state("wrap_flag") == "1"
    assert pane.state("scroll_region_upper") == "0"
    assert pane.state("scroll_region_lower") == "23"
    assert pane.buffers() == ""


@pytest.mark.parametrize("width", [200, 80, 40])
def test_every_hostile_row_is_one_line_in_its_place(panes: list[Pane], width: int) -> None:
    pane = opened(panes, ROWS, "table", str(width), width=width)
    header, *rows = pane.lines()
    assert header.split()[0] == "Contract"
    assert [row[:9] for row in rows] == [str(214_000_000 + n) for n in range(len(ALL))]
    assert "\x1b" not in "".join(pane.lines("-e"))
    assert_untouched(pane, pane.state("host"))


@pytest.mark.parametrize("format_", ["json", "ndjson", "csv"])
def test_what_programs_read_is_harmless_in_a_terminal_too(panes: list[Pane], format_: str) -> None:
    pane = opened(panes, ROWS, format_, "80", width=80)
    starts = [line for line in pane.lines() if line.startswith(("214000", '{"contract_id": 214'))]
    assert len(starts) == len(ALL)
    assert "\x1b" not in "".join(pane.lines("-e"))
    assert_untouched(pane, pane.state("host"))


@pytest.mark.parametrize("end", ["well", "break"])
def test_progress_leaves_its_warnings_and_the_data(panes: list[Pane], end: str) -> None:
    pane = opened(panes, PROGRESS, end, width=60)
    left = [line for line in pane.lines() if line]
    assert left == ["warning: one␛[31m warning", *(["the data"] if end == "well" else [])]
    assert_untouched(pane, pane.state("host"))
