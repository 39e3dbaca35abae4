"""From what rules notice to those who are told, so that nobody is told twice.

What is new is noted in the store first, in one transaction; then each sink gets one message of all
it does not know, and that it knows is noted. Killed in between, the next run tells what is left.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from eveobs.errors import UnreachableError
from eveobs.operate.alerts.digest import digest
from eveobs.operate.alerts.ground import Ground
from eveobs.operate.alerts.rules import RULES
from eveobs.operate.alerts.sinks import Sink
from eveobs.store.notices import Noted, Notice

LOG = logging.getLogger(__name__)
LOG.addHandler(logging.NullHandler())


@dataclass(frozen=True, slots=True)
class Alerting:
    """Runs the rules of these `names` over `ground`, and tells `sinks`."""

    ground: Ground
    names: Collection[str]
    sinks: Sequence[Sink]

    def notice(self) -> Noted:
        """Note what there is; returns what is new.

        The first look is the baseline: what happened before it is nobody's news. What ails eveobs
        itself, and what lies ahead, is told also then.
        """
        now = self.ground.now
        return self.ground.store.note(
            self.look(), self._states(), now, old_before=now, always=self._of_eveobs()
        )

    def foresee(self, receivers: Collection[str]) -> Noted:
        """What `notice` and `tell` would send now to sinks of these ids; nothing is noted or
        sent.
        """
        return self.ground.store.foresee(
            self.look(),
            self._states(),
            old_before=self.ground.now,
            always=self._of_eveobs(),
            receivers=receivers,
        )

    def _states(self) -> list[str]:
        return [name for name in self.names if RULES[name].state]

    def _of_eveobs(self) -> list[str]:
        return [name for name in self.names if RULES[name].of_eveobs]

    def look(self) -> list[Notice]:
        """What there is to notice now, new or not; nothing is noted."""
        return [one for name in self.names for one in RULES[name].look(self.ground)]

    def tell(self) -> int:
        """Tell every sink what it does not know, in one message; returns how many notices that
        were. Raises UnreachableError where a sink did not take it: the next run tries again.
        """
        everybody = [sink.id for sink in self.sinks]
        told: set[tuple[str, str]] = set()
        refused = []
        for sink in self.sinks:
            left = [one for one in self.ground.store.untold() if sink.id not in one.told_to]
            if not left:
                continue
            if not sink.send(digest([one.notice for one in left])):
                refused.append(sink.kind)
                continue
            self.ground.store.note_told(left, sink.id, everybody, self.ground.now)
            told |= {(one.notice.rule, one.notice.key) for one in left}
        LOG.info("told", extra={"notices": len(told), "sinks": len(self.sinks)})
        if refused:
            raise UnreachableError(
                f"{' and '.join(f'{kind}://…' for kind in refused)} did not take the message",
                hint="`eveobs alerts test` tries it alone; what was to be told is kept.",
            )
        return len(told)
