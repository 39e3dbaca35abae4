"""What players paste, read: names and quantities in the formats that the game copies. Pure.

A line can often be read in several ways ("10MN Afterburner II" is no ten of anything), so all of
them are found first, the best first, and the names decide: the first whose names all exist is what
was meant. That reads every language of the client whose names are known, without knowing its words
for columns and units. Every line ends in one of three ways: it is counted, it is named as unread,
or it is named as something that is no item (a heading, a sum, a journal entry).

How the formats look is taken from the tests of others who read them: evepraisal/go-evepraisal
(`parsers/*_test.go`: assets, cargo scan, contract, d-scan, EFT, fitting window, industry, killmail,
listing, loot history, ledgers, PI, survey scan, wallet), pyfa-org/Pyfa (`service/port/muta.py`:
mutated modules) and eveseat (`MoonReportParser`: moon scan). D-scans with a type id in front, which
the client copies since, are not among these tests.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from eveobs.analysis.quantities import (
    NO_MARKS,
    Marks,
    Quantity,
    looks_numeric,
    marks_of,
    read_quantity,
)

LONGEST_NAME = 150
MOST = 1 << 62
"""Units; more of a thing there is not."""
MOST_GROUPS = 7
"""Groups of three digits in MOST: so many words may be one number."""
UNKNOWN = "no type has that name"
COPY = re.compile(r"blueprint copy|\(copy\)|\bbpc\b", re.IGNORECASE)
ORIGINAL = re.compile(r"blueprint original|\(original\)|\bbpo\b", re.IGNORECASE)
_MARK = re.compile(r"\s*\((?:copy|original)\)", re.IGNORECASE)
_PRICE = re.compile(r"[-+]?\d.*\sISK", re.IGNORECASE)
_MEASURE = re.compile(r"[-+]?\d.*(?:ISK|m3|m³|%)", re.IGNORECASE)
_FITTED = re.compile(r"^\[([^,\]]+),.*\]$")
_BRACKETS = re.compile(r"^\[[^,\]]*\]$")
_EMPTY_SLOT = re.compile(r"^\[empty [^\]]*\]$", re.IGNORECASE)
_MUTATION = re.compile(r"^\[(\d+)\] \S")
_MUTATED = re.compile(r"^.*\S \[\d+\](?:, .*)?$")
_OFFLINE = re.compile(r"\s*/offline$", re.IGNORECASE)
_KIND_OF_CONTRACT = re.compile(r"\s*\((?:item exchange|auction)\)$", re.IGNORECASE)
_IN_BRACKETS = re.compile(r"^(.*\S)\s*\(([^()]+)\)$")
_LOOTED = re.compile(r"^\d\d:\d\d:\d\d\s.* has looted (\S.*?) x (\S.*)$")
_MOMENT = re.compile(r"^(?:\d{4}[./-]\d\d[./-]\d\d)?(?:\s*\d\d:\d\d(?::\d\d)?)?$")
_DISTANCE = re.compile(
    r"^(?:-|\d[\d.,'’\s]*(?:m|km|au|ae|ua|м|км|а\.?\s?е\.?|公里|米|キロ|天文单位|天文単位))$",
    re.IGNORECASE,
)
_SHARE = re.compile(r"^(?:0[.,]\d+|1(?:[.,]0+)?)$")
_BLUEPRINT = re.compile(r"^(?:(\d+) x )?(\S.* (?:Blueprint|Formulas?))$")
_QUANTITY_OF_LOSS = re.compile(r"^(.*\S),\s*Qty:\s*(\d\S*)((?:\s*\([^()]*\))*)$")
_STARS = "*✱"
"""Behind a name that the client shows in another language than its own."""

_SUM = re.compile(
    r"^(?:total|sum|summe|gesamt|insgesamt|итого|всего|合計|合计|总计|总价|합계)\s*[:：](?:\s|$)",
    re.IGNORECASE,
)
_SECTIONS = frozenset(
    (
        *("high power", "medium power", "mid power", "low power", "rig slot", "rig slots"),
        *("sub system", "sub systems", "subsystems", "service slots", "charges", "fuel"),
        *("cargo", "implants", "boosters", "other"),
    )
)
"""Headings of a fitting window; none is the name of an item."""
_SECTIONS_AND_SKILLS = frozenset(("drones", "fighters"))
"""Headings of a fitting window that are also the names of skills (types 3436 and 23069)."""
_HEADERS = (
    ("item", "required"),  # "Copy Material Information" of the industry window
    ("timestamp",),  # ledgers
    ("moon", "moon product"),
    ("name", "quantity"),
    ("item", "quantity"),
    ("type", "quantity"),
)
_LABELS_OF_A_LOSS = frozenset(
    (
        *("victim", "corp", "corporation", "alliance", "faction", "system", "security", "moon"),
        *("damage taken", "damage done", "involved parties", "name", "ship", "weapon"),
        *("destroyed items", "dropped items"),
    )
)
_ATTRIBUTES = re.compile(r"^\w+ -?[\d.e+-]+(?:, \w+ -?[\d.e+-]+)*$")


class Piece(NamedTuple):
    """So many of what has this name. `copy`: it is said to be a copy of a blueprint, or said not to
    be one; None where the text does not say. `read_as`: what to tell of its number.
    """

    name: str
    quantity: int
    copy: bool | None = None
    read_as: str = ""


@dataclass(frozen=True, slots=True)
class Pasted:
    """A line, and the ways to read it, the best first. `why` none of them may be right; a line that
    `is_no_item` is not looked up.
    """

    number: int
    text: str
    readings: Sequence[Sequence[Piece]] = ()
    why: str = UNKNOWN
    is_no_item: bool = False


@dataclass(frozen=True, slots=True)
class Unread:
    """A line that is not counted, or counted with doubt, and why."""

    number: int
    text: str
    why: str


class Found(NamedTuple):
    """So many of a type. `copy`: of a blueprint; None where it is not known."""

    type_id: int
    quantity: int
    copy: bool | None


@dataclass(frozen=True, slots=True)
class Understood:
    """What lines say. Each is in one of three: `counted` (by number), `unread`, `no_items`.
    `doubts` are of lines that are counted.
    """

    found: list[Found]
    unread: list[Unread] = field(default_factory=list)
    no_items: list[Unread] = field(default_factory=list)
    doubts: list[Unread] = field(default_factory=list)
    counted: list[int] = field(default_factory=list)


def pasted(text: str) -> list[Pasted]:
    """The lines of `text`; blank ones are none."""
    numbered = enumerate(text.replace("\ufeff", "").splitlines(), start=1)
    lines = [(number, line) for number, line in numbered if line.strip()]
    context = _context([line for _, line in lines])
    return [_pasted(number, line, context, place) for place, (number, line) in enumerate(lines)]


def names(lines: Iterable[Pasted]) -> set[str]:
    """All names that the readings of `lines` are about."""
    return {piece.name for line in lines for reading in line.readings for piece in reading}


def understood(
    lines: Iterable[Pasted],
    known: Mapping[str, Sequence[int]],
    unpublished: Collection[int] = (),
) -> Understood:
    """What `lines` say. `known`: the types of a name, folded; those that are `unpublished` are in
    the game's data, but no items that anyone owns.

    Of what is on several lines there is one sum.
    """
    sums: dict[tuple[int, bool | None], int] = {}
    all_of_it = Understood([])
    for line in lines:
        if line.is_no_item:
            all_of_it.no_items.append(Unread(line.number, line.text, line.why))
            continue
        reading = _meant(line, known, unpublished)
        if isinstance(reading, Unread):
            mine = all_of_it.no_items if reading.why == NOT_PUBLISHED else all_of_it.unread
            mine.append(reading)
            continue
        all_of_it.counted.append(line.number)
        for piece in reading:
            key = (known[piece.name.casefold()][0], piece.copy)
            sums[key] = sums.get(key, 0) + piece.quantity
            if piece.read_as:
                all_of_it.doubts.append(Unread(line.number, line.text, piece.read_as))
    all_of_it.found.extend(Found(number, many, copy) for (number, copy), many in sums.items())
    return all_of_it


NOT_PUBLISHED = "it is no item that can be owned"


def _meant(
    line: Pasted, known: Mapping[str, Sequence[int]], unpublished: Collection[int]
) -> Sequence[Piece] | Unread:
    for reading in line.readings:
        types = [known.get(piece.name.casefold(), ()) for piece in reading]
        if all(types):
            if any(number in unpublished for some in types for number in some):
                return Unread(line.number, line.text, NOT_PUBLISHED)
            two = next((one for one in types if len(one) > 1), None)
            if two is not None:
                ids = " and ".join(map(str, sorted(two)))
                return Unread(line.number, line.text, f"two types have that name: {ids}")
            if any(piece.quantity > MOST for piece in reading):
                return Unread(line.number, line.text, "there is no such number of anything")
            return reading
    return Unread(line.number, line.text, line.why)


@dataclass(slots=True)
class _Context:
    """What the lines of a text say about each other. `not_items`: by place, why."""

    marks: Marks = NO_MARKS
    of_a_loss: bool = False
    fitting_window: bool = False
    eft: bool = False
    survey: bool = False
    materials: bool = False
    moons: bool = False
    mutations: bool = False
    not_items: dict[int, str] = field(default_factory=dict)


def _context(lines: Sequence[str]) -> _Context:
    found = _Context()
    bare: list[int] = []
    with_number = 0
    cells_of_all: list[str] = []
    for place, line in enumerate(lines):
        text, cells = line.strip(), _cells(line)
        folded = text.casefold()
        cells_of_all += cells if len(cells) > 1 else _outer_words(text)
        found.fitting_window |= folded in _SECTIONS
        found.eft |= _FITTED.match(text) is not None
        found.of_a_loss |= folded.startswith(("victim:", "destroyed items:", "dropped items:"))
        found.materials |= _starts_with(cells, _HEADERS[0])
        found.moons |= _starts_with(cells, _HEADERS[2]) or _is_share(cells)
        found.survey |= _is_surveyed(cells)
        with_number += any(read_quantity(word) for word in _outer_words(text))
        if folded in _SECTIONS_AND_SKILLS:
            bare.append(place)
    # Where all else has a number, and these have none, they are headings and no skills.
    if found.fitting_window or with_number == len(lines) - len(bare) > 0:
        found.not_items |= dict.fromkeys(bare, "a heading of a fitting window")
    found.marks = marks_of(cells_of_all)
    if found.eft:
        _find_mutations(lines, found)
    return found


def _find_mutations(lines: Sequence[str], context: _Context) -> None:
    """What Pyfa writes below a fitting, of each mutated module: what it was made of, with which
    mutaplasmid, and its attributes. None of it is there any more.
    """
    for place, line in enumerate(lines):
        if not _MUTATION.match(line.strip()):
            continue
        context.mutations = True
        context.not_items[place] = "what a module was before its mutation"
        context.not_items[place + 1] = "a mutaplasmid that was used up"
        if _ATTRIBUTES.match("".join(lines[place + 2 : place + 3]).strip()):
            context.not_items[place + 2] = "attributes of a mutated module"


def _pasted(number: int, line: str, context: _Context, place: int) -> Pasted:
    text = line.strip()
    why = context.not_items.get(place) or _why_no_item(line, text, context)
    if why:
        return Pasted(number, text, why=why, is_no_item=True)
    readings, why = _readings(line, context)
    fit = [one for one in readings if all(0 < len(piece.name) <= LONGEST_NAME for piece in one)]
    return Pasted(number, text, fit, why or UNKNOWN)


def _why_no_item(line: str, text: str, context: _Context) -> str:
    """Why a line is no item, by what it says alone; "" for one that may be."""
    cells = _cells(line)
    label, colon, _ = text.partition(":")
    outer = _outer_words(text)
    rest_is_blank = len(cells) > 1 and not any(cells[1:])
    checks = (
        (_EMPTY_SLOT.match(text) or (context.eft and _BRACKETS.match(text)), "an empty slot"),
        (_SUM.match(text), "a sum"),
        (context.fitting_window and text.casefold() in _SECTIONS, "a heading of a fitting window"),
        (any(_starts_with(cells, header) for header in _HEADERS), "the heads of columns"),
        (context.materials and rest_is_blank, "a heading"),
        (context.of_a_loss and _MOMENT.match(text), "when it was"),
        (
            context.of_a_loss and colon and label.strip().casefold() in _LABELS_OF_A_LOSS,
            "a fact of a killmail",
        ),
        (context.moons and (_is_share(cells) or rest_is_blank), "a share of a moon, no quantity"),
        (context.moons and " - " in text and len(cells) == 1, "the name of a moon"),
        (
            context.survey and len(cells) == 1 and not any(map(read_quantity, outer)),
            "a group of asteroids",
        ),
        (_is_dated(cells) and _is_journal(cells), "an entry of a journal without items"),
    )
    return next((why for is_so, why in checks if is_so), "")


def _readings(line: str, context: _Context) -> tuple[list[list[Piece]], str]:
    """The ways to read a line, and why none may be right."""
    text, marks = _OFFLINE.sub("", line.strip()), context.marks
    cells = _cells(line)
    if found := _LOOTED.match(text):
        looted = read_quantity(found[1], marks)
        return ([[_piece(found[2], looted, found[1])]] if looted else []), ""
    if context.mutations and _MUTATED.match(text):
        return [], "a mutated module has no market price"
    if (record := _record(cells, marks)) is not None:
        return record, ""
    readings, why = _table(cells, marks) if len(cells) > 1 else ([], "")
    if not why and not (context.survey and _is_surveyed(cells)):
        readings += _words(text, context)
    copy = _copy(text, cells)
    return [[piece._replace(copy=copy) for piece in reading] for reading in readings], why


def _record(cells: Sequence[str], marks: Marks) -> list[list[Piece]] | None:
    """The ways to read a row whose columns say what it is; None for any other. In these a column
    with what a player typed stands where other rows have a name: it is never read as one.
    """
    if len(cells) < 3:
        return None
    if _is_dated(cells):
        return _dated(cells, marks)
    if (scanned := _scanned(cells)) is not None:
        return [[_piece(scanned)]]
    blueprint = _of_blueprints_tab(cells)
    return None if blueprint is None else [[blueprint]]


def _table(cells: Sequence[str], marks: Marks) -> tuple[list[list[Piece]], str]:
    """Name and number in columns, the name first or behind the number."""
    readings = []
    first = read_quantity(cells[0], marks)
    if first is not None and cells[1]:
        readings.append([_piece(cells[1], first, cells[0])])
    if not cells[1]:  # one that is assembled or fitted
        return [*readings, [_piece(cells[0])]], ""
    for cell in cells[1:]:
        quantity = read_quantity(cell, marks)
        if quantity is not None:
            return [*readings, [_piece(cells[0], quantity, cell)]], ""
        if looks_numeric(cell):
            return readings, f"{cell[:30]!r} is no quantity"
    if any(_MEASURE.fullmatch(cell) or _DISTANCE.match(cell) for cell in cells[1:]):
        return readings, "it does not say how many"
    return [*readings, [_piece(cells[0])]], ""


def _is_dated(cells: Sequence[str]) -> bool:
    return len(cells) > 2 and cells[0] != "" and _MOMENT.match(cells[0]) is not None


def _is_journal(cells: Sequence[str]) -> bool:
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
        readings += [[_piece(name, found, cell)] for cell, found in quantities if found]
    copy = _copy("\t".join(cells), cells)
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


def _is_surveyed(cells: Sequence[str]) -> bool:
    """Whether that is an asteroid of a survey scan: what, how many, how far."""
    there = len(cells) in {3, 4} and _DISTANCE.match(cells[-1]) is not None
    return there and cells[-1] != "-" and read_quantity(cells[1]) is not None


def _is_share(cells: Sequence[str]) -> bool:
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


def _words(text: str, context: _Context) -> Iterator[list[Piece]]:
    """A name, a number before or behind it; a line of a fitting, whose charge is behind a comma."""
    marks = context.marks
    if found := _FITTED.match(text):
        yield [_piece(found[1])]
        return
    yield [_piece(text)]
    if (alone := _KIND_OF_CONTRACT.sub("", text)) != text:
        text = alone
        yield [_piece(text)]
    if context.of_a_loss:
        yield from _of_a_loss(text, marks)
    found = _IN_BRACKETS.match(text)  # Tritanium (4662 Units)
    if found and (quantity := read_quantity(found[2], marks)) is not None:
        yield [_piece(found[1], quantity, found[2])]
    yield from _number_behind(text, marks)
    yield from _number_before(text, marks)
    yield from _separated(text, marks)
    module, comma, charge = text.partition(",")
    if comma:
        yield [_piece(module), _piece(charge)]


def _of_a_loss(text: str, marks: Marks) -> Iterator[list[Piece]]:
    """What a killmail says was destroyed or dropped: with its number, and where it was."""
    label, _, ship = text.partition(":")
    if label.strip().casefold() == "destroyed":
        yield [_piece(ship)]
    if (found := _QUANTITY_OF_LOSS.match(text)) and (many := read_quantity(found[2], marks)):
        yield [_piece(found[1], many, found[2])]
    while found := re.match(r"^(.*\S)\s*\([^()]*\)$", text):
        text = found[1]
        yield [_piece(text)]


def _number_behind(text: str, marks: Marks) -> Iterator[list[Piece]]:
    """The longest name first: "Cap Booster 25 150" is 150 of these."""
    starts = [found.start() for found in re.finditer(r"(?<!\S)\S", text)][1:]
    for start in reversed(starts[-MOST_GROUPS:]):
        shown = re.sub(r"^[xX×*](?=\d)|(?<=\d)[xX×]$", "", text[start:])
        if (quantity := read_quantity(shown, marks)) is not None:
            name = re.sub(r"\s*[:=]$|\s[xX×*–—-]$", "", text[:start].rstrip())
            yield [_piece(name, quantity, shown)]


def _number_before(text: str, marks: Marks) -> Iterator[list[Piece]]:
    ends = [found.end() for found in re.finditer(r"\S(?!\S)", text)][:-1]
    for end in ends[:MOST_GROUPS]:
        shown = re.sub(r"(?<=\d)[xX×*]$", "", text[:end])
        if (quantity := read_quantity(shown, marks)) is not None:
            name = re.sub(r"^[xX×*]\s", "", text[end:].lstrip())
            yield [_piece(name, quantity, shown)]


def _separated(text: str, marks: Marks) -> Iterator[list[Piece]]:
    """Name and number with a mark between them and no space: Tritanium:5, 5;Tritanium."""
    for mark in ":=;,|":
        for one, other in {text.partition(mark)[::2], text.rpartition(mark)[::2]}:
            for name, shown in ((one, other), (other, one)):
                quantity = read_quantity(shown, marks) if name.strip() else None
                if quantity is not None:
                    yield [_piece(name, quantity, shown)]


def _piece(name: str, quantity: Quantity | None = None, shown: str = "") -> Piece:
    """One of `name`, or as many as `shown`, which is told if it could be read in another way."""
    if quantity is None:
        return Piece(_name(name), 1)
    doubtful = quantity.cut or quantity.two_readings
    read_as = f"{shown.strip()} is read as {quantity.value}" if doubtful else ""
    return Piece(_name(name), quantity.value, read_as=read_as)


def _copy(text: str, cells: Sequence[str]) -> bool | None:
    """Whether the line says that a blueprint is a copy. The client estimates no price of copies."""
    if COPY.search(text):
        return True
    priced = any(_PRICE.fullmatch(cell) for cell in cells[1:])
    return False if priced or ORIGINAL.search(text) else None


def _name(text: str) -> str:
    words = " ".join(_MARK.sub("", text).split())
    # "*Sneaks in a classic*" is the name of a type.
    return words if words.startswith("*") else words.rstrip(_STARS).strip()


def _cells(line: str) -> list[str]:
    """The columns of a line: between tabs, or two spaces. An icon in front is a column of its own,
    and blank.
    """
    if "\t" not in line:
        return re.split(r"\s{2,}", line.strip())
    cells = [cell.strip() for cell in line.strip("\r\n ").split("\t")]
    while len(cells) > 1 and not cells[0]:
        del cells[0]
    return cells


def _outer_words(text: str) -> list[str]:
    words = text.split(" ")
    return [words[0], words[-1].lstrip("xX")]


def _starts_with(cells: Sequence[str], header: Sequence[str]) -> bool:
    there = [cell.casefold() for cell in cells[: len(header)]]
    return len(cells) > 1 and there == list(header)
