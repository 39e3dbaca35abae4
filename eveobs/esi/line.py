"""What carries a request to ESI and brings the reply: the network, or what stands in for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol

from eveobs.esi.unpacking import LARGEST_BODY

MaxBody = Callable[[int], int]
"""Bytes that a body may have, unpacked, by the status that it comes with."""


def any_body(status: int) -> int:  # noqa: ARG001 - the same for all
    """What no answer of ESI reaches."""
    return LARGEST_BODY


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
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        content: bytes,
        largest: MaxBody = any_body,
    ) -> Exchange:
        """Send once; read no more than `largest` allows. Raises BrokenError, TooLargeError, or
        ValueError for a damaged body. Of an error that is too large the body is empty.
        """

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
