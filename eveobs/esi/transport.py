"""aiohttp's connections behind httpx's interface.

httpx's own pool looks at every connection for every request; aiohttp's does not. This maps a
request, a reply and the errors between the two, and nothing else: redirects, decompression and
retries are the caller's.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import aiohttp
import httpx
from multidict import CIMultiDict

KEPT_ALIVE = 60.0
"""Seconds an idle connection is kept."""
NOT_OURS_TO_ADD = frozenset({"user-agent", "accept", "accept-encoding", "content-type"})

_ERRORS: tuple[tuple[type[Exception], type[httpx.TransportError]], ...] = (
    (aiohttp.ConnectionTimeoutError, httpx.ConnectTimeout),
    (aiohttp.ServerTimeoutError, httpx.ReadTimeout),
    (aiohttp.ClientProxyConnectionError, httpx.ProxyError),
    (aiohttp.ClientConnectorError, httpx.ConnectError),
    (aiohttp.ServerFingerprintMismatch, httpx.ConnectError),
    (aiohttp.ServerDisconnectedError, httpx.RemoteProtocolError),
    (aiohttp.ClientPayloadError, httpx.RemoteProtocolError),
    (aiohttp.ClientResponseError, httpx.RemoteProtocolError),
    (aiohttp.InvalidURL, httpx.UnsupportedProtocol),
    (aiohttp.ClientError, httpx.NetworkError),
    (TimeoutError, httpx.ReadTimeout),
    (OSError, httpx.NetworkError),
)
"""The first that fits; aiohttp's errors inherit from one another, so the order matters."""


class AiohttpTransport(httpx.AsyncBaseTransport):
    """A pool of at most `connections`. Raises the kinds of httpx.TransportError."""

    def __init__(self, connections: int) -> None:
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None
        self._tls: ssl.SSLContext | None = None
        self._timeouts: dict[tuple[object, object], aiohttp.ClientTimeout] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send `request`; the body of the response is read as its stream is."""
        with _as_httpx(request):
            response = await self._open().request(
                request.method,
                str(request.url),
                headers=CIMultiDict(request.headers.multi_items()),
                data=await request.aread() or None,
                skip_auto_headers=NOT_OURS_TO_ADD,
                allow_redirects=False,
                timeout=self._timeout(request.extensions.get("timeout", {})),
                ssl=self._verified() if request.url.scheme == "https" else True,
            )
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
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=self._connections, keepalive_timeout=KEPT_ALIVE
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
            )
        return self._session

    def _timeout(self, told: Mapping[str, Any]) -> aiohttp.ClientTimeout:
        key = (told.get("connect"), told.get("read"))
        if key not in self._timeouts:
            self._timeouts[key] = aiohttp.ClientTimeout(sock_connect=key[0], sock_read=key[1])
        return self._timeouts[key]

    def _verified(self) -> ssl.SSLContext:
        """The system's certificate authorities and Mozilla's; loading them takes 30 ms."""
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

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _as_httpx(self._request):
            while part := await self._response.content.readany():
                yield part

    async def aclose(self) -> None:
        """Give the connection back to the pool; close it if the body was not read to its end."""
        if not self._response.content.at_eof():
            self._response.close()
        self._response.release()


@contextmanager
def _as_httpx(request: httpx.Request) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        for theirs, ours in _ERRORS:
            if isinstance(error, theirs):
                raise ours(str(error) or type(error).__name__, request=request) from error
        raise
