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
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from eveobs.analysis.paste_formats import (
    FITTED,
    LOOTED,
    MOMENT,
    OFFLINE,
    Piece,
    cells_of,
    is_dated,
    is_journal,
    is_share,
    is_surveyed,
    make_piece,
    no_quantity,
    outer_words,
    record_readings,
    stated_copy,
    table_readings,
    unreadable_numbers,
    word_readings,
)
from eveobs.analysis.quantities import (
    NO_MARKS,
    Marks,
    marks_of,
    read_quantity,
)

LONGEST_NAME = 150
LONGEST_LINE = 2000
"""Characters; a longer line is not looked at, whatever it would cost to take it apart."""
MOST = 1 << 62
"""Units; more of a thing there is not."""
UNKNOWN = "no type has that name"
_BRACKETS = re.compile(r"^\[[^,\]]*\]$")
_EMPTY_SLOT = re.compile(r"^\[empty [^\]]*\]$", re.IGNORECASE)
_MUTATION = re.compile(r"^\[(\d+)\] \S")
_MUTATED = re.compile(r"^.*\S \[\d+\](?:, .*)?$")
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


@dataclass(frozen=True, slots=True)
class Pasted:
    """A line, and the ways to read it, the best first. `why` none of them may be right; a line that
    `is_no_item` is not looked up. `unreadable`: names with a number that is none.
    """

    number: int
    text: str
    readings: Sequence[Sequence[Piece]] = ()
    why: str = UNKNOWN
    is_no_item: bool = False
    unreadable: Sequence[tuple[str, str]] = ()


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
    context = _context([line[:LONGEST_LINE] for _, line in lines])
    return [_pasted(number, line, context, place) for place, (number, line) in enumerate(lines)]


def names(lines: Iterable[Pasted]) -> set[str]:
    """All names that `lines` may be about."""
    lines = list(lines)
    found = {piece.name for line in lines for reading in line.readings for piece in reading}
    return found | {name for line in lines for name, _ in line.unreadable}


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
    shown = next((number for name, number in line.unreadable if name.casefold() in known), None)
    why = line.why if shown is None else no_quantity(shown)
    return Unread(line.number, line.text, why)


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
        text, cells = line.strip(), cells_of(line)
        folded = text.casefold()
        cells_of_all += cells if len(cells) > 1 else outer_words(text)
        found.fitting_window |= folded in _SECTIONS
        found.eft |= FITTED.match(text) is not None
        found.of_a_loss |= folded.startswith(("victim:", "destroyed items:", "dropped items:"))
        found.materials |= _starts_with(cells, _HEADERS[0])
        found.moons |= _starts_with(cells, _HEADERS[2]) or is_share(cells)
        found.survey |= is_surveyed(cells)
        with_number += any(read_quantity(word) for word in outer_words(text))
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
    if len(text) > LONGEST_LINE:
        return Pasted(number, text[:LONGEST_LINE], why="it is too long")
    why = context.not_items.get(place) or _why_no_item(line, text, context)
    if why:
        return Pasted(number, text, why=why, is_no_item=True)
    readings, why = _readings(line, context)
    fit = [one for one in readings if all(0 < len(piece.name) <= LONGEST_NAME for piece in one)]
    doubtful = () if why else unreadable_numbers(text, context.marks)
    unreadable = [(name, shown) for name, shown in doubtful if 0 < len(name) <= LONGEST_NAME]
    return Pasted(number, text, fit, why or UNKNOWN, unreadable=unreadable)


def _why_no_item(line: str, text: str, context: _Context) -> str:
    """Why a line is no item, by what it says alone; "" for one that may be."""
    cells = cells_of(line)
    label, colon, _ = text.partition(":")
    outer = outer_words(text)
    rest_is_blank = len(cells) > 1 and not any(cells[1:])
    checks = (
        (_EMPTY_SLOT.match(text) or (context.eft and _BRACKETS.match(text)), "an empty slot"),
        (_SUM.match(text), "a sum"),
        (context.fitting_window and text.casefold() in _SECTIONS, "a heading of a fitting window"),
        (any(_starts_with(cells, header) for header in _HEADERS), "the heads of columns"),
        (context.materials and rest_is_blank, "a heading"),
        (context.of_a_loss and MOMENT.match(text), "when it was"),
        (
            context.of_a_loss and colon and label.strip().casefold() in _LABELS_OF_A_LOSS,
            "a fact of a killmail",
        ),
        (context.moons and (is_share(cells) or rest_is_blank), "a share of a moon, no quantity"),
        (context.moons and " - " in text and len(cells) == 1, "the name of a moon"),
        (
            context.survey and len(cells) == 1 and not any(map(read_quantity, outer)),
            "a group of asteroids",
        ),
        (is_dated(cells) and is_journal(cells), "an entry of a journal without items"),
    )
    return next((why for is_so, why in checks if is_so), "")


def _readings(line: str, context: _Context) -> tuple[list[list[Piece]], str]:
    """The ways to read a line, and why none may be right."""
    text, marks = OFFLINE.sub("", line.strip()), context.marks
    cells = cells_of(line)
    if found := LOOTED.match(text):
        looted = read_quantity(found[1], marks)
        return ([[make_piece(found[2], looted, found[1])]] if looted else []), ""
    if context.mutations and _MUTATED.match(text):
        return [], "a mutated module has no market price"
    if (rows := record_readings(cells, marks)) is not None:
        return rows, ""
    readings, why = table_readings(cells, marks) if len(cells) > 1 else ([], "")
    if not why and not (context.survey and is_surveyed(cells)):
        readings += word_readings(text, marks, of_a_loss=context.of_a_loss)
    copy = stated_copy(text, cells)
    return [[piece._replace(copy=copy) for piece in reading] for reading in readings], why


def _starts_with(cells: Sequence[str], header: Sequence[str]) -> bool:
    there = [cell.casefold() for cell in cells[: len(header)]]
    return len(cells) > 1 and there == list(header)
