"""What `eveobs watch` does after its observations, with the means of the command line."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from eveobs.errors import EveobsError, PartialError
from eveobs.operate.watch.aside import aside
from eveobs.operate.watch.clock import Clock
from eveobs.operate.watch.orders import Orders
from eveobs.operate.watch.round import Round

if TYPE_CHECKING:
    from eveobs.cli.context import Run
    from eveobs.publish.plan import Plan
    from eveobs.publish.publishing import Report
    from eveobs.publish.target import Target

OFTEN = timedelta(minutes=5)
"""What comes with time alone, such as the end of a job, is told within this."""


@dataclass(slots=True)
class Publishing:
    """Publishes after a round that changed something, and after the first, which may go on with
    what an earlier process did not end.
    """

    run: Run
    clock: Clock
    orders: Orders
    name: str = "publishing"
    wanted: bool = True
    last: datetime | None = None

    def due(self, round_: Round) -> bool:
        """Whether there may be something new, and the last time is long enough ago."""
        self.wanted = self.wanted or round_.changed
        return self.wanted and (self.last is None or self.clock.now() >= self._earliest())

    def next(self) -> datetime | None:
        """When it may be done, if it is wanted."""
        return self._earliest() if self.wanted and self.last is not None else None

    async def do(self, _: Round) -> None:
        """Publish. Raises EveobsError; it is tried again when it may be."""
        self.last = self.clock.now()
        await aside(self._publish, self.orders)
        self.wanted = False

    def _earliest(self) -> datetime:
        minutes = self.run.loaded().settings.watch.publish_minutes
        assert self.last is not None  # noqa: S101 - both callers have looked
        return self.last + timedelta(minutes=minutes)

    def _publish(self) -> None:
        from eveobs.cli.publishing import Request, publish

        bars = nullcontext(UnlessStopped(self.run.warnings().warn, self.orders))
        publish(self.run, Request(), bars, self._tell, nothing=False)

    def _tell(self, plan: Plan, report: Report, target: Target) -> None:
        done = sum(sum(one.values()) for one in report.done.values())
        if done:
            self.run.remark(f"published to {target.name}: {done:,} pages")
        if report.failed:
            change, result = report.failed[0]
            why = result.error.message if result.error else "refused"
            raise PartialError(f"{len(report.failed):,} pages were refused, {change.key}: {why}")
        del plan


@dataclass(slots=True)
class Telling:
    """Tells people what happened: after every round, and every so often without one."""

    run: Run
    clock: Clock
    orders: Orders
    name: str = "alerts"
    last: datetime | None = None

    def due(self, round_: Round) -> bool:
        """After what changed something, and when it is time."""
        return round_.changed or self.last is None or self.clock.now() >= self.last + OFTEN

    def next(self) -> datetime | None:
        """When it is time."""
        return None if self.last is None else self.last + OFTEN

    async def do(self, _: Round) -> None:
        """Look, and tell. Raises EveobsError; what was to be told is kept."""
        self.last = self.clock.now()
        await aside(self._tell, self.orders)

    def _tell(self) -> None:
        from eveobs.cli.alerting import tell

        told = tell(self.run, self.clock.now())
        if told:
            self.run.remark(f"told of {told:,} {'thing' if told == 1 else 'things'}")


@dataclass(slots=True)
class UnlessStopped:
    """Listens to a publishing, and interrupts it when the watch was told to end."""

    say: Callable[[str], None]
    orders: Orders

    def expect(self, stage: str, total: int) -> None:  # noqa: ARG002
        """Go on, or not."""
        self._look()

    def advance(self, stage: str, steps: int = 1) -> None:  # noqa: ARG002
        """Go on, or not."""
        self._look()

    def wait(self, seconds: float, reason: str) -> None:  # noqa: ARG002
        """Go on, or not."""
        self._look()

    def warn(self, message: str) -> None:
        """Pass it on."""
        self.say(message)

    def _look(self) -> None:
        if self.orders.stop:
            raise EveobsError("interrupted")
