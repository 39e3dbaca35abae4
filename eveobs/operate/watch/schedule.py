"""What is due when: a moment for each subject of each processor."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from eveobs.observation.order import Due, spread
from eveobs.observation.unit import Report, Unit
from eveobs.operate.watch.pace import Pace

Mark = tuple[str, str, int]


def mark_of(unit: Unit) -> Mark:
    """What tells one subject of one processor from another."""
    return unit.processor, str(unit.subject_kind), unit.subject_id


@dataclass(slots=True)
class Entry:
    """A subject, when it is due, and how often in a row it has failed."""

    due: Due
    at: datetime
    failures: int = 0


@dataclass(slots=True)
class Schedule:
    """Keeps every subject's moment. Times are aware, in UTC."""

    pace: Pace
    entries: dict[Mark, Entry] = field(default_factory=dict)

    def take(self, dues: Iterable[Due], now: datetime) -> None:
        """Have exactly `dues`: what is new is due now, or when it expires; the rest stays when it
        was, read by whoever may read it now.
        """
        before, self.entries = self.entries, {}
        for due in dues:
            mark = mark_of(due.unit)
            known = before.get(mark)
            if known is None:
                at = now if due.report is None else self.pace.after(due.report, 0, now)
                known = Entry(due, at)
            elif due.report is None:
                known.due = due
            self.entries[mark] = known

    def ready(self, now: datetime) -> Sequence[Due]:
        """What is due at `now`, in the order that spends the limits evenly."""
        return spread([entry.due for entry in self.entries.values() if entry.at <= now])

    def done(self, due: Due, report: Report, now: datetime) -> None:
        """An observation is over."""
        entry = self.entries[mark_of(due.unit)]
        good = report.error is None and not report.unfinished
        entry.failures = 0 if good else entry.failures + 1
        entry.at = self.pace.after(report, entry.failures, now)

    def failed(self, due: Due, error: Exception, now: datetime) -> None:
        """An observation could not even be told of: the store refused, or a processor is wrong."""
        entry = self.entries[mark_of(due.unit)]
        entry.failures += 1
        entry.at = self.pace.after_error(error, entry.failures, now)

    def postpone(self, dues: Iterable[Due], until: datetime) -> None:
        """None of `dues` before `until`."""
        for due in dues:
            entry = self.entries[mark_of(due.unit)]
            entry.at = max(entry.at, until)

    def at(self, due: Due) -> datetime:
        """When `due` is due again."""
        return self.entries[mark_of(due.unit)].at

    def next(self) -> datetime | None:
        """When something is due; None for nothing at all."""
        return min((entry.at for entry in self.entries.values()), default=None)
