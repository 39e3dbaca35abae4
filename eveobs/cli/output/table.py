"""A table for people: a quiet header and one line a row, without boxes.

Drawn without Rich: its Table takes 50 ms to import and 0.4 ms a row, knows no ranks, and has
nothing to add to cells that are plain text of a known width. Rich moves the progress bars.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from eveobs.cli.output.layout import GAP, Place, Wish, arrange
from eveobs.cli.output.values import show
from eveobs.cli.plain import cells, cut, encodable, plain

if TYPE_CHECKING:
    from eveobs.records.schema import Column

BOLD, DIM, NORMAL = "\x1b[1m", "\x1b[2m", "\x1b[0m"


@dataclass(frozen=True, slots=True)
class Look:
    """Where a table or card appears.

    `width` is the terminal's; None stands for no terminal: nothing is cut, left out or told
    relative to `now`. `encoding` is the stream's.
    """

    now: datetime
    width: int | None = None
    colour: bool = False
    encoding: str | None = None

    @property
    def clock(self) -> datetime | None:
        """What times are told relative to: nothing where the reader may be a program."""
        return self.now if self.width is not None else None

    def bold(self, line: str) -> str:
        """`line` as a heading."""
        return f"{BOLD}{line}{NORMAL}" if self.colour and line else line

    def dim(self, line: str) -> str:
        """`line` in the background."""
        return f"{DIM}{line}{NORMAL}" if self.colour and line else line


@dataclass(frozen=True, slots=True)
class _Strip:
    """A column ready to be set: its texts, as the stream can carry them."""

    title: str
    full: list[str]
    compact: list[str]
    right: bool
    rank: int
    flexible: bool

    def wish(self) -> Wish:
        """The widths it would like."""
        title = cells(self.title)
        full = max(map(cells, self.full), default=0)
        compact = max(map(cells, self.compact), default=0)
        return Wish(max(full, title), max(compact, title), self.rank, self.flexible)


def table_lines(
    rows: Sequence[Mapping[str, object]],
    columns: Sequence[Column],
    look: Look,
    *,
    exactly: bool = False,
) -> Iterator[str]:
    """The lines of a table, header first; none for no rows.

    With `exactly` no column gives way. Else, on a terminal, those with nothing in them do.
    """
    if not rows:
        return
    strips = [_strip(column, rows, look, exactly=exactly) for column in columns]
    if look.width is not None and not exactly:
        strips = [strip for strip in strips if strip.rank == 1 or any(strip.full)]
    places = _places(strips, look.width)
    yield look.bold(_line(strips, places, None, look))
    for number in range(len(rows)):
        yield _line(strips, places, number, look)


def _strip(
    column: Column, rows: Sequence[Mapping[str, object]], look: Look, *, exactly: bool
) -> _Strip:
    shown = show(column.kind, [row.get(column.field) for row in rows], look.clock)
    return _Strip(
        title=encodable(plain(column.title), look.encoding),
        full=[encodable(cell, look.encoding) for cell in shown.full],
        compact=[encodable(cell, look.encoding) for cell in shown.compact],
        right=shown.right,
        rank=1 if exactly else column.rank,
        flexible=column.flexible,
    )


def _places(strips: Sequence[_Strip], width: int | None) -> list[Place]:
    wishes = [strip.wish() for strip in strips]
    if width is None:
        return [Place(index, wish.full, full=True) for index, wish in enumerate(wishes)]
    return arrange(wishes, width)


def _line(strips: Sequence[_Strip], places: Sequence[Place], row: int | None, look: Look) -> str:
    """Row number `row`, or the header."""
    ellipsis_ = encodable("…", look.encoding)
    parts = []
    for place in places:
        strip = strips[place.index]
        texts = strip.full if place.full else strip.compact
        cell = cut(strip.title if row is None else texts[row], place.width, ellipsis_)
        padding = " " * (place.width - cells(cell))
        parts.append(padding + cell if strip.right else cell + padding)
    line = (" " * GAP).join(parts).rstrip()
    return line if look.width is None else cut(line, look.width, ellipsis_)
