"""Pictures in files: what they are, that they are whole, and that no title is more than text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from eveobs.cli.charts.chart import Chart, Panel, Series
from eveobs.cli.charts.file import save_chart
from eveobs.errors import EveobsError

pytest.importorskip("matplotlib")
pytestmark = pytest.mark.unit

NOW = datetime(2026, 9, 23, 12, tzinfo=UTC)
HOSTILE = (
    "</title><script>alert(1)</script>",
    "--><script>alert(1)</script>",
    "]]><svg onload=alert(1)>",
    "$\\frac{1}{0}$ $x",
    "\x1b[31m\u202e格安 ✓ \0",
    "{title} {0} %s",
)


def chart(title: str) -> Chart:
    points = [(NOW, 1e6), (NOW + timedelta(days=1), 2e6)]
    panels = [Panel(title, [Series(title, points), Series("_hidden", points, joined=False)])]
    return Chart(title, [*panels, Panel("none", [], counts=True)], [(NOW, title)])


class Tags(HTMLParser):
    """The tags and attributes of a page, and its first title."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.texts: dict[str, str] = {}
        self.last = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.last = tag
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.texts.setdefault(self.last, data)


@pytest.mark.parametrize("title", HOSTILE)
def test_a_page_is_self_contained_and_text_is_text(title: str, tmp_path: Path) -> None:
    save_chart(chart(title), tmp_path / "x.html")
    text = (tmp_path / "x.html").read_text(encoding="utf-8")
    page = Tags()
    page.feed(text)
    assert "script" not in page.tags
    assert page.tags & {"link", "iframe", "image", "img", "object"} == set()
    assert not [name for name in page.attributes if name.startswith("on") or name == "src"]
    assert text.count("<svg") == 1
    assert page.texts["h1"] == page.texts["title"]
    if title.isascii() and title.isprintable():
        assert page.texts["h1"] == title


@pytest.mark.parametrize("title", HOSTILE)
def test_png_and_svg(title: str, tmp_path: Path) -> None:
    for ending in ("png", "SVG"):
        save_chart(chart(title), tmp_path / f"x.{ending}")
    assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG\r\n")
    root = ET.parse(tmp_path / "x.SVG").getroot()  # noqa: S314 - our own file
    assert root.tag.endswith("svg")
    assert not [one for one in root.iter() if str(one.tag).endswith("script")]


def test_a_chart_without_anything(tmp_path: Path) -> None:
    save_chart(Chart("nothing", [Panel("ISK", [])]), tmp_path / "x.png")
    assert (tmp_path / "x.png").stat().st_size > 0


@pytest.mark.parametrize("ending", ["png", "svg", "html"])
def test_where_it_cannot_be_written(ending: str, tmp_path: Path) -> None:
    with pytest.raises(EveobsError, match="cannot be written"):
        save_chart(chart("x"), tmp_path / "nowhere" / f"x.{ending}")
    assert list(tmp_path.iterdir()) == []
