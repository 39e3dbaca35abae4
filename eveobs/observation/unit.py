"""What to observe and what came of it, as plain values. Loads neither network nor database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec

from eveobs.errors import EveobsError, ExitCode
from eveobs.records.schema import SubjectKind


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    """What to observe, as a plain value: it can be queued, sent and run again at any time."""

    processor: str
    subject_id: int
    subject_name: str
    subject_kind: SubjectKind = SubjectKind.REGION
    details: tuple[str, ...] = ()


UNFINISHED = frozenset(("partial", "failed"))
"""Statuses of an observation of which some, or all, is missing."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one unit. `status`: complete, unchanged, partial (some is missing) or failed
    (nothing arrived); `seconds` it took; `bytes` of bodies received; `expires`: when there can be
    something new (UTC, as text).
    """

    processor: str
    subject: str
    status: str
    rows: int = 0
    new: int = 0
    changed: int = 0
    gone: int = 0
    requests: int = 0
    not_modified: int = 0
    cached: int = 0
    tokens: int = 0
    bytes: int = 0
    seconds: float = 0.0
    expires: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome for a shell, and the error for its exit code and hint. `list_expires`: when the
    list itself can be another, which may be later than some of what hangs on it.
    """

    outcome: Outcome
    error: EveobsError | None = None
    list_expires: datetime | None = None

    @property
    def exit_code(self) -> ExitCode:
        """0, 7 for partial, or that of the error which left nothing to keep."""
        if self.error is not None:
            return self.error.exit_code
        return ExitCode.PARTIAL if self.unfinished else ExitCode.DONE

    @property
    def unfinished(self) -> bool:
        """Whether some of it is missing, or all."""
        return self.outcome.status in UNFINISHED
