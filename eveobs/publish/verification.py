"""Comparing a site with the documents that it should hold, and writing again what differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from eveobs.publish.document import FIELDS, Document, Key, digests
from eveobs.publish.plan import Change, Plan
from eveobs.publish.publishing import Publishing, Report
from eveobs.publish.target import Difference, Published, State, Target, Verifiable, Write

if TYPE_CHECKING:
    from eveobs.telemetry.progress import Progress

BATCH_SIZE = 100
"""Documents in one comparison; nothing is written, so that a site bears more than of a publish."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A document that the site does not hold as it should."""

    title: str
    difference: Difference
    repaired: bool = False


@dataclass(slots=True)
class Verification:
    """What came of comparing `checked` documents."""

    checked: int = 0
    problems: list[Problem] = field(default_factory=list)
    report: Report = field(default_factory=Report)


def as_unknown(published: Mapping[Key, Published]) -> dict[Key, Published]:
    """What a site is known to hold, without what it says of its state: all of it is rendered."""
    return {
        key: replace(one, hash="", digests={}) if one.state is State.SHOWN else one
        for key, one in published.items()
    }


def verify(
    target: Target, verifiable: Verifiable, plan: Plan, progress: Progress, *, repair: bool
) -> Verification:
    """Compare all that `plan` would write with what the site holds; with `repair`, write again what
    differs. What a person changed stays as it is.
    """
    found = Verification()
    changes = [change for change in plan.writes() if not change.restore]
    progress.expect("verify", len(changes))
    with Plan() as fixing:
        for start in range(0, len(changes), BATCH_SIZE):
            some = changes[start : start + BATCH_SIZE]
            _compare(verifiable, plan, some, found, fixing if repair else None)
            progress.advance("verify", len(some))
        if fixing.changes:
            verifiable.force = True
            found.report = Publishing(target, progress).carry_out(fixing)
            failed = {change.key for change, _ in found.report.failed}
            written = {change.key for change in fixing.changes} - failed
            found.problems = [
                replace(one, repaired=one.difference.key in written) for one in found.problems
            ]
    return found


def _compare(
    verifiable: Verifiable,
    plan: Plan,
    changes: Sequence[Change],
    found: Verification,
    fixing: Plan | None,
) -> None:
    documents = [plan.document(change) for change in changes]
    answered = verifiable.verify(
        [
            Write(document, change.post_id or None, FIELDS)
            for document, change in zip(documents, changes, strict=True)
        ]
    )
    for document, difference in zip(documents, answered, strict=True):
        found.checked += 1
        if not difference.problem or difference.problem == "trashed":
            continue
        found.problems.append(Problem(document.title, difference))
        if fixing is not None and (difference.fields or difference.problem == "missing"):
            fixing.add(document, _known(document, difference))


def _known(document: Document, difference: Difference) -> Published | None:
    """What is to be taken for known of a damaged document: the fields that are to stay."""
    if difference.problem == "missing":
        return None
    whole = bool({"index", "type"} & {*difference.fields})
    kept = [
        name
        for name in FIELDS
        if name in difference.edited or (not whole and name not in difference.fields)
    ]
    now = digests(document)
    return Published(difference.post_id, "", State.SHOWN, {name: now[name] for name in kept})
