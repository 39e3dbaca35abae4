"""Latencies as a picture, by matplotlib (the extra `plots`)."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from eveobs.cli.plain import cut, plain
from eveobs.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from eveobs.bench.histogram import Histogram

SUFFIXES = {".png", ".svg"}
PERCENTS = (*range(100), *(99 + n / 10 for n in range(10)), *(99.9 + n / 100 for n in range(10)))
LONGEST_LABEL = 60


def check_plot(path: Path) -> None:
    """Whether `path` can be drawn, before anything is measured. Raises UsageError, ConfigError."""
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"--plot {path}: it is drawn as .png or .svg")
    if find_spec("matplotlib") is None:
        raise ConfigError("--plot needs matplotlib", hint="`pip install eveobs[plots]`.")


def draw(path: Path, series: Sequence[tuple[str, Histogram]]) -> None:
    """A histogram above, and the latency of each percentile below, up to p99.9."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 7), layout="constrained")
    FigureCanvasAgg(figure)
    above, below = figure.subplots(2, 1)
    for name, latencies in series:
        bars = [(end / 1e6, count) for end, count in latencies.bars(60)[:-1]]
        label = cut(plain(name), LONGEST_LABEL)
        above.step([end for end, _ in bars], [count for _, count in bars], where="pre", label=label)
        below.plot(PERCENTS, [latencies.percentile(p) / 1e6 for p in PERCENTS], label=label)
    above.set(xlabel="latency, ms (up to p99)", ylabel="requests")
    below.set(xlabel="percent of requests", ylabel="latency, ms", yscale="log")
    for axes in (above, below):
        axes.grid(visible=True, alpha=0.3)
        for text in axes.legend(fontsize="small").get_texts():
            text.set_parse_math(False)  # what was typed is no formula
    figure.savefig(
        path, dpi=120, metadata={"Date": None} if path.suffix.lower() == ".svg" else None
    )
