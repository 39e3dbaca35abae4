"""A server that says, byte for byte, what a test wants said; on a real socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Raw:
    """Where it is, and what was said to it."""

    url: str = ""
    connections: int = 0
    requests: list[bytes] = field(default_factory=list)

    async def heard(self, reader: asyncio.StreamReader) -> bytes:
        """The head of one more request."""
        head = await reader.readuntil(b"\r\n\r\n")
        self.requests.append(head)
        return head


def answer(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """A whole reply."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@asynccontextmanager
async def served(talk: Callable[[Raw], Talk]) -> AsyncIterator[Raw]:
    """Talks to each connection with what `talk` makes, until the test is over."""
    raw = Raw()
    speak = talk(raw)
    running: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raw.connections += 1
        task = asyncio.current_task()
        assert task is not None
        running.add(task)
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await speak(reader, writer)
        writer.close()
        running.discard(task)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    raw.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield raw
    finally:
        server.close()
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def saying(*parts: bytes, pause: float = 0.0, stay: bool = False) -> Callable[[Raw], Talk]:
    """The same to every request: `parts`, `pause` seconds apart; then hang up, unless to `stay`."""

    def talk(raw: Raw) -> Talk:
        async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while True:
                await raw.heard(reader)
                for part in parts:
                    writer.write(part)
                    await writer.drain()
                    await asyncio.sleep(pause)
                if not stay:
                    return

        return speak

    return talk
