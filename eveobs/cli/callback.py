"""A server on loopback for the one request that brings the browser back."""

from __future__ import annotations

import asyncio
import errno
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlsplit

from eveobs.errors import ConfigError

LONGEST = 16_384
HEADERS = 200
MAX_CONNECTIONS = 32
"""At once; a browser opens two or three. Every process of this machine may open them."""
REQUEST_TIMEOUT = 10.0
"""Seconds for a request to arrive: some browsers open connections that they never use."""
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], None]
PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>eveobs</title>
<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
<style>body{{font:1.2rem/1.5 system-ui,sans-serif;max-width:32rem;margin:20vh auto;padding:1rem}}
</style><h1>{title}</h1><p>{text}</p></html>
"""


@asynccontextmanager
async def one_callback(port: int, state: str) -> AsyncIterator[Awaitable[dict[str, str]]]:
    """Serves inside; what is awaited are the values of the first request to /callback that came
    back with `state`. Any program and any web page can ask for /callback: what does not know the
    state gets a page that says so, and the sign-in goes on waiting.
    """
    connections = _Connections(state)
    servers = await _start(connections.connected, port)
    try:
        yield connections.came
    finally:
        for server in servers:
            server.close()
        await connections.close()


class _Connections:
    """Those to the callback, each served once. `came`: the values that came with `state`."""

    def __init__(self, state: str) -> None:
        self.came: asyncio.Future[dict[str, str]] = asyncio.get_running_loop().create_future()
        self._state = state
        self._open: dict[asyncio.Task[None], None] = {}

    def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one. A plain function: of a coroutine, asyncio makes a task of its own, and logs a
        traceback where that is ended.
        """
        if len(self._open) >= MAX_CONNECTIONS:  # a browser asks at once; the oldest has not
            oldest = next(iter(self._open))
            del self._open[oldest]
            oldest.cancel()
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._open[task] = None
        task.add_done_callback(lambda done: self._open.pop(done, None))

    async def close(self) -> None:
        """End what is still open. The page that says "Thank you" may be on its way; nothing else is
        waited for.
        """
        if self._open:
            _, idle = await asyncio.wait(self._open, timeout=0.2)
            for task in idle:
                task.cancel()
            await asyncio.gather(*idle, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(REQUEST_TIMEOUT):
                values = _values(await _head(reader))
                await _answer(writer, *_page(values, self._state))
            if values is not None and _knows(values, self._state) and not self.came.done():
                self.came.set_result(values)
        except (OSError, ValueError, TimeoutError, EOFError):
            pass
        finally:
            writer.close()


async def _head(reader: asyncio.StreamReader) -> bytes:
    """The first line of a request, all of whose head is read: a connection that is closed before
    is reset, and the browser shows no page.
    """
    first = line = await reader.readline()
    for _ in range(HEADERS):
        if not line.strip():
            break
        line = await reader.readline()
    return first


async def _start(serve: Serve, port: int) -> list[asyncio.Server]:
    """On both addresses that `localhost` may be; a machine may be without the newer one."""
    servers: list[asyncio.Server] = []
    try:
        for host in ("127.0.0.1", "::1"):
            try:
                servers.append(await asyncio.start_server(serve, host, port, limit=LONGEST))
            except OSError as error:
                if not servers or error.errno == errno.EADDRINUSE:
                    raise
    except OSError as error:
        for server in servers:
            server.close()
        taken = error.errno == errno.EADDRINUSE
        raise ConfigError(
            f"port {port}, where the browser is to come back to, "
            + ("is in use" if taken else f"cannot be opened: {error.strerror}"),
            hint="Is another sign-in waiting? sso.callback_port takes another port, which your "
            "application at developers.eveonline.com must have too; or use --no-browser.",
        ) from error
    return servers


def _values(line: bytes) -> dict[str, str] | None:
    """The query of a GET of /callback; None for any other request."""
    parts = line.decode("latin-1").split()
    if len(parts) < 2 or parts[0] != "GET":
        return None
    found = urlsplit(parts[1])
    if found.path != "/callback":
        return None
    return {name: values[-1] for name, values in parse_qs(found.query).items()}


def _knows(values: Mapping[str, str], state: str) -> bool:
    return hmac.compare_digest(values.get("state", "").encode(), state.encode())


def _page(values: dict[str, str] | None, state: str) -> tuple[str, str, str]:
    """Status, title and words for a person. Whether the code is good is known later only."""
    if values is None:
        return "404 Not Found", "Not here", "This is eveobs, signing in."
    if not _knows(values, state):
        words = "This answer belongs to another sign-in. eveobs goes on waiting for its own."
        return "400 Bad Request", "Not signed in", words
    if "error" in values or not values.get("code"):
        return "200 OK", "Not signed in", "The terminal says why. You may close this page."
    return "200 OK", "Thank you", "eveobs goes on in the terminal. You may close this page."


async def _answer(writer: asyncio.StreamWriter, status: str, title: str, text: str) -> None:
    body = PAGE.format(title=title, text=text).encode()
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\nReferrer-Policy: no-referrer\r\nConnection: close\r\n\r\n"
    )
    writer.write(head.encode() + body)
    await writer.drain()
