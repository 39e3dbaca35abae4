"""The faults a sandbox has at the moment, and which of them hits a request."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from eveobs.sandbox.calendar import Calendar
from eveobs.sandbox.faults.aim import Target
from eveobs.sandbox.faults.kind import Strike
from eveobs.sandbox.faults.spec import Fault


@dataclass(slots=True)
class _Active:
    """A fault and what it has done. `matched` are the requests it was meant for, `hits` those it
    hit; `open` are the hits that last, by what they last for: since when and until when.
    """

    fault: Fault
    seed: int
    matched: int = 0
    begun: int = 0
    hits: int = 0
    open: dict[str, tuple[float, float]] = field(default_factory=dict)

    def strike(self, target: Target, now: float, calendar: Calendar) -> Strike | None:
        aim, span = self.fault.aim, self.fault.kind.span
        if not aim.covers(target):
            return None
        self.matched += 1
        key = span.key(target) if span else ""
        since, until = self.open.get(key, (now, now))
        begins = now >= until
        if begins:
            if not self._begins(target):
                return None
            since = now
            until = span.end(now, self.fault.options, calendar) if span else now
            if span:
                self.open[key] = (since, until)
        self.hits += 1
        kind, options = self.fault.kind, self.fault.options
        return Strike(kind, options, calendar, self.hits, since, until, begins)

    def _begins(self, target: Target) -> bool:
        aim, span = self.fault.aim, self.fault.kind.span
        if aim.times is not None and self.begun >= aim.times:
            return False
        if span and span.first_page and target.page != 1:
            return False
        if not aim.is_due(self.matched, self.seed):
            return False
        self.begun += 1
        return True


class Faults:
    """Asked in order: the first that hits a request is the only one."""

    def __init__(self, faults: Iterable[Fault], *, seed: int, calendar: Calendar) -> None:
        self._seed = seed
        self._calendar = calendar
        self._active: list[_Active] = []
        self.replace(faults)

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._active)

    def replace(self, faults: Iterable[Fault]) -> None:
        """Others from now on; none of them has hit anything yet."""
        self._active = [
            _Active(fault, (self._seed << 16) + order) for order, fault in enumerate(faults)
        ]

    def strike(self, target: Target, now: float) -> Strike | None:
        """What hits the request for `target`."""
        for active in self._active:
            found = active.strike(target, now, self._calendar)
            if found is not None:
                return found
        return None

    def as_json(self) -> list[dict[str, Any]]:
        """Each with how many requests it was meant for, and how many it hit."""
        return [
            {**active.fault.as_json(), "matched": active.matched, "hits": active.hits}
            for active in self._active
        ]
