"""Which pictures a command is asked for, and showing them."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from eveobs.cli.charts.chart import Chart
from eveobs.cli.extras import need
from eveobs.cli.output import Format
from eveobs.errors import UsageError

if TYPE_CHECKING:
    from eveobs.cli.context import Run

WIDTH = 80
"""Columns where there is no terminal to ask."""


@dataclass(frozen=True, slots=True)
class Pictures:
    """A picture on the terminal (None: where there is one that can have it), and in a file."""

    chart: bool | None = None
    plot: Path | None = None

    def check(self, shape: Format) -> None:
        """That they can be had, before anything is read. Raises UsageError and ConfigError."""
        if self.chart:
            if shape is not Format.TABLE:
                raise UsageError(f"--chart and --{shape} exclude each other")
            need("plotext", "plots", "--chart")
        if self.plot is not None:
            from eveobs.cli.charts.file import SUFFIXES
            from eveobs.cli.plotting import check_plot

            check_plot(self.plot, SUFFIXES)

    def show(self, run: Run, chart: Chart, shape: Format) -> None:
        """Draw what is wanted, where there is anything to be drawn."""
        if chart.span() is None:
            return
        if self.plot is not None:
            from eveobs.cli.charts.file import save_chart

            save_chart(chart, run.cwd / self.plot.expanduser())
            run.remark(f"drawn: {self.plot}")
        if self._on_terminal(shape):
            from eveobs.cli.charts.terminal import chart_lines

            colour = run.colour(sys.stdout.isatty())
            width, encoding = run.width() or WIDTH, sys.stdout.encoding
            for line in chart_lines(chart, width, colour=colour, encoding=encoding):
                sys.stdout.write(line + "\n")
            sys.stdout.write("\n")

    def _on_terminal(self, shape: Format) -> bool:
        if self.chart is not None:
            return self.chart
        return shape is Format.TABLE and sys.stdout.isatty() and find_spec("plotext") is not None
