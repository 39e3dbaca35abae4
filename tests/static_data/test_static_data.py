"""The export is loaded whole, by build, or not at all."""

from __future__ import annotations

import gzip
import io
import json
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from eveobs.errors import EveobsError, UnreachableError
from eveobs.records.static import KINDS
from eveobs.sandbox import static_routes
from eveobs.sandbox.universe import STATIONS
from eveobs.static_data import archive as archives
from eveobs.static_data.archive import Archive
from eveobs.static_data.download import Export
from eveobs.static_data.layout import Station
from eveobs.static_data.stations import Names, orbit_name, roman, station_name
from eveobs.store.store import Store
from tests.conftest import Eveobs, NewEden

pytestmark = pytest.mark.integration

SDE = Path(__file__).parents[2].parent / "shared" / "sde"
needs_sde = pytest.mark.skipif(not SDE.exists(), reason="no static data beside the repository")


@pytest.fixture
def eveobs(eveobs: Eveobs, new_eden: NewEden) -> Eveobs:
    return Eveobs({**eveobs.env, "EVEOBS_STATIC_DATA__BASE_URL": f"{new_eden.url}/static-data"})


def packed(change: Callable[[dict[str, bytes]], None] = lambda _: None) -> bytes:
    """An archive of the sandbox's universe, changed."""
    files = {
        f"{name}.jsonl": b"".join(json.dumps(row).encode() + b"\n" for row in rows)
        for name, rows in static_routes.export().items()
    }
    change(files)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def _without_types(files: dict[str, bytes]) -> None:
    del files["types.jsonl"]


def test_it_is_fetched_once_and_then_asked_conditionally(
    eveobs: Eveobs, new_eden: NewEden, tmp_path: Path
) -> None:
    assert eveobs.json("static-data", "status") == []
    first = eveobs.json("static-data", "update")[0]
    assert first["status"] == "complete"
    assert first["build"] == static_routes.BUILD
    again = eveobs.json("static-data", "update")[0]
    assert again == {**first, "status": "unchanged"}
    status = eveobs.json("static-data", "status")[0]
    assert status["rows"] == first["rows"] == sum(status[kind] for kind in KINDS)
    assert status["stations"] == len(STATIONS)
    assert not list((tmp_path / "home" / "cache").glob("static-data-*"))
    table = eveobs("static-data", "status")
    assert "stations" in table.stderr


def test_names_come_from_it_and_esi_is_not_asked(
    eveobs: Eveobs, new_eden: NewEden, tmp_path: Path
) -> None:
    eveobs.json("static-data", "update")
    with Store(f"sqlite:///{tmp_path}/home/data/eveobs.sqlite3") as store:
        types = store.static_types([691, 999_999_999])
        regions = {one.name for one in store.named("region")}
        systems = {one.name for one in store.named("solar_system")}
    assert set(types) == {691}
    assert (types[691]["category_id"], types[691]["category_name"]) == (9, "Blueprint")
    assert {"The Forge", "Domain"} <= regions
    assert "Jita" in systems


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not a zip file"),
        (packed()[:-40], "cannot be read"),
        (packed(_without_types), "types.jsonl is missing"),
        (packed(lambda files: files.update({"types.jsonl": b'{"_key": 1}\n'})), "line 1 of types"),
        (packed(lambda files: files.update({"groups.jsonl": b"{}\n[\n"})), "line 1 of groups"),
    ],
    ids=["empty", "cut off", "incomplete", "wrong shape", "no JSON"],
)
def test_a_broken_archive_leaves_the_old_build(
    data: bytes, words: str, eveobs: Eveobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = eveobs.json("static-data", "update")[0]
    state = eveobs.json("static-data", "status")[0]
    served = _serve(data, 4_000_000)
    with served as url:
        broken = Eveobs({**eveobs.env, "EVEOBS_STATIC_DATA__BASE_URL": url})
        result = broken("static-data", "update")
    assert (result.exit_code, result.stdout) == (1, "")
    assert words in result.stderr
    assert "still in use" in result.stderr
    assert eveobs.json("static-data", "status")[0] == state
    assert not list((tmp_path / "home" / "cache").glob("static-data-*"))
    assert before["build"] == state["build"]


class _Served:
    """A server of one export, whose archive is `data`; less of it where `cut` says so."""

    def __init__(
        self, data: bytes, build: int, *, cut: int = 0, slow: bool = False, key: str = "sde"
    ) -> None:
        import http.server
        import threading

        latest = json.dumps({"_key": key, "buildNumber": build}).encode()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = latest if self.path.endswith("latest.jsonl") else data
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if body is data and slow:
                    self.wfile.write(body[:100])
                    self.wfile.flush()
                    time.sleep(20)
                self.wfile.write(body[: len(body) - cut] if body is data else body)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def __enter__(self) -> str:
        self.thread.start()
        return f"http://127.0.0.1:{self.server.server_port}"

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


_serve = _Served


def test_a_download_that_breaks_is_thrown_away_where_it_cannot_be_resumed(tmp_path: Path) -> None:
    with _serve(packed(), 5, cut=50) as url:
        export = Export(url)
        build = export.latest()
        assert build is not None
        with pytest.raises(UnreachableError):
            export.download(build.number, tmp_path / "it.zip")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(UnreachableError, match="cannot be reached"):
        Export("http://127.0.0.1:1").latest()
    with _serve(b"", 0, key="other") as url, pytest.raises(UnreachableError, match="which build"):
        Export(url).latest()


def test_a_kill_in_the_middle_leaves_the_old_build(eveobs: Eveobs, tmp_path: Path) -> None:
    import os

    eveobs.json("static-data", "update")
    before = eveobs.json("static-data", "status")[0]
    with _serve(packed(), 4_000_001, slow=True) as url:
        env = {**os.environ, **eveobs.env, "EVEOBS_STATIC_DATA__BASE_URL": url}
        running = subprocess.Popen(
            [sys.executable, "-m", "eveobs", "static-data", "update"],
            env=env,
            stderr=subprocess.DEVNULL,
        )
        folder = tmp_path / "home" / "cache"
        deadline = time.monotonic() + 20
        while not (parts := [*folder.glob("static-data-*.part")]) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert parts
        running.send_signal(signal.SIGKILL)
        running.wait(timeout=10)
    assert eveobs.json("static-data", "status")[0] == before
    assert eveobs.json("static-data", "update")[0]["status"] == "unchanged"
    for file in folder.glob("static-data-*.part*"):
        os.utime(file, (0, 0))
    assert eveobs.json("static-data", "update")[0]["status"] == "unchanged"
    assert not [*folder.glob("static-data-*")], "the latest build is loaded: nothing to resume"


def test_what_is_too_large_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "it.zip"
    file.write_bytes(packed())
    monkeypatch.setattr(archives, "LARGEST_FILE", 10)
    with Archive(file, "en") as archive, pytest.raises(EveobsError, match="claims to have"):
        list(archive.rows("types"))


def test_names_in_another_language_or_else_in_english(tmp_path: Path) -> None:
    def translate(files: dict[str, bytes]) -> None:
        rows = [
            {"_key": 1, "name": {"en": "One", "de": "Eins"}},
            {"_key": 2, "name": {"en": "Two"}},
        ]
        files["metaGroups.jsonl"] = b"".join(json.dumps(row).encode() + b"\n" for row in rows)

    file = tmp_path / "it.zip"
    file.write_bytes(packed(translate))
    with Archive(file, "de") as archive:
        assert [row.name for row in archive.rows("meta_groups")] == ["Eins", "Two"]  # type: ignore[attr-defined]


# -- stations -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "text"),
    [(1, "I"), (4, "IV"), (9, "IX"), (14, "XIV"), (40, "XL"), (49, "XLIX"), (99, "XCIX")],
)
def test_planets_are_numbered_as_the_game_does(number: int, text: str) -> None:
    assert roman(number) == text


def station(**more: Any) -> Station:
    return Station(key=1, owner_id=2, solar_system_id=3, type_id=4, **more)


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ({}, "Jita - Caldari Navy"),
        ({"celestial_index": 4}, "Jita IV - Caldari Navy"),
        ({"celestial_index": 4, "orbit_index": 4}, "Jita IV - Moon 4 - Caldari Navy"),
        (
            {"celestial_index": 4, "orbit_index": 4, "operation_id": 5, "use_operation_name": True},
            "Jita IV - Moon 4 - Caldari Navy Assembly Plant",
        ),
        ({"operation_id": 5}, "Jita - Caldari Navy"),
    ],
)
def test_stations_are_named_as_the_game_does(more: dict[str, Any], name: str) -> None:
    known = Names({3: "Jita"}, {2: "Caldari Navy"}, {5: "Assembly Plant"})
    assert station_name(station(**more), known) == name
    assert station_name(station(**more), Names()) != name


def test_bodies_with_a_name_of_their_own() -> None:
    names = Names(
        {3: "Amarr"}, {2: "Ardishapur Family"}, {}, {(3, 8): "Amarr VIII (Oris)"}, {70: "Griklaeum"}
    )
    around = {"celestial_index": 8, "orbit_id": 60}
    assert station_name(station(**around), names) == "Amarr VIII (Oris) - Ardishapur Family"
    assert orbit_name(station(**around, orbit_index=4), names) == "Amarr VIII (Oris) - Moon 4"
    assert orbit_name(station(celestial_index=8, orbit_index=1, orbit_id=70), names) == "Griklaeum"
    assert orbit_name(station(celestial_index=7), names) == "Amarr VII"


def lines(name: str) -> Iterator[dict[str, Any]]:
    with gzip.open(SDE / name) as file:
        yield from (json.loads(line) for line in file)


@needs_sde
def test_the_real_blueprints_are_read(tmp_path: Path) -> None:
    with gzip.open(SDE / "raw-blueprints.jsonl.gz") as file:
        real = file.read()
    path = tmp_path / "it.zip"
    path.write_bytes(packed(lambda files: files.update({"blueprints.jsonl": real})))
    raw = [json.loads(line) for line in real.splitlines()]
    with Archive(path, "en") as archive:
        activities = list(archive.rows("activities"))
        materials = list(archive.rows("materials"))
    assert len(activities) == sum(len(row["activities"]) for row in raw)
    assert len(materials) == sum(
        len({one["typeID"] for one in activity.get("materials", ())})
        for row in raw
        for activity in row["activities"].values()
    )
    with Store(f"sqlite:///{tmp_path}/it.sqlite3") as store, Archive(path, "en") as archive:
        from datetime import UTC, datetime

        about = {"build": 1, "released": "", "language": "en", "etag": ""}
        rows = {kind: archive.rows(kind) for kind in KINDS}
        total = store.replace_static_data(rows, {**about, "loaded_at": datetime.now(UTC)})
        assert store.static_counts()["activities"] == len(activities)
        assert sum(store.static_counts().values()) == total
