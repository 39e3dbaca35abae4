"""Carrying a plan out. What may or may not have happened is looked up before it is sent again."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from eveobs.publish.document import Key
from eveobs.publish.plan import Action, Change, Plan
from eveobs.publish.target import (
    Outcome,
    Result,
    State,
    Target,
    UnknownOutcomeError,
    Write,
)

if TYPE_CHECKING:
    from eveobs.telemetry.progress import Progress

TRIES = 4
"""How often a batch is sent, at most."""
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
    """Carries out a plan at an open target."""

    target: Target
    progress: Progress
    sleep: Callable[[float], object] = time.sleep

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
        return report

    def _noted(self, report: Report, some: Sequence[Change], results: Sequence[Result]) -> None:
        for change, result in zip(some, results, strict=True):
            report.note(change, result)
        self.progress.advance("publish", len(some))

    def _write(self, writes: Sequence[Write]) -> list[Result]:
        results: dict[Key, Result] = {}
        left = list(writes)
        for attempt in range(TRIES):
            some, error = self._try(left)
            results |= {one.key: one for one in some}
            left = _again(left, results)
            if not left:
                break
            if attempt == TRIES - 1:
                raise error or UnknownOutcomeError(f"{self.target.name} does not keep what it gets")
            if error is not None:
                self._pause(attempt, error)
                left = self._unwritten(left, results)
                if not left:
                    break
        return [results[one.document.key] for one in writes]

    def _try(self, writes: Sequence[Write]) -> tuple[list[Result], UnknownOutcomeError | None]:
        try:
            return self.target.write(writes), None
        except UnknownOutcomeError as error:
            return [Result(one.document.key, Outcome.UNKNOWN) for one in writes], error

    def _pause(self, attempt: int, error: UnknownOutcomeError) -> None:
        seconds = FIRST_PAUSE * 2**attempt
        self.progress.wait(seconds, error.message)
        self.sleep(seconds)

    def _unwritten(self, writes: Sequence[Write], results: dict[Key, Result]) -> list[Write]:
        """Those of `writes` that the site does not hold as they should be, made ready to send."""
        found = self.target.look_up([one.document.key for one in writes])
        left = []
        for one in writes:
            key = one.document.key
            there = found.get(key)
            if there is None:
                left.append(Write(one.document))
            elif there.hash == one.document.hash and there.state is State.SHOWN:
                results[key] = Result(key, Outcome.DONE, there.post_id)
            else:
                left.append(Write(one.document, there.post_id, one.fields, one.restore))
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


def _again(writes: Iterable[Write], results: dict[Key, Result]) -> list[Write]:
    """What has to be sent again: what is not known, and what is to be made anew."""
    left = []
    for one in writes:
        outcome = results[one.document.key].outcome
        if outcome is Outcome.UNKNOWN:
            left.append(one)
        elif outcome is Outcome.MISSING:
            left.append(Write(one.document))
    return left


def _write_of(plan: Plan, change: Change) -> Write:
    return Write(plan.document(change), change.post_id or None, change.fields, change.restore)


def _portions(changes: Iterable[Change], size: int) -> Iterable[Sequence[Change]]:
    portion: list[Change] = []
    for change in changes:
        portion.append(change)
        if len(portion) == size:
            yield portion
            portion = []
    if portion:
        yield portion
