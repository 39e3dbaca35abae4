"""A picture in characters fits, is safe, and is the same in ASCII."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eveobs.cli.charts.chart import Chart, Panel, Series
from eveobs.cli.charts.terminal import NARROWEST, chart_lines
from eveobs.cli.plain import cells
from tests.cli.hostile import ALL, leaked

pytest.importorskip("plotext")
pytestmark = pytest.mark.unit

NOW = datetime(2026, 9, 23, 12, tzinfo=UTC)
MOMENTS = st.integers(0, 10**6).map(lambda minutes: NOW + timedelta(minutes=minutes))
AMOUNTS = st.one_of(st.just(0.0), st.floats(0.01, 1e15))
POINTS = st.lists(st.tuples(MOMENTS, AMOUNTS), max_size=8)
TEXTS = st.sampled_from(["copy", *ALL])
PANELS = st.builds(
    Panel,
    TEXTS,
    st.lists(st.builds(Series, TEXTS, POINTS, st.booleans()), max_size=5),
    st.booleans(),
)
CHARTS = st.builds(
    Chart,
    TEXTS,
    st.lists(PANELS, min_size=1, max_size=2),
    st.lists(st.tuples(MOMENTS, TEXTS), max_size=3),
)
SGR = re.compile(r"\x1b\[[0-9;]*m")


def lines(
    chart: Chart, width: int = 80, encoding: str = "utf-8", *, colour: bool = False
) -> list[str]:
    return list(chart_lines(chart, width, colour=colour, encoding=encoding))


@settings(max_examples=60, deadline=None)
@given(CHARTS, st.integers(1, 200), st.sampled_from(["utf-8", "ascii", "latin-1"]))
def test_it_fits_and_is_safe(chart: Chart, width: int, encoding: str) -> None:
    found = lines(chart, width, encoding)
    assert bool(found) == (chart.span() is not None)
    for line in found:
        assert cells(line) <= max(width, NARROWEST)
        assert leaked(line) == set()
        line.encode(encoding)


@settings(max_examples=20, deadline=None)
@given(CHARTS)
def test_colours_are_all_that_colour_adds(chart: Chart) -> None:
    coloured = [SGR.sub("", line).rstrip() for line in lines(chart, colour=True)]
    assert coloured == lines(chart)


def test_what_is_drawn() -> None:
    price = Series("price", [(NOW, 1e6), (NOW + timedelta(days=8), 3e6)])
    bids = Series("bids", [(NOW + timedelta(days=4), 2e6)], joined=False)
    found = lines(Chart("a title", [Panel("ISK", [price, bids])], [(NOW, "issued")]), 40)
    assert found[:4] == ["a title", "ISK", "* price", "o bids"]
    assert any("o" in line for line in found[4:])
    assert sum("*" in line for line in found[4:]) > 3
    assert "2026-09-23" in found[-1]
    assert "2026-10-01" in found[-1]
    assert max(map(len, found)) == 40


def test_counts_have_whole_numbers() -> None:
    points = [(NOW + timedelta(days=day), float(day)) for day in range(14)]
    found = lines(Chart("", [Panel("offers", [Series("on offer", points)], counts=True)]))
    labels = [word for line in found if (word := line.partition("┤")[0].strip()) and "┤" in line]
    assert labels == ["16", "12", "8", "4", "0"]
