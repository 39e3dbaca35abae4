"""Any transport of httpx as a way to ESI: a proxy's, a recorder's, one that answers by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import httpx

from eveobs.esi.line import BrokenError, Exchange, MaxBody, any_body, lost, reason
from eveobs.esi.unpacking import TooLargeError, Unpacker


class HttpxLine:
    """Requests over `transport`; `headers` go with each. Time-outs in seconds."""

    def __init__(
        self,
        transport: httpx.AsyncBaseTransport,
        headers: Mapping[str, str],
        *,
        connect: float,
        read: float,
    ) -> None:
        self._transport = transport
        self._headers = headers
        self._timeout = {"connect": connect, "read": read, "write": read, "pool": None}

    async def exchange(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        content: bytes,
        largest: MaxBody = any_body,
    ) -> Exchange:
        """See `Line`."""
        request = httpx.Request(
            method,
            url,
            headers={**self._headers, **headers},
            content=content or None,
            extensions={"timeout": self._timeout},
        )
        try:
            response = await self._transport.handle_async_request(request)
            told = {name.lower(): value for name, value in response.headers.items()}
            body = await _body(response, largest(response.status_code))
            return Exchange(response.status_code, told, body)
        except (httpx.HTTPError, OSError) as error:
            raise BrokenError(self._words(error)) from error

    async def close(self) -> None:
        """Close the transport."""
        await self._transport.aclose()

    def _words(self, error: Exception) -> str:
        if isinstance(error, httpx.ConnectTimeout):
            return f"no connection within {self._timeout['connect']:g} seconds"
        if isinstance(error, httpx.TimeoutException):
            return f"no answer within {self._timeout['read']:g} seconds"
        if isinstance(error, httpx.ConnectError):
            return f"cannot connect: {reason(error) or error}"
        if isinstance(error, httpx.RemoteProtocolError):
            return "the connection ended before the whole answer had come"
        return lost(error)


async def _body(response: httpx.Response, largest: int) -> bytes:
    """The whole body. httpx's own decoders take a gzip stream that was cut off for whole."""
    stream = cast("httpx.AsyncByteStream", response.stream)
    try:
        encoding = response.headers.get("content-encoding", "").strip().lower()
        unpacker = Unpacker(encoding, largest=largest)
        async for part in stream:
            unpacker.add(part)
        return unpacker.body()
    except TooLargeError:
        if response.status_code < 400:
            raise
        return b""
    finally:
        await stream.aclose()
