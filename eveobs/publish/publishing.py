"""Carrying a plan out. What may or may not have happened is looked up before it is sent again."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from eveobs.errors import UnreachableError
from eveobs.publish.document import Key, differing
from eveobs.publish.plan import Action, Change, Plan
from eveobs.publish.target import (
    Outcome,
    Published,
    Result,
    State,
    Target,
    UnknownOutcomeError,
    Write,
)

if TYPE_CHECKING:
    from eveobs.telemetry.progress import Progress

T = TypeVar("T")
TRIES = 4
"""How often a batch is sent, at most."""
GIVE_UP = 3
"""Pages that fail one after the other before it is the site that fails, and the run ends."""
FIRST_PAUSE = 1.0
"""Seconds before the second try; each pause is twice the one before."""


@dataclass(slots=True)
class Report:
    """What became of a plan: how many of each kind were done by action, and what was not."""

    done: dict[str, Counter[Action]] = field(default_factory=dict)
    failed: list[tuple[Change, Result]] = field(default_factory=list)

    def note(self, change: Change, result: Result) -> None:
        """Remember what became of one change."""
        if result.outcome is Outcome.DONE:
            self.done.setdefault(change.key.kind, Counter())[change.action] += 1
        else:
            self.failed.append((change, result))


@dataclass(slots=True)
class Publishing:
    """Carries out a plan at an open target. `record` is told of each change when it is made."""

    target: Target
    progress: Progress
    sleep: Callable[[float], object] = time.sleep
    record: Callable[[Sequence[tuple[Change, Result]]], None] = lambda _: None

    def carry_out(self, plan: Plan) -> Report:
        """Write and remove what the plan says, batch by batch, and have the target show it.

        Raises what concerns the whole target; what was done before stays done.
        """
        report = Report()
        self.progress.expect("publish", len(plan.changes))
        for some in _portions(plan.writes(), self.target.batch):
            self._noted(report, some, self._write([_write_of(plan, one) for one in some]))
        for some in _portions(plan.removals(), self.target.batch):
            self._noted(report, some, self._remove(some))
        self.target.finish()
        if self.target.at_once:
            self._tell_all(plan, report)
        return report

    def _noted(self, report: Report, some: Sequence[Change], results: Sequence[Result]) -> None:
        told = list(zip(some, results, strict=True))
        for change, result in told:
            report.note(change, result)
        if not self.target.at_once:
            self.record(told)
        self.progress.advance("publish", len(some))

    def _tell_all(self, plan: Plan, report: Report) -> None:
        failed = {change.key: result for change, result in report.failed}
        for some in _portions(plan.changes, self.target.batch):
            self.record(
                [(one, failed.get(one.key) or Result(one.key, Outcome.DONE)) for one in some]
            )

    def _write(self, writes: Sequence[Write]) -> list[Result]:
        """Send `writes` until it is known what became of each; the last time one by one, so that
        one page that breaks the site keeps no other from it.
        """
        results: dict[Key, Result] = {}
        left = list(writes)
        for attempt in range(TRIES):
            error, hopeless = self._send(left, results, singly=attempt == TRIES - 1)
            left = self._left(left, results, attempt, error)
            if not left:
                break
            if error is not None and hopeless:
                raise error
        return [results[one.document.key] for one in writes]

    def _send(
        self, writes: Sequence[Write], results: dict[Key, Result], *, singly: bool
    ) -> tuple[UnknownOutcomeError | None, bool]:
        """Send `writes` and note what became of each; give the last error that left that open, and
        whether the site fails on page after page.
        """
        last: UnknownOutcomeError | None = None
        in_a_row = 0
        for portion in _portions(writes, 1 if singly else len(writes)):
            try:
                answered = self.target.write(portion)
                in_a_row = 0
            except UnknownOutcomeError as error:
                last = error
                in_a_row += 1
                answered = [
                    Result(one.document.key, Outcome.UNKNOWN, error=error) for one in portion
                ]  # fmt: skip
            results |= {one.key: one for one in answered}
            if in_a_row == GIVE_UP:
                break
        return last, singly and in_a_row in (GIVE_UP, len(writes))

    def _left(
        self,
        writes: Sequence[Write],
        results: dict[Key, Result],
        attempt: int,
        error: UnknownOutcomeError | None,
    ) -> list[Write]:
        """What of `writes` is to be sent again: what the site does not hold, and what vanished."""
        unknown = [one for one in writes if _outcome(results, one) is Outcome.UNKNOWN]
        left = [Write(one.document) for one in writes if _outcome(results, one) is Outcome.MISSING]
        if unknown:
            if attempt < TRIES - 1:
                self._pause(attempt, error or UnknownOutcomeError(f"{self.target.name} failed"))
            left += self._unwritten(unknown, results, attempt)
        return left

    def _looked_up(self, writes: Sequence[Write], attempt: int) -> dict[Key, Published]:
        """What the site says of `writes`; a site that cannot say it yet is asked again."""
        keys = [one.document.key for one in writes]
        for more in range(attempt + 1, TRIES):
            try:
                return self.target.look_up(keys)
            except UnreachableError as error:
                self._pause(more, error)
        return self.target.look_up(keys)

    def _pause(self, attempt: int, error: UnreachableError) -> None:
        seconds = FIRST_PAUSE * 2**attempt
        self.progress.wait(seconds, error.message)
        self.sleep(seconds)

    def _unwritten(
        self, writes: Sequence[Write], results: dict[Key, Result], attempt: int
    ) -> list[Write]:
        """Those of `writes` that the site does not hold as they should be, made ready to send."""
        found = self._looked_up(writes, attempt)
        left = []
        for one in writes:
            key = one.document.key
            there = found.get(key)
            if there is None:
                left.append(Write(one.document))
            elif there.hash == one.document.hash and there.state is State.SHOWN:
                results[key] = Result(key, Outcome.DONE, there.post_id)
            else:
                fields = differing(one.document, there.digests)
                left.append(Write(one.document, there.post_id, fields, one.restore))
        return left

    def _remove(self, some: Sequence[Change]) -> list[Result]:
        gone = {change.key: change.post_id for change in some}
        for attempt in range(TRIES):
            try:
                return self.target.remove(gone)
            except UnknownOutcomeError as error:  # to put into the trash twice is to do it once
                if attempt == TRIES - 1:
                    raise
                self._pause(attempt, error)
        raise AssertionError("the last try returns or raises")


def _outcome(results: dict[Key, Result], one: Write) -> Outcome:
    found = results.get(one.document.key)
    return Outcome.UNKNOWN if found is None else found.outcome


def _write_of(plan: Plan, change: Change) -> Write:
    return Write(plan.document(change), change.post_id or None, change.fields, change.restore)


def _portions(changes: Iterable[T], size: int) -> Iterator[Sequence[T]]:
    portion: list[T] = []
    for change in changes:
        portion.append(change)
        if len(portion) == size:
            yield portion
            portion = []
    if portion:
        yield portion
