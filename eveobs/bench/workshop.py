"""Where measuring happens: who is asked for each case, opened when needed and closed at last."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

from eveobs.bench.caches import LASTING, STALE, FreshOnly, StillCache
from eveobs.bench.clients import Clients
from eveobs.bench.courtesy import Pace, Politely, Turns
from eveobs.bench.questions import InTurn, Reading, fill
from eveobs.bench.servers import ServerProcess, no_op
from eveobs.bench.target import Case, Mode, Target
from eveobs.errors import EveobsError
from eveobs.esi.answers import Usage
from eveobs.esi.cache import ResponseCache
from eveobs.esi.route import Route
from eveobs.esi.shared_limits import SharedLimits

if TYPE_CHECKING:
    from eveobs.esi.access import Access
    from eveobs.settings import Esi

NOBODY = Route("GET", "/")


class Asked(Protocol):
    """A `Question` that knows what it has cost."""

    usage: Usage

    async def take(self) -> Any:
        """See `Question`."""

    async def ask(self, worker: int, what: Any) -> str | None:
        """See `Question`."""


@dataclass(slots=True)
class Tools:
    """What measuring needs of the outside. `limits` and `cache` are those that all eveobs of this
    machine share, opened only for what is not on it, which is asked at `pace`; `read` is the
    reading of a stored list, by its name; `accesses` say as whom a route with a scope is asked.
    """

    settings: Esi
    limits: Callable[[str], SharedLimits]
    shared: Callable[[type[ResponseCache]], ResponseCache]
    pace: Pace
    read: Callable[[str], Callable[[], object]]
    accesses: Mapping[str, Access | None] = field(default_factory=dict)


class Workshop:
    """Opens what cases ask. An asynchronous context manager."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._clients: list[Clients] = []
        self._stack = ExitStack()
        self._nobody: str = ""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for clients in self._clients:
            await clients.close()
        self._stack.close()

    async def question(self, case: Case) -> Asked:
        """What `case` asks, its cache filled. Raises what a server says instead of an answer."""
        if case.mode is Mode.STORE:
            return Reading(self._tools.read(case.name))
        if case.local:
            return await self._local(case)
        if case.mode.asks:
            return self._remote(case)
        clients = self._open(case, self._still(case.mode, upstream=True), limited=True)
        await fill(clients, case.targets, self._tools.pace.step)
        clients.flush()
        return InTurn(clients, case.targets)

    def nobody(self, case: Case) -> Asked:
        """The same load with nothing behind it: a server that does nothing, or no question."""
        if not case.mode.asks:
            return Reading(lambda: None)
        if not self._nobody:
            self._nobody = self._stack.enter_context(ServerProcess(no_op)).url
        target = Target(self._nobody, NOBODY, {})
        quiet = case._replace(targets=(target,))
        return InTurn(self._open(quiet, ResponseCache(None), keep=False), [target])

    async def _local(self, case: Case) -> Asked:
        if case.mode is Mode.NETWORK:
            clients = self._open(case, ResponseCache(None), keep=False)
        else:
            clients = self._open(case, self._still(case.mode))
            await fill(clients, case.targets, _at_once)
            clients.flush()
        return InTurn(clients, case.targets)

    def _remote(self, case: Case) -> Asked:
        kind = FreshOnly if case.mode is Mode.NETWORK else ResponseCache
        clients = self._open(case, self._tools.shared(kind), limited=True)
        turns = Turns(case.targets, patience=case.load.seconds)
        return Politely(clients, turns, self._tools.pace)

    def _open(
        self, case: Case, cache: ResponseCache, *, keep: bool = True, limited: bool = False
    ) -> Clients:
        (base, *others) = dict.fromkeys(target.base for target in case.targets)
        if others:
            raise EveobsError("the URLs of one case are of one host")
        clients = Clients(
            base,
            self._tools.settings,
            cache,
            workers=case.load.concurrency,
            keep=keep,
            limits=self._tools.limits(base) if limited else None,
            accesses=self._tools.accesses,
        )
        self._clients.append(clients)
        return clients

    def _still(self, mode: Mode, *, upstream: bool = False) -> StillCache:
        shared = self._tools.shared(ResponseCache) if upstream else None
        if mode is not Mode.DISK:
            expires = STALE if mode is Mode.REVALIDATE else LASTING
            return StillCache(expires=expires, upstream=shared)
        folder = Path(tempfile.mkdtemp(prefix="eveobs-bench-"))
        self._stack.callback(shutil.rmtree, folder, ignore_errors=True)
        return StillCache(folder, expires=LASTING, memory_mb=0, upstream=shared)


async def _at_once() -> None:
    """Nothing to wait for."""


Wait = Callable[[], Awaitable[None]]
