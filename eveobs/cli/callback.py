"""A server on loopback for the one request that brings the browser back."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlsplit

from eveobs.errors import ConfigError

LONGEST = 16_384
PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>eveobs</title>
<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
<style>body{{font:1.2rem/1.5 system-ui,sans-serif;max-width:32rem;margin:20vh auto;padding:1rem}}
</style><h1>{title}</h1><p>{text}</p></html>
"""


@asynccontextmanager
async def one_callback(port: int) -> AsyncIterator[Awaitable[dict[str, str]]]:
    """Serves inside; what is awaited are the values of the first request to /callback."""
    came: asyncio.Future[dict[str, str]] = asyncio.get_running_loop().create_future()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            values = _values(await reader.readline())
            if values is None:
                await _answer(writer, "404 Not Found", "Not here", "This is eveobs, signing in.")
            elif "error" in values:
                await _answer(writer, "200 OK", "Not signed in", "You may close this page.")
            else:
                await _answer(
                    writer, "200 OK", "Signed in", "Back to the terminal: you may close this page."
                )
            if values is not None and not came.done():
                came.set_result(values)
        except (ConnectionError, ValueError):
            pass
        finally:
            writer.close()

    server = await _start(serve, port)
    try:
        yield came
    finally:
        server.close()


async def _start(serve: object, port: int) -> asyncio.Server:
    try:
        return await asyncio.start_server(serve, "localhost", port, limit=LONGEST)  # type: ignore[arg-type]
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        raise ConfigError(
            f"port {port}, where the browser is to come back to, "
            + ("is in use" if taken else f"cannot be opened: {error.strerror}"),
            hint="Is another sign-in waiting? sso.callback_port takes another port, which your "
            "application at developers.eveonline.com must have too; or use --no-browser.",
        ) from error


def _values(line: bytes) -> dict[str, str] | None:
    """The query of a GET of /callback; None for any other request."""
    parts = line.decode("latin-1").split()
    if len(parts) < 2 or parts[0] != "GET":
        return None
    found = urlsplit(parts[1])
    if found.path != "/callback":
        return None
    return {name: values[-1] for name, values in parse_qs(found.query).items()}


async def _answer(writer: asyncio.StreamWriter, status: str, title: str, text: str) -> None:
    body = PAGE.format(title=title, text=text).encode()
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\nReferrer-Policy: no-referrer\r\nConnection: close\r\n\r\n"
    )
    writer.write(head.encode() + body)
    await writer.drain()
