"""Running `eveobs watch`: its parts, put together anew for each reading of the settings."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import typer

from eveobs.cli.fetching import Observer, signed_in, tell_lacks
from eveobs.cli.office import LateStore, Office
from eveobs.cli.reports import end
from eveobs.cli.watch_telling import LinesOf
from eveobs.cli.wishes import Wish, wish
from eveobs.errors import ExitCode
from eveobs.observation.unit import Report
from eveobs.operate.watch.clock import Clock, WallClock
from eveobs.operate.watch.condition import Condition
from eveobs.operate.watch.heartbeat import Heartbeat
from eveobs.operate.watch.instance import only_instance
from eveobs.operate.watch.orders import Orders
from eveobs.operate.watch.pace import Pace
from eveobs.operate.watch.round import Chore
from eveobs.operate.watch.schedule import Schedule
from eveobs.operate.watch.service import Service
from eveobs.operate.watch.watching import Watch
from eveobs.telemetry.progress import Rounds

if TYPE_CHECKING:
    from eveobs.cli.context import Run
    from eveobs.errors import SignInError
    from eveobs.esi.client import EsiClient
    from eveobs.observation.order import Due

SHORT_WAIT = 30.0
"""Seconds that an observation may wait for a limit of ESI; for longer, others have their turn."""


@dataclass(frozen=True, slots=True)
class Request:
    """What the command line asks for; None: as the settings say."""

    once: bool = False
    listen: str | None = None
    publish: bool | None = None
    ndjson: bool = False


def watch_and_tell(run: Run, request: Request) -> None:
    """Watch until told to end. Ends with 0 after SIGTERM, 130 after Ctrl-C; after --once as a
    fetch does.
    """
    run.no_input = True
    run.longest_wait = SHORT_WAIT
    places = run.loaded().places
    with only_instance(places.state):
        keeping = Keeping(run, request, WallClock())
        asyncio.run(keeping.keep())
    if keeping.orders.signal == signal.SIGINT:
        raise KeyboardInterrupt
    if keeping.last is not None:
        end(keeping.last, keeping.absent, run, several=True)
        if keeping.failed:
            raise typer.Exit(ExitCode.PARTIAL)


@dataclass(slots=True)
class Keeping:
    """A watch through all readings of its settings. `last` are the reports of --once."""

    run: Run
    request: Request
    clock: Clock
    orders: Orders = field(default_factory=Orders)
    last: Sequence[Report] | None = None
    absent: Sequence[SignInError] = ()
    failed: bool = False
    strict: bool = True
    service: Service = field(init=False)
    condition: Condition = field(init=False)

    def __post_init__(self) -> None:
        self.service = Service.of(self.run.environ, os.getpid())
        self.condition = Condition(self.clock.now())

    async def keep(self) -> None:
        """Watch until told to end."""
        with suppress(NotImplementedError, RuntimeError):  # Windows, and what is no main thread
            self.orders.heed(asyncio.get_running_loop())
        async with self._served():
            while True:
                watch = await self._watched()
                if not self.orders.reload or self.orders.stop:
                    break
                self._read_again()
        self.service.stopping()
        if self.request.once and watch.last is not None and not self.orders.stop:
            self.last, self.failed = watch.last.reports, bool(watch.last.errors)

    async def _watched(self) -> Watch:
        """Watch with the settings as they are now, until there is an order."""
        run = self.run
        watch_settings = run.loaded().settings.watch
        progress = run.warnings()
        run.check_source()
        with LateStore(run) as store:
            async with run.client(progress) as client:
                watch = Watch(
                    desk=Desk(run, client, store, Rounds(progress), self),
                    schedule=Schedule(Pace(0.0 if self.request.once else watch_settings.jitter)),
                    clock=self.clock,
                    orders=self.orders,
                    condition=self.condition,
                    teller=LinesOf(run, ndjson=self.request.ndjson),
                    chores=self._chores(),
                    heartbeat=Heartbeat(
                        watch_settings.heartbeat_start,
                        watch_settings.heartbeat_success,
                        watch_settings.heartbeat_failure,
                        progress.warn,
                    ),
                    service=self.service,
                    once=self.request.once,
                    strict=self.strict,
                )
                await watch.run()
        return watch

    def _chores(self) -> list[Chore]:
        from eveobs.cli.watch_chores import Publishing, Telling

        settings = self.run.loaded().settings
        asked = self.request.publish
        chores: list[Chore] = []
        if settings.watch.publish if asked is None else asked:
            chores.append(Publishing(self.run, self.clock, self.orders))
        if settings.alerts.to:
            chores.append(Telling(self.run, self.clock, self.orders))
        return chores

    @asynccontextmanager
    async def _served(self) -> AsyncIterator[None]:
        settings = self.run.loaded().settings.watch
        wanted = settings.listen if self.request.listen is None else self.request.listen
        if not wanted:
            yield
            return
        from eveobs.operate.watch.serving import place_of, serving

        place, measures = place_of(wanted), self.run.measure()
        async with serving(place, lambda: self.condition, measures.text, self.clock.now) as there:
            host = f"[{there.host}]" if ":" in there.host else there.host
            if not there.is_private:
                self.run.warnings().warn(
                    f"listening at {host}:{there.port}: everybody who reaches this address can "
                    "read the metrics and the state of this watch, without sign-in"
                )
            self.run.remark(f"serving http://{host}:{there.port}/metrics, /healthz and /readyz")
            yield

    def _read_again(self) -> None:
        self.service.reloading()
        good = self.run.read_again()
        self.run.remark("the settings are read again" if good else "the old settings stay")
        self.orders.reloaded()
        self.strict = False
        self.condition.trouble = self.condition.trouble or "the settings were read again"


@dataclass(slots=True)
class Desk:
    """Where the work of a watch is done: with one client and one store."""

    run: Run
    client: EsiClient
    store: LateStore
    progress: Rounds
    keeping: Keeping
    observer: Observer | None = None
    told: frozenset[str] = frozenset()

    async def roster(self) -> Sequence[Due]:
        """Everything that [observe] lists and somebody may read."""
        wishes = self._wishes()
        accesses = signed_in(wishes, self.run)
        office = Office(self.run, self.client, self.store, self.progress, accesses)
        dues = await office.dues(wishes)
        self._tell_lacks(office, left=bool(dues))
        mentioned = self.observer is not None and self.observer.mentioned
        self.observer = Observer(
            self.run, self.client, self.store, self.progress, accesses, mentioned
        )
        return dues

    async def observe(self, due: Due) -> Report:
        """Observe it, unless another process has done so."""
        assert self.observer is not None  # noqa: S101 - the roster comes first
        self.progress.begin()
        report = await self.observer.report(due)
        self.run.note_outcome(report.outcome)
        return report

    def _wishes(self) -> list[Wish]:
        from eveobs.processors.registry import usual

        wanted = self.run.loaded().settings.observe.processors or usual()
        return [wish(name, self.run, {}) for name in wanted]

    def _tell_lacks(self, office: Office, *, left: bool) -> None:
        """Say what nobody may read, when it is not what was said last time."""
        lacks = frozenset(f"{name} {lack}" for name, lack in office.lacks) | {*office.absent}
        if lacks != self.told or not left:
            self.keeping.absent = tell_lacks(office, self.run, left=left)
            self.told = lacks
