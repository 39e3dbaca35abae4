"""Every door through which bytes from outside come in, as a function that a fuzzer can feed.

A door takes any bytes. It may refuse them with an `EveobsError`, which is a sentence for a person;
anything else that it raises is a fault of eveobs. What must hold of what it lets in is asserted here,
so that hypothesis (`test_doors.py`) and atheris (`scripts/fuzz.py`) look for the same things.
"""

from __future__ import annotations

import asyncio
import bz2
import functools
import hashlib
import json
import sqlite3
import tempfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec

from eveobs.errors import EveobsError

Door = Callable[[bytes], None]
CORPUS = Path(__file__).parent / "corpus"
NOW = datetime(2026, 12, 1, 12, tzinfo=UTC).timestamp()
HOUR = 3600.0
DAY = 86400.0
HEADERS = (
    "x-esi-error-limit-remain", "x-esi-error-limit-reset", "retry-after", "x-ratelimit-limit",
    "x-ratelimit-remaining", "x-ratelimit-used", "x-ratelimit-group", "expires", "last-modified",
    "date", "x-pages", "cache-control", "etag", "content-length", "age",
)  # fmt: skip
STATUSES = (200, 204, 304, 400, 403, 404, 420, 429, 500, 502, 503, 504, 520)


@functools.cache
def workspace() -> Path:
    """A folder for what doors need on disk, for the life of the process."""
    return Path(tempfile.mkdtemp(prefix="eveobs-doors-"))


def read_headers(data: bytes) -> None:
    """ESI's headers: the first byte chooses the status, each line the value of the next header.

    Whatever they say, nobody waits longer than an hour, and no answer is fresh for longer than the
    bounds of `eveobs.esi.bounds` allow.
    """
    from eveobs.esi import bounds
    from eveobs.esi.freshness import expiry
    from eveobs.esi.limits import Ledger
    from eveobs.esi.lookup import find
    from eveobs.esi.resilience import judge

    status = STATUSES[data[0] % len(STATUSES)] if data else 200
    values = data[1:].decode("latin-1").split("\n")
    said = {name: value for name, value in zip(HEADERS, values, strict=False) if value}
    for path in ("/contracts/public/10000002", "/characters/90000001/contracts"):
        route, _ = find("GET", path)
        headers, _ = bounds.bounded_headers(said, cache_age=route.cache_age, now=NOW)
        longest = bounds.max_lifetime(route.cache_age)
        assert NOW <= expiry(headers, now=NOW, cache_age=route.cache_age) <= NOW + longest
        if status >= 400:
            failure = judge(route, path, status, headers, data, NOW)
            assert failure.pause is None or 0 <= failure.pause <= HOUR
            assert failure.after <= HOUR
    ledger = Ledger()
    remain = bounds.whole_number(headers.get(HEADERS[0]))
    reset = bounds.whole_number(headers.get(HEADERS[1]))
    if remain is not None and reset is not None:
        ledger.learn_errors(remain, reset, NOW)
        assert ledger.window_ends <= NOW + HOUR
    bucket = ledger.bucket(route, "90000001")
    bucket.learn(headers.get("x-ratelimit-limit", ""), headers.get("x-ratelimit-remaining"), NOW, 0)
    assert 0 <= bucket.delay(5, NOW) <= HOUR


def read_body(data: bytes) -> None:
    """A body of ESI, as every record that comes in lists or by itself."""
    from eveobs.esi.anomalies import Anomalies
    from eveobs.esi.decoding import Decoding
    from eveobs.esi.resilience import error_text

    decoding = Decoding(Anomalies())
    for shape in shapes():
        try:
            decoding.decode("/some/route", "/some/route", data, shape)
        except EveobsError:
            continue
    error_text(data)


@functools.cache
def shapes() -> tuple[Any, ...]:
    """The shapes that bodies are decoded as: one of each kind of record."""
    from eveobs.records.assets import Asset
    from eveobs.records.characters import Character
    from eveobs.records.contracts import ContractBid, ContractItem, PublicContract
    from eveobs.records.corporations import Corporation
    from eveobs.records.market_orders import MarketOrder

    return (
        list[PublicContract],
        list[ContractItem],
        list[ContractBid],
        list[Asset],
        list[MarketOrder],
        Character,
        Corporation,
    )


def read_cursor_pages(data: bytes) -> None:
    """Pages of a list that is read by cursor, a body a line, over and over: the reading ends."""
    from eveobs.esi import cursors
    from eveobs.esi.answers import Answer
    from eveobs.esi.page_reader import Steps
    from eveobs.esi.walking import MOST_STEPS
    from eveobs.telemetry.progress import Silence

    pages = [decoded(line) for line in data.split(b"\n")]
    asked = 0

    async def get(_: Mapping[str, object]) -> Answer[Any]:
        nonlocal asked
        asked += 1
        assert asked <= MOST_STEPS + 2
        return Answer(pages[asked % len(pages)], 200, NOW)

    reader = cursors.CursorReader(get, {}, "rows", "id", Steps(Silence(), ""))
    asyncio.run(reader.read())


def decoded(body: bytes) -> Any:
    """A JSON value as the client hands it on; None for what is none."""
    from eveobs.esi.anomalies import Anomalies
    from eveobs.esi.decoding import Decoding

    try:
        return Decoding(Anomalies()).decode("/list", "/list", body, dict[str, Any])
    except EveobsError:
        return None


def read_access_token(data: bytes) -> None:
    """The claims of a token that is signed as it should be."""
    from eveobs.esi.access_token import identify

    try:
        claims = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError):
        return
    if not isinstance(claims, dict):
        return
    token, keys = signed(json.dumps(claims, default=str))
    identity = identify(
        token, keys, issuer="http://127.0.0.1:1", client_id="client", now=NOW, server=NOW
    )
    assert NOW < identity.expires <= NOW + DAY


@functools.cache
def signing_key() -> Any:
    """A key that tokens are signed with; elliptic, since it is quicker."""
    from joserfc.jwk import ECKey

    return ECKey.generate_key("P-256", {"kid": "JWT-Signature-Key"})


def signed(claims: str) -> tuple[str, list[dict[str, Any]]]:
    """A token with these claims, and the keys that show it to be genuine."""
    from joserfc import jws

    key = signing_key()
    header = {"alg": "ES256", "kid": "JWT-Signature-Key", "typ": "JWT"}
    token = jws.serialize_compact(header, claims.encode(), key)
    return token, [{**key.as_dict(private=False), "kid": "JWT-Signature-Key"}]


def read_settings(data: bytes) -> None:
    """An `eveobs.toml` in the working folder."""
    from eveobs.settings.loading import load

    folder = workspace() / "settings"
    folder.mkdir(exist_ok=True)
    (folder / "eveobs.toml").write_bytes(data)
    loaded = load(environ={"EVEOBS_HOME": str(folder / "home")}, cwd=folder)
    assert loaded.settings.esi.base_url == "https://esi.evetech.net"
    assert not loaded.settings.publish.templates
    assert not loaded.settings.wordpress.url


def read_archive(data: bytes) -> None:
    """An archive of EVE Ref: a tar, or the files of one, each behind a line with its name."""
    from eveobs.archives import layout
    from eveobs.archives.reading import Archive
    from tests.archives.making import FILES, tar_of

    path = workspace() / "archive.tar.bz2"
    files: dict[str, str | bytes] = dict(FILES)
    if data.startswith(b"FILE "):
        for part in data.split(b"\nFILE "):
            name, _, body = part.removeprefix(b"FILE ").partition(b"\n")
            files[name.decode("utf-8", "replace")[:90] or "x"] = body
        data = tar_of(files)
    path.write_bytes(bz2.compress(data, 1) if not data.startswith(b"BZh") else data)
    with Archive(
        path, path.name, folder=workspace(), now=datetime.fromtimestamp(NOW, UTC)
    ) as archive:
        for table in layout.TABLES:
            for _ in archive.rows(table, [column.name for column in table.columns]):
                pass


def read_question(data: bytes) -> None:
    """A question in SQL: it changes nothing, reads no file, and ends."""
    from eveobs.store.asking import answered

    path = workspace() / "store.sqlite3"
    if not path.exists():
        with sqlite3.connect(path) as database:
            database.executescript(
                "CREATE TABLE contracts (id INTEGER, title TEXT); INSERT INTO contracts VALUES (1, 'x')"
            )
        database.close()
    before = hashlib.sha256(path.read_bytes()).digest()
    try:
        with answered(f"sqlite:///{path}", data.decode("utf-8", "surrogateescape")) as (
            names,
            rows,
        ):
            list(names)
            for _, _row in zip(range(50), rows, strict=False):
                pass
    finally:
        assert hashlib.sha256(path.read_bytes()).digest() == before
        assert [entry.name for entry in workspace().glob("store.sqlite3*")] == [path.name]


def read_pasted_list(data: bytes) -> None:
    """What a player pastes: every line is a thing that is known, or is named as unread."""
    from eveobs.analysis import pasting

    lines = pasting.pasted(data.decode("utf-8", "replace"))
    known = {name.casefold(): [34] for name in list(pasting.names(lines))[::2]}
    pasting.understood(lines, known)


def read_site_answer(data: bytes) -> None:
    """Answers of a WordPress site, over REST and XML-RPC, with the plugin and without."""
    from eveobs.publish.targets.wordpress import xmlrpc
    from eveobs.publish.targets.wordpress.line import Line
    from eveobs.publish.targets.wordpress.rest import Rest
    from eveobs.settings.secret import Secret

    kind, _, body = data.partition(b"\n")
    asked = 0

    def answer(_: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += 1
        assert asked < 1000, "it asks the same site for ever"
        content_type = "text/xml" if kind == b"x" else "application/json"
        return httpx.Response(200, headers={"content-type": content_type}, content=body)

    line = Line("http://127.0.0.1:9/", "author", Secret("x"), transport=httpx.MockTransport(answer))
    asks: list[Callable[[], Any]]
    if kind == b"x":
        caller = xmlrpc.XmlRpc(line)
        asks = [
            lambda: caller.call(xmlrpc.GetPosts({}), list[dict[str, Any]]),
            lambda: caller.call(xmlrpc.GetProfile(), dict[str, Any]),
            lambda: caller.call(xmlrpc.Methods(), list[str]),
            lambda: caller.many([xmlrpc.GetPosts({}), xmlrpc.GetPosts({})], list[dict[str, Any]]),
        ]
    else:
        rest = Rest(line)
        asks = [
            lambda: rest.get("/wp/v2/posts", list[dict[str, Any]]),
            lambda: rest.held("x.png"),
            lambda: rest.batch([("POST", "/wp/v2/posts", {})]),
        ]
    for ask in asks:
        try:
            ask()
        except EveobsError:
            continue
    line.close()


def read_title(data: bytes) -> None:
    """A title that a player typed, on its way to a terminal."""
    from eveobs.cli.plain import plain

    text = data.decode("utf-8", "surrogatepass") if _is_text(data) else data.decode("latin-1")
    shown = plain(text)
    assert plain(shown) == shown
    assert not {chr(code) for code in [*range(0x20), *range(0x7F, 0xA0)]} & set(shown)


def _is_text(data: bytes) -> bool:
    try:
        data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return False
    return True


DOORS: dict[str, Door] = {
    "headers": read_headers,
    "body": read_body,
    "cursor": read_cursor_pages,
    "token": read_access_token,
    "settings": read_settings,
    "archive": read_archive,
    "question": read_question,
    "list": read_pasted_list,
    "site": read_site_answer,
    "title": read_title,
}


def enter(door: str, data: bytes) -> None:
    """Feed `data` to `door`; what it refuses with a sentence is well."""
    try:
        DOORS[door](data)
    except EveobsError as error:
        assert error.message
        assert "Traceback" not in error.message
