"""The loop: observe what is due, do what follows from it, wait for the next."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from eveobs.errors import ConfigError, DowntimeError, EveobsError, StoreError, UsageError
from eveobs.observation.order import Due
from eveobs.observation.unit import Report
from eveobs.operate.watch.clock import Clock
from eveobs.operate.watch.condition import Condition
from eveobs.operate.watch.heartbeat import Heartbeat
from eveobs.operate.watch.orders import Orders
from eveobs.operate.watch.pace import TROUBLE
from eveobs.operate.watch.round import Chore, Round, Teller
from eveobs.operate.watch.schedule import Schedule
from eveobs.operate.watch.service import Service

LOG = logging.getLogger(__name__)
LOG.addHandler(logging.NullHandler())
T = TypeVar("T")
ROSTER = timedelta(hours=1)
"""How often it is looked who signed in, is in which corporation, and may read what."""


class Desk(Protocol):
    """Where the work is done."""

    async def roster(self) -> Sequence[Due]:
        """Everything that is to be observed. Raises EveobsError."""

    async def observe(self, due: Due) -> Report:
        """Observe it. Raises StoreError and ConfigError."""


@dataclass(slots=True)
class Watch:
    """Runs until `orders` are given, or with `once` for one round. `strict`: a roster that is wrong
    in itself, not only out of reach, ends it.
    """

    desk: Desk
    schedule: Schedule
    clock: Clock
    orders: Orders
    condition: Condition
    teller: Teller
    chores: Sequence[Chore] = ()
    heartbeat: Heartbeat | None = None
    service: Service = field(default_factory=Service)
    once: bool = False
    strict: bool = True
    roster_at: datetime | None = None
    last: Round | None = None

    async def run(self) -> None:
        """Watch. Raises UsageError or ConfigError for a first roster that is wrong in itself."""
        feeding = asyncio.ensure_future(self._feed()) if self.service.interval else None
        try:
            await self._run()
        finally:
            if feeding is not None:
                feeding.cancel()
                with suppress(asyncio.CancelledError):
                    await feeding

    async def _run(self) -> None:
        while not self.orders.given.is_set():
            if self._roster_is_due():
                await self._take_roster()
            await self._round()
            if self.once or self.orders.given.is_set():
                return  # told to end while the first roster was found out, it waits for nothing
            await self._wait()

    # -- who is watched ---------------------------------------------------------------------------

    def _roster_is_due(self) -> bool:
        return self.roster_at is None or self.roster_at <= self.clock.now()

    async def _take_roster(self) -> None:
        now = self.clock.now()
        try:
            dues = await self._unless_stopped(self.desk.roster())
        except EveobsError as error:
            if self.once or (self.strict and isinstance(error, UsageError | ConfigError)):
                raise
            self.teller.failed("finding out what to observe", error)
            if not self.schedule.entries:
                self.condition.trouble = error.message
            self.roster_at = now + timedelta(seconds=TROUBLE)
            return
        if dues is not None:
            self.strict = False
            self.roster_at = now + ROSTER
            self.schedule.take(dues, now)
            self.condition.subjects = len(dues)
            if self.condition.trouble:
                self.condition.trouble = ""
                self.service.ready(f"watching {len(dues)} lists")

    # -- a round ----------------------------------------------------------------------------------

    async def _round(self) -> None:
        now = self.clock.now()
        condition, condition.sleeps_until = self.condition, None
        self.last = round_ = Round(condition.rounds + 1, now)
        ready = self.schedule.ready(now)
        chores = [chore for chore in self.chores if ready or chore.due(round_)]
        if not ready and not chores:
            return
        if self.heartbeat is not None:
            await self._unless_stopped(self.heartbeat.begins())
        await self._observe_all(ready, round_)
        for chore in self.chores:
            if not self.orders.stop and chore.due(round_):
                await self._do(chore, round_)
        self._note(round_)
        if self.heartbeat is not None:
            await self._unless_stopped(self.heartbeat.ends(good=round_.good))

    async def _observe_all(self, ready: Sequence[Due], round_: Round) -> None:
        for place, due in enumerate(ready):
            if self.orders.given.is_set():
                return
            self.service.status(f"observing {due.unit.processor} of {due.unit.subject_name}")
            error = await self._observe(due, round_)
            if isinstance(error, DowntimeError | StoreError | ConfigError):
                # The others would meet the same, and ESI or the disk be asked for nothing.
                self.schedule.postpone(ready[place + 1 :], self.schedule.at(due))
                return

    async def _observe(self, due: Due, round_: Round) -> Exception | None:
        try:
            report = await self._unless_stopped(self.desk.observe(due))
        except Exception as error:  # a defect of one processor must not end the rest
            if not isinstance(error, EveobsError):
                what = f"{due.unit.processor} of {due.unit.subject_name}"
                # Equal ones are counted: a defect would fill the log with tracebacks.
                LOG.exception("%s failed", what, extra={"like": f"{what} {error!r}"[:500]})
            self.schedule.failed(due, error, self.clock.now())
            round_.errors.append(error)
            self.teller.failed(f"{due.unit.processor} of {due.unit.subject_name}", error)
            return error
        if report is None:
            return None
        self.schedule.done(due, report, self.clock.now())
        round_.reports.append(report)
        self.teller.observed(due, report)
        return report.error

    async def _do(self, chore: Chore, round_: Round) -> None:
        self.service.status(chore.name)
        try:
            await chore.do(round_)
        except Exception as error:
            if not isinstance(error, EveobsError):
                LOG.exception(
                    "%s failed", chore.name, extra={"like": f"{chore.name} {error!r}"[:500]}
                )
            round_.errors.append(error)
            self.teller.failed(chore.name, error)

    def _note(self, round_: Round) -> None:
        condition = self.condition
        condition.rounds = round_.number
        condition.last_round = self.clock.now()
        condition.subjects = len(self.schedule.entries)
        condition.failing = sum(bool(entry.failures) for entry in self.schedule.entries.values())
        stored = [one for one in round_.errors if isinstance(one, StoreError | ConfigError)]
        if stored or self.schedule.entries:  # else it is the roster that is in trouble
            condition.trouble = str(stored[0]) if stored else ""
        for report in round_.reports:
            for name in condition.changed:
                condition.changed[name] += getattr(report.outcome, name)

    # -- waiting ----------------------------------------------------------------------------------

    async def _wait(self) -> None:
        moments = [self.roster_at, self.schedule.next(), *(one.next() for one in self.chores)]
        until = min(moment for moment in moments if moment is not None)
        self.condition.sleeps_until = until
        self.service.status(f"waiting until {until:%H:%M:%S} UTC")
        await self.clock.sleep_until(until, self.orders.given)
        self.condition.sleeps_until = None

    async def _unless_stopped(self, work: Coroutine[Any, Any, T]) -> T | None:
        """What `work` gives; None when it was told to end, and has put away what it had."""
        doing = asyncio.ensure_future(work)
        told = asyncio.ensure_future(self.orders.stopped.wait())
        try:
            await asyncio.wait({doing, told}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            told.cancel()
            if not doing.done():
                doing.cancel()
                await asyncio.wait({doing})
        return None if doing.cancelled() else doing.result()

    async def _feed(self) -> None:
        while True:
            if self.condition.alive(self.clock.now()):
                self.service.alive()
            await asyncio.sleep(self.service.interval)
