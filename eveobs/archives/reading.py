"""An archive that was unpacked, read as rows: typed, checked, a line at a time."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any, Self

import msgspec

from eveobs.archives import cells, layout
from eveobs.archives.cells import Cell
from eveobs.archives.unpacking import Slice, broken, places, unpacked

LARGEST_META = 1 << 16
LONGEST_LINE = 1 << 18
PORTION = 2000
"""Rows in memory at a time."""
MOST_LINES = 1000
"""Lines that one row may have: titles have none, strangers' archives may."""
BUFFER = 1 << 18
CLOCKS_DIFFER = timedelta(minutes=10)

Row = tuple[Any, ...]


class Meta(msgspec.Struct, frozen=True):
    """What meta.json says; older ones write moments as seconds since 1970."""

    datasource: str | None = None
    scrape_start: datetime | float | None = None
    scrape_end: datetime | float | None = None


class Archive:
    """The archive at `path`. Use as a context manager; `folder` has room for what is unpacked.

    Raises EveobsError for one that is truncated, damaged, or not in EVE Ref's layout. `now`: nobody
    saw anything later than that.
    """

    def __init__(self, path: Path, name: str, *, folder: Path, now: datetime) -> None:
        self._name = name
        self._latest = now + CLOCKS_DIFFER
        self._file: IO[bytes] = unpacked(path, name, folder)
        try:
            self._places = places(self._file, name)
            self._check()
            self.moment = self._read_meta()
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def _check(self) -> None:
        needed = (table.file for table in layout.TABLES if table.needed)
        for file in (layout.META, *needed):
            if file not in self._places:
                raise broken(self._name, f"{file} is missing")

    def rows(self, table: layout.Table, names: Sequence[str]) -> Iterator[Row]:
        """The values of the columns `names` of each row of `table`; none where it is not there."""
        if table.file not in self._places:
            return
        with self._open(table.file) as file:
            lines = _Lines(file)
            try:
                yield from self._read(table, names, csv.reader(lines, strict=True), lines)
            except csv.Error as error:
                raise self._wrong(table, lines.number, str(error)) from error
            except (UnicodeDecodeError, OSError) as error:
                raise broken(self._name, f"{table.file}: {error}") from error

    def _read(
        self, table: layout.Table, names: Sequence[str], found: Iterator[list[str]], lines: _Lines
    ) -> Iterator[Row]:
        header = next(found, [])
        reads = self._reads(table, names, header) if header else []
        for portion in self._portions(table, len(header), found, lines):
            columns = list(zip(*(row for _, row in portion), strict=True))
            try:
                values = [cells.column(read, columns[place]) for read, place in reads]
            except ValueError:
                raise self._first_wrong(table, names, reads, portion) from None
            yield from zip(*values, strict=True)

    def _portions(
        self, table: layout.Table, width: int, found: Iterator[list[str]], lines: _Lines
    ) -> Iterator[list[tuple[int, list[str]]]]:
        """Rows, each with the number of its last line, and one more cell for what is not there."""
        portion: list[tuple[int, list[str]]] = []
        for row in found:
            lines.of_row = 0
            if len(row) == width:
                row.append("")
                portion.append((lines.number, row))
            elif row:
                why = f"it has {len(row)} cells, and the header {width}"
                raise self._wrong(table, lines.number, why)
            if len(portion) == PORTION:
                yield portion
                portion = []
        if portion:
            yield portion

    def _first_wrong(
        self,
        table: layout.Table,
        names: Sequence[str],
        reads: Sequence[tuple[Cell, int]],
        portion: Sequence[tuple[int, list[str]]],
    ) -> Exception:
        """The first cell of `portion` that cannot be read."""
        for line, row in portion:
            for (read, place), name in zip(reads, names, strict=True):
                try:
                    read(row[place])
                except ValueError as error:
                    shown = row[place] if len(row[place]) <= 40 else f"{row[place][:40]}…"
                    return self._wrong(table, line, f"{name} {shown!r} {error}")
        raise AssertionError("all cells can be read")

    def _reads(
        self, table: layout.Table, names: Sequence[str], header: list[str]
    ) -> list[tuple[Cell, int]]:
        """How to read each of `names`, and from which place of a row."""
        if len(set(header)) != len(header):
            raise broken(self._name, f"{table.file} has two columns of one name")
        for column in table.columns:
            if column.needed and column.name not in header:
                raise broken(self._name, f"{table.file} has no column {column.name}")
        known = {column.name: column.read for column in table.columns}
        known[layout.MODIFIED.name] = cells.optional(self._past)
        places = {name: place for place, name in enumerate(header)}
        return [(known[name], places.get(name, len(header))) for name in names]

    def _past(self, text: str) -> datetime:
        found = cells.moment(text)
        if found > self._latest:
            raise ValueError("is in the future")
        return found

    def _read_meta(self) -> datetime | None:
        """When it was begun; None where that is not said, and its rows have to say it."""
        try:
            with self._open(layout.META) as file:
                meta = msgspec.json.decode(file.read(LARGEST_META), type=Meta)
            moment = self._moment(meta.scrape_start)
        except (ValueError, OverflowError, OSError, RecursionError) as error:
            raise broken(self._name, f"{layout.META}: {error}") from error
        if meta.datasource not in {None, layout.DATASOURCE}:
            raise broken(self._name, f"it is of {meta.datasource}, not of {layout.DATASOURCE}")
        return moment

    def _moment(self, found: datetime | float | None) -> datetime | None:
        if found is None:
            return None
        there = datetime.fromtimestamp(found, UTC) if isinstance(found, float | int) else found
        try:
            return self._past(there.isoformat())
        except ValueError as error:
            raise ValueError(f"scrape_start {error}") from None

    def _open(self, file: str) -> io.TextIOWrapper:
        raw = Slice(self._file, self._places[file])
        opened = io.BufferedReader(raw, BUFFER)
        return io.TextIOWrapper(opened, encoding="utf-8-sig", newline="")

    def _wrong(self, table: layout.Table, line: int, why: str) -> Exception:
        return broken(self._name, f"line {line:,} of {table.file}: {why}")


class _Lines:
    """The lines of a file, none of which may be endless, nor all be of one row."""

    def __init__(self, file: io.TextIOWrapper) -> None:
        self._readline = file.readline
        self.number = 0
        self.of_row = 0

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        line = self._readline(LONGEST_LINE)
        if not line:
            raise StopIteration
        self.number += 1
        self.of_row += 1
        if len(line) == LONGEST_LINE or self.of_row > MOST_LINES:
            raise csv.Error("it does not end")
        return line
