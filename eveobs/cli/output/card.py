"""One record for people: its facts as a list, then a table for each list that hangs on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeGuard

from eveobs.cli.output.layout import GAP
from eveobs.cli.output.table import Look, table_lines
from eveobs.cli.output.values import as_meant, relative, show, text
from eveobs.cli.plain import cells, encodable, plain

if TYPE_CHECKING:
    from datetime import datetime

    from eveobs.records.schema import Column

_NARROWEST = 16  # cells for a fact beside its label; with less it would be a column of crumbs


class Fact(NamedTuple):
    """A line of the card."""

    label: str
    value: str


def card_lines(
    record: Mapping[str, object],
    columns: Sequence[Column],
    details: Mapping[str, Sequence[Column]],
    fields: Sequence[str],
    look: Look,
) -> Iterator[str]:
    """The lines of a card: the facts among `fields` that are known, then the lists among them."""
    known = {column.field: column for column in columns}
    yield from _fact_lines(list(_facts(record, known, details, fields, look)), look)
    for name in fields:
        rows = record.get(name)
        if name in details and isinstance(rows, list | tuple) and rows:
            yield ""
            yield look.bold(f"{_label(name)} ({len(rows)})")
            yield from table_lines(rows, details[name], look)


def _facts(
    record: Mapping[str, object],
    known: Mapping[str, Column],
    details: Mapping[str, Sequence[Column]],
    fields: Sequence[str],
    look: Look,
) -> Iterator[Fact]:
    for field in fields:
        value = record.get(field)
        shown_otherwise = (
            field in details
            or field.removesuffix("_summary") in details
            or (field.endswith("_id") and record.get(_name_of(field)) is not None)
        )
        if value is None or value == "" or shown_otherwise:
            continue
        column = known.get(field)
        label = plain(column.title) if column else _label(field)
        yield Fact(label, _value(field, value, column.kind if column else "", record, look))


def _value(field: str, value: object, kind: str, record: Mapping[str, object], look: Look) -> str:
    """A fact in full: a time with its distance, a name with its id."""
    if look.clock is not None and _is_time(value):
        return f"{value:%Y-%m-%d %H:%M} UTC ({relative(value, look.clock)})"
    if isinstance(value, bool):
        return "yes" if value else "no"
    told = show(kind, [as_meant(field, value)], look.clock).full[0]
    number = record.get(f"{field.removesuffix('_name')}_id") if field.endswith("_name") else None
    return told if number is None else f"{told} ({text(number)})"


def _is_time(value: object) -> TypeGuard[datetime]:
    from datetime import datetime

    return isinstance(value, datetime)


def _fact_lines(facts: Sequence[Fact], look: Look) -> Iterator[str]:
    labels = [encodable(fact.label, look.encoding) for fact in facts]
    margin = max(map(cells, labels), default=0) + GAP
    room = None if look.width is None else max(look.width - margin, _NARROWEST)
    for label, fact in zip(labels, facts, strict=True):
        first, *more = folded(encodable(fact.value, look.encoding), room)
        yield look.dim(label) + " " * (margin - cells(label)) + first
        yield from (" " * margin + line for line in more)


def folded(words: str, room: int | None) -> list[str]:
    """`words` in lines of at most `room` cells, broken at spaces where there are some."""
    if room is None or cells(words) <= room:
        return [words]
    lines, line = [], ""
    for word in words.split():
        joined = f"{line} {word}" if line else word
        if cells(joined) <= room:
            line = joined
            continue
        if line:
            lines.append(line)
        *whole, line = _pieces(word, room)
        lines += whole
    return [*lines, line]


def _pieces(word: str, room: int) -> list[str]:
    pieces = [""]
    for character in word:
        if cells(pieces[-1] + character) > room:
            pieces.append("")
        pieces[-1] += character
    return pieces


def _name_of(field: str) -> str:
    return f"{field.removesuffix('_id')}_name"


def _label(field: str) -> str:
    return field.removesuffix("_name").replace("_", " ").capitalize()
