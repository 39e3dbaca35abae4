"""One request over the network and its whole reply: who asks, time-outs, what is no reply of ESI.

Imports aiohttp; loaded when the first request is sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from eveobs.errors import ShapeError, UnreachableError
from eveobs.esi.answers import Reply
from eveobs.esi.line import BrokenError, Line, MaxBody, any_body
from eveobs.esi.unpacking import TooLargeError

if TYPE_CHECKING:
    import httpx

    from eveobs.settings import Esi


class Wire:
    """The way of a client to ESI: aiohttp's connections, or a `transport` of httpx instead.

    Raises ConfigError for a base URL that is none.
    """

    def __init__(
        self, settings: Esi, version: str, transport: httpx.AsyncBaseTransport | None
    ) -> None:
        self._total = settings.total_timeout
        self._line = _line(settings, _headers(settings, version), transport)

    async def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        content: bytes,
        largest: MaxBody = any_body,
    ) -> Reply:
        """Send once; `largest` bounds the body.

        Raises UnreachableError when no whole, usable reply comes back, ShapeError for one that is
        larger than any of ESI's.
        """
        try:
            async with asyncio.timeout(self._total):
                status, known, body = await self._line.exchange(
                    method, url, headers, content, largest
                )
        except TimeoutError as error:
            raise _unreachable(method, url, f"no answer within {self._total:g} seconds") from error
        except TooLargeError as error:
            raise ShapeError(
                _told(method, url, f"answered with {error}"),
                status=200,
                hint="Nothing of it was kept. Is esi.base_url right?",
            ) from error
        except ValueError as error:
            raise _unreachable(method, url, f"answered with {error}") from error
        except BrokenError as error:
            raise _unreachable(method, url, str(error)) from error
        if 200 <= status < 300 and status != 204:
            _check_usable(method, url, status, body)
        return Reply(url, status, known, body)

    async def close(self) -> None:
        """Close all connections."""
        await self._line.close()


def _line(
    settings: Esi, headers: Mapping[str, str], transport: httpx.AsyncBaseTransport | None
) -> Line:
    timeouts = {"connect": settings.connect_timeout, "read": settings.read_timeout}
    if transport is None:
        from eveobs.esi.aiohttp_line import AiohttpLine

        return AiohttpLine(settings.base_url, headers, connections=settings.concurrency, **timeouts)
    from eveobs.esi.httpx_line import HttpxLine

    return HttpxLine(transport, headers, **timeouts)


def _headers(settings: Esi, version: str) -> dict[str, str]:
    return {
        "user-agent": user_agent(settings, version),
        "accept": "application/json",
        "accept-encoding": "gzip",
        "accept-language": settings.language,
        "x-tenant": settings.tenant,
        "x-compatibility-date": settings.compatibility_date,
    }


def user_agent(settings: Esi, version: str) -> str:
    """Who asks, as CCP wants to know it: program, version, and a contact where one is set."""
    return f"eveobs/{version}" + (f" ({settings.contact})" if settings.contact else "")


def _check_usable(method: str, url: str, status: int, body: bytes) -> None:
    first = body[:1]
    if first not in (b"[", b"{"):
        first = body.lstrip()[:1]
    if not first:
        raise _unreachable(method, url, f"answered {status} with an empty body")
    if first == b"<":
        raise _unreachable(method, url, "answered with a web page, not with JSON")


def _unreachable(method: str, url: str, what: str) -> UnreachableError:
    return UnreachableError(
        _told(method, url, what),
        hint="Check the network, and esi.base_url in `eveobs config show --origin`.",
    )


def _told(method: str, url: str, what: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname}: {what} ({method} {parts.path})"
