"""One request over the network and its whole reply: pool, time-outs, size cap, decompression.

Imports httpx and aiohttp; loaded when the first request is sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx

from eveobs.errors import UnreachableError
from eveobs.esi.resilience import error_text

if TYPE_CHECKING:
    from eveobs.settings import Esi

LARGEST_BODY = 64 * 1024 * 1024
"""Bytes, decompressed. The largest page of ESI seen has about 1 MB."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A status, headers by lower-case name, and the decompressed body."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def detail(self) -> str:
        """ESI's words in an error body."""
        return error_text(self.body) if self.status >= 400 else ""


class Wire:
    """The connection pool of a client."""

    def __init__(
        self, settings: Esi, version: str, transport: httpx.AsyncBaseTransport | None
    ) -> None:
        self._transport = transport or pooled(settings)
        self._total = settings.total_timeout
        self._extensions = {
            "timeout": {
                "connect": settings.connect_timeout,
                "read": settings.read_timeout,
                "write": settings.read_timeout,
                "pool": None,
            }
        }
        self._headers = {
            "user-agent": user_agent(settings, version),
            "accept": "application/json",
            "accept-encoding": "gzip",
            "accept-language": settings.language,
            "x-tenant": settings.tenant,
            "x-compatibility-date": settings.compatibility_date,
        }

    async def send(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes
    ) -> Reply:
        """Send once. Raises UnreachableError when no whole, usable reply comes back."""
        request = httpx.Request(
            method,
            url,
            headers={**self._headers, **headers},
            content=content or None,
            extensions=self._extensions,
        )
        try:
            async with asyncio.timeout(self._total):
                response = await self._transport.handle_async_request(request)
                body = await _read(response)
        except TimeoutError as error:
            raise _unreachable(request, f"no answer within {self._total:g} seconds") from error
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise _unreachable(request, _words(error)) from error
        return _usable(request, response, body)

    async def close(self) -> None:
        """Close all connections."""
        await self._transport.aclose()


def pooled(settings: Esi) -> httpx.AsyncBaseTransport:
    """Connections of our own, as many as may be under way at once."""
    from eveobs.esi.transport import AiohttpTransport

    return AiohttpTransport(settings.concurrency)


def user_agent(settings: Esi, version: str) -> str:
    """Who asks, as CCP wants to know it: program, version, and a contact where one is set."""
    return f"eveobs/{version}" + (f" ({settings.contact})" if settings.contact else "")


async def _read(response: httpx.Response) -> bytes:
    parts: list[bytes] = []
    size = 0
    try:
        async for part in response.aiter_bytes():
            size += len(part)
            if size > LARGEST_BODY:
                raise httpx.DecodingError(f"a body of more than {LARGEST_BODY} bytes")
            parts.append(part)
    finally:
        await response.aclose()
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _usable(request: httpx.Request, response: httpx.Response, body: bytes) -> Reply:
    if response.status_code == 200:
        if not body.strip():
            raise _unreachable(request, "answered 200 with an empty body")
        if body.lstrip()[:1] == b"<":
            raise _unreachable(request, "answered with a web page, not with JSON")
    return Reply(str(request.url), response.status_code, response.headers, body)


def _unreachable(request: httpx.Request, what: str) -> UnreachableError:
    return UnreachableError(
        f"{request.url.host}: {what} ({request.method} {request.url.path})",
        hint="Check the network, and esi.base_url in `eveobs config show --origin`.",
    )


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__
