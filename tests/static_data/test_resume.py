"""A download of static data that breaks goes on where it broke, and is right or is not used."""

from __future__ import annotations

import http.server
import io
import re
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from eveobs.errors import EveobsError, UnreachableError
from eveobs.esi import downloading
from eveobs.static_data.download import Export

pytestmark = pytest.mark.integration

BUILD = 5
FIRST = 60_000
"""Bytes after which the first answer breaks."""


def packed(seed: int) -> bytes:
    """A zip of random bytes, so that its size is that of its content."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in "ab":
            archive.writestr(name, bytes((seed * 7 + n * n) % 251 for n in range(100_000)))
    return out.getvalue()


DATA, OTHER = packed(1), packed(2)


class Server:
    """Serves `data`; the first `breaks` answers end after FIRST bytes. `ranges`: how it answers a
    request for a range. `seen`: the Range header of each request, "" for none.
    """

    def __init__(self) -> None:
        self.data = DATA
        self.etag = '"one"'
        self.modified = ""
        self.breaks = 1
        self.ranges: Callable[[Server, Any, int], None] = honest
        self.seen: list[str] = []
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                wanted = self.headers.get("Range", "")
                server.seen.append(wanted)
                if wanted and not server.changed(self.headers.get("If-Range", "")):
                    server.ranges(server, self, int(re.findall(r"\d+", wanted)[0]))
                else:
                    server.send(self, 200, server.data)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.http.serve_forever, daemon=True)

    def changed(self, condition: str) -> bool:
        return condition not in {self.etag, self.modified} - {""}

    def send(
        self, to: Any, status: int, body: bytes, content_range: str = "", **headers: str
    ) -> None:
        to.send_response(status)
        to.send_header("Content-Length", str(len(body)))
        if self.etag:
            to.send_header("ETag", self.etag)
        if self.modified:
            to.send_header("Last-Modified", self.modified)
        if content_range:
            to.send_header("Content-Range", content_range)
        for name, value in headers.items():
            to.send_header(name.replace("_", "-"), value)
        to.end_headers()
        if self.breaks:
            self.breaks -= 1
            body = body[:FIRST]
        to.wfile.write(body)

    @property
    def export(self) -> Export:
        return Export(f"http://127.0.0.1:{self.http.server_port}")


def honest(server: Server, to: Any, start: int) -> None:
    size = len(server.data)
    server.send(to, 206, server.data[start:], f"bytes {start}-{size - 1}/{size}")


def knows_no_ranges(server: Server, to: Any, _: int) -> None:
    server.send(to, 200, server.data)


def starts_elsewhere(server: Server, to: Any, start: int) -> None:
    size = len(server.data)
    server.send(to, 206, server.data[start - 10 :], f"bytes {start - 10}-{size - 1}/{size}")


def says_one_thing_and_sends_another(server: Server, to: Any, start: int) -> None:
    size = len(server.data)
    rest = bytes(size - start)
    server.send(to, 206, rest, f"bytes {start}-{size - 1}/{size}")


def sends_the_whole_as_a_part(server: Server, to: Any, start: int) -> None:
    server.send(to, 206, server.data)


def has_another_size(server: Server, to: Any, start: int) -> None:
    size = len(server.data) + 5
    server.send(to, 206, server.data[start:] + b"12345", f"bytes {start}-{size - 1}/{size}")


def cannot(server: Server, to: Any, _: int) -> None:
    server.send(to, 416, b"", f"bytes */{len(server.data)}")


def has_another_etag(server: Server, to: Any, start: int) -> None:
    server.etag, size = '"two"', len(server.data)
    server.send(to, 206, OTHER[start:], f"bytes {start}-{size - 1}/{size}")
    server.data = OTHER


def packs_it(server: Server, to: Any, start: int) -> None:
    size = len(server.data)
    content_range = f"bytes {start}-{size - 1}/{size}"
    server.send(to, 206, server.data[start:], content_range, Content_Encoding="gzip")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(downloading, "PAUSE", 0.0)
    monkeypatch.setattr(downloading, "PART", 1000)
    started = Server()
    started.thread.start()
    yield started
    started.http.shutdown()
    started.http.server_close()


def test_it_goes_on_where_it_broke(server: Server, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    server.export.download(BUILD, tmp_path / "it.zip", lambda done, all_: told.append((done, all_)))
    assert server.seen == ["", f"bytes={FIRST}-"]
    assert (tmp_path / "it.zip").read_bytes() == DATA
    assert [path.name for path in tmp_path.iterdir()] == ["it.zip"]
    assert {total for _, total in told} == {len(DATA)}
    assert told[-1] == (len(DATA), len(DATA))


def test_the_next_run_goes_on_where_the_last_one_broke(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloading, "RESUMES", 0)
    with pytest.raises(UnreachableError):
        server.export.download(BUILD, tmp_path / "it.zip")
    assert not (tmp_path / "it.zip").exists()
    assert (tmp_path / "it.part").stat().st_size == FIRST
    assert (tmp_path / "it.part").stat().st_mode & 0o077 == 0
    server.export.download(BUILD, tmp_path / "it.zip")
    assert server.seen == ["", f"bytes={FIRST}-"]
    assert (tmp_path / "it.zip").read_bytes() == DATA


def test_by_the_date_where_there_is_no_etag(server: Server, tmp_path: Path) -> None:
    server.etag, server.modified = "", "Mon, 26 Oct 2026 11:08:19 GMT"
    server.export.download(BUILD, tmp_path / "it.zip")
    assert server.seen == ["", f"bytes={FIRST}-"]
    assert (tmp_path / "it.zip").read_bytes() == DATA


@pytest.mark.parametrize("etag", ["", 'W/"one"'])
def test_without_a_strong_validator_nothing_is_resumed(
    server: Server, tmp_path: Path, etag: str
) -> None:
    server.etag = etag
    with pytest.raises(UnreachableError):
        server.export.download(BUILD, tmp_path / "it.zip")
    assert list(tmp_path.iterdir()) == []
    server.export.download(BUILD, tmp_path / "it.zip")
    assert server.seen == ["", ""]


@pytest.mark.parametrize(
    "ranges",
    [
        knows_no_ranges,
        starts_elsewhere,
        says_one_thing_and_sends_another,
        sends_the_whole_as_a_part,
        has_another_size,
        cannot,
        has_another_etag,
        packs_it,
    ],
)
def test_a_server_that_is_not_as_it_should_be_is_asked_for_the_whole(
    server: Server, tmp_path: Path, ranges: Callable[[Server, Any, int], None]
) -> None:
    server.ranges = ranges
    server.export.download(BUILD, tmp_path / "it.zip")
    assert (tmp_path / "it.zip").read_bytes() == server.data
    assert [path.name for path in tmp_path.iterdir()] == ["it.zip"]
    assert len(server.seen) <= 3


def test_a_file_that_changed_in_between_is_fetched_whole(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloading, "RESUMES", 0)
    with pytest.raises(UnreachableError):
        server.export.download(BUILD, tmp_path / "it.zip")
    server.data, server.etag = OTHER, '"two"'
    server.export.download(BUILD, tmp_path / "it.zip")
    assert (tmp_path / "it.zip").read_bytes() == OTHER


def test_a_server_that_always_breaks_is_given_up(server: Server, tmp_path: Path) -> None:
    server.breaks = 100
    server.ranges = lambda server, to, start: server.send(
        to, 206, b"", f"bytes {start}-{len(server.data) - 1}/{len(server.data)}"
    )
    with pytest.raises(UnreachableError):
        server.export.download(BUILD, tmp_path / "it.zip")
    assert len(server.seen) == 2  # the second attempt got no further


@pytest.mark.parametrize("note", [b"", b"[]", b'{"url": "http://other", "validator": "x"}'])
def test_a_part_whose_note_is_of_something_else_is_not_used(
    server: Server, tmp_path: Path, note: bytes
) -> None:
    server.breaks = 0
    (tmp_path / "it.part").write_bytes(b"x" * FIRST)
    (tmp_path / "it.part.json").write_bytes(note)
    server.export.download(BUILD, tmp_path / "it.zip")
    assert server.seen == [""]
    assert (tmp_path / "it.zip").read_bytes() == DATA


def test_a_part_that_was_changed_on_disk_is_not_used(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloading, "RESUMES", 0)
    with pytest.raises(UnreachableError):
        server.export.download(BUILD, tmp_path / "it.zip")
    (tmp_path / "it.part").write_bytes(b"x" * FIRST)
    server.export.download(BUILD, tmp_path / "it.zip")
    assert (tmp_path / "it.zip").read_bytes() == DATA


@pytest.mark.parametrize("name", ["it.part", "it.part.json"])
def test_a_planted_link_is_not_followed(server: Server, tmp_path: Path, name: str) -> None:
    precious = tmp_path / "precious"
    precious.write_bytes(b"mine")
    (tmp_path / name).symlink_to(precious)
    server.breaks = 0
    server.export.download(BUILD, tmp_path / "it.zip")
    assert precious.read_bytes() == b"mine"
    assert not (tmp_path / "it.zip").is_symlink()
    assert (tmp_path / "it.zip").read_bytes() == DATA


def test_parts_of_other_builds_are_removed(server: Server, tmp_path: Path) -> None:
    for name in ("static-data-4.part", "static-data-4.part.json", "other.part"):
        (tmp_path / name).write_bytes(b"x")
    server.export.download(BUILD, tmp_path / "static-data-5.zip")
    assert {path.name for path in tmp_path.iterdir()} == {"other.part", "static-data-5.zip"}


def test_too_much_is_thrown_away(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eveobs.static_data.download.LARGEST", FIRST - 5)
    with pytest.raises(EveobsError, match="larger"):
        server.export.download(BUILD, tmp_path / "it.zip")
    assert list(tmp_path.iterdir()) == []
