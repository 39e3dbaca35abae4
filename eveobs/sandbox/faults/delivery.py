"""Replies that do not arrive as they should, or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from eveobs.sandbox.faults.bodies import MEGABYTE
from eveobs.sandbox.faults.kind import Line, Options
from eveobs.sandbox.messages import Reply

_PARTS = 20
"""What is sent slowly is sent in so many parts."""


async def refuse(line: Line, _: Reply, options: Options) -> None:
    """Nobody listens for a while; this request and all others under way are cut off."""
    line.refuse(options["seconds"])


async def reset(line: Line, _: Reply, __: Options) -> None:
    """The connection is reset instead of an answer."""
    line.reset()


async def hang(line: Line, _: Reply, options: Options) -> None:
    """Nothing comes."""
    await line.wait(options["seconds"])


async def close(line: Line, reply: Reply, options: Options) -> None:
    """The connection is closed before as many bytes have come as Content-Length says."""
    body = reply.body or b""
    await line.write(head(reply, len(body) or 2))
    await line.write(body[: int(len(body) * options["part"])])


async def slow_headers(line: Line, reply: Reply, options: Options) -> None:
    """A few bytes of the headers at a time; the body then comes at once."""
    body = reply.body or b""
    await _slowly(line, head(reply, len(body)), options["seconds"])
    await line.write(body)


async def drip(line: Line, reply: Reply, options: Options) -> None:
    """A few bytes of the body at a time."""
    body = reply.body or b""
    await line.write(head(reply, len(body)))
    await _slowly(line, body, options["seconds"])


async def flood(line: Line, reply: Reply, options: Options) -> None:
    """A body that is longer than any of ESI's: blanks, inside brackets."""
    megabytes = int(options["megabytes"])
    reply.headers.popall("Content-Encoding", None)
    await line.write(head(reply, megabytes * MEGABYTE + 2) + b"[")
    for _ in range(megabytes):
        await line.write(b" " * MEGABYTE)
    await line.write(b"]")


def head(reply: Reply, length: int) -> bytes:
    """Status line and headers as they go on the wire, for a body of `length` bytes."""
    try:
        reason = HTTPStatus(reply.status).phrase
    except ValueError:
        reason = "Unknown"
    lines = [f"HTTP/1.1 {reply.status} {reason}"]
    lines += [f"{name}: {value}" for name, value in reply.headers.items()]
    lines += [f"Content-Length: {length}", "Connection: close", "", ""]
    return "\r\n".join(lines).encode("latin-1")


async def _slowly(line: Line, data: bytes, seconds: float) -> None:
    for part in _parts(data):
        await line.wait(seconds / _PARTS)
        await line.write(part)


def _parts(data: bytes) -> Sequence[bytes]:
    """All of it in order; the last may be empty."""
    size = -(-len(data) // _PARTS)
    return [data[size * number : size * (number + 1)] for number in range(_PARTS)]
