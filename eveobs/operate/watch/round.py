"""One round of a watch: what was due, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from eveobs.observation.order import Due
from eveobs.observation.unit import Report


@dataclass(slots=True)
class Round:
    """`reports` of what was observed; `errors` of what could not be, or of a chore."""

    number: int
    began: datetime
    reports: list[Report] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Whether the store holds something that it did not."""
        outcomes = [report.outcome for report in self.reports]
        return any(one.new or one.changed or one.gone for one in outcomes)

    @property
    def good(self) -> bool:
        """Whether everything was done, and whole."""
        return not self.errors and all(
            report.error is None and not report.unfinished for report in self.reports
        )


class Teller(Protocol):
    """Says what happens to whoever runs the watch."""

    def observed(self, due: Due, report: Report) -> None:
        """An observation is over, well or not."""

    def failed(self, what: str, error: Exception) -> None:
        """`what` could not be done."""


class Chore(Protocol):
    """What is done after the observations of a round: publishing, alerts."""

    name: str

    def due(self, round_: Round) -> bool:
        """Whether there is something to do after `round_`."""

    def next(self) -> datetime | None:
        """When there will be, though nothing is observed; None: when something is."""

    async def do(self, round_: Round) -> None:
        """Do it. Raises EveobsError for what went wrong; it is done again when it is due."""
