"""aiohttp's connections: the ordinary way to ESI.

No httpx here: its request, reply and header objects cost as much again as aiohttp itself (82 µs of
CPU a request so, 190 µs with them, beside 76 µs for a bare aiohttp loop).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import aiohttp
from aiohttp.abc import AbstractResolver
from aiohttp.http_exceptions import HttpProcessingError
from yarl import URL

from eveobs.errors import ConfigError
from eveobs.esi.line import BrokenError, Exchange, MaxBody, any_body, lost, reason
from eveobs.esi.threads import InlineResolver, can_start_threads
from eveobs.esi.trust import verified
from eveobs.esi.unpacking import TooLargeError, Unpacker

KEPT_ALIVE = 60.0
"""Seconds an idle connection is kept."""
NOTHING_TO_ADD = frozenset({"user-agent", "accept", "accept-encoding", "content-type"})
THEIRS = (aiohttp.ClientError, HttpProcessingError, OSError)
"""What aiohttp raises when the network fails."""
ENDED = (
    aiohttp.ServerConnectionError,
    aiohttp.ClientPayloadError,
    aiohttp.ClientResponseError,
    HttpProcessingError,
)


class AiohttpLine:
    """At most `connections` at once to the host of `base_url`; `headers` go with every request.

    `connect` and `read` are time-outs in seconds, `read` for the next part of an answer. Raises
    ConfigError for an address that is none.
    """

    def __init__(
        self,
        base_url: str,
        headers: Mapping[str, str],
        *,
        connections: int,
        connect: float,
        read: float,
    ) -> None:
        try:
            URL(base_url)
        except ValueError as error:
            raise ConfigError(f"esi.base_url is no address: {error}") from error
        self._headers = headers
        self._connections = connections
        self._timeout = aiohttp.ClientTimeout(total=None, sock_connect=connect, sock_read=read)
        self._session: aiohttp.ClientSession | None = None
        self._tls = verified() if base_url.startswith("https:") else True

    async def exchange(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        content: bytes,
        largest: MaxBody = any_body,
    ) -> Exchange:
        """See `Line`."""
        try:
            response = await self._open().request(
                method,
                URL(url, encoded=True),
                headers=headers,
                data=content or None,
                allow_redirects=False,
                timeout=self._timeout,
                ssl=self._tls,
            )
            try:
                body = await _body(response, largest(response.status))
                return Exchange(response.status, response.headers, body)
            finally:
                response.release()  # which closes a connection whose body was not read to its end
        except THEIRS as error:
            raise BrokenError(self._words(error)) from error

    async def close(self) -> None:
        """Close all connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = pool(self._connections, self._headers)
        return self._session

    def _words(self, error: Exception) -> str:
        if isinstance(error, aiohttp.ConnectionTimeoutError):
            return f"no connection within {self._timeout.sock_connect:g} seconds"
        if isinstance(error, TimeoutError):
            return f"no answer within {self._timeout.sock_read:g} seconds"
        if isinstance(error, aiohttp.ClientConnectorError):
            return f"cannot connect: {reason(error) or error}"
        if isinstance(error, ENDED):
            return "the connection ended before the whole answer had come"
        return lost(error)


def pool(connections: int, headers: Mapping[str, str] | None = None) -> aiohttp.ClientSession:
    """A session that neither keeps cookies, nor unpacks, nor says what it was not told to say."""
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            limit=connections, keepalive_timeout=KEPT_ALIVE, resolver=_resolver()
        ),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers=headers,
        auto_decompress=False,
        skip_auto_headers=NOTHING_TO_ADD,
    )
    # aiohttp would send a request a second time by itself, past all limits and counts.
    session._retry_connection = False  # noqa: SLF001 - there is no public switch
    return session


def _resolver() -> AbstractResolver | None:
    """None is aiohttp's own, which needs a thread."""
    return None if can_start_threads() else cast("AbstractResolver", InlineResolver())


async def _body(response: aiohttp.ClientResponse, largest: int) -> bytes:
    """The whole body, unpacked by us: a gzip stream that was cut off is not taken for whole."""
    encoding = response.headers.get("content-encoding", "")
    unpacker = Unpacker(encoding.strip().lower(), largest=largest)
    try:
        while part := await response.content.readany():
            unpacker.add(part)
    except TooLargeError:
        if response.status < 400:
            raise
        return b""  # a proxy's page: its status says enough
    return unpacker.body()
