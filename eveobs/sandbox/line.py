"""A connection that can be written to, held up and cut, past all that HTTP promises."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable

_HIGH_WATER = 1 << 20
_GLANCE = 0.02
"""Seconds between two looks at whether the client is still there."""
_AT_ONCE = struct.pack("ii", 1, 0)
"""A socket that lingers for no time is closed with a reset."""


class Line:
    """See `faults.kind.Line`."""

    def __init__(
        self, transport: asyncio.Transport | None, refuse: Callable[[float], None]
    ) -> None:
        self._transport = transport
        self.refuse = refuse

    async def write(self, data: bytes) -> None:
        """Sends bytes, and waits while the client reads more slowly than they come."""
        self._alive().write(data)
        while self._alive().get_write_buffer_size() > _HIGH_WATER:  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(_GLANCE)

    async def wait(self, seconds: float) -> None:
        """Lets time pass, as long as somebody waits."""
        clock = asyncio.get_running_loop().time
        end = clock() + seconds
        while (left := end - clock()) > 0:
            self._alive()
            await asyncio.sleep(min(left, _GLANCE))

    def reset(self) -> None:
        """Cuts the connection, with a reset."""
        if self._transport is not None:
            connection = self._transport.get_extra_info("socket")
            if connection is not None:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
            self._transport.abort()

    def close(self) -> None:
        """Closes the connection once everything is sent."""
        if self._transport is not None:
            self._transport.close()

    def _alive(self) -> asyncio.Transport:
        if self._transport is None or self._transport.is_closing():
            raise ConnectionResetError("nobody listens any more")
        return self._transport
