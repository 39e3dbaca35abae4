"""The index as a browser shows it, opened from a file, on a desk and in a hand."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.publish.test_static_site import document, publish

pytestmark = [pytest.mark.integration, pytest.mark.slow]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, BROWSERS)), None)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not CHROMIUM:
        reason = "there is no chromium"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("browsed") / "site"
    ships = [document(n, f"{name} {n}") for n, name in enumerate(["Rifter", "Drake", "Loki"] * 50)]
    hostile = document(999, "<img src=x onerror=document.title='pwned'> Zydrine")
    publish(folder, [*ships, hostile, document(5, "Rifter pilot", kind="character")])
    return folder


def browse(address: str, *options: str) -> str:
    """What the document is after its scripts have run."""
    command = [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    command += ["--virtual-time-budget=3000", *options, address]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=90).stdout


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


@pytest.mark.parametrize("size", ["1280,900", "500,900"])
def test_it_can_be_looked_at(site: Path, size: str, tmp_path: Path) -> None:
    shots = Path(os.environ.get("EVEOBS_SCREENSHOTS") or tmp_path)
    shots.mkdir(parents=True, exist_ok=True)
    shot = shots / f"index-{size.partition(',')[0]}.png"
    browse((site / "index.html").as_uri(), f"--screenshot={shot}", f"--window-size={size}")
    assert shot.read_bytes().startswith(b"\x89PNG")
