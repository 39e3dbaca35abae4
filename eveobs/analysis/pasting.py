"""What players paste, read: names and quantities in the formats that the game copies. Pure.

A line can often be read in several ways ("10MN Afterburner II" is no ten of anything), so all of
them are found first, the best first, and the names decide: the first whose names all exist is what
was meant. That reads every language of the client whose names are known, without knowing its words
for columns and units.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

LONGEST_NAME = 150
MOST = 1 << 62
"""Units; more of a thing there is not."""
COPY = re.compile(r"blueprint copy|\(copy\)|\bbpc\b", re.IGNORECASE)
_SEPARATED = r"\d{1,3}(?:[.,'’\u00a0\u202f ]\d{3})+|\d+"
_UNITS = r"(?:units?|pcs|stück|stk|einheiten|unités?|unidades|шт|ед|個|个|单位|개)\.?"
_NUMBER = re.compile(rf"^({_SEPARATED})(?:\s*{_UNITS})?$", re.IGNORECASE)
_BEFORE = re.compile(rf"^({_SEPARATED})\s*[x×*]?\s+(\S.*)$", re.IGNORECASE)
_BEHIND = re.compile(rf"^(.*?\S)\s+[x×]?\s*({_SEPARATED})(?:\s*{_UNITS})?$", re.IGNORECASE)
_FITTED = re.compile(r"^\[([^,\]]+),.*\]$")
_EMPTY_SLOT = re.compile(r"^\[[^,\]]*\]$")
_COLUMNS = re.compile(r"\t|\s{2,}")
_SUM = re.compile(r"^[^\t:]{1,20}:(?:[\t\s]|$)")
_OFFLINE = re.compile(r"\s*/offline$", re.IGNORECASE)
_STARS = "*✱"
"""Behind a name that the client shows in another language than its own."""


class Piece(NamedTuple):
    """So many of what has this name; a `copy` of a blueprint is not the blueprint."""

    name: str
    quantity: int
    copy: bool = False


@dataclass(frozen=True, slots=True)
class Pasted:
    """A line, and the ways to read it, the best first. Without any it is no part of a list."""

    number: int
    text: str
    readings: Sequence[Sequence[Piece]]


@dataclass(frozen=True, slots=True)
class Unread:
    """A line that could not be read, and why."""

    number: int
    text: str
    why: str


class Found(NamedTuple):
    """So many of a type."""

    type_id: int
    quantity: int
    copy: bool


def pasted(text: str) -> list[Pasted]:
    """The lines of `text` that are there to be read."""
    lines = enumerate(text.replace("\ufeff", "").splitlines(), start=1)
    return [
        Pasted(number, line.strip(), _readings(line))
        for number, line in lines
        if line.strip() and not _EMPTY_SLOT.match(line.strip())
    ]


def names(lines: Iterable[Pasted]) -> set[str]:
    """All names that the readings of `lines` are about."""
    return {piece.name for line in lines for reading in line.readings for piece in reading}


def understood(
    lines: Iterable[Pasted], known: Mapping[str, Sequence[int]]
) -> tuple[list[Found], list[Unread]]:
    """What `lines` say, and what of them could not be read. `known`: the types of a name, folded.

    Of what is on several lines there is one sum.
    """
    sums: dict[tuple[int, bool], int] = {}
    unread = []
    for line in lines:
        reading = _meant(line, known)
        if isinstance(reading, Unread):
            if not _SUM.match(line.text):  # what stands below a list
                unread.append(reading)
            continue
        for piece in reading:
            key = (known[piece.name.casefold()][0], piece.copy)
            sums[key] = sums.get(key, 0) + piece.quantity
    return [Found(number, quantity, copy) for (number, copy), quantity in sums.items()], unread


def _meant(line: Pasted, known: Mapping[str, Sequence[int]]) -> Sequence[Piece] | Unread:
    for reading in line.readings:
        types = [known.get(piece.name.casefold(), ()) for piece in reading]
        if all(types):
            two = next((one for one in types if len(one) > 1), None)
            if two is not None:
                ids = " and ".join(map(str, sorted(two)))
                return Unread(line.number, line.text, f"two types have that name: {ids}")
            if any(piece.quantity > MOST for piece in reading):
                return Unread(line.number, line.text, "there is no such number of anything")
            return reading
    return Unread(line.number, line.text, "no type has that name")


def _readings(line: str) -> list[Sequence[Piece]]:
    found = [*_as_columns(line), *_as_words(_OFFLINE.sub("", line.strip()))]
    return [one for one in found if all(0 < len(piece.name) <= LONGEST_NAME for piece in one)]


def _as_columns(line: str) -> Iterator[Sequence[Piece]]:
    """Name and number in columns, the name first or behind the number."""
    cells = [cell.strip() for cell in _COLUMNS.split(line.strip("\r\n "))]
    if len(cells) < 2:
        return
    copy = bool(COPY.search(line))
    first = _number(cells[0])
    if first is not None and cells[1]:
        yield [Piece(_name(cells[1]), first, copy)]
    if not cells[1]:  # one that is assembled or fitted
        yield [Piece(_name(cells[0]), 1, copy)]
        return
    told = (number for cell in cells[1:] if (number := _number(cell)) is not None)
    yield [Piece(_name(cells[0]), next(told, 1), copy)]


def _as_words(line: str) -> Iterator[Sequence[Piece]]:
    """A name, a number before or behind it; a line of a fitting, whose charge is behind a comma."""
    copy = bool(COPY.search(line))
    if found := _FITTED.match(line):
        yield [Piece(_name(found[1]), 1)]
        return
    yield [Piece(_name(line), 1, copy)]
    if found := _BEHIND.match(line):
        yield [Piece(_name(found[1]), _number(found[2]) or 0, copy)]
    if found := _BEFORE.match(line):
        yield [Piece(_name(found[2]), _number(found[1]) or 0, copy)]
    module, comma, charge = line.partition(",")
    if comma:
        yield [Piece(_name(module), 1), Piece(_name(charge), 1)]


def _name(text: str) -> str:
    words = COPY.sub("", text) if "(" in text else text
    return " ".join(words.split()).rstrip(_STARS).strip()


def _number(text: str) -> int | None:
    found = _NUMBER.match(text.strip())
    return int(re.sub(r"\D", "", found[1])[:25]) if found else None
