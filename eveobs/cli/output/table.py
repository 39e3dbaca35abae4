"""A table for people: a quiet header and one line a row, without boxes.

Which columns stay and how wide they are is decided here. Rich draws what a person sees on a
terminal. The lines are put together without it for a pipe, beyond RICH_ROWS (Rich takes 0.4 ms a
row), and where it would measure a glyph of a title as narrower than terminals do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from eveobs.cli.output.layout import GAP, Place, Wish, arrange
from eveobs.cli.output.values import as_meant, show
from eveobs.cli.plain import cells, cut, encodable, plain

if TYPE_CHECKING:
    from eveobs.records.schema import Column

RICH_ROWS = 500
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
    lines = [_texts(strips, places, number, look) for number in (None, *range(len(rows)))]
    if look.width is not None and len(rows) <= RICH_ROWS and _measured_alike(lines):
        yield from _drawn_by_rich(lines, strips, places, look)
        return
    header, *others = (_line(texts, strips, places, look) for texts in lines)
    yield look.bold(header)
    yield from others


def _measured_alike(lines: Sequence[Sequence[str]]) -> bool:
    from rich.cells import cell_len

    return all(text.isascii() or cell_len(text) == cells(text) for line in lines for text in line)


def _drawn_by_rich(
    lines: Sequence[Sequence[str]], strips: Sequence[_Strip], places: Sequence[Place], look: Look
) -> list[str]:
    """The lines by rich.table; every cell goes in as Text, so that nothing in it is markup."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="bold")
    for title, place in zip(lines[0], places, strict=True):
        right = strips[place.index].right
        justify: Literal["left", "right"] = "right" if right else "left"
        table.add_column(Text(title), width=place.width, no_wrap=True, justify=justify)
    for line in lines[1:]:
        table.add_row(*map(Text, line))
    system: Literal["standard"] | None = "standard" if look.colour else None
    console = Console(width=look.width, color_system=system, force_terminal=look.colour)
    with console.capture() as captured:
        console.print(table, no_wrap=True, crop=True)
    return [line.rstrip() for line in captured.get().splitlines()]


def _strip(
    column: Column, rows: Sequence[Mapping[str, object]], look: Look, *, exactly: bool
) -> _Strip:
    values = [as_meant(column.field, row.get(column.field)) for row in rows]
    shown = show(column.kind, values, look.clock)
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


def _texts(
    strips: Sequence[_Strip], places: Sequence[Place], row: int | None, look: Look
) -> list[str]:
    """The cells of row number `row`, each cut to its place; the titles for no row."""
    ellipsis_ = encodable("…", look.encoding)
    texts = []
    for place in places:
        strip = strips[place.index]
        text = strip.title if row is None else (strip.full if place.full else strip.compact)[row]
        texts.append(cut(text, place.width, ellipsis_))
    return texts


def _line(
    texts: Sequence[str], strips: Sequence[_Strip], places: Sequence[Place], look: Look
) -> str:
    """One line of cells, each filled up to its place."""
    parts = []
    for text, place in zip(texts, places, strict=True):
        padding = " " * (place.width - cells(text))
        parts.append(padding + text if strips[place.index].right else text + padding)
    line = (" " * GAP).join(parts).rstrip()
    return line if look.width is None else cut(line, look.width, encodable("…", look.encoding))
