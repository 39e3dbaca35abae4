"""The index as a browser shows it, opened from a file, on a desk and in a hand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.browser import PHONE, browse, screenshot
from tests.publish.test_static_site import document, publish

pytestmark = [pytest.mark.integration, pytest.mark.slow]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("browsed") / "site"
    ships = [document(n, f"{name} {n}") for n, name in enumerate(["Rifter", "Drake", "Loki"] * 50)]
    hostile = document(999, "<img src=x onerror=document.title='pwned'> Zydrine")
    publish(folder, [*ships, hostile, document(5, "Rifter pilot", kind="character")])
    return folder


def titles(dom: str) -> list[str]:
    body = dom.partition("<tbody>")[2].partition("</tbody>")[0]
    return re.findall(r'data-label="Title"><a href="[^"]+">([^<]*)</a>', body)


def test_searching_filtering_and_sorting(site: Path) -> None:
    front = (site / "index.html").as_uri()
    found = titles(browse(f"{front}#q=rifter&kind=contract&sort=-price", "--dump-dom"))
    assert found == [f"Rifter {n}" for n in range(147, -1, -3)]
    found = titles(browse(f"{front}#q=pilot", "--dump-dom"))
    assert found == ["Rifter pilot"]


def test_pages_of_a_hundred(site: Path) -> None:
    dom = browse((site / "index.html").as_uri() + "#page=2&sort=title", "--dump-dom")
    assert len(titles(dom)) == 52
    assert "152 of 152 pages" in dom
    assert "Page 2 of 2" in dom


def test_a_hostile_title_is_shown_and_not_run(site: Path) -> None:
    dom = browse((site / "index.html").as_uri() + "#q=zydrine", "--dump-dom")
    assert titles(dom) == ["&lt;img src=x onerror=document.title='pwned'&gt; Zydrine"]
    assert "<title>pwned" not in dom


@pytest.mark.parametrize("width", [1280, PHONE])
def test_it_can_be_looked_at(site: Path, width: int, tmp_path: Path) -> None:
    screenshot((site / "index.html").as_uri(), "index", tmp_path, width=width, height=900)
