"""How a watch is, for whoever asks: a load balancer, a container's health check, a person."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

UNREAD = "it is not known yet what to observe"
OVERDUE = timedelta(minutes=10)
"""A watch that sleeps for so much longer than it meant to is stuck."""


@dataclass(slots=True)
class Condition:
    """What the loop says of itself. Times are aware, in UTC; `sleeps_until` is None while it works.

    `trouble` is what keeps it from working at all, in words; "" for nothing.
    """

    since: datetime
    rounds: int = 0
    subjects: int = 0
    failing: int = 0
    last_round: datetime | None = None
    sleeps_until: datetime | None = None
    trouble: str = UNREAD
    stopping: bool = False
    changed: dict[str, int] = field(default_factory=lambda: {"new": 0, "changed": 0, "gone": 0})

    def alive(self, now: datetime) -> bool:
        """Whether there is a loop that does what it means to."""
        return self.sleeps_until is None or now < self.sleeps_until + OVERDUE

    def ready(self) -> bool:
        """Whether it does what it is for: rounds come to an end, and the store takes them."""
        return not self.stopping and not self.trouble

    def facts(self, now: datetime) -> dict[str, Any]:
        """All of it, for JSON."""
        return {
            "state": self._state(now),
            "since": _text(self.since),
            "rounds": self.rounds,
            "subjects": self.subjects,
            "failing": self.failing,
            "last_round": _text(self.last_round),
            "next_round": _text(self.sleeps_until),
            "trouble": self.trouble or None,
            **self.changed,
        }

    def _state(self, now: datetime) -> str:
        if self.stopping:
            return "stopping"
        if not self.alive(now):
            return "stuck"
        return "waiting" if self.sleeps_until is not None else "working"


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment:%Y-%m-%dT%H:%M:%SZ}"
