"""What people type for ISK and for moments, read."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from math import inf, isfinite

from eveobs.errors import UsageError

SUFFIXES = {"": 1.0, "k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12}
LONGEST = 18
"""Digits of a number that every database can compare."""
_GROUPED = r"\d{1,3}(?:,\d{3})+"
"""A number with commas between its thousands. A comma anywhere else is a decimal mark to most of
Europe, and to drop it would read `1,5` as 15.
"""
_ISK = re.compile(rf"((?:{_GROUPED}|\d+)(?:\.\d+)?(?:e\+?\d{{1,2}})?)\s*([kmbt]?)", re.ASCII)
SPANS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def isk(text: str, option: str) -> float:
    """ISK of `1500000`, `1,500,000`, `1.5m`, `2b`, `1.5e9`. Raises UsageError naming `option`."""
    found = _ISK.fullmatch(text.strip().lower())
    amount = float(found[1].replace(",", "")) * SUFFIXES[found[2]] if found else inf
    if not isfinite(amount):
        example = _decimal_point(text) or "1.5m"
        raise UsageError(
            f"--{option} {text!r}: invalid ISK amount",
            hint=f"Such as {example}, 1500000, 1,500,000, 2b or 1.5e9: the decimal mark is a "
            "point, and a comma stands before three digits.",
        )
    return amount


def _decimal_point(text: str) -> str | None:
    """`1,5m`, in which the comma can only be a decimal mark, with a point: `1.5m`."""
    found = re.fullmatch(r"(\d{1,12}),(\d{1,12}\s*[kmbt]?)", text.strip().lower(), re.ASCII)
    return f"{found[1]}.{found[2]}" if found else None


def number(text: str, option: str) -> int:
    """A whole number, such as of a division or a level. Raises UsageError naming `option`."""
    digits = text.strip()
    if re.fullmatch(_GROUPED, digits, re.ASCII):
        digits = digits.replace(",", "")
    if not digits.isdecimal() or len(digits) > LONGEST:
        raise UsageError(
            f"--{option} {text!r}: invalid whole number", hint="Such as 3, 1200 or 1,200."
        )
    return int(digits)


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
