"""What carries a request to ESI and brings the reply: the network, or what stands in for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol


class Exchange(NamedTuple):
    """A reply. `headers` are found by lower-case name, `body` is unpacked and whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class BrokenError(Exception):
    """No whole reply came; the message says why, in words of the network."""


class Line(Protocol):
    """Sends one request at a time for each caller, as many callers as there are."""

    async def exchange(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes
    ) -> Exchange:
        """Send once. Raises BrokenError, TooLargeError, or ValueError for a damaged body."""

    async def close(self) -> None:
        """Close all connections."""


def lost(error: BaseException) -> str:
    """Words for a connection that broke."""
    return f"the connection was lost: {reason(error) or error or type(error).__name__}"


def reason(error: BaseException | None) -> str:
    """The operating system's words for what lies beneath `error`."""
    while error is not None:
        if isinstance(error, OSError) and error.strerror:
            return error.strerror
        error = error.__cause__
    return ""
