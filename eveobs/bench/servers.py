"""Servers in processes of their own, which end with the one that started them, however it ends."""

from __future__ import annotations

import asyncio
import multiprocessing
import signal
from collections.abc import Awaitable, Callable, Coroutine
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, Self

from eveobs.errors import EveobsError

HOST = "127.0.0.1"
STARTS_WITHIN = 60.0
"""Seconds."""
ENDS_WITHIN = 5.0
THE_FORGE = 10000002
CONTRACTS = 1000
"""A whole page of them."""
ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
    b"Connection: keep-alive\r\n\r\n{}"
)
END_OF_REQUEST = b"\r\n\r\n"

Serve = Callable[[Callable[[str], None], Awaitable[None]], Coroutine[Any, Any, None]]
"""Serves until the second is over, and tells the first its URL when it does."""


class ServerProcess:
    """`serve` in a new process, from entering this context to leaving it.

    The process notices by a closed pipe that nobody needs it any more, also after a kill -9.
    """

    def __init__(self, serve: Serve) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._pipe, self._theirs = spawn.Pipe()
        self._process = spawn.Process(target=_run, args=(serve, self._theirs), daemon=True)
        self.url = ""

    def __enter__(self) -> Self:
        self._process.start()
        self._theirs.close()
        try:
            if self._pipe.poll(STARTS_WITHIN):
                self.url = self._pipe.recv()
        except EOFError:
            pass
        if not self.url:
            self.__exit__(None, None, None)
            raise EveobsError("a server to measure against could not be started")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pipe.close()
        self._process.join(ENDS_WITHIN)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._process.close()


def _run(serve: Serve, pipe: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is for the one who measures
    asyncio.run(serve(pipe.send, _closed(pipe)))


async def _closed(pipe: Connection) -> None:
    """Waits in a thread, which every platform can."""
    await asyncio.to_thread(pipe.poll, None)


class _NoOp(asyncio.Protocol):
    """Answers at once and always the same, without reading more than where a request ends."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if isinstance(self._transport, asyncio.WriteTransport):
            self._transport.write(ANSWER * data.count(END_OF_REQUEST))


async def no_op(tell: Callable[[str], None], over: Awaitable[None]) -> None:
    """The least a server can do: what is measured against it is eveobs itself."""
    server = await asyncio.get_running_loop().create_server(_NoOp, HOST, 0, backlog=1024)
    async with server:
        tell(f"http://{HOST}:{server.sockets[0].getsockname()[1]}")
        await over


async def new_eden(tell: Callable[[str], None], over: Awaitable[None]) -> None:
    """The sandbox of the standard set: The Forge with a page of contracts."""
    from eveobs.sandbox.server import Sandbox
    from eveobs.sandbox.world import World

    world = World.generate(contracts=CONTRACTS, regions=[THE_FORGE])
    async with Sandbox(world, spam_guard=False) as eden:
        tell(eden.url)
        await over
