"""Whatever a site answers, on whichever way, ends in a sentence or in nothing: no traceback, no loop,
no memory that a stranger fills. The site is a socket that speaks like WordPress, but for one answer.
"""

from __future__ import annotations

import copy
import gzip
import json
import socket
import threading
import time
import xmlrpc.client
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from eveobs.errors import ConfigError, EveobsError
from eveobs.publish.target import Outcome, Target, Write
from eveobs.publish.targets.wordpress import companion, line, responses
from eveobs.publish.targets.wordpress.checking import Checking
from eveobs.publish.targets.wordpress.discovery import Surroundings, find_way
from eveobs.publish.targets.wordpress.line import Line
from eveobs.settings.secret import Secret
from tests.publish.test_publishing import document
from tests.publish.wordpress.raw_site import _request

pytestmark = pytest.mark.unit
WAYS = ("plugin-rest", "plugin-xmlrpc", "plain-rest", "plain-xmlrpc")
DEEP = "[" * 100_000
ONE = document(1, hash="a" * 32)
ROW = ["contract", "2", "12", "b" * 32, "", "shown"]
CONTENT = f"<p>x</p><!-- eveobs:contract/2 {'b' * 32} - -->"
GOOD: dict[str, Any] = {
    "site": {
        "plugin": "0.1.0", "protocol": 1, "declaration": "x", "kinds": ["contract"],
        "home": "http://127.0.0.1/", "permalinks": "", "user": {"login": "pilot", "roles": ["author"]},
        "may": {"publish": True, "edit_others": False, "upload": True}, "batch": 10,
        "post_max": 8_000_000,
    },
    "index": {"rows": [ROW], "next": None},
    "lookup": {"rows": [ROW]},
    "upsert": {"results": [{"outcome": "created", "post_id": "11"}]},
    "verify": {"results": [{"outcome": "ok", "post_id": "11", "fields": [], "edited": []}]},
    "trash": {"results": [{"outcome": "updated", "post_id": "12"}]},
    "posts": [
        {"id": 12, "slug": "eve-contract-2", "status": "publish", "content": {"raw": CONTENT, "rendered": CONTENT},
         "modified_gmt": "2026-09-01T00:00:00"}
    ],
    "users/me": {"name": "pilot", "roles": ["author"], "capabilities": {"publish_posts": True}},
    "categories": [{"id": 3}],
    "batch": {
        "responses": [{"status": 201, "body": {"id": 11, "slug": ONE.slug, "status": "publish", "meta": {}}}]
    },
    "wp.getProfile": {"username": "pilot", "roles": ["author"]},
    "wp.getPosts": [
        {"post_id": "12", "post_name": "eve-contract-2", "post_status": "publish",
         "post_content": CONTENT, "post_modified_gmt": xmlrpc.client.DateTime("20260901T00:00:00"),
         "terms": [{"term_id": "3", "taxonomy": "category"}],
         "custom_fields": [{"id": "7", "key": "eve_type", "value": "Rifter"}]}
    ],
    "wp.getPost": {"post_id": "12", "post_name": "eve-contract-2", "post_status": "publish",
                   "post_content": CONTENT,
                   "terms": [{"term_id": "3", "taxonomy": "category"}],
         "custom_fields": [{"id": "7", "key": "eve_type", "value": "Rifter"}]},
    "wp.getTerms": [{"term_id": "3", "slug": "eve-contract", "name": "EVE contracts", "count": 1}],
    "wp.newPost": "11",
    "wp.editPost": True,
    "wp.deletePost": True,
    "wp.newTerm": "3",
}  # fmt: skip
JUNK: tuple[Any, ...] = (
    *(
        None,
        True,
        -1,
        10**30,
        1.5,
        "",
        "x",
        "\x1b[31m",
        "9" * 400,
        [],
        {},
        [[]],
        [None],
        {"x": 1},
        "../..",
        "\ud800",
    ),
)
ROUTES = {
    "plugin-rest": ("site", "index", "lookup", "upsert", "verify", "trash"),
    "plugin-xmlrpc": ("site", "index", "lookup", "upsert", "verify", "trash"),
    "plain-rest": ("posts", "users/me", "categories", "batch"),
    "plain-xmlrpc": ("wp.getPosts", "wp.getPost", "wp.getTerms", "wp.newPost", "wp.editPost", "wp.deletePost", "wp.getProfile"),
}  # fmt: skip


def reply(body: bytes, status: int = 200, kind: str = "application/json", more: str = "") -> bytes:
    head = (
        f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{more}\r\n"
    )
    return head.encode() + body


class FakeWordPress:
    """Answers like a site; `answers` replaces the value of a route, or, as bytes, its whole answer."""

    def __init__(self, way: str) -> None:
        self.way = way
        self.answers: dict[str, Any] = {}
        self.number = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            while request := _request(connection):
                self.number += 1
                answered = self._answer(request)
                connection.sendall(answered)

    def value(self, route: str) -> Any:
        found = self.answers.get(route, GOOD[route])
        return found() if callable(found) else found

    def _answer(self, request: bytes) -> bytes:
        first, _, rest = request.partition(b"\r\n")
        if b"xmlrpc.php" in first:
            return self._xmlrpc(rest.partition(b"\r\n\r\n")[2])
        path = first.split()[1].decode()
        if "rest_route=/eveobs/v1/" in path:
            route = path.partition("/eveobs/v1/")[2].partition("&")[0]
            if self.way == "plain-rest":
                return reply(b'{"code":"rest_no_route","message":"no"}', 404)
            if self.way != "plugin-rest":
                return reply(b'{"code":"rest_disabled","message":"disabled"}', 401)
            return self._json(route)
        for route in ("posts", "users/me", "categories", "batch"):
            if f"/{route}" in path:
                return self._json(route)
        return reply(b"<html>", kind="text/html")

    def _json(self, route: str) -> bytes:
        value = self.value(route)
        if isinstance(value, bytes):
            return value
        return reply(json.dumps(value).encode(), more="X-WP-Total: 1\r\nX-WP-TotalPages: 1\r\n")

    def _xmlrpc(self, body: bytes) -> bytes:
        parameters, name = xmlrpc.client.loads(body, use_builtin_types=True)
        assert name is not None
        try:
            value = self._called(name, parameters)
        except xmlrpc.client.Fault as fault:
            return reply(xmlrpc.client.dumps(fault).encode(), kind="text/xml")
        if isinstance(value, bytes):
            return value
        try:
            text = xmlrpc.client.dumps((value,), methodresponse=True, allow_none=True)
        except OverflowError:  # a number that XML-RPC has no way to write
            text = xmlrpc.client.dumps((str(value),), methodresponse=True, allow_none=True)
        text = "<?xml version='1.0'?>" + text.partition("?>")[2]
        return reply(text.encode("utf-8", "replace"), kind="text/xml")

    def _called(self, name: str, parameters: tuple[Any, ...]) -> Any:
        if name == "system.multicall":
            if "system.multicall" in self.answers:
                return self.answers["system.multicall"]
            answered = [
                self._called(one["methodName"], tuple(one["params"])) for one in parameters[0]
            ]
            whole = next((one for one in answered if isinstance(one, bytes)), None)
            return whole if whole is not None else [[one] for one in answered]
        if name.startswith("eveobs."):
            if self.way == "plain-xmlrpc":
                raise xmlrpc.client.Fault(-32601, "no such method")
            value = self.value(name.removeprefix("eveobs."))
            return value if isinstance(value, bytes) else json.dumps(value)
        value = self.value(name)
        if name == "wp.getPosts" and value == GOOD["wp.getPosts"] and parameters[3].get("offset"):
            return []
        return value


@pytest.fixture(params=WAYS)
def site(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[FakeWordPress]:
    monkeypatch.setattr(line, "MOST_BYTES", 2_000_000)
    made = FakeWordPress(request.param)
    yield made
    made.close()


def opened(site: FakeWordPress, folder: Path, timeout: float = 2) -> Target:
    way = site.way.partition("-")[2]
    around = Surroundings(folder, {"contract": "Contracts"}, lambda _: None)
    to = Line(site.url, "pilot", Secret("open sesame"), timeout=timeout)
    try:
        return find_way(to, way, around)
    except BaseException:
        to.close()
        raise


def everything(site: FakeWordPress, folder: Path) -> None:
    """All that a publish asks of a site, and what `publish check` does."""
    with closing(opened(site, folder)) as target:
        there = target.published(["contract"])
        for key in there:
            assert key.kind == "contract"
        target.look_up([ONE.key])
        target.write([Write(ONE)])
        target.write([Write(ONE, "12", ("title", "meta"))])
        if isinstance(target, companion.Companion):
            target.verify([Write(ONE, "11")])
        target.remove({ONE.key: "12"})
        target.finish()


def checked(site: FakeWordPress) -> None:
    with closing(Line(site.url, "pilot", Secret("open sesame"), timeout=2)) as to:
        Checking(to, "auto", ("contract",), "x", uploads=True).run()


def attack(site: FakeWordPress, folder: Path, route: str, value: Any) -> str:
    """What is said of `value`, "" for nothing. Anything else than an EveobsError is a defect."""
    site.answers = {route: value}
    said = ""
    for number in range(2):
        try:
            everything(site, folder) if number == 0 else checked(site)
        except EveobsError as error:
            said = error.message
            assert "open sesame" not in f"{error.message} {error.hint}"
            assert len(error.message) < 600
    return said


def mutated(value: Any) -> Iterator[Any]:
    """`value` with junk in each of its places, and without each of its parts."""
    yield from (copy.deepcopy(junk) for junk in JUNK)
    places: list[tuple[Any, ...]] = []

    def walk(part: Any, path: tuple[Any, ...]) -> None:
        for name in (
            part if isinstance(part, dict) else range(len(part)) if isinstance(part, list) else ()
        ):
            places.append((*path, name))
            walk(part[name], (*path, name))

    walk(value, ())
    for path in places:
        for junk in (*JUNK[len(path) % 2 :: 2], ...):  # each is tried above and somewhere below
            whole = copy.deepcopy(value)
            part = whole
            for name in path[:-1]:
                part = part[name]
            if junk is ...:
                del part[path[-1]]
            else:
                part[path[-1]] = copy.deepcopy(junk)
            yield whole
    if isinstance(value, list):
        yield value * 3


def test_the_fake_site_is_a_site(site: FakeWordPress, tmp_path: Path) -> None:
    with closing(opened(site, tmp_path)) as target:
        (known,) = target.published(["contract"]).values()
        assert known.post_id == "12"
        (made,) = target.write([Write(ONE)])
        assert (made.outcome, made.post_id) == (Outcome.DONE, "11") or site.way == "plain-xmlrpc"
    assert attack(site, tmp_path, "none", None) == ""


CASES = [(way, route) for way in WAYS for route in ROUTES[way]]


@pytest.mark.parametrize(("site", "route"), CASES, indirect=["site"])
def test_junk_in_each_place_of_each_answer(site: FakeWordPress, route: str, tmp_path: Path) -> None:
    said = [
        attack(site, tmp_path / str(n), route, value)
        for n, value in enumerate(mutated(GOOD[route]))
    ]
    told_in_rows = ("users/me", "wp.getProfile")  # `publish check` alone asks for them
    assert any(said) or route in told_in_rows, "something of it was noticed"


WHOLE: dict[str, bytes | Callable[[], bytes]] = {
    "empty": reply(b""),
    "html": reply(b"<html><body>hello</body></html>", kind="text/html"),
    "deep": reply(DEEP.encode()),
    "half": reply(b'{"rows": [["contract"'),
    "not utf-8": reply(b'{"rows": "\xff\xfe"}'),
    "a number": reply(b"9" * 5000),
    "a surrogate": reply(b'{"plugin": "\\ud800"}'),
    "too large": lambda: reply(b'"' + b"x" * 3_000_000 + b'"'),
    "a bomb": lambda: reply(gzip.compress(bytes(50_000_000)), more="Content-Encoding: gzip\r\n"),
    "a bomb in a bomb": lambda: reply(
        gzip.compress(gzip.compress(bytes(50_000_000))), more="Content-Encoding: gzip, gzip\r\n"
    ),
    "packed otherwise": reply(b"xx", more="Content-Encoding: br\r\n"),
    "damaged gzip": reply(b"\x1f\x8b\x08garbage", more="Content-Encoding: gzip\r\n"),
    "pause": reply(b"<html>", 503, "text/html", f"Retry-After: {'9' * 400}\r\n"),
    "limit": reply(b"<html>", 429, "text/html", "Retry-After: 999999999\r\n"),
    "odd pause": reply(b"", 200, "text/html", "Retry-After: \xb2\r\n"),
    "redirect": reply(b"", 301, more="Location: http://[\r\n"),
    "redirect to nothing": reply(b"", 302, more="Location: \r\n"),
    "teapot": reply(b"<html>", 418, "text/html"),
    "status": reply(b"{}", 999),
    "error of numbers": reply(b'{"code": 5, "message": {"a": [1]}}', 400),
    "error that is a list": reply(b"[1]", 403),
    "xml bomb": reply(
        b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'>"
        + b"".join(f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 10}'>".encode() for n in range(12))
        + b"]><methodResponse><params><param><value>&m;</value></param></params></methodResponse>",
        kind="text/xml",
    ),
    "xml number": reply(
        b"<?xml version='1.0'?><methodResponse><params><param><value><int>" + b"9" * 9000
        + b"</int></value></param></params></methodResponse>", kind="text/xml",
    ),
    "xml date": reply(
        b"<?xml version='1.0'?><methodResponse><params><param><value><array><data><value>"
        b"<dateTime.iso8601>yesterday</dateTime.iso8601></value></data></array></value></param>"
        b"</params></methodResponse>", kind="text/xml",
    ),
    "xml struct": reply(
        b"<?xml version='1.0'?><methodResponse><params><param><value><struct><member><value>x</value>"
        b"</member></struct></value></param></params></methodResponse>", kind="text/xml",
    ),
    "xml fault": reply(
        b"<?xml version='1.0'?><methodResponse><fault><value><struct><member><name>faultCode</name>"
        b"<value>x</value></member></struct></value></fault></methodResponse>", kind="text/xml",
    ),
    "xml base64": reply(
        b"<?xml version='1.0'?><methodResponse><params><param><value><base64>!</base64></value></param>"
        b"</params></methodResponse>", kind="text/xml",
    ),
    "xml nil": reply(b"<?xml version='1.0'?><methodResponse><params></params></methodResponse>", kind="text/xml"),
    "xml deep": reply(
        b"<?xml version='1.0'?><methodResponse><params><param>" + b"<value><array><data>" * 20_000,
        kind="text/xml",
    ),
}  # fmt: skip


@pytest.mark.parametrize("broken", WHOLE)
@pytest.mark.parametrize(
    ("site", "route"), [(w, ROUTES[w][n]) for w in WAYS for n in (0, 3)], indirect=["site"]
)
def test_a_broken_answer_to_each_request(
    site: FakeWordPress, route: str, broken: str, tmp_path: Path
) -> None:
    whole = WHOLE[broken]
    attack(site, tmp_path, route, whole() if callable(whole) else whole)


@pytest.mark.parametrize("site", ["plain-xmlrpc"], indirect=True)
def test_junk_in_a_multicall(site: FakeWordPress, tmp_path: Path) -> None:
    for n, value in enumerate(mutated([["11"], {"faultCode": 500, "faultString": "x"}])):
        attack(site, tmp_path / str(n), "system.multicall", value)


# --- lists without an end


@pytest.mark.parametrize("site", ["plugin-rest", "plugin-xmlrpc"], indirect=True)
@pytest.mark.parametrize("following", ["contract/2", "", "contract/1"])
def test_an_index_that_does_not_advance(
    site: FakeWordPress, following: str, tmp_path: Path
) -> None:
    site.answers = {"index": {"rows": [ROW], "next": following}}
    with (
        closing(opened(site, tmp_path)) as target,
        pytest.raises(EveobsError, match="does not advance"),
    ):
        target.published(["contract"])
    assert site.number < 10


@pytest.mark.parametrize("site", ["plugin-rest", "plugin-xmlrpc"], indirect=True)
def test_an_index_without_an_end(
    site: FakeWordPress, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(companion, "MAX_PAGES", 20)
    numbers = iter(range(10**9))
    site.answers = {"index": lambda: {"rows": [], "next": f"contract/{next(numbers)}"}}
    with (
        closing(opened(site, tmp_path)) as target,
        pytest.raises(EveobsError, match="without an end"),
    ):
        target.published(["contract"])
    assert site.number < 40


@pytest.mark.parametrize("site", ["plain-rest"], indirect=True)
@pytest.mark.parametrize("pages", ["999999999", "9" * 400, "x", "-1"])
def test_a_list_of_posts_that_does_not_advance(
    site: FakeWordPress, pages: str, tmp_path: Path
) -> None:
    body = json.dumps(GOOD["posts"]).encode()
    site.answers = {"posts": reply(body, more=f"X-WP-Total: 5\r\nX-WP-TotalPages: {pages}\r\n")}
    with closing(opened(site, tmp_path)) as target, suppress(EveobsError):
        target.published(["contract"])
    assert site.number < 10


@pytest.mark.parametrize("site", ["plain-xmlrpc"], indirect=True)
def test_posts_of_xmlrpc_that_do_not_advance(site: FakeWordPress, tmp_path: Path) -> None:
    site.answers = {"wp.getPosts": GOOD["wp.getPosts"] * 200}
    with (
        closing(opened(site, tmp_path)) as target,
        pytest.raises(EveobsError, match="do not advance"),
    ):
        target.published(["contract"])
    assert site.number < 10


@pytest.mark.parametrize("site", ["plugin-rest"], indirect=True)
def test_a_plugin_that_cannot_verify(site: FakeWordPress, tmp_path: Path) -> None:
    site.answers = {"verify": reply(b'{"code": "rest_no_route", "message": "no"}', 404)}
    with closing(opened(site, tmp_path)) as target:
        assert isinstance(target, companion.Companion)
        with pytest.raises(ConfigError, match="too old"):
            target.verify([Write(ONE)])


@pytest.mark.parametrize("site", ["plugin-rest"], indirect=True)
def test_what_was_not_asked_for_is_not_believed(site: FakeWordPress, tmp_path: Path) -> None:
    with closing(opened(site, tmp_path)) as target:
        assert target.look_up([ONE.key]) == {}


@pytest.mark.parametrize("site", ["plugin-rest"], indirect=True)
def test_a_trickle_ends(
    site: FakeWordPress, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A byte now and then is no silence, so that no time-out of the client ends it."""
    monkeypatch.setattr(line, "LONGEST", 2)
    ended = threading.Event()

    def trickle(connection: socket.socket) -> None:
        connection.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n"
        )
        with suppress(OSError):
            while not ended.wait(0.05):
                connection.sendall(b" ")

    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                _request(connection)
                trickle(connection)

        threading.Thread(target=serve, daemon=True).start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        started = time.monotonic()
        with (
            closing(Line(url, "pilot", Secret("open sesame"), timeout=0.5)) as to,
            pytest.raises(EveobsError, match="too slowly"),
        ):
            to.send("GET", url, {})
        ended.set()
    assert time.monotonic() - started < 10


def test_the_bounds_are_written_down() -> None:
    assert responses.MAX_PAGES * companion.PAGE >= responses.MAX_DOCUMENTS == 1_000_000
    assert line.MOST_BYTES == 64 * 1024 * 1024
