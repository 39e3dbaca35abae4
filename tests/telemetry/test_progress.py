"""Steps of several rounds add up, whatever each round expects."""

from __future__ import annotations

import io

import pytest

from eveobs.cli.progress import Stage, TerminalProgress
from eveobs.telemetry.progress import Progress, Rounds, Silence

pytestmark = pytest.mark.unit


def test_every_round_comes_on_top() -> None:
    seen = TerminalProgress(io.StringIO())
    rounds = Rounds(seen)
    rounds.expect("names", 9)
    rounds.advance("names", 9)
    for total in (4, 2):
        rounds.begin()
        rounds.expect("items", total + 1)
        rounds.expect("items", total)  # corrected
        rounds.advance("items", total)
    rounds.begin()
    rounds.expect("names", 3)
    rounds.advance("names")
    assert seen.stages() == [Stage("names", 10, 12), Stage("items", 6, 6)]


def test_a_round_that_falls_short_does_not_leave_a_debt() -> None:
    seen = TerminalProgress(io.StringIO())
    rounds = Rounds(seen)
    rounds.expect("pages", 10)
    rounds.advance("pages", 3)
    rounds.begin()
    rounds.expect("pages", 2)
    rounds.advance("pages", 2)
    assert seen.stages() == [Stage("pages", 5, 5)]


def test_waits_and_warnings_pass_through() -> None:
    heard: list[object] = []

    class Listener(Silence):
        def wait(self, seconds: float, reason: str) -> None:
            heard.append((seconds, reason))

        def warn(self, message: str) -> None:
            heard.append(message)

    rounds = Rounds(Listener())
    rounds.wait(2, "a limit")
    rounds.warn("careful")
    assert heard == [(2, "a limit"), "careful"]


def test_silence_is_a_listener() -> None:
    listener: Progress = Silence()
    listener.expect("pages", 1)
    listener.advance("pages")
    listener.wait(1, "nothing")
    listener.warn("nothing")
