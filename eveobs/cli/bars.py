"""The bars of `eveobs.cli.progress`, drawn by Rich; imported when the first one appears."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Protocol, TextIO

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

REFRESHES = 10  # a second
_BAR = 24
_NARROW = 60  # cells of terminal below which the bar is half of that, and nothing is told of speed
_MINUTE, _HOUR = 60, 3600


class Source(Protocol):
    """What is drawn."""

    def stages(self) -> Iterable[tuple[str, int, int | None]]:
        """Name, steps done and steps in all (None: unknown) of each stage."""

    def waiting(self) -> str:
        """A line about a pause, or nothing."""

    def found(self, stage: str) -> str:
        """Why the total of a stage grew, or nothing."""


class Bars:
    """Draws `source` on `stream` from `start` to `stop`, which takes all of it away."""

    def __init__(
        self, source: Source, stream: TextIO, *, colour: bool, clock: Callable[[], float]
    ) -> None:
        self._source = source
        self._clock = clock
        self._began: dict[str, tuple[float, int]] = {}  # when, and what was done by then
        self._ended: dict[str, float] = {}
        self._paused: set[str] = set()
        self._console = Console(
            file=stream,
            force_terminal=True,
            color_system="auto" if colour else None,
            no_color=not colour,
            markup=False,
            emoji=False,
            highlight=False,
        )
        self._live = Live(
            get_renderable=self._picture,
            console=self._console,
            refresh_per_second=REFRESHES,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def start(self) -> None:
        """Draw from now on."""
        self._live.start(refresh=True)

    def stop(self) -> None:
        """Leave the terminal as it was."""
        self._live.stop()

    def warn(self, message: str) -> None:
        """Write a line above the bars; `message` is plain text."""
        line = Text.assemble(("warning:", "yellow"), " ", message)
        self._console.print(line, soft_wrap=True)

    def _picture(self) -> Group:
        grid = Table.grid(padding=(0, 1))
        grid.add_column(no_wrap=True, overflow="crop")  # Rich's ellipsis is never ASCII
        grid.add_column()
        grid.add_column(no_wrap=True, justify="right")
        grid.add_column(no_wrap=True)
        narrow = self._console.width < _NARROW
        waiting = self._source.waiting()
        if waiting:
            self._paused.update(
                name for name, done, total in self._source.stages() if done != total
            )
        for name, done, total in self._source.stages():
            count = f"{done:,}" if total is None else f"{done:,}/{total:,}"
            pace = "" if narrow else self._pace(name, done, total)
            if found := self._source.found(name):
                pace = found if narrow or not pace else f"{pace}  {found}"
            bar = self._bar(done, total, _BAR // 2 if narrow else _BAR)
            grid.add_row(Text(name), bar, Text(count), Text(pace, style="dim"))
        reason = Text(waiting, no_wrap=True, overflow="crop", style="yellow")
        return Group(grid, reason) if reason else Group(grid)

    def _bar(self, done: int, total: int | None, width: int) -> ProgressBar:
        return ProgressBar(
            total,
            done,
            width,
            pulse=total is None,
            complete_style="cyan",
            finished_style="green",
            pulse_style="cyan",
            animation_time=self._clock(),
        )

    def _pace(self, name: str, done: int, total: int | None) -> str:
        """Steps a second since the stage was first drawn, and what is left of the time: not of a
        stage that had to wait, and may have to again.
        """
        now = self._clock()
        began, before = self._began.setdefault(name, (now, done))
        if total is None or done < total:
            self._ended.pop(name, None)
        else:
            now = self._ended.setdefault(name, now)
        if done <= before or now <= began:
            return ""
        speed = (done - before) / (now - began)
        rate = f"{speed:,.0f}/s" if speed >= 1 else f"{speed * _MINUTE:,.0f}/min"
        if not total or done >= total or name in self._paused:
            return rate
        return f"{rate}  {_left((total - done) / speed)}"


def _left(seconds: float) -> str:
    whole = math.ceil(seconds)
    if whole >= _HOUR:
        return f"{whole // _HOUR}h {whole % _HOUR // _MINUTE:02}m left"
    return f"{whole // _MINUTE}:{whole % _MINUTE:02} left"
