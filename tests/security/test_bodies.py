"""No body of an answer takes more memory or time than any answer of ESI needs, or ends in a
traceback; what players typed costs its own value and no more.
"""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import os
import subprocess
import sys
import tarfile
import threading
import time
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eveobs.archives import layout
from eveobs.archives.reading import Archive as PublicContracts
from eveobs.cli import calling
from eveobs.cli.completing import keeping
from eveobs.errors import (
    AnswerError,
    ConfigError,
    EveobsError,
    ShapeError,
    SignInError,
    UnreachableError,
)
from eveobs.esi.anomalies import Anomalies
from eveobs.esi.body_limits import DETAIL, ERROR, PAGE, max_body, may_have_too_many_values
from eveobs.esi.cache import ResponseCache, unpack
from eveobs.esi.client import EsiClient
from eveobs.esi.decoding import Decoding, mend
from eveobs.esi.downloading import download, web
from eveobs.esi.route import Route
from eveobs.esi.routes import BY_PATH, ROUTES
from eveobs.esi.sso import SsoClient
from eveobs.esi.threads import can_start_threads
from eveobs.esi.unpacking import MAX_MEMBERS, TooLargeError, Unpacker
from eveobs.esi.vault import Vault
from eveobs.operate.watch.heartbeat import Heartbeat
from eveobs.publish.document import Document
from eveobs.publish.targets.static import manifest
from eveobs.publish.targets.wordpress.line import Line
from eveobs.publish.targets.wordpress.pictures import Taken
from eveobs.records.contracts import PublicContract
from eveobs.settings import Esi, Sso
from eveobs.settings.secret import Secret
from eveobs.static_data.archive import Archive
from eveobs.static_data.download import Export
from eveobs.static_data.layout import FILES
from eveobs.telemetry import audit, audit_line
from tests.conftest import PEAK_MEMORY, Eveobs
from tests.esi.fakes import LIST, STATUS, Server, Time, Warnings, client, ok
from tests.esi.raw_server import Raw, Talk, answer, saying, served

pytestmark = pytest.mark.unit

MEBIBYTE = 1 << 20
DEEP = b"[" * 100_000
DEEP_OBJECT = b'{"error":' * 100_000


def packed_zeros(size: int) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    return b"".join([*(packer.compress(bytes(MEBIBYTE)) for _ in range(size)), packer.flush()])


def peak_of(act: Callable[[], object]) -> int:
    """MiB that Python took at most meanwhile."""
    tracemalloc.start()
    try:
        act()
        return tracemalloc.get_traced_memory()[1] // MEBIBYTE
    finally:
        tracemalloc.stop()


def endless(head: bytes, part: bytes) -> Callable[[Raw], Talk]:
    """A body that does not end."""

    def talk(raw: Raw) -> Talk:
        async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await raw.heard(reader)
            writer.write(head)
            while True:
                writer.write(part)
                await writer.drain()

        return speak

    return talk


def over_the_network(url: str, time: Time, **more: Any) -> EsiClient:
    settings = Esi(base_url=url, max_retries=0, total_timeout=20, **more)
    return EsiClient(settings, ResponseCache(None, clock=time), clock=time, sleep=time.sleep)


# -- size -----------------------------------------------------------------------------------------


def test_every_route_has_a_size_and_reads_little_of_an_error() -> None:
    for route in ROUTES:
        assert max_body(route) in {PAGE, DETAIL}
        assert max_body(route, 502) == ERROR
    assert max_body(BY_PATH["GET", "/contracts/public/{region_id}"]) == PAGE
    assert max_body(BY_PATH["GET", "/characters/{character_id}"]) == DETAIL


@pytest.mark.parametrize("route", [LIST, Route("GET", "/characters/{region_id}", 30)])
async def test_a_body_without_an_end_is_not_read_for_ever(time: Time, route: Route) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n["
    async with served(endless(head, b"0," * 32768)) as raw, over_the_network(raw.url, time) as esi:
        with pytest.raises(ShapeError, match="more bytes"):
            await esi.get(route, {"region_id": 1}, shape=list[int])


async def test_a_content_length_of_nonsense_is_not_believed(time: Time) -> None:
    for length in ("9" * 30, "-1", "1e3", "٣".encode().decode("latin-1")):
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n[]".encode("latin-1")
        async with served(saying(head)) as raw, over_the_network(raw.url, time) as esi:
            with pytest.raises(UnreachableError):
                await esi.get(LIST, {"region_id": 1}, shape=list[int])


async def test_a_packed_bomb_stays_small(time: Time) -> None:
    body = packed_zeros(512)
    assert len(body) < MEBIBYTE
    said = answer(body, "Content-Encoding: gzip")
    async with served(saying(said)) as raw, over_the_network(raw.url, time) as esi:
        tracemalloc.start()
        with pytest.raises(ShapeError, match="more bytes"):
            await esi.get(LIST, {"region_id": 1}, shape=list[int])
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 40 * MEBIBYTE


async def test_an_error_that_is_a_bomb_is_an_error(time: Time) -> None:
    said = answer(packed_zeros(64), "Content-Encoding: gzip", status="404 Not Found")
    async with served(saying(said)) as raw, over_the_network(raw.url, time) as esi:
        with pytest.raises(UnreachableError, match="answered 404"):
            await esi.get(STATUS, shape=list[int])


@pytest.mark.parametrize("encoding", ["br", "zstd", "deflate", "compress", "gzip, gzip", "x" * 99])
async def test_an_encoding_that_was_not_asked_for_is_not_unpacked(
    time: Time, encoding: str
) -> None:
    said = answer(b"[1]", f"Content-Encoding: {encoding}")
    async with served(saying(said)) as raw, over_the_network(raw.url, time) as esi:
        with pytest.raises(UnreachableError, match="encoding that was not asked for"):
            await esi.get(STATUS, shape=list[int])


def test_a_stream_of_empty_members_ends() -> None:
    unpacker = Unpacker("gzip", largest=1000)
    with pytest.raises(ValueError, match="gzip members"):
        unpacker.add(gzip.compress(b"") * (MAX_MEMBERS + 2))


def test_a_stream_of_empty_blocks_ends() -> None:
    empty = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03" + b"\x00\x00\x00\xff\xff" * 1000
    unpacker = Unpacker("gzip", largest=1000)
    unpacker.add(empty)

    def go_on() -> None:
        for _ in range(100):
            unpacker.add(b"\x00\x00\x00\xff\xff" * 1000)

    with pytest.raises(TooLargeError):
        go_on()


def test_a_body_of_single_bytes_takes_little_more_than_its_size() -> None:
    def read() -> None:
        unpacker = Unpacker(largest=4 * MEBIBYTE)
        for number in range(MEBIBYTE):
            unpacker.add(bytes((number & 255, number >> 8 & 255)))
        assert len(unpacker.body()) == 2 * MEBIBYTE

    assert peak_of(read) < 10


@pytest.mark.parametrize("unit", [b"0,", b"[],", b"{},", b'"",'])
def test_a_body_of_tiny_values_takes_no_gigabytes(unit: bytes) -> None:
    """60 MB of `0,` took 2.5 GB."""
    body = b"[" + unit * (60 * MEBIBYTE // len(unit)) + b"0]"
    assert may_have_too_many_values(body)
    small = b"[" + unit * (PAGE // len(unit) - 2) + b"0]"
    decoding = Decoding(Anomalies())

    def decode() -> None:
        for one in (body, small):
            with pytest.raises(ShapeError):
                decoding.decode("/x", "/x", one, list[PublicContract])
            try:
                decoding.decode("/x", "/x", one, object)
            except ShapeError as error:
                assert "values" in error.message

    assert peak_of(decode) < 250


def test_asked_for_anything_a_hostile_server_takes_no_gigabytes(tmp_path: Path) -> None:
    """`eveobs api` decodes what is there, whatever it is."""

    async def run() -> tuple[int, str, int]:
        body = b"[" + b"0," * (30 * MEBIBYTE) + b"0]"
        async with served(saying(answer(gzip.compress(body, 1), "Content-Encoding: gzip"))) as raw:
            code = (
                f"{PEAK_MEMORY}\nimport sys\nfrom eveobs.__main__ import main\n"
                "try:\n main()\nexcept SystemExit as end:\n code=end.code\n"
                "print(peak_memory(), file=sys.stderr)\n"
                "sys.exit(code)"
            )
            env = {**os.environ, "EVEOBS_ESI__BASE_URL": raw.url, "EVEOBS_HOME": str(tmp_path)}
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-c",
                code,
                "api",
                "/markets/prices",
                env=env,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
            _, told = await asyncio.wait_for(process.communicate(), 60)
            lines = told.decode().splitlines()
            return process.returncode or 0, "\n".join(lines[:-1]), int(lines[-1])

    code, said, kilobytes = asyncio.run(run())
    assert code == 1
    assert "Traceback" not in said
    assert kilobytes < 300 * 1024


# -- depth ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [DEEP, DEEP_OBJECT, b'[{"x":' + DEEP])
@pytest.mark.parametrize("shape", [object, msgspec.Raw, list[PublicContract], dict, list[Any]])
async def test_deep_json_is_an_answer_that_is_not_documented(
    time: Time, body: bytes, shape: Any
) -> None:
    async with client(Server(httpx.Response(200, stream=httpx.ByteStream(body))), time) as esi:
        with pytest.raises(ShapeError):
            await esi.get(STATUS, shape=shape)


async def test_deep_json_in_an_error_is_no_words_of_esi(time: Time) -> None:
    broken = httpx.Response(404, stream=httpx.ByteStream(b'{"error":' + DEEP[:60_000]))
    async with client(Server(broken), time) as esi:
        with pytest.raises((UnreachableError, AnswerError)):
            await esi.get(STATUS, shape=object)


@pytest.mark.parametrize("body", [DEEP, DEEP_OBJECT])
async def test_the_sign_in_may_be_deep_or_large_too(body: bytes) -> None:
    for said in (answer(body[:200_000]), answer(bytes(MEBIBYTE))):
        async with served(saying(said)) as raw:
            sso = SsoClient(Sso(base_url=raw.url, client_id="x"), None)
            with pytest.raises((UnreachableError, SignInError)):
                await sso.look()


async def test_a_bomb_of_the_sign_in_stays_small() -> None:
    async with served(saying(answer(packed_zeros(256), "Content-Encoding: gzip"))) as raw:
        sso = SsoClient(Sso(base_url=raw.url, client_id="x"), None)
        tracemalloc.start()
        with pytest.raises(UnreachableError, match="more than"):
            await sso.look()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 30 * MEBIBYTE


@pytest.mark.parametrize(
    "line", [DEEP, b'{"_key":' + DEEP, b'{"_key":1,"name":{"en":"' + b"x" * 5 * MEBIBYTE]
)
def test_static_data_may_be_deep_or_have_endless_lines(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in FILES:
            archive.writestr(f"{name}.jsonl", line)
    with Archive(path, "en") as archive, pytest.raises(EveobsError, match="cannot be read"):
        list(archive.rows("types"))


def test_the_name_of_the_latest_build_is_a_small_file() -> None:
    async def run(said: bytes) -> None:
        async with served(saying(said)) as raw:
            await asyncio.to_thread(Export(raw.url).latest)

    for said in (
        answer(bytes(MEBIBYTE)),
        answer(packed_zeros(64), "Content-Encoding: gzip"),
        answer(DEEP[:50_000]),
        answer(b'{"_key":"sde","buildNumber":' + b"9" * 5000 + b"}"),
    ):
        with pytest.raises(EveobsError):
            asyncio.run(run(said))


def test_a_download_is_counted_unpacked(tmp_path: Path) -> None:
    async def run(said: bytes) -> None:
        async with served(saying(said)) as raw:

            def get() -> None:
                with web() as http:
                    download(http, raw.url, tmp_path / "x", "the file", MEBIBYTE, lambda *_: None)

            await asyncio.to_thread(get)

    for said in (
        answer(packed_zeros(64), "Content-Encoding: gzip"),
        answer(packed_zeros(1), "Content-Encoding: br"),
        answer(bytes(2 * MEBIBYTE)),
        b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 30 + b"\r\n\r\n[]",
    ):
        with pytest.raises(EveobsError):
            asyncio.run(run(said))
        assert not list(tmp_path.iterdir())


# -- servers that are never silent, and what httpx unpacks by itself --------------------------------


def without_end(part: bytes, head: bytes = b"") -> Callable[[Raw], Talk]:
    """`head`, and then `part` ten times a second for as long as somebody listens."""

    def talk(raw: Raw) -> Talk:
        async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await raw.heard(reader)
            writer.write(head)
            while True:
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(0.1)

        return speak

    return talk


SLOW = (
    without_end(b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    without_end(b" ", b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"),
)


@pytest.mark.parametrize("talk", SLOW, ids=["interim", "trickle"])
async def test_a_sign_in_that_is_never_silent_is_not_waited_for(
    talk: Callable[[Raw], Talk], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eveobs.esi.sso.TOTAL_TIMEOUT", 0.5)
    async with served(talk) as raw, asyncio.timeout(20):
        with pytest.raises(UnreachableError, match="cannot be reached"):
            await SsoClient(Sso(base_url=raw.url, client_id="x"), None).look()


@pytest.mark.parametrize("talk", SLOW, ids=["interim", "trickle"])
async def test_a_monitor_that_is_never_silent_does_not_stop_the_watch(
    talk: Callable[[Raw], Talk], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eveobs.operate.watch.heartbeat.TIMEOUT", 0.5)
    async with served(talk) as raw, asyncio.timeout(20):
        await Heartbeat(Secret(raw.url), Secret(""), Secret(""), lambda _: None).begins()


NEVER_SILENT = (
    *SLOW,
    without_end(b"x", b"HTTP/1.1 200 OK\r\nX: "),
    without_end(b"1\r\nx\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
    without_end(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 1000),
)
KINDS = ["interim", "trickle", "header", "chunks", "flood"]


async def ended(work: Callable[[str], object], talk: Callable[[Raw], Talk]) -> None:
    """`work`, with the address of a server that talks so, is over long before a time-out of 60 s
    would end it; the server ends after 10 s, so that the test ends too.
    """
    async with served(talk) as raw:
        started = time.monotonic()
        working = asyncio.create_task(asyncio.to_thread(work, raw.url))
        done, _ = await asyncio.wait([working], timeout=10)
    assert done, "it still waits"
    await working
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("talk", NEVER_SILENT, ids=KINDS)
async def test_a_download_that_is_never_silent_is_not_waited_for(
    talk: Callable[[Raw], Talk], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("eveobs.esi.downloading.TIME_OUT", 0.7)

    def work(url: str) -> None:
        with web() as http, pytest.raises(UnreachableError):
            download(http, url, tmp_path / "x", "x", MEBIBYTE, lambda *_: None)

    await ended(work, talk)


@pytest.mark.parametrize("talk", NEVER_SILENT, ids=KINDS)
async def test_a_site_that_is_never_silent_is_not_waited_for(talk: Callable[[Raw], Talk]) -> None:
    def work(url: str) -> None:
        line = Line(url, "pilot", Secret("open sesame"), timeout=0.3)
        with closing(line), pytest.raises(EveobsError, match=r"no answer within|too slowly"):
            line.send("GET", url, {})

    await ended(work, talk)


@pytest.mark.parametrize("talk", NEVER_SILENT, ids=KINDS)
async def test_a_picture_that_never_ends_is_linked(
    talk: Callable[[Raw], Talk], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eveobs.publish.targets.wordpress.pictures.TIMEOUT", 0.7)
    monkeypatch.setattr("eveobs.publish.targets.wordpress.pictures.MAX_SECONDS", 1.5)
    warned: list[str] = []
    media: Any = None

    def work(url: str) -> None:
        with closing(Taken(media, url, warned.append)) as taken:
            assert taken._of(f"{url}/1.png").address == f"{url}/1.png"

    await ended(work, talk)
    assert "is linked" in warned[0]


async def test_a_slow_body_that_goes_on_is_downloaded(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Longer than the limit of silence in all, and never slower than the least rate."""
    monkeypatch.setattr("eveobs.esi.downloading.TIME_OUT", 0.5)

    def talk(raw: Raw) -> Talk:
        async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await raw.heard(reader)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 20480\r\n\r\n")
            for _ in range(10):
                writer.write(bytes(2048))
                await writer.drain()
                await asyncio.sleep(0.15)

        return speak

    def work(url: str) -> None:
        with web() as http:
            download(http, url, tmp_path / "x", "x", MEBIBYTE, lambda *_: None)

    await ended(work, talk)
    assert (tmp_path / "x").stat().st_size == 20480


def twice_packed(size: int) -> bytes:
    """`size` MiB of zeros in some hundred bytes."""
    return gzip.compress(packed_zeros(size), 9)


async def test_a_monitor_that_answers_with_a_bomb_costs_nothing() -> None:
    bomb = answer(twice_packed(128), "Content-Encoding: gzip, gzip")
    async with served(saying(bomb)) as raw:
        beat = Heartbeat(Secret(raw.url), Secret(""), Secret(""), lambda _: None)
        tracemalloc.start()
        await beat.begins()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 30 * MEBIBYTE


def test_a_picture_that_is_a_bomb_is_linked() -> None:
    bomb = twice_packed(128)

    def reply(_: httpx.Request) -> httpx.Response:
        headers = {"content-type": "image/png", "content-encoding": "gzip, gzip"}
        return httpx.Response(200, headers=headers, stream=httpx.ByteStream(bomb))

    warned: list[str] = []
    images = "https://images.example"
    media: Any = None  # nothing is taken to the site
    taken = Taken(media, images, warned.append, httpx.MockTransport(reply))
    document = Document(
        kind="ship",
        external_id="1",
        slug="ship-1",
        title="Ship",
        html=f'<img src="{images}/1.png">',
        excerpt="",
        date=datetime(2026, 9, 1, tzinfo=UTC),
        meta={},
        terms={},
        image=f"{images}/1.png",
        hash="",
    )
    assert peak_of(lambda: taken.of(document)) < 30
    assert taken.of(document).media_id == ""
    assert len(warned) == 1


def test_a_range_of_thousands_of_digits_is_no_continuation(tmp_path: Path) -> None:
    digits = "9" * 5000
    whole = b"x" * 600_000
    first = answer(whole, 'ETag: "1"')[:-100_000]
    second = answer(b"", f"Content-Range: bytes 5-{digits}/{digits}", status="206 Partial")

    def talk(raw: Raw) -> Talk:
        async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            head = await raw.heard(reader)
            again = len(raw.requests) > 2
            writer.write(second if b"range:" in head.lower() else answer(whole) if again else first)
            await writer.drain()

        return speak

    async def run() -> None:
        async with served(talk) as raw:

            def get() -> None:
                with web() as http:
                    download(http, raw.url, file, "x", MEBIBYTE, lambda *_: None, check=Path.exists)

            await asyncio.to_thread(get)
            assert any(b"range:" in head.lower() for head in raw.requests)

    file = tmp_path / "x"
    asyncio.run(run())
    assert file.read_bytes() == whole


@pytest.mark.parametrize("text", [DEEP, b'{"version":1,"x":' + DEEP])
def test_deep_json_in_the_file_of_sign_ins_is_a_damaged_file(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "sign-ins.json").write_bytes(text)
    with pytest.raises(ConfigError, match="is damaged"):
        Vault(tmp_path, Sso().base_url).entries()


DEEP_META = b'{"x":' + b"[" * 60_000


def test_deep_json_in_a_file_of_eveobs_is_a_damaged_file(tmp_path: Path) -> None:
    entry = ["/status", 200, b"", "", None, 0.0, None, 0.0, True, "one that it does not know"]
    body = msgspec.msgpack.encode(entry).removesuffix(msgspec.msgpack.encode(entry[-1]))
    body += b"\x91" * 50_000
    with pytest.raises(ValueError, match="deep"):
        unpack(zlib.crc32(body).to_bytes(4) + body)
    (tmp_path / manifest.NAME).write_bytes(manifest.HEAD + DEEP_META + b"\n")
    with pytest.raises(ConfigError, match="recursion"):
        list(manifest.entries(tmp_path))
    kept = tmp_path / "kept.json"
    kept.write_bytes(DEEP)
    assert keeping._read(kept) == {}


@pytest.mark.parametrize("text", [b'{"lines":1e999,"hash":"x"}', b"[" * 1000])
def test_a_head_of_the_audit_that_holds_no_number_is_none(tmp_path: Path, text: bytes) -> None:
    audit.head_of(tmp_path / "audit").write_bytes(text)
    assert audit.read_head(tmp_path / "audit") is None


def test_a_line_of_the_audit_with_an_infinite_number_is_none() -> None:
    with pytest.raises(audit_line.NoLineError):
        audit_line.read(b'{"n":1e999,"previous":"x"' + audit_line._MARK + b"0" * 64 + b'"}')


def test_deep_json_of_an_archive_is_a_damaged_archive(tmp_path: Path) -> None:
    path = tmp_path / "archive.tar.bz2"
    with tarfile.open(path, "w:bz2") as archive:
        for table, content in ((layout.META, DEEP_META), *((t.file, b"") for t in layout.TABLES)):
            info = tarfile.TarInfo(table)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    with pytest.raises(EveobsError, match=r"meta\.json"):
        PublicContracts(path, "it", folder=tmp_path, now=datetime.now(UTC))


def test_deep_json_of_a_person_is_a_mistake_of_that_person(tmp_path: Path, eveobs: Eveobs) -> None:
    given = "observe.regions=" + "[" * 100_000
    assert "internal error" not in eveobs("--set", given, "config", "get", "esi.language").stderr
    (tmp_path / "input.json").write_bytes(DEEP)
    with pytest.raises(EveobsError, match="no JSON"):
        calling._json_of(str(tmp_path / "input.json"))


# -- text -----------------------------------------------------------------------------------------

HALVES = (rb"\ud800", rb"\udfff", rb"x\udbff", rb"\ud83d", rb"\ud800\ud800", rb"\udc00\ud800")


def contract(title: bytes) -> bytes:
    return (
        b'{"contract_id":%d,"type":"courier","issuer_id":1,"issuer_corporation_id":1,'
        b'"date_issued":"2026-09-01T00:00:00Z","date_expired":"2026-10-01T00:00:00Z",'
        b'"title":"' + title + b'"}'
    )


@pytest.mark.parametrize("title", [*HALVES, b"\xff\xfe", b"\xed\xa0\x80", b"\xc3", b"a\x80"])
async def test_a_title_that_is_no_unicode_costs_its_value_alone(time: Time, title: bytes) -> None:
    rows = [
        contract(b"first") % 1,
        contract(title.replace(b"%", b"%%")) % 2,
        contract(b"%s") % (3, b"\\ud83d\\ude00"),
    ]
    body = b"[" + b",".join(rows) + b"]"
    warned = Warnings()
    reply = httpx.Response(200, headers=ok().headers, stream=httpx.ByteStream(body))
    reply.headers.pop("content-length", None)
    server = Server(reply)
    async with client(server, time, progress=warned) as esi:
        for _ in range(2):  # the second from the cache
            listing = await esi.pages(LIST, {"region_id": 1}, shape=list[PublicContract])
            assert listing.whole
            assert [row.contract_id for row in listing.rows] == [1, 2, 3]
            assert listing.rows[0].title == "first"
            assert "\ufffd" in (listing.rows[1].title or "")
            assert listing.rows[2].title == "😀"
    assert len(server.requests) == 1
    assert len([line for line in warned.messages if "Unicode" in line]) == 1


@given(st.text(), st.integers(0, 3))
def test_good_text_is_left_as_it_is(text: str, slashes: int) -> None:
    for body in (
        json.dumps([text]).encode(),
        json.dumps(["\\" * slashes + "ud800" + text], ensure_ascii=False).encode(
            "utf-8", "replace"
        ),
    ):
        mended, places = mend(body)
        if not any("\ud800" <= one <= "\udfff" for one in text):
            assert places == 0
            assert mended == body
        msgspec.json.decode(mended)


@given(st.binary(max_size=200))
def test_whatever_is_mended_decodes_or_is_no_json(data: bytes) -> None:
    decoding = Decoding(Anomalies())
    body = b'["' + data + b'"]'
    try:
        value = decoding.decode("/x", "/x", body, object)
    except ShapeError:
        return
    json.dumps(value, ensure_ascii=False).encode()


class Region(BaseHTTPRequestHandler):
    """A region of two contracts, one of them with half a character in its title."""

    def do_GET(self) -> None:
        page = b"[" + contract(b"good") % 1 + b"," + contract(rb"\ud800 bad") % 2 + b"]"
        region = b'{"region_id":10000002,"name":"The Forge","constellations":[]}'
        if self.path == "/universe/regions":
            self._say(b"[10000002]")
        else:
            self._say(page if self.path.startswith("/contracts") else region)

    def do_POST(self) -> None:
        self._say(b'[{"id":10000002,"name":"The Forge","category":"region"}]')

    def _say(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Last-Modified", "Tue, 01 Sep 2026 00:00:00 GMT")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def test_a_page_with_half_a_character_is_stored_whole(tmp_path: Path) -> None:
    """Through the command line, into the store and out of it."""
    with HTTPServer(("127.0.0.1", 0), Region) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            url = f"http://127.0.0.1:{server.server_port}"
            eveobs = Eveobs({"EVEOBS_HOME": str(tmp_path), "EVEOBS_ESI__BASE_URL": url})
            fetch = ("fetch", "contracts", "--region", "10000002", "--no-items", "--no-bids")
            fetched = eveobs(*fetch)
        finally:
            server.shutdown()
            thread.join()
    assert fetched.exit_code == 0, fetched.output
    assert fetched.stderr.count("invalid Unicode") == 1
    listed = json.loads(eveobs("list", "contracts", "--all", "--json").stdout)
    assert {row["title"] for row in listed} == {"good", "\ufffd bad"}


# -- threads --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [
        ("api", "/status"),
        ("fetch", "contracts", "--region", "10000002", "--no-items", "--no-bids"),
        ("list", "contracts"),
        ("cache", "stats"),
        ("limits",),
    ],
)
def test_where_no_thread_can_be_started_it_ends_in_words(
    eveobs: Eveobs, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    """As with `ulimit -u 1`."""

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    can_start_threads.cache_clear()
    try:
        done = eveobs(*command)
    finally:
        can_start_threads.cache_clear()
    assert done.exit_code == 0, done.output
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
