"""What is said to a person on stderr, which a log that was asked for has too."""

from __future__ import annotations

import sys

LEVELS = {"warning": 30, "error": 40}
"""How a line begins that is more than a remark, and its level among those of `logging`."""


def logged(line: str, hint: str | None = None) -> bool:
    """Give the log what is said; whether stderr has it by that, as JSON (--log-format json).

    Nothing is loaded for it: where nobody asked for a log there is none.
    """
    logs = sys.modules.get("eveobs.telemetry.logs")
    if logs is None:
        return False
    label, colon, rest = line.partition(": ")
    level = LEVELS.get(label, 20) if colon else 20
    facts = {"hint": hint} if hint else {}
    return bool(logs.told(rest if level > 20 else line, level, **facts))
