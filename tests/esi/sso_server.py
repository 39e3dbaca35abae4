"""The sandbox's SSO on a socket of its own, whose clock, keys and bad days a test decides."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

from eveobs.records.universe import Name
from eveobs.sandbox.messages import Asked, Reply
from eveobs.sandbox.sso.routes import SsoRoutes

ASTRA, BRAM = 2112000000, 2112000017
NAMES = ((ASTRA, "Astra Vane"), (BRAM, "Bram Oster"))
CLIENT = "eveobs-test"
TOKEN, KEYS, REVOKE = "/v2/oauth/token", "/oauth/jwks", "/v2/oauth/revoke"
METADATA = "/.well-known/oauth-authorization-server"


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    time: float = 1_790_000_000.0

    def __call__(self) -> float:
        return self.time


@dataclass
class SsoServer:
    """`instead`: what it says at a path in place of its own answer. `hold`: token answers wait for
    it, after the SSO has done its part.
    """

    clock: Clock
    routes: SsoRoutes
    url: str = ""
    asked: list[str] = field(default_factory=list)
    instead: dict[str, Reply] = field(default_factory=dict)
    hold: Event | None = None
    reached: Event = field(default_factory=Event)

    def reply(self, asked: Asked) -> Reply:
        path = asked.target.partition("?")[0]
        self.asked.append(path)
        if path in self.instead:
            return self.instead[path]
        reply = self.routes.reply(asked, self.clock())
        assert reply is not None, asked.target
        if path == TOKEN and self.hold is not None:
            self.reached.set()
            self.hold.wait(20)
        return reply


def code_of(address: str, choice: str) -> dict[str, str]:
    """What the browser comes back with from `address`, where a person made this choice."""
    parts = urlsplit(address)
    with closing(http.client.HTTPConnection(parts.netloc, timeout=10)) as connection:
        connection.request("GET", f"{parts.path}?{parts.query}&{choice}")
        location = connection.getresponse().getheader("Location") or ""
    return {name: found[-1] for name, found in parse_qs(urlsplit(location).query).items()}


@contextmanager
def sso_server(clock: Clock | None = None) -> Iterator[SsoServer]:
    """Serves inside; Astra and Bram can sign in."""
    people = [Name(category="character", id=n, name=name) for n, name in NAMES]
    told = SsoServer(clock or Clock(), SsoRoutes(people))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            reply = told.reply(Asked(self.command, self.path, dict(self.headers), body))
            self.send_response_only(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body or b"")))
            self.end_headers()
            self.wfile.write(reply.body or b"")

        do_POST = do_GET  # noqa: N815 - http.server's names

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Not on the test's stderr."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    told.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield told
    finally:
        if told.hold is not None:
            told.hold.set()
        server.shutdown()
        server.server_close()
        thread.join()
