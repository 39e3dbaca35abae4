"""One request over the network and its whole reply: pool, time-outs, size cap, decompression.

Imports httpx and aiohttp; loaded when the first request is sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, cast

import httpx

from eveobs.errors import ConfigError, ShapeError, UnreachableError
from eveobs.esi.answers import Reply
from eveobs.esi.request import PlainRequest
from eveobs.esi.unpacking import TooLargeError, Unpacker

if TYPE_CHECKING:
    from eveobs.settings import Esi


class Wire:
    """The connection pool of a client. Raises ConfigError for a base URL that is none."""

    def __init__(
        self, settings: Esi, version: str, transport: httpx.AsyncBaseTransport | None
    ) -> None:
        self._transport = transport or pooled(settings)
        self._settings = settings
        self._total = settings.total_timeout
        self._extensions = {
            "timeout": {
                "connect": settings.connect_timeout,
                "read": settings.read_timeout,
                "write": settings.read_timeout,
                "pool": None,
            }
        }
        self._headers = httpx.Headers(
            {
                "host": host(settings.base_url),
                "user-agent": user_agent(settings, version),
                "accept": "application/json",
                "accept-encoding": "gzip",
                "accept-language": settings.language,
                "x-tenant": settings.tenant,
                "x-compatibility-date": settings.compatibility_date,
            }
        )

    async def send(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes
    ) -> Reply:
        """Send once.

        Raises UnreachableError when no whole, usable reply comes back, ShapeError for one that is
        larger than any of ESI's.
        """
        request = self._request(method, url, headers, content)
        try:
            async with asyncio.timeout(self._total):
                response = await self._transport.handle_async_request(request)
                known = _by_name(response)
                body = await _read(response, known.get("content-encoding", ""))
        except TimeoutError as error:
            raise _unreachable(request, f"no answer within {self._total:g} seconds") from error
        except TooLargeError as error:
            raise ShapeError(
                _told(request, f"answered with {error}"),
                status=200,
                hint="Nothing of it was kept. Is esi.base_url right?",
            ) from error
        except ValueError as error:
            raise _unreachable(request, f"answered with {error}") from error
        except (httpx.HTTPError, OSError) as error:
            raise _unreachable(request, _words(error, self._settings)) from error
        return _usable(request, Reply(url, response.status_code, known, body))

    async def close(self) -> None:
        """Close all connections."""
        await self._transport.aclose()

    def _request(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes
    ) -> httpx.Request:
        named = self._headers
        if headers or content:
            length = {"content-length": str(len(content))} if content else {}
            named = httpx.Headers([*named.multi_items(), *headers.items(), *length.items()])
        return PlainRequest(
            method, url, headers=named, content=content, extensions=self._extensions
        )


def pooled(settings: Esi) -> httpx.AsyncBaseTransport:
    """Connections of our own, as many as may be under way at once."""
    from eveobs.esi.transport import AiohttpTransport

    return AiohttpTransport(settings.concurrency)


def host(base_url: str) -> str:
    """The Host header for `base_url`. Raises ConfigError where there cannot be such a host."""
    try:
        return httpx.URL(base_url).netloc.decode()
    except httpx.InvalidURL as error:
        raise ConfigError(f"esi.base_url is no address: {error}") from error


def user_agent(settings: Esi, version: str) -> str:
    """Who asks, as CCP wants to know it: program, version, and a contact where one is set."""
    return f"eveobs/{version}" + (f" ({settings.contact})" if settings.contact else "")


def _by_name(response: httpx.Response) -> dict[str, str]:
    """Headers as a plain dictionary: httpx's looks at all of them for each that is wanted."""
    return {_lower(name): value.decode("latin-1") for name, value in response.headers.raw}


@lru_cache(maxsize=512)
def _lower(name: bytes) -> str:
    return name.decode("latin-1").lower()


async def _read(response: httpx.Response, encoding: str) -> bytes:
    """The whole body. Not by httpx's decoders: they take a gzip stream that was cut off for whole.

    Raises ValueError for a body that is damaged, cut off or too large.
    """
    stream = cast("httpx.AsyncByteStream", response.stream)
    try:
        unpacker = Unpacker(encoding.strip().lower())
        async for part in stream:
            unpacker.add(part)
        return unpacker.body()
    finally:
        await stream.aclose()


def _usable(request: httpx.Request, reply: Reply) -> Reply:
    if 200 <= reply.status < 300 and reply.status != 204:
        if not reply.body.strip():
            raise _unreachable(request, f"answered {reply.status} with an empty body")
        if reply.body.lstrip()[:1] == b"<":
            raise _unreachable(request, "answered with a web page, not with JSON")
    return reply


def _unreachable(request: httpx.Request, what: str) -> UnreachableError:
    return UnreachableError(
        _told(request, what),
        hint="Check the network, and esi.base_url in `eveobs config show --origin`.",
    )


def _told(request: httpx.Request, what: str) -> str:
    return f"{request.url.host}: {what} ({request.method} {request.url.path})"


def _words(error: Exception, settings: Esi) -> str:
    """What happened, in words of the network instead of a library's."""
    if isinstance(error, httpx.ConnectTimeout):
        return f"no connection within {settings.connect_timeout:g} seconds"
    if isinstance(error, httpx.TimeoutException):
        return f"no answer within {settings.read_timeout:g} seconds"
    reason = _reason(error)
    if isinstance(error, httpx.ConnectError):
        return f"cannot connect: {reason or error}"
    if isinstance(error, httpx.RemoteProtocolError):
        return "the connection ended before the whole answer had come"
    return f"the connection was lost: {reason or error or type(error).__name__}"


def _reason(error: BaseException | None) -> str:
    """The operating system's words for what lies beneath `error`."""
    while error is not None:
        if isinstance(error, OSError) and error.strerror:
            return error.strerror
        error = error.__cause__
    return ""
