"""What people type for ISK and for moments, read."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from eveobs.errors import UsageError

SUFFIXES = {"": 1.0, "k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12}
LONGEST = 18
"""Digits of a number that every database can compare."""
SPANS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def isk(text: str, option: str) -> float:
    """ISK of `1500000`, `1,500,000`, `1.5m`, `2b`. Raises UsageError naming `option`."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmbt]?)", text.strip().lower().replace(",", ""))
    if not found:
        raise UsageError(
            f"--{option} {text!r}: that is no amount of ISK",
            hint="Such as 1500000, 1,500,000, 1.5m or 2b.",
        )
    return float(found[1]) * SUFFIXES[found[2]]


def number(text: str, option: str) -> int:
    """A whole number, such as of a division or a level. Raises UsageError naming `option`."""
    asked = text.strip().replace(",", "")
    if not asked.isdecimal() or len(asked) > LONGEST:
        raise UsageError(f"--{option} {text!r}: that is no whole number", hint="Such as 3.")
    return int(asked)


def moment(text: str, option: str, now: datetime, *, back: bool = False) -> datetime:
    """The moment of `2026-09-23`, `2026-09-23T08:11:31Z`, or `12h`, `3d` from `now`, in UTC.

    `back`: a span is counted back from now.

    Raises UsageError naming `option`.
    """
    span = re.fullmatch(r"(\d{1,6})\s*([mhdw])", text.strip().lower())
    try:
        if span:
            ahead = timedelta(**{SPANS[span[2]]: int(span[1])})
            return now - ahead if back else now + ahead
        found = datetime.fromisoformat(text.strip())
    except (ValueError, OverflowError):
        raise UsageError(
            f"--{option} {text!r}: that is no moment",
            hint="Such as 2026-09-23, 2026-09-23T08:00Z, or a span from now: 12h, 3d, 2w.",
        ) from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
