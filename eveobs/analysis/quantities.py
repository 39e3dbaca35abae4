"""Numbers as players and clients of every language write them, read as whole units. Pure.

The game client separates thousands as the operating system does: `1,000`, `1.000`, `1 000` (with a
no-break, narrow or thin space: evepraisal/go-evepraisal#19) or `1'000`. Lists from planets and
spreadsheets have decimals: `331.0`, `123.12`, `1e3` (go-evepraisal, `parsers/pi_test.go` and
`parsers/listing_test.go`).

The rule: a fraction is cut, since there are no halves of an item. A number that has two readings,
one comma or dot before exactly three digits, means thousands, unless the same text shows that this
mark is its decimal mark (`0.500`, `12.5`, `1,234.5`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

MAX_LENGTH = 80
"""Characters of a number; longer ones are none, however many digits they have."""
_SPACES = "\u0020\u00a0\u2002-\u200a\u202f\u205f\u3000"
_APOSTROPHES = "'’‘ʼ`´＇"
_GROUPED = rf"\d{{1,3}}(?P<group>[.,٬{_APOSTROPHES}{_SPACES}])\d{{3}}(?:(?P=group)\d{{3}})*"
_NUMBER = (
    rf"(?P<whole>{_GROUPED}|\d+)(?:(?P<mark>[.,٫])(?P<fraction>\d+))?(?:[eE]\+?(?P<power>\d\d?))?"
)
_UNITS = r"(?:units?|pcs|stück|stk|einheiten|unités?|unidades|шт|ед|個|个|单位|개)\.?"
_QUANTITY = re.compile(rf"{_NUMBER}(?:\s*{_UNITS})?", re.IGNORECASE)
_ANY_UNIT = re.compile(rf"[-+]?{_NUMBER}\s*(?:\S{{1,12}})?", re.IGNORECASE)
_NUMERIC = re.compile(rf"[-+]?[\d.,٫٬{_APOSTROPHES}{_SPACES}]*\d[^\W\d_]{{0,2}}[-+]?\d*")


class Quantity(NamedTuple):
    """Whole units. `cut`: there was a fraction; `two_readings`: it may have been meant as one."""

    value: int
    cut: bool = False
    two_readings: bool = False


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks that a text shows to separate thousands, and those of its decimals."""

    thousands: frozenset[str] = frozenset()
    decimals: frozenset[str] = frozenset()

    def is_decimal(self, mark: str) -> bool:
        """Whether `mark` separates decimals in this text."""
        return mark in self.decimals and mark not in self.thousands

    def is_thousands(self, mark: str) -> bool:
        """Whether `mark` cannot be a decimal mark in this text, which has another."""
        return mark not in self.decimals and bool(self.thousands & {mark} or self.decimals)


NO_MARKS = Marks()


def marks_of(cells: Iterable[str]) -> Marks:
    """What the numbers among `cells`, prices and volumes too, show about their marks."""
    thousands, decimals = set(), set()
    for cell in cells:
        found = _ANY_UNIT.fullmatch(cell) if len(cell) <= MAX_LENGTH else None
        if found is None:
            continue
        whole, group, mark, fraction = found.group("whole", "group", "mark", "fraction")
        if group and (mark or whole.count(group) > 1):
            thousands.add(group)
        if mark and mark != group and (group or len(fraction) != 3 or _no_group(whole)):
            decimals.add(mark)
        elif group and not mark and whole.startswith("0"):  # 0.500
            decimals.add(group)
    return Marks(frozenset(thousands), frozenset(decimals))


def read_quantity(text: str, marks: Marks = NO_MARKS) -> Quantity | None:
    """The units that `text` says, its unit of count behind it or not; None for anything else."""
    text = text.strip()
    found = _QUANTITY.fullmatch(text) if len(text) <= MAX_LENGTH else None
    if found is None:
        return None
    whole, group, mark, fraction, power = found.group("whole", "group", "mark", "fraction", "power")
    if mark and mark == group:
        return None
    two_readings = False
    if group in {".", ",", "٬"} and not mark and whole.count(group) == 1:
        decimal = whole.startswith("0") or power is not None or marks.is_decimal(group)
        two_readings = not decimal and not marks.is_thousands(group)
        if decimal:
            whole, fraction = whole.split(group)
            group = None
    digits = whole.replace(group, "") if group else whole
    number = Decimal(f"{digits}.{fraction or 0}E{power or 0}")
    return Quantity(int(number), number != int(number), two_readings)


def looks_numeric(text: str) -> bool:
    """Whether `text` is meant as a number, though it may be none that can be read: `12..5`, `5k`.

    Names of systems (1DQ1-A) and measures (10 m3) are none.
    """
    return len(text) <= MAX_LENGTH and _NUMERIC.fullmatch(text) is not None


def _no_group(whole: str) -> bool:
    """Whether three digits behind `whole` and a mark cannot be thousands: 1234.567, 0.5."""
    return len(whole) > 3 or whole.startswith("0")
