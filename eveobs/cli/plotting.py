"""Pictures in files, by matplotlib (the extra `plots`)."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING

from eveobs.cli.extras import need
from eveobs.cli.plain import cut, plain
from eveobs.errors import UsageError
from eveobs.files import atomic_write, explained

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from eveobs.bench.histogram import Histogram

SUFFIXES = (".png", ".svg")
PERCENTS = (*range(100), *(99 + n / 10 for n in range(10)), *(99.9 + n / 100 for n in range(10)))
LONGEST_LABEL = 60


def check_plot(path: Path, suffixes: Sequence[str] = SUFFIXES) -> None:
    """Whether `path` can be drawn, before anything is done. Raises UsageError, ConfigError."""
    if path.suffix.lower() not in suffixes:
        *some, last = suffixes
        raise UsageError(f"--plot {path}: it is drawn as {', '.join(some)} or {last}")
    need("matplotlib", "plots", "--plot")


def new_figure(rows: int) -> tuple[Figure, list[Axes]]:
    """A figure of so many axes, one below the other."""
    import matplotlib as mpl

    # A file matplotlibrc in the working folder comes before the user's own, and can have texts set
    # by LaTeX with a preamble of its own, which reads files.
    mpl.rcdefaults()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.5 * rows), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, 1, squeeze=False)
    return figure, [*axes[:, 0]]


def save(figure: Figure, target: IO[bytes], suffix: str) -> None:
    """Draw it as what `suffix` says; what was typed is no formula."""
    from matplotlib.text import Text

    for text in figure.findobj(Text):
        text.set_parse_math(False)
    form = suffix.lower().removeprefix(".")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # letters that the font lacks are drawn as boxes
        metadata = {"Date": None} if form == "svg" else None
        figure.savefig(target, format=form, dpi=120, metadata=metadata)


def label_of(text: str) -> str:
    """A text for a legend, safe and not too long."""
    return cut(plain(text), LONGEST_LABEL)


def draw(path: Path, series: Sequence[tuple[str, Histogram]]) -> None:
    """A histogram above, and the latency of each percentile below, up to p99.9."""
    figure, (above, below) = new_figure(2)
    for name, latencies in series:
        bars = [(end / 1e6, count) for end, count in latencies.bars(60)[:-1]]
        ends, counts = [end for end, _ in bars], [count for _, count in bars]
        above.step(ends, counts, where="pre", label=label_of(name))
        figures = [latencies.percentile(p) / 1e6 for p in PERCENTS]
        below.plot(PERCENTS, figures, label=label_of(name))
    above.set(xlabel="latency, ms (up to p99)", ylabel="requests")
    below.set(xlabel="percent of requests", ylabel="latency, ms", yscale="log")
    for axes in (above, below):
        axes.grid(visible=True, alpha=0.3)
        axes.legend(fontsize="small")
    with explained(path), atomic_write(path, private=False, seekable=True) as out:
        save(figure, out, path.suffix)
