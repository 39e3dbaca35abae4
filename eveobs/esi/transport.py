"""aiohttp's connections behind httpx's interface.

httpx's own pool looks at every connection for every request; aiohttp's does not. This maps a
request, a reply and the errors between the two, and nothing else: redirects, decompression and
retries are the caller's.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import Any, Self

import aiohttp
import httpx
from aiohttp.http_exceptions import HttpProcessingError
from multidict import CIMultiDict

from eveobs.esi.request import PlainRequest

KEPT_ALIVE = 60.0
"""Seconds an idle connection is kept."""
NOTHING_TO_ADD = frozenset({"user-agent", "accept", "accept-encoding", "content-type"})

_THEIRS = (aiohttp.ClientError, HttpProcessingError, OSError)
_ERRORS: tuple[tuple[type[Exception], type[httpx.TransportError]], ...] = (
    (aiohttp.ConnectionTimeoutError, httpx.ConnectTimeout),
    (TimeoutError, httpx.ReadTimeout),
    (aiohttp.ClientConnectorError, httpx.ConnectError),
    (aiohttp.ServerConnectionError, httpx.RemoteProtocolError),
    (aiohttp.ClientPayloadError, httpx.RemoteProtocolError),
    (aiohttp.ClientResponseError, httpx.RemoteProtocolError),
    (HttpProcessingError, httpx.RemoteProtocolError),
    (aiohttp.InvalidURL, httpx.UnsupportedProtocol),
    (aiohttp.NonHttpUrlClientError, httpx.UnsupportedProtocol),
)
"""The first that fits: aiohttp's errors inherit from one another, so the order matters."""


class AiohttpTransport(httpx.AsyncBaseTransport):
    """A pool of at most `connections`. Raises the kinds of httpx.TransportError."""

    def __init__(self, connections: int) -> None:
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None
        self._tls: ssl.SSLContext | None = None
        self._timeouts: dict[tuple[Any, Any], aiohttp.ClientTimeout] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send `request`; the body of the response is read as its stream is."""
        content = await request.aread()
        url = request.text if isinstance(request, PlainRequest) else str(request.url)
        try:
            response = await self._open().request(
                request.method,
                url,
                headers=CIMultiDict([(k.decode(), v.decode()) for k, v in request.headers.raw]),
                data=content or None,
                allow_redirects=False,
                timeout=self._timeout(request.extensions.get("timeout", {})),
                ssl=self._verified() if url.startswith("https:") else True,
            )
        except _THEIRS as error:
            raise _as_httpx(error, request) from error
        return httpx.Response(
            response.status,
            headers=list(response.raw_headers),
            stream=_Body(request, response),
            request=request,
        )

    async def aclose(self) -> None:
        """Close all connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            pool = aiohttp.TCPConnector(limit=self._connections, keepalive_timeout=KEPT_ALIVE)
            cookies = aiohttp.DummyCookieJar()
            self._session = aiohttp.ClientSession(
                connector=pool,
                cookie_jar=cookies,
                auto_decompress=False,
                skip_auto_headers=NOTHING_TO_ADD,
            )
            # aiohttp would send a request a second time by itself, past all limits and counts.
            self._session._retry_connection = False  # noqa: SLF001 - there is no public switch
        return self._session

    def _timeout(self, told: Mapping[str, Any]) -> aiohttp.ClientTimeout:
        key = (told.get("connect"), told.get("read"))
        if key not in self._timeouts:
            self._timeouts[key] = aiohttp.ClientTimeout(sock_connect=key[0], sock_read=key[1])
        return self._timeouts[key]

    def _verified(self) -> ssl.SSLContext:
        """The system's certificate authorities and Mozilla's, loaded when first needed (30 ms)."""
        if self._tls is None:
            import certifi

            self._tls = ssl.create_default_context()
            self._tls.load_verify_locations(certifi.where())
        return self._tls


class _Body(httpx.AsyncByteStream):
    """The body as it comes. One that ends before its Content-Length is an error."""

    def __init__(self, request: httpx.Request, response: aiohttp.ClientResponse) -> None:
        self._request = request
        self._response = response

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        try:
            part = await self._response.content.readany()
        except _THEIRS as error:
            raise _as_httpx(error, self._request) from error
        if not part:
            raise StopAsyncIteration
        return part

    async def aclose(self) -> None:
        """Give the connection back to the pool, which closes it if the body was not read."""
        self._response.release()


def _as_httpx(error: Exception, request: httpx.Request) -> httpx.TransportError:
    kinds = (ours for theirs, ours in _ERRORS if isinstance(error, theirs))
    kind = next(kinds, httpx.NetworkError)
    return kind(str(error) or type(error).__name__, request=request)
