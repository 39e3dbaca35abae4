"""A chart in a file: PNG, SVG, or a page that needs nothing else."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from eveobs.cli.charts.chart import Chart, Panel
from eveobs.cli.output.values import compact_amount
from eveobs.cli.plain import plain
from eveobs.cli.plotting import label_of, new_figure, save
from eveobs.files import atomic_write, explained

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SUFFIXES = (".png", ".svg", ".html")
EPOCH = (datetime(1970, 1, 1, tzinfo=UTC), datetime(1970, 1, 2, tzinfo=UTC))
"""What a chart without a moment spans."""
PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font-family: system-ui, sans-serif; margin: 1rem auto; max-width: 60rem; }}
svg {{ background: white; height: auto; max-width: 100%; }}
</style>
</head>
<body>
<h1>{title}</h1>
{picture}
</body>
</html>
"""


def save_chart(chart: Chart, path: Path) -> None:
    """Draw it as the file ends. The file is whole or as it was; raises EveobsError."""
    figure = _figure(chart)
    with explained(path), atomic_write(path, private=False, seekable=True) as out:
        if path.suffix.lower() == ".html":
            out.write(_page(chart, figure).encode())
        else:
            save(figure, out, path.suffix)


def _page(chart: Chart, figure: Figure) -> str:
    picture = io.BytesIO()
    save(figure, picture, ".svg")
    svg = picture.getvalue().decode()
    return PAGE.format(title=escape(plain(chart.title)), picture=svg[svg.index("<svg") :])


def _figure(chart: Chart) -> Figure:
    figure, all_axes = new_figure(len(chart.panels))
    figure.suptitle(label_of(chart.title))
    begin, end = map(_number, chart.span() or EPOCH)
    room = (end - begin) / 50 or 1 / 24
    for axes, panel in zip(all_axes, chart.panels, strict=True):
        _draw(axes, panel)
        _mark(axes, chart)
        axes.set_xlim(begin - room, end + room)
    return figure


def _draw(axes: Axes, panel: Panel) -> None:
    from matplotlib import dates

    for one in panel.series:
        amounts = [amount for _, amount in one.points]
        axes.plot(
            [_number(at) for at, _ in one.points],
            amounts,
            label=label_of(one.label),
            marker="o",
            markersize=4,
            linestyle="-" if one.joined else "",
        )
    locator = dates.AutoDateLocator()  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    form = dates.ConciseDateFormatter(locator)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_formatter(form)
    axes.yaxis.set_major_formatter(lambda amount, _: compact_amount(amount))
    axes.set_title(label_of(panel.title), loc="left", fontsize="medium")
    axes.grid(visible=True, alpha=0.3)
    if panel.counts:
        axes.set_ylim(bottom=0)
    if len(panel.series) > 1:
        axes.legend(fontsize="small")


def _mark(axes: Axes, chart: Chart) -> None:
    """A line at each moment, with all that happened then beside it."""
    words: dict[float, list[str]] = {}
    for moment, word in chart.marks:
        words.setdefault(_number(moment), []).append(word)
    for at, said in words.items():
        text = label_of(", ".join(dict.fromkeys(said)))
        axes.axvline(at, color="gray", linestyle=":", alpha=0.7)
        axes.text(
            at,
            0.03,
            f" {text}",
            rotation=90,
            size="x-small",
            transform=axes.get_xaxis_transform(),
            va="bottom",
            ha="right",
        )


def _number(moment: datetime) -> float:
    """A moment as matplotlib counts it."""
    from matplotlib.dates import date2num

    return float(date2num(moment))  # type: ignore[no-untyped-call]
