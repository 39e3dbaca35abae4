"""Lines of pasted lists, read by their format: columns, ledgers, scans, words with a number. Pure.

Which formats there are, and where that is known from, says `pasting`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from eveobs.analysis.quantities import Marks, Quantity, looks_numeric, read_quantity

MOST_GROUPS = 7
"""Groups of three digits in the largest quantity: so many words may be one number."""
COPY = re.compile(r"blueprint copy|\(copy\)|\bbpc\b", re.IGNORECASE)
ORIGINAL = re.compile(r"blueprint original|\(original\)|\bbpo\b", re.IGNORECASE)
_MARK = re.compile(r"\s*\((?:copy|original)\)", re.IGNORECASE)
_PRICE = re.compile(r"[-+]?\d.*\sISK", re.IGNORECASE)
_MEASURE = re.compile(r"[-+]?\d.*(?:ISK|m3|m³|%)", re.IGNORECASE)
FITTED = re.compile(r"^\[([^,\]]+),.*\]$")
OFFLINE = re.compile(r"\s*/offline$", re.IGNORECASE)
_ANNOTATION = re.compile(r"\s*\((?:item exchange|auction|copy|original)\)$", re.IGNORECASE)
"""Behind a name or its number: the kind of a contract, or of a blueprint in a cargo scan."""
_BEGINS_AS_NUMBER = re.compile(r"[xX×*]?\s*[-+~]?\d")
_IN_BRACKETS = re.compile(r"^(.*\S)\s*\(([^()]+)\)$")
LOOTED = re.compile(r"^\d\d:\d\d:\d\d\s.* has looted (\S.*?) x (\S.*)$")
MOMENT = re.compile(r"^(?:\d{4}[./-]\d\d[./-]\d\d)?(?:\s*\d\d:\d\d(?::\d\d)?)?$")
_DISTANCE = re.compile(
    r"^(?:-|\d[\d.,'’\s]*(?:m|km|au|ae|ua|м|км|а\.?\s?е\.?|公里|米|キロ|天文单位|天文単位))$",
    re.IGNORECASE,
)
_SHARE = re.compile(r"^(?:0[.,]\d+|1(?:[.,]0+)?)$")
_BLUEPRINT = re.compile(r"^(?:(\d+) x )?(\S.* (?:Blueprint|Formulas?))$")
_QUANTITY_OF_LOSS = re.compile(r"^(.*\S),\s*Qty:\s*(\d\S*)((?:\s*\([^()]*\))*)$")
_STARS = "*✱"
"""Behind a name that the client shows in another language than its own."""


class Piece(NamedTuple):
    """So many of what has this name. `copy`: it is said to be a copy of a blueprint, or said not to
    be one; None where the text does not say. `read_as`: what to tell of its number.
    """

    name: str
    quantity: int
    copy: bool | None = None
    read_as: str = ""


def record_readings(cells: Sequence[str], marks: Marks) -> list[list[Piece]] | None:
    """The ways to read a row whose columns say what it is; None for any other. In these a column
    with what a player typed stands where other rows have a name: it is never read as one.
    """
    if len(cells) < 3:
        return None
    if is_dated(cells):
        return _dated(cells, marks)
    if (scanned := _scanned(cells)) is not None:
        return [[make_piece(scanned)]]
    blueprint = _of_blueprints_tab(cells)
    return None if blueprint is None else [[blueprint]]


def table_readings(cells: Sequence[str], marks: Marks) -> tuple[list[list[Piece]], str]:
    """Name and number in columns, the name first or behind the number."""
    readings = []
    first = read_quantity(cells[0], marks)
    if first is not None and cells[1]:
        readings.append([make_piece(cells[1], first, cells[0])])
    if not cells[1]:  # one that is assembled or fitted
        return [*readings, [make_piece(cells[0])]], ""
    for cell in cells[1:]:
        shown = without_annotation(cell)
        quantity = read_quantity(shown, marks)
        if quantity is not None:
            return [*readings, [make_piece(cells[0], quantity, shown)]], ""
        if looks_numeric(shown):
            return readings, no_quantity(cell)
    if any(_MEASURE.fullmatch(cell) or _DISTANCE.match(cell) for cell in cells[1:]):
        return readings, "it does not say how many"
    if len(cells) == 2 and re.match(r"[-+~]?\d\S*\s", cells[1]):  # 5 handfuls
        return readings, no_quantity(cells[1])
    return [*readings, [make_piece(cells[0])]], ""


def is_dated(cells: Sequence[str]) -> bool:
    """Whether that is a row of a ledger or a journal."""
    return len(cells) > 2 and cells[0] != "" and MOMENT.match(cells[0]) is not None


def is_journal(cells: Sequence[str]) -> bool:
    """Whether an entry with a date is about no item: it has amounts, but no number."""
    return not any(looks_numeric(cell) for cell in cells[1:])


def _dated(cells: Sequence[str], marks: Marks) -> list[list[Piece]]:
    """An entry of a ledger or of a wallet's transactions: its item has a number beside it."""
    readings = []
    for place in range(1, len(cells)):
        name, behind = cells[place], cells[place + 1 : place + 3]
        if not name or looks_numeric(name) or _PRICE.fullmatch(name):
            continue
        if len(behind) == 2 and _PRICE.fullmatch(behind[0]):
            behind = behind[1:]
        beside = [*behind[:1], *([cells[place - 1]] if place > 1 else [])]
        quantities = ((cell, read_quantity(cell, marks)) for cell in beside)
        readings += [[make_piece(name, found, cell)] for cell, found in quantities if found]
    copy = stated_copy("\t".join(cells), cells)
    return [[piece._replace(copy=copy) for piece in reading] for reading in readings]


def _scanned(cells: Sequence[str]) -> str | None:
    """The type of an object of a directional scan. Its own name, which a player may have chosen, is
    never looked up.
    """
    if not _DISTANCE.match(cells[-1]):
        return None
    if len(cells) == 4 and cells[0].isdecimal():
        return cells[2]
    return cells[1] if len(cells) == 3 and read_quantity(cells[1]) is None else None


def is_surveyed(cells: Sequence[str]) -> bool:
    """Whether that is an asteroid of a survey scan: what, how many, how far."""
    there = len(cells) in {3, 4} and _DISTANCE.match(cells[-1]) is not None
    return there and cells[-1] != "-" and read_quantity(cells[1]) is not None


def is_share(cells: Sequence[str]) -> bool:
    """Whether that is an ore of a moon scan: its share, and four ids."""
    return (
        len(cells) >= 6
        and _SHARE.match(cells[1]) is not None
        and all(cell.isdecimal() and len(cell) > 3 for cell in cells[2:6])
    )


def _of_blueprints_tab(cells: Sequence[str]) -> Piece | None:
    """A row of the industry window's blueprints: name, ME, TE, -1 or runs, runs that are left."""
    found = _BLUEPRINT.match(cells[0])
    efficiencies = [int(cell) for cell in cells[1:3] if cell.isdecimal() and len(cell) < 3]
    runs = [int(cell) for cell in cells[3:5] if re.fullmatch(r"-1|\d{1,9}", cell)]
    if found is None or len(efficiencies) < 2 or not runs or not cells[3]:
        return None
    if efficiencies[0] > 10 or efficiencies[1] > 20:
        return None
    return Piece(_name(found[2]), int(found[1] or 1), max(runs) > 0)


def word_readings(text: str, marks: Marks, *, of_a_loss: bool) -> Iterator[list[Piece]]:
    """A name, a number before or behind it; a line of a fitting, whose charge is behind a comma."""
    if found := FITTED.match(text):
        yield [make_piece(found[1])]
        return
    yield [make_piece(text)]
    if (alone := without_annotation(text)) != text:
        text = alone
        yield [make_piece(text)]
    if of_a_loss:
        yield from _of_a_loss(text, marks)
    found = _IN_BRACKETS.match(text)  # Tritanium (4662 Units)
    if found and (quantity := read_quantity(found[2], marks)) is not None:
        yield [make_piece(found[1], quantity, found[2])]
    yield from _number_behind(text, marks)
    yield from _number_before(text, marks)
    yield from _separated(text, marks)
    module, comma, charge = text.partition(",")
    if comma:
        yield [make_piece(module), make_piece(charge)]


def _of_a_loss(text: str, marks: Marks) -> Iterator[list[Piece]]:
    """What a killmail says was destroyed or dropped: with its number, and where it was."""
    label, _, ship = text.partition(":")
    if label.strip().casefold() == "destroyed":
        yield [make_piece(ship)]
    if (found := _QUANTITY_OF_LOSS.match(text)) and (many := read_quantity(found[2], marks)):
        yield [make_piece(found[1], many, found[2])]
    while found := re.match(r"^(.*\S)\s*\([^()]*\)$", text):
        text = found[1]
        yield [make_piece(text)]


def _number_behind(text: str, marks: Marks) -> Iterator[list[Piece]]:
    """The longest name first: "Cap Booster 25 150" is 150 of these."""
    starts = [found.start() for found in re.finditer(r"(?<!\S)\S", text)][1:]
    for start in reversed(starts[-MOST_GROUPS:]):
        shown = re.sub(r"^[xX×*](?=\d)|(?<=\d)[xX×]$", "", text[start:])
        if (quantity := read_quantity(shown, marks)) is not None:
            name = re.sub(r"\s*[:=]$|\s[xX×*–—-]$", "", text[:start].rstrip())
            yield [make_piece(name, quantity, shown)]


def _number_before(text: str, marks: Marks) -> Iterator[list[Piece]]:
    ends = [found.end() for found in re.finditer(r"\S(?!\S)", text)][:-1]
    for end in ends[:MOST_GROUPS]:
        shown = re.sub(r"(?<=\d)[xX×*]$", "", text[:end])
        if (quantity := read_quantity(shown, marks)) is not None:
            name = re.sub(r"^[xX×*]\s", "", text[end:].lstrip())
            yield [make_piece(name, quantity, shown)]


def _separated(text: str, marks: Marks) -> Iterator[list[Piece]]:
    """Name and number with a mark between them and no space: Tritanium:5, 5;Tritanium."""
    for mark in ":=;,|":
        for one, other in {text.partition(mark)[::2], text.rpartition(mark)[::2]}:
            for name, shown in ((one, other), (other, one)):
                quantity = read_quantity(shown, marks) if name.strip() else None
                if quantity is not None:
                    yield [make_piece(name, quantity, shown)]


def unreadable_numbers(text: str, marks: Marks) -> Iterator[tuple[str, str]]:
    """Names, the longest first, each with what stands behind or before it as its number, but is
    none: 5k, -5, 12..5.
    """
    words = without_annotation(text).split()
    for count in range(1, min(2, len(words) - 1) + 1):  # "5 k"
        for name, shown in ((words[:-count], words[-count:]), (words[count:], words[:count])):
            number = " ".join(shown)
            if _BEGINS_AS_NUMBER.match(number) and read_quantity(number, marks) is None:
                yield re.sub(r"\s*[:=]$|\s[xX×*–—-]$", "", _name(" ".join(name))), number


def no_quantity(shown: str) -> str:
    """Why a line is not counted whose number is `shown`."""
    return f"{shown[:30]!r} is no quantity"


def without_annotation(text: str) -> str:
    """`text` without the `(Item Exchange)`, `(Copy)` and so on at its end."""
    while (shorter := _ANNOTATION.sub("", text)) != text:
        text = shorter
    return text


def make_piece(name: str, quantity: Quantity | None = None, shown: str = "") -> Piece:
    """One of `name`, or as many as `shown`, which is told if it could be read in another way."""
    if quantity is None:
        return Piece(_name(name), 1)
    doubtful = quantity.cut or quantity.two_readings
    read_as = f"{shown.strip()} is read as {quantity.value}" if doubtful else ""
    return Piece(_name(name), quantity.value, read_as=read_as)


def stated_copy(text: str, cells: Sequence[str]) -> bool | None:
    """Whether the line says that a blueprint is a copy. The client estimates no price of copies."""
    if COPY.search(text):
        return True
    priced = any(_PRICE.fullmatch(cell) for cell in cells[1:])
    return False if priced or ORIGINAL.search(text) else None


def _name(text: str) -> str:
    words = " ".join(_MARK.sub("", text).split())
    # "*Sneaks in a classic*" is the name of a type.
    return words if words.startswith("*") else words.rstrip(_STARS).strip()


def cells_of(line: str) -> list[str]:
    """The columns of a line: between tabs, or two spaces. An icon in front is a column of its own,
    and blank.
    """
    if "\t" not in line:
        return re.split(r"\s{2,}", line.strip())
    cells = [cell.strip() for cell in line.strip("\r\n ").split("\t")]
    while len(cells) > 1 and not cells[0]:
        del cells[0]
    return cells


def outer_words(text: str) -> list[str]:
    """The first and the last word, without the x that stands before or behind a number."""
    words = text.split(" ")
    return [words[0], words[-1].lstrip("xX")]
