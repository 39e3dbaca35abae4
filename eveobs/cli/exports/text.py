"""CSV, JSON and NDJSON of what the store gives in portions of columns.

The same cells as `output.machine` makes, a column at a time: most of them are found in a
dictionary, or are left to Python's csv module as they are.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TextIO

from eveobs.cli.output import machine
from eveobs.store.columns import Field, Holds, Portion

MOST = 50_000
"""Texts that are remembered with their cells."""
LEAST_PLAIN, MOST_PLAIN = 1e-4, 1e16
"""Doubles between these have no exponent when Python writes them."""
FLAGS = {True: "true", False: "false", None: ""}


def write_csv(
    portions: Iterable[Portion], fields: Sequence[Field], stream: TextIO, *, raw: bool = False
) -> int:
    """A header and a line a row; `raw` leaves the apostrophe out. Returns how many rows."""
    writer = csv.writer(machine.csv_lines(stream), lineterminator=machine.CSV_LINE_END)
    writer.writerow([one.name for one in fields])
    texts = _Cells(machine.cell_for(stream))
    count = 0
    for columns in portions:
        cells = [
            column if raw and field.holds is Holds.TEXT else _cells(column, field.holds, texts)
            for column, field in zip(columns, fields, strict=True)
        ]
        writer.writerows(zip(*cells, strict=True))
        count += len(columns[0])
    return count


def write_json(portions: Iterable[Portion], fields: Sequence[Field], stream: TextIO) -> int:
    """One list, an object a line."""
    return machine.write_json(_rows(portions, fields), [one.name for one in fields], stream)


def write_ndjson(portions: Iterable[Portion], fields: Sequence[Field], stream: TextIO) -> int:
    """An object a line."""
    return machine.write_ndjson(_rows(portions, fields), [one.name for one in fields], stream)


class _Cells(dict[Any, str]):
    """Texts and the cells they become, worked out when they are first met."""

    def __init__(self, cell: Callable[[object], str]) -> None:
        super().__init__()
        self._cell = cell

    def __missing__(self, value: Any) -> str:
        if len(self) >= MOST:
            self.clear()
        self[value] = cell = self._cell(value)
        return cell


def _cells(column: Sequence[Any], holds: Holds, texts: _Cells) -> Iterable[Any]:
    """What csv's own writer makes the right cells of."""
    if holds is Holds.TEXT:
        return map(texts.__getitem__, column)
    if holds is Holds.FLAG:
        return map(FLAGS.__getitem__, column)
    if holds is Holds.NUMBER and not _ordinary(column):
        return map(machine.csv_cell, column)
    return column


def _ordinary(column: Sequence[float | None]) -> bool:
    """Whether all are finite, and written without an exponent; when in doubt they are not."""
    known = [*filter(None, column)]
    return not known or (min(known) >= LEAST_PLAIN and sum(known) < MOST_PLAIN)


def _rows(portions: Iterable[Portion], fields: Sequence[Field]) -> Iterator[dict[str, Any]]:
    names = [one.name for one in fields]
    for columns in portions:
        for row in zip(*columns, strict=True):
            yield dict(zip(names, row, strict=True))
