"""What one case asks, again and again: a server, a cache, the store, or nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from itertools import cycle
from typing import Any

from eveobs.bench.clients import Clients, Said
from eveobs.bench.target import Target
from eveobs.errors import EveobsError
from eveobs.esi.answers import Usage


class InTurn:
    """Asks the URLs of this machine's own server (or of a cache) round and round."""

    def __init__(self, clients: Clients, targets: Sequence[Target]) -> None:
        self._clients = clients
        self._targets = cycle(targets)
        self.usage = clients.usage
        self.error: EveobsError | None = None

    async def take(self) -> Target | None:
        """The next."""
        return next(self._targets)

    async def ask(self, worker: int, what: Target) -> str | None:
        """The status."""
        said = await self._clients.ask(worker, what)
        self.error = self.error or said.error
        return said.status


class Reading:
    """Reads what `read` reads, such as a stored list."""

    def __init__(self, read: Callable[[], object]) -> None:
        self._read = read
        self.usage = Usage()

    async def take(self) -> bool | None:
        """There is always more; somebody else may get a turn first."""
        await asyncio.sleep(0)
        return True

    async def ask(self, worker: int, what: Any) -> str | None:  # noqa: ARG002
        """As an answer of 200."""
        self._read()
        return "200"


async def fill(clients: Clients, targets: Sequence[Target], before: Callable[[], Any]) -> None:
    """Have a cache hold all `targets`; `before` each is waited for. Raises the error of one."""
    for target in targets:
        await before()
        said: Said = await clients.ask(0, target)
        if said.error is not None:
            raise said.error
        if said.answer is None or said.answer.status != 200:
            raise EveobsError(
                f"{target.path} answered {said.status}, of which nothing can be kept",
                hint="--mode network measures also that.",
            )
