"""A server that somebody else runs: it notes all that it is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Recorder:
    """`requests`: method, path and headers (by lower-case name) of all that came."""

    url: str = ""
    answer: Callable[[str], Answer] = lambda _: (200, {}, b"[]")
    requests: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)

    @property
    def secrets(self) -> list[str]:
        """Every authorization that arrived."""
        found = [headers.get("authorization", "") for _, _, headers in self.requests]
        return [one for one in found if one]


@contextmanager
def recorder(answer: Callable[[str], Answer] | None = None) -> Iterator[Recorder]:
    """Serves inside."""
    told = Recorder()
    if answer is not None:
        told.answer = answer

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            told.requests.append((self.command, self.path, headers))
            status, more, body = told.answer(self.path)
            self.send_response_only(status)
            for name, value in more.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 - http.server's names
        do_HEAD = do_GET  # noqa: N815

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
        server.shutdown()
        server.server_close()
        thread.join()
