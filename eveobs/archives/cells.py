"""What the cells of an archive's tables may hold, as text and as values.

EVE Ref writes ESI's JSON as text: numbers plainly (older archives doubles as 1.0E9, which is read
and never written), flags as true and false, moments in ISO 8601 with a Z, what is absent as
nothing, and what is null as "null".
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

Cell = Callable[[str], Any]
"""Makes a value of a text, or raises ValueError with what is wrong with it."""

LARGEST = 2**63 - 1
"""Of ids and numbers; all of ESI's have 64 bits."""
DIGITS = len(str(LARGEST))
YEARS = range(2003, 2101)
"""EVE Online was released in 2003."""
ABSENT = frozenset(("", "null"))
FLAGS = {"true": True, "false": False}
KIND = re.compile("[a-z][a-z0-9_]{0,39}")
"""How ESI writes the values of an enumeration; it adds some without notice."""


def identity(text: str) -> int:
    """An id."""
    number = _whole(text)
    if number < 1:
        raise ValueError("is no id")
    return number


def count(text: str) -> int:
    """How many."""
    number = _whole(text)
    if number < 0:
        raise ValueError("is less than none")
    return number


def runs(text: str) -> int:
    """How many runs; -1 is said to mean that there is no end to them."""
    number = _whole(text)
    if number < -1:
        raise ValueError("is no number of runs")
    return number


def amount(text: str) -> float:
    """ISK or cubic metres."""
    number = real(text)
    if number < 0:
        raise ValueError("is less than nothing")
    return number


def real(text: str) -> float:
    """Any number."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or "_" in text:
        raise ValueError("is no number")
    return number


def flag(text: str) -> bool:
    """True or false."""
    found = FLAGS.get(text.lower())
    if found is None:
        raise ValueError("is neither true nor false")
    return found


@lru_cache(maxsize=4096)
def moment(text: str) -> datetime:
    """When, to the second."""
    try:
        found = datetime.fromisoformat(text)
        there = found.astimezone(UTC).replace(microsecond=0)
    except (ValueError, OverflowError):
        raise ValueError("is no moment") from None
    if found.tzinfo is None:
        raise ValueError("does not say in which time zone")
    if there.year not in YEARS:
        raise ValueError("is a moment without EVE Online")
    return there


def kind(text: str) -> str:
    """A type of contract."""
    if not KIND.fullmatch(text):
        raise ValueError("is no type of contract")
    return text


def words(text: str) -> str:
    """What a player typed."""
    return text


def optional(cell: Cell) -> Cell:
    """The same, or None where the cell is empty."""

    def read(text: str) -> Any:
        return cell(text) if text and text not in ABSENT else None

    return read


def written(value: Any) -> str:
    """`value` as EVE Ref writes it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC).isoformat(timespec='seconds')[:19]}Z"
    if isinstance(value, float):
        plain = format(Decimal(repr(value)), "f")
        return plain if "." in plain else f"{plain}.0"
    return str(value)


def column(read: Cell, texts: Sequence[str]) -> Sequence[Any]:
    """What `read` makes of each of `texts`, many at once: nearly all are plain numbers, or one of a
    few texts again and again. Raises what `read` raises for the first that is wrong, or another.
    """
    if read is identity or read is count:
        joined = "".join(texts)
        if joined.isascii() and joined.isdigit() and all(0 < len(one) < DIGITS for one in texts):
            numbers = list(map(int, texts))
            if read is count or min(numbers) > 0:
                return numbers
    known = {text: read(text) for text in {*texts}}
    return [known[text] for text in texts]


def _whole(text: str) -> int:
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= DIGITS):
        raise ValueError("is no whole number of 64 bits")
    number = int(text)
    if abs(number) > LARGEST:
        raise ValueError("is no whole number of 64 bits")
    return number
