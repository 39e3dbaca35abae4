from __future__ import annotations

import http.client
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Self
from urllib.parse import urlsplit

import pytest

from tests.conftest import Eveobs, NewEden

LIST = "/contracts/public/10000002"
REGION = "10000002"


@dataclass(frozen=True)
class Reply:
    """What a server says instead of ESI. `raw` goes onto the socket as it is."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes = b""


Fault = Callable[[str, str], Reply | None]


class Between:
    """A server between eveobs and the sandbox. It passes everything on, unless `fault`, asked with
    method and path, has something else to say.
    """

    def __init__(self, upstream: str) -> None:
        self.fault: Fault = lambda _method, _path: None
        self.asked: list[str] = []
        self._upstream = urlsplit(upstream).netloc
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def on(self, path: str, *replies: Reply | None, method: str = "GET") -> None:
        """Give `replies` to what asks for `path`, one after the other, the last for ever; None
        passes on. Everything else is passed on, too.
        """
        waiting = list(replies)

        def fault(asked: str, target: str) -> Reply | None:
            if asked != method or target.partition("?")[0] != path:
                return None
            return waiting.pop(0) if len(waiting) > 1 else waiting[0]

        self.fault = fault

    def heal(self) -> None:
        """Pass everything on from now on, and forget what was asked."""
        self.fault = lambda _method, _path: None
        self.asked.clear()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        between = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                between.asked.append(f"{self.command} {self.path.partition('?')[0]}")
                reply = between.fault(self.command, self.path)
                if reply is None:
                    reply = between.passed_on(self.command, self.path, self.headers, body)
                self.close_connection = bool(reply.raw)
                self.wfile.write(reply.raw or _on_the_wire(reply))

            do_POST = do_GET  # noqa: N815 - http.server's names

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                """Not on the test's stderr."""

        return Handler

    def passed_on(self, method: str, path: str, headers: Any, body: bytes) -> Reply:
        """What the sandbox answers."""
        with closing(http.client.HTTPConnection(self._upstream, timeout=10)) as connection:
            connection.request(method, path, body or None, dict(headers))
            answer = connection.getresponse()
            kept = {k: v for k, v in answer.getheaders() if k.lower() != "content-length"}
            return Reply(answer.status, answer.read(), kept)


def _on_the_wire(reply: Reply) -> bytes:
    headers = dict(reply.headers)
    if reply.status not in (204, 304):
        headers["Content-Length"] = str(len(reply.body))
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {reply.status} -\r\n{head}\r\n".encode() + reply.body


@pytest.fixture
def between(new_eden: NewEden) -> Iterator[Between]:
    """In front of the shared sandbox."""
    with Between(new_eden.url) as server:
        yield server


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The home of `eveobs` in these tests; nothing is in it yet."""
    return tmp_path / "home"


@pytest.fixture
def through(between: Between, home: Path) -> Eveobs:
    """The command line, whose ESI is `between`, and which tries nothing twice."""
    return Eveobs(
        {
            "EVEOBS_HOME": str(home),
            "EVEOBS_ESI__BASE_URL": between.url,
            "EVEOBS_ESI__MAX_RETRIES": "0",
        }
    )


def store_of(home: Path) -> Path:
    """The SQLite file."""
    return home / "data" / "eveobs.sqlite3"


@contextmanager
def database(home: Path) -> Iterator[sqlite3.Connection]:
    """The store, read and written behind eveobs's back."""
    with closing(sqlite3.connect(store_of(home), timeout=20)) as connection:
        yield connection


SAME_AFTER_ANY_WAY = {
    "contracts": "contract_id, type, issuer_id, issuer_corporation_id, date_issued, date_expired,"
    " for_corporation, title, price, reward, collateral, buyout, volume, days_to_complete,"
    " start_location_id, end_location_id, region_id, first_seen, last_seen, changed_at, gone_at,"
    " gone_how, row_hash",
    "contract_items": "*",
    "contract_bids": "*",
    "answers": "processor, detail, parent, meaning",
    "names": "id, category, name",
    "changes": "processor, key, field, old, new",
}
"""Tables and the columns that do not tell when something was asked, and by which observation."""


def tables(home: Path) -> dict[str, list[tuple[Any, ...]]]:
    """What is stored, whatever way it came there."""
    with database(home) as connection:
        return {
            table: connection.execute(f"SELECT {columns} FROM {table} ORDER BY 1, 2, 3").fetchall()  # noqa: S608
            for table, columns in SAME_AFTER_ANY_WAY.items()
        }


def count(home: Path, question: str) -> int:
    """The number that a SELECT gives."""
    with database(home) as connection:
        return int(connection.execute(question).fetchone()[0])
