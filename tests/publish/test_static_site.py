"""A site in a folder: whole at every moment, nobody else's, and readable from a file."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from eveobs.errors import ConfigError, EveobsError
from eveobs.publish.document import Document, Key
from eveobs.publish.target import Write
from eveobs.publish.targets.static import StaticSite, manifest, replacing
from eveobs.publish.targets.static.pages import file_of
from tests.cli import hostile

NOW = datetime(2026, 9, 23, 8, 0, tzinfo=UTC)
PLURALS = {"contract": "Contracts", "character": "Characters"}
REPOSITORY = Path(__file__).parents[2]


def document(number: int, title: str = "", version: int = 1, kind: str = "contract") -> Document:
    return Document(
        kind=kind,
        external_id=str(number),
        slug=f"eve-{kind}-{number}",
        title=title or f"Rifter {number}",
        html=f'<article class="eveobs"><h1>Version {version}</h1></article>',
        excerpt="Item exchange",
        date=NOW,
        meta={"price": f"{number * 1000}.00"},
        terms={"region": ("The Forge",), "status": ("Outstanding",)},
        image="",
        hash=f"{number} {version}",
    )


@contextmanager
def site_in(folder: Path) -> Iterator[StaticSite]:
    site = StaticSite(folder, plurals=PLURALS, title="My <Site>", clock=lambda: NOW)
    try:
        site.open()
        yield site
    finally:
        site.close()


def publish(folder: Path, documents: Sequence[Document], gone: Sequence[Key] = ()) -> None:
    with site_in(folder) as site:
        site.write([Write(one) for one in documents])
        site.remove(dict.fromkeys(gone, ""))
        site.finish()


def state(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Every file with its content and its time."""
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def rows_of(folder: Path) -> list[list[str]]:
    script = (folder / "index-data.js").read_text(encoding="utf-8")
    found: list[list[str]] = json.loads(
        script.removeprefix("window.EVEOBS = ").rstrip().rstrip(";")
    )
    return found


pytestmark = pytest.mark.unit


def test_pages_index_and_manifest(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "site"
    publish(folder, [document(1), document(2), document(7, "Astra", kind="character")])
    assert "<h1>Version 1</h1>" in (folder / "contract" / "1.html").read_text()
    assert [row[:3] for row in rows_of(folder)] == [
        ["contract", "Rifter 1", "contract/1.html"],
        ["contract", "Rifter 2", "contract/2.html"],
        ["character", "Astra", "character/7.html"],
    ]
    front = (folder / "index.html").read_text()
    assert "My &lt;Site&gt;" in front
    assert "<strong>2</strong> Contracts" in front
    assert not list((tmp_path / "deep").glob(".site.*new*"))


def test_the_site_itself_knows_what_it_holds(tmp_path: Path) -> None:
    publish(tmp_path / "s", [document(1), document(7, kind="character")])
    with site_in(tmp_path / "s") as site:
        found = site.published(["contract"])
        assert found.keys() == {Key("contract", "1")}
        assert found[Key("contract", "1")].hash == "1 1"
        assert site.look_up([Key("character", "7"), Key("character", "8")]).keys() == {
            Key("character", "7")
        }
    shutil.rmtree(tmp_path / "s")
    with site_in(tmp_path / "s") as site:
        assert site.published(["contract"]) == {}


def test_nothing_to_do_writes_nothing(tmp_path: Path) -> None:
    publish(tmp_path / "s", [document(1)])
    before, folder_before = state(tmp_path / "s"), (tmp_path / "s").stat().st_ino
    publish(tmp_path / "s", [])
    assert state(tmp_path / "s") == before
    assert (tmp_path / "s").stat().st_ino == folder_before


def test_what_is_unchanged_comes_along_as_it_was(tmp_path: Path) -> None:
    publish(tmp_path / "s", [document(1), document(2), document(3)])
    before = state(tmp_path / "s")
    publish(tmp_path / "s", [document(2, version=2)], gone=[Key("contract", "3")])
    after = state(tmp_path / "s")
    assert after["contract/1.html"] == before["contract/1.html"]
    assert b"Version 2" in after["contract/2.html"][0]
    assert "contract/3.html" not in after
    assert [row[2] for row in rows_of(tmp_path / "s")] == ["contract/1.html", "contract/2.html"]


@pytest.mark.parametrize("exchanged", [True, False])
def test_both_ways_to_replace_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exchanged: bool
) -> None:
    if not exchanged:
        monkeypatch.setattr(replacing, "_exchange", lambda *_: False)
    publish(tmp_path / "s", [document(1)])
    publish(tmp_path / "s", [document(1, version=2)])
    assert "Version 2" in (tmp_path / "s" / "contract" / "1.html").read_text()
    assert {path.name for path in tmp_path.iterdir()} == {"s", ".s.lock"}


def test_a_folder_of_somebody_else_is_not_touched(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "thesis.txt").write_text("years of work")
    with pytest.raises(ConfigError, match="did not make what is in it"):
        publish(folder, [document(1)])
    assert [path.name for path in folder.iterdir()] == ["thesis.txt"]
    (tmp_path / "file").write_text("x")
    with pytest.raises(ConfigError):
        publish(tmp_path / "file", [document(1)])
    assert (tmp_path / "file").read_text() == "x"


def test_two_at_once(tmp_path: Path) -> None:
    with site_in(tmp_path / "s"), pytest.raises(EveobsError, match="another publish"):
        publish(tmp_path / "s", [document(1)])
    publish(tmp_path / "s", [document(1)])


def test_a_damaged_manifest_is_told_of(tmp_path: Path) -> None:
    publish(tmp_path / "s", [document(1)])
    with (tmp_path / "s" / manifest.NAME).open("ab") as file:
        file.write(b'{"kind": "contr\n')
    with site_in(tmp_path / "s") as site, pytest.raises(ConfigError, match="line 3"):
        site.published(["contract"])


def test_a_page_that_went_missing_is_told_of_and_the_site_stays(tmp_path: Path) -> None:
    publish(tmp_path / "s", [document(1), document(2)])
    (tmp_path / "s" / "contract" / "1.html").unlink()
    before = state(tmp_path / "s")
    with pytest.raises(ConfigError, match="cannot be written"):
        publish(tmp_path / "s", [document(2, version=2)])
    assert state(tmp_path / "s") == before


def test_ids_that_are_no_file_names(tmp_path: Path) -> None:
    odd = ["../../etc/passwd", "a/b", "a-b", "", "Ä", "x" * 5, "a b"]
    files = [file_of(Key("contract", one)) for one in odd]
    assert len({*files}) == len(odd)
    assert all(re.fullmatch(r"contract/[A-Za-z0-9_-]+\.html", file) for file in files)


def test_hostile_titles_stay_text(tmp_path: Path) -> None:
    titles = [one.encode("utf-8", "replace").decode() for one in hostile.ALL]
    publish(tmp_path / "s", [document(n, one or "-") for n, one in enumerate(titles)])
    script = (tmp_path / "s" / "index-data.js").read_text(encoding="utf-8")
    assert not set("<>&\u2028\u2029") & set(script)
    assert [row[1] for row in rows_of(tmp_path / "s")] == [one or "-" for one in titles]
    page = tmp_path / "s" / file_of(Key("contract", str(titles.index("<script>alert(1)</script>"))))
    assert "<script" not in page.read_text()


KILLED = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from tests.publish.test_static_site import document, publish
print("ready", flush=True)
publish(Path(sys.argv[1]), [document(n, version=int(sys.argv[2])) for n in range(400)])
"""


@pytest.mark.integration
@pytest.mark.slow
def test_killed_at_any_moment_the_site_is_whole(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    publish(folder, [document(n, version=1) for n in range(400)])
    for attempt in range(12):
        command = [sys.executable, "-c", KILLED, str(folder), "2", str(REPOSITORY)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert process.stdout
        process.stdout.readline()
        time.sleep(0.012 * attempt)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
        pages = [path.read_text() for path in (folder / "contract").iterdir()]
        assert len(pages) == len(rows_of(folder)) == 400
        assert len({re.findall(r"Version (\d)", page)[0] for page in pages}) == 1
    publish(folder, [document(0, version=3)])
    assert {path.name for path in tmp_path.iterdir()} == {"s", ".s.lock"}


@pytest.mark.integration
def test_a_swap_that_was_cut_short_is_finished(tmp_path: Path) -> None:
    staging = tmp_path / ".s.0123456789abcdef.new"
    publish(tmp_path / "s", [document(1)])
    staging.mkdir()
    (tmp_path / "s").rename(staging / "old")
    publish(tmp_path / "s", [])
    assert len(rows_of(tmp_path / "s")) == 1
    assert not staging.exists()
    staging.mkdir()
    (tmp_path / "s").rename(staging / "old")
    publish(tmp_path / "other", [document(2)])
    (tmp_path / "other").rename(staging / "site")
    publish(tmp_path / "s", [])
    assert [row[2] for row in rows_of(tmp_path / "s")] == ["contract/2.html"]
