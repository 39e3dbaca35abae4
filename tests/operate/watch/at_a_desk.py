"""A desk whose work is made up, a clock that goes as far as it is told, and lists to watch."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from eveobs.observation.order import Due
from eveobs.observation.unit import Outcome, Report, Unit
from eveobs.operate.watch.condition import Condition
from eveobs.operate.watch.orders import Orders
from eveobs.operate.watch.pace import Pace
from eveobs.operate.watch.round import Chore
from eveobs.operate.watch.schedule import Schedule
from eveobs.operate.watch.watching import Watch
from eveobs.processors.contracts import PROCESSOR

BEGIN = datetime(2026, 9, 23, 12, 0, tzinfo=UTC)
HOUR = BEGIN + timedelta(hours=1)


def at(minutes: float) -> datetime:
    return BEGIN + timedelta(minutes=minutes)


def due(number: int = 1, report: Report | None = None) -> Due:
    unit = Unit(processor="contracts", subject_id=number, subject_name=f"Region {number}")
    return Due(unit, PROCESSOR, None, report)


def outcome(expires: datetime | None = None, status: str = "complete") -> Outcome:
    text = None if expires is None else f"{expires:%Y-%m-%dT%H:%M:%SZ}"
    return Outcome(processor="contracts", subject="Region", status=status, expires=text)


def report(
    expires: datetime | None = None, error: Exception | None = None, **more: object
) -> Report:
    return Report(outcome(expires, **more), error)  # type: ignore[arg-type]


@dataclass
class Clock:
    """Goes to where it is told to wait for; after `until` it gives the order to end."""

    orders: Orders
    until: datetime
    time: datetime = BEGIN

    def now(self) -> datetime:
        return self.time

    async def sleep_until(self, moment: datetime, wake: asyncio.Event) -> None:
        await asyncio.sleep(0)
        if wake.is_set():
            return
        self.time = max(self.time, moment)
        if self.time > self.until:
            self.orders.end()


Work = Callable[[Due, datetime], Report]


@dataclass
class Desk:
    """Does `work` on `dues`; what it raises is raised. `done` is what was observed, and when."""

    clock: Clock
    work: Work
    dues: Sequence[Due] = (due(),)
    rosters: list[Exception] = field(default_factory=list)
    asked: int = 0
    done: list[tuple[int, datetime]] = field(default_factory=list)

    async def roster(self) -> Sequence[Due]:
        self.asked += 1
        if self.rosters:
            raise self.rosters.pop(0)
        return self.dues

    async def observe(self, due: Due) -> Report:
        self.done.append((due.unit.subject_id, self.clock.now()))
        await asyncio.sleep(0)
        return self.work(due, self.clock.now())

    def minutes(self, number: int = 1) -> list[float]:
        """When that region was observed."""
        return [
            (moment - BEGIN).total_seconds() / 60 for which, moment in self.done if which == number
        ]


@dataclass
class Ears:
    """Hears what is told."""

    observed_: list[Report] = field(default_factory=list)
    failed_: list[tuple[str, Exception]] = field(default_factory=list)

    def observed(self, due: Due, report: Report) -> None:
        self.observed_.append(report)

    def failed(self, what: str, error: Exception) -> None:
        self.failed_.append((what, error))


@dataclass
class Scene:
    """A watch and everything around it."""

    work: Work
    until: datetime = HOUR
    dues: Sequence[Due] = (due(),)
    chores: Sequence[Chore] = ()
    once: bool = False
    rosters: list[Exception] = field(default_factory=list)
    orders: Orders = field(default_factory=Orders)
    ears: Ears = field(default_factory=Ears)

    def __post_init__(self) -> None:
        self.clock = Clock(self.orders, self.until)
        self.desk = Desk(self.clock, self.work, self.dues, self.rosters)
        self.condition = Condition(BEGIN)
        self.watch = Watch(
            desk=self.desk,
            schedule=Schedule(Pace(0.0)),
            clock=self.clock,
            orders=self.orders,
            condition=self.condition,
            teller=self.ears,
            chores=self.chores,
            once=self.once,
        )
