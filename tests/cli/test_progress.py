"""Progress is seen on a terminal and nowhere else, costs next to nothing, and hides no warning."""

from __future__ import annotations

import io
import re
import sys
import time
from typing import cast

import pytest
from rich.console import Console

from eveobs.cli.bars import Bars
from eveobs.cli.planning import described
from eveobs.cli.progress import Lines, Stage, TerminalProgress, WarningsOnly, progress_for
from eveobs.telemetry.progress import Progress
from tests.cli.hostile import ALL, leaked

pytestmark = pytest.mark.unit


class Terminal(io.StringIO):
    """A stream that says it is a terminal, and counts how often it is written to."""

    def __init__(self) -> None:
        super().__init__()
        self.writes = 0

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.writes += 1
        return super().write(text)

    def shown(self) -> str:
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.getvalue())


class Clock:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def until(stream: Terminal, words: str) -> str:
    for _ in range(300):
        if words in stream.shown():
            return stream.shown()
        time.sleep(0.01)
    raise AssertionError(f"{words!r} was never shown: {stream.shown()!r}")


@pytest.fixture(autouse=True)
def _terminal_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")


def test_both_listen_as_the_library_expects() -> None:
    listeners: list[Progress] = [WarningsOnly(io.StringIO()), TerminalProgress(Terminal())]
    for listener in listeners:
        listener.expect("pages", 3)
        listener.advance("pages")
        listener.wait(0, "nothing")


def test_what_listens_depends_on_the_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    def kind(stream: io.StringIO, *, quiet: bool = False) -> type:
        return type(progress_for(stream, quiet=quiet, colour=False))

    assert kind(Terminal()) is TerminalProgress
    assert kind(Terminal(), quiet=True) is WarningsOnly
    assert kind(io.StringIO()) is Lines
    assert kind(io.StringIO(), quiet=True) is WarningsOnly
    monkeypatch.setenv("TERM", "dumb")
    assert kind(Terminal()) is Lines


def test_elsewhere_only_warnings_are_written_and_harmlessly() -> None:
    stream = io.StringIO()
    with progress_for(stream, quiet=False, colour=True) as progress:
        progress.expect("pages", 3)
        progress.advance("pages", 3)
        progress.wait(5, "the error limit")
        for text in ALL:
            progress.warn(text)
    assert leaked(stream.getvalue()) == set()
    assert len(stream.getvalue().splitlines()) == len(ALL)
    assert all(line.startswith("warning: ") for line in stream.getvalue().splitlines())


def test_without_a_terminal_a_long_wait_is_a_line_with_its_reason() -> None:
    stream, now = io.StringIO(), [0.0]
    lines = Lines(stream, clock=lambda: now[0])
    lines.wait(5, "the error limit")
    assert stream.getvalue() == "", "a short one is not worth it"
    lines.wait(899.2, "the rate limit char-contract of Draus")
    lines.wait(899.9, "the rate limit char-contract of Draus")
    now[0] = 30
    lines.wait(860, "the rate limit char-contract of Draus")
    assert stream.getvalue() == "waiting 15m 00s: the rate limit char-contract of Draus\n"
    now[0] = 1000
    lines.wait(60, "another\x1b[31m")
    assert stream.getvalue().splitlines()[1].startswith("waiting 1m 00s: another")
    assert leaked(stream.getvalue()) == set()


def test_without_a_terminal_short_waits_are_a_line_when_they_add_up() -> None:
    stream, now = io.StringIO(), [0.0]
    lines = Lines(stream, clock=lambda: now[0])
    for _ in range(12):  # the game's spam guard: ten seconds, again and again
        lines.wait(10, "the game asks to slow down: contract items")
        lines.wait(9.5, "the game asks to slow down: contract items")
        now[0] += 10.2
    reason = "the game asks to slow down: contract items"
    assert stream.getvalue().splitlines() == [
        f"waiting 10s, 20s in all so far: {reason}",
        f"waiting 10s, 1m 20s in all so far: {reason}",
    ], "waits at the same time count once, and a line a minute is enough"


def test_a_total_does_not_grow_without_a_word() -> None:
    progress = TerminalProgress(Terminal(), colour=False)
    progress.expect("items", 100)
    assert progress.found("items") == ""
    progress.expect("items", 250)
    assert progress.found("items") == "150 more found"
    stream = Terminal()
    with TerminalProgress(stream, colour=False, patience=0) as shown:
        shown.expect("items", 100)
        shown.expect("items", 1250)
        end = time.monotonic() + 10
        while "1,150 more found" not in stream.getvalue():
            assert time.monotonic() < end, stream.getvalue()
            time.sleep(0.02)


def test_bars_tell_stage_count_and_wait() -> None:
    stream = Terminal()
    with TerminalProgress(stream, colour=False, patience=0) as progress:
        progress.expect("pages", 32)
        progress.advance("pages", 24)
        progress.advance("bids", 3)
        until(stream, "24/32")
        progress.expect("pages", 48)
        progress.advance("pages", 12)
        assert " left" in until(stream, "36/48")
        progress.wait(125, "ESI's error limit is near")
        text = until(stream, "waiting 2m 05s: ESI's error limit is near")
        assert re.search(r"bids .* 3\b", text)


def test_without_colour_no_colour_is_written() -> None:
    for colour in (False, True):
        stream = Terminal()
        with TerminalProgress(stream, colour=colour, patience=0) as progress:
            progress.expect("pages", 2)
            progress.advance("pages")
            progress.warn("careful")
            until(stream, "1/2")
        assert ("\x1b[3" in stream.getvalue()) == colour
        assert bool(re.search(r"\x1b\[[0-9;]*m", stream.getvalue())) == colour


def test_warnings_and_names_are_harmless_between_the_bars_too() -> None:
    stream = Terminal()
    with TerminalProgress(stream, colour=False, patience=0) as progress:
        progress.advance("\x1b]0;pwned\x07 [red]stage[/red]", 7)
        progress.wait(60, "\x1b[31m\u202ereason")
        until(stream, "waiting")
        for text in ALL:
            progress.warn(text)
    assert leaked(stream.shown().replace("\r", "")) == set()
    assert stream.shown().count("warning: ") == len(ALL)
    assert "[red]stage[/red]" in stream.shown()


def test_a_short_run_shows_nothing_at_all() -> None:
    stream = Terminal()
    with TerminalProgress(stream, patience=60) as progress:
        progress.expect("pages", 3)
        progress.advance("pages", 3)
    assert stream.getvalue() == ""


def test_a_warning_before_the_bars_is_a_plain_line() -> None:
    stream = Terminal()
    with TerminalProgress(stream, patience=60, colour=False) as progress:
        progress.warn("careful")
    assert stream.getvalue() == "warning: careful\n"


def test_counting_is_cheap_and_drawing_is_rare() -> None:
    stream = Terminal()
    with TerminalProgress(stream, colour=False, patience=0) as progress:
        progress.expect("items", 10**9)
        until(stream, "items")
        before, began, steps = stream.writes, time.perf_counter(), 0
        while time.perf_counter() - began < 1:
            for _ in range(1000):
                progress.advance("items")
            steps += 1000
        drawn = stream.writes - before
        assert progress.stages() == [Stage("items", steps, 10**9)]
    assert steps > 100_000
    assert drawn <= 25  # ten pictures, each written at once, and some slack


def test_the_longest_of_several_waits_is_counted_down_and_ends() -> None:
    clock = Clock()
    progress = TerminalProgress(Terminal(), clock=clock)
    assert progress.waiting() == ""
    progress.wait(10, "short")
    progress.wait(70, "long")
    progress.wait(20, "middling")
    assert progress.waiting() == "waiting 1m 10s: long"
    clock.now += 61.5
    assert progress.waiting() == "waiting 9s: long"
    clock.now += 8.5
    assert progress.waiting() == ""


def test_the_cursor_comes_back_when_a_run_fails() -> None:
    stream = Terminal()

    def fail() -> None:
        with TerminalProgress(stream, patience=0) as progress:
            progress.expect("pages", 2)
            until(stream, "pages")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert stream.getvalue().rfind("\x1b[?25h") > stream.getvalue().rfind("\x1b[?25l")


def test_stdout_is_left_alone() -> None:
    stream, before = Terminal(), (sys.stdout, sys.stderr)
    with TerminalProgress(stream, patience=0) as progress:
        progress.expect("pages", 2)
        until(stream, "pages")
        assert (sys.stdout, sys.stderr) == before


def test_what_waits_shows_no_time_left_since_its_pace_says_nothing() -> None:
    now = [0.0]
    progress = TerminalProgress(Terminal(), colour=False, clock=lambda: now[0])
    bars = Bars(progress, Terminal(), colour=False, clock=lambda: now[0])

    def picture() -> str:
        console = Console(file=io.StringIO(), width=100)
        console.print(bars._picture())
        return cast("io.StringIO", console.file).getvalue()

    progress.expect("items", 100)
    picture()
    now[0] = 1.0
    progress.advance("items", 20)
    assert "0:04 left" in picture()
    progress.wait(10, "the game asks to slow down: contract items")
    now[0] = 5.0
    assert " left" not in picture()
    now[0] = 12.0
    progress.advance("items", 20)
    assert " left" not in picture(), "it will wait again"
    progress.expect("names", 10)
    picture()
    now[0] = 13.0
    progress.advance("names", 5)
    assert "0:01 left" in picture(), "of a stage that did not wait"


def test_an_estimate_claims_no_time_that_it_does_not_know() -> None:
    assert described(7, 0.04, leads_to_more=True) == "about 7 requests or more"
    assert described(1, 0.0, leads_to_more=False) == "about 1 request"
    assert (
        described(700, 3.5, leads_to_more=True) == "about 700 requests or more, 4 seconds at least"
    )
    assert described(9000, 900, leads_to_more=False) == "about 9,000 requests, 15 minutes at least"
