"""All there is to tell, in one message."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from eveobs.operate.alerts.neutral import neutral
from eveobs.operate.alerts.rules import RULES
from eveobs.store.notices import Notice

MOST = 20
"""Lines under a heading; of more, their number is told."""
LONGEST = 300


class Message(NamedTuple):
    """Plain text. `body` has a heading a rule, and a line a notice."""

    title: str
    body: str


def digest(notices: Sequence[Notice]) -> Message:
    """One message for `notices`. What players typed cannot address anybody in it."""
    if len(notices) == 1:
        return Message(f"eveobs: {_line(notices[0])[:LONGEST]}", _line(notices[0]))
    parts = []
    for name, rule in RULES.items():
        lines = [_line(one) for one in notices if one.rule == name]
        if lines:
            more = [f"… and {len(lines) - MOST:,} more"] if len(lines) > MOST else []
            parts.append("\n".join([rule.heading, *(f"- {x}" for x in [*lines[:MOST], *more])]))
    return Message(f"eveobs: {len(notices):,} things to know", "\n\n".join(parts))


def _line(notice: Notice) -> str:
    return neutral(notice.text)
