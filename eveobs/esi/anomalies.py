"""What answers had that they should not have: said once a run, and written into the audit.

Nothing of it stops a run: a number out of its bounds was put within them, text that is no Unicode
was replaced, a field or value that eveobs does not know was kept as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from eveobs.esi.bounds import Clamped
from eveobs.esi.drift import DriftRecorder, printable

if TYPE_CHECKING:
    from eveobs.telemetry.audit import Audit

CLAMP = "esi.clamp"
"""Action of the audit's line about a value that was put within its bounds."""
REPLACE = "esi.replace"
"""Action of the audit's line about text that was no Unicode."""


class Anomalies:
    """Collects them for one run. `warn` gets each kind once; `audit` a line of each, too; `drift`
    counts unknown fields and values.
    """

    def __init__(
        self,
        warn: Callable[[str], None] = lambda _: None,
        *,
        audit: Callable[[], Audit] | None = None,
        drift: DriftRecorder | None = None,
    ) -> None:
        self._warn = warn
        self._audit = audit
        self.drift = drift or DriftRecorder(None, warn=warn)
        self._said: set[tuple[str, str]] = set()

    def clamped(self, subject: str, values: Iterable[Clamped]) -> None:
        """`values` of `subject` (a route, or what was read from disk) were out of their bounds."""
        for value in values:
            if self._is_new(CLAMP, value.where):
                said, used = printable(value.said), value.used or "(ignored)"
                self._warn(f"{subject}: {value.where} {said!r} is out of bounds; used: {used}")
                self._note(CLAMP, subject, value=value.where, said=said, used=used)

    def replaced(self, subject: str, count: int) -> None:
        """`count` places in an answer of `subject` were no valid Unicode; U+FFFD stands there."""
        if self._is_new(REPLACE, subject):
            self._warn(
                f"{subject}: invalid Unicode in {count} places of an answer; replaced with U+FFFD"
            )
            self._note(REPLACE, subject, places=count)

    def flush(self) -> None:
        """Write what was counted."""
        self.drift.flush()

    def _is_new(self, action: str, what: str) -> bool:
        if (action, what) in self._said:
            return False
        self._said.add((action, what))
        return True

    def _note(self, action: str, subject: str, **facts: str | int) -> None:
        if self._audit is not None:
            from eveobs.telemetry.audit_line import Entry

            entry = Entry(action, subject, "bounded", facts=facts)
            self._audit().note_all([entry])
