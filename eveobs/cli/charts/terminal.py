"""A chart in characters, by plotext (the extra `plots`)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from eveobs.cli.charts.chart import Chart, Panel, Series
from eveobs.cli.output.values import compact_amount
from eveobs.cli.plain import ELLIPSIS, cut, encodable, plain

HEIGHT, WIDEST, NARROWEST = 12, 100, 24
SIGNS = (("*", "blue+"), ("o", "red+"), ("+", "green+"), ("x", "magenta+"))
"""Markers that every encoding has, and the colours that tell them apart at a glance."""
BOXES = str.maketrans("─│┌┐└┘┤├┬┴┼", "-|+++++++++")
A_TICK = 14
"""Columns for a date below the picture, with room."""


def chart_lines(chart: Chart, width: int, *, colour: bool, encoding: str | None) -> Iterator[str]:
    """The lines of a picture at most `width` columns wide; none for a chart without a moment."""
    span = chart.span()
    if span is None:
        return
    wide = max(min(width, WIDEST), NARROWEST)
    yield _text(chart.title, wide, encoding)
    for panel in chart.panels:
        yield from (_text(line, wide, encoding) for line in _legend(panel))
        for line in _picture(panel, chart, span, wide, colour=colour):
            yield _boxed(line, encoding)


def _text(text: str, width: int, encoding: str | None) -> str:
    return cut(encodable(plain(text), encoding), width, encodable(ELLIPSIS, encoding))


def _legend(panel: Panel) -> Iterator[str]:
    yield panel.title
    if len(panel.series) > 1:
        for one, (sign, _) in zip(panel.series, _signs(panel), strict=True):
            yield f"{sign} {one.label}"


def _signs(panel: Panel) -> list[tuple[str, str]]:
    return [SIGNS[number % len(SIGNS)] for number in range(len(panel.series))]


def _picture(
    panel: Panel, chart: Chart, span: tuple[datetime, datetime], width: int, *, colour: bool
) -> list[str]:
    import plotext

    figure = plotext.figure
    figure.clear()
    figure.theme("colorless")
    figure.plot_size(width, HEIGHT)
    figure.legend(active=False)
    begin, end = _wider(span)
    for moment, _ in chart.marks:
        figure.line(moment.timestamp(), "vertical", style="dotted")
    for one, (sign, name) in _lines_first(panel):
        xs, ys = [at.timestamp() for at, _ in one.points], [amount for _, amount in one.points]
        signal = figure.signal(xs, ys, marker=plotext.marker(sign, name if colour else None))
        if one.joined:
            signal.lines()
        figure.draw(signal)
    _rule(figure, panel, begin, end, width)
    picture: str = figure.build().string(colorless=not colour)
    figure.clear()
    return picture.splitlines()


def _lines_first(panel: Panel) -> list[tuple[Series, tuple[str, str]]]:
    """What is drawn last is not drawn over: the first line, and above all points by themselves."""
    drawn = [*zip(panel.series, _signs(panel), strict=True)][::-1]
    return sorted(drawn, key=lambda one: not one[0].joined)


def _wider(span: tuple[datetime, datetime]) -> tuple[datetime, datetime]:
    """What happened in one moment has some room on both sides."""
    begin, end = span
    return (begin - timedelta(hours=1), end + timedelta(hours=1)) if begin == end else span


def _rule(figure: Any, panel: Panel, begin: datetime, end: datetime, width: int) -> None:
    """Both rulers, in amounts and dates that a person reads."""
    least, most = panel.range()
    step = (most - least) / 4
    if panel.counts:
        step = math.ceil(step)
        most = least + 4 * step
    amounts = [least + step * number for number in range(5)]
    figure.ruler("y").lim(least, most)
    figure.ruler("y").ticks(amounts, [compact_amount(amount) for amount in amounts])
    last = max(width // A_TICK, 2) - 1
    moments = [begin + (end - begin) * number / last for number in range(last + 1)]
    figure.ruler("x").lim(begin.timestamp(), end.timestamp())
    figure.ruler("x").ticks([at.timestamp() for at in moments], _dates(moments))


def _dates(moments: Sequence[datetime]) -> list[str]:
    short = moments[-1] - moments[0] < timedelta(days=2)
    return [f"{at:%d. %H:%M}" if short else f"{at:%Y-%m-%d}" for at in moments]


def _boxed(line: str, encoding: str | None) -> str:
    """The frame in ASCII where the encoding has no lines."""
    safe = encodable("─│┌┐└┘┤├┬┴┼", encoding)
    return line.rstrip() if "?" not in safe else encodable(line.translate(BOXES), encoding).rstrip()
