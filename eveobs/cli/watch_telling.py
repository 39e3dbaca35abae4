"""What a watch says: a line an observation, and once what is wrong, until it is right again."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from eveobs.errors import EveobsError

if TYPE_CHECKING:
    from eveobs.cli.context import Run
    from eveobs.observation.order import Due
    from eveobs.observation.unit import Outcome, Report


@dataclass(slots=True)
class LinesOf:
    """Speaks on stderr; with `ndjson` outcomes go to stdout, an object a line."""

    run: Run
    ndjson: bool = False
    troubles: dict[str, str] = field(default_factory=dict)

    def observed(self, due: Due, report: Report) -> None:
        """An observation is over, well or not."""
        what = f"{due.unit.processor} of {due.unit.subject_name}"
        if self.ndjson:
            self._print(report.outcome)
        if report.error is not None:
            self.failed(what, report.error)
            return
        if self.troubles.pop(what, None):
            self._say(f"{what}: all is well again")
        if not self.ndjson:
            self._say(f"{what}: {_in_words(report.outcome)}")

    def failed(self, what: str, error: Exception) -> None:
        """`what` could not be done. The same trouble is said once."""
        words = error.message if isinstance(error, EveobsError) else f"a defect: {error!r}"
        if self.troubles.get(what) == words:
            return
        self.troubles[what] = words
        self.run.warnings().warn(f"{what}: {words}")
        if hint := getattr(error, "hint", None):
            self.run.remark(f"hint: {hint}")

    def _say(self, line: str) -> None:
        stamp = f"{self.run.now():%H:%M:%S} " if sys.stderr.isatty() else ""
        self.run.remark(f"{stamp}{line}")

    def _print(self, outcome: Outcome) -> None:
        from msgspec import structs

        from eveobs.cli.output.machine import json_text

        escape = (sys.stdout.encoding or "utf-8").lower() != "utf-8"
        sys.stdout.write(json_text(structs.asdict(outcome), escape_all=escape) + "\n")
        sys.stdout.flush()


def _in_words(outcome: Outcome) -> str:
    counts = {"new": outcome.new, "changed": outcome.changed, "gone": outcome.gone}
    found = ", ".join(f"{number:,} {name}" for name, number in counts.items() if number)
    words = f"{outcome.status}, {outcome.rows:,} rows" + (f", {found}" if found else "")
    if outcome.error:
        words += f" ({outcome.error})"
    asked = f"{outcome.requests:,} request{'' if outcome.requests == 1 else 's'}"
    return f"{words}; {asked}"
