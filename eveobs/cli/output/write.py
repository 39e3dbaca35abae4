"""The doors of output: rows, or one record, to a stream in the format that was asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, TextIO

from eveobs.errors import UsageError, nearest
from eveobs.telemetry.stages import Stage, stage

if TYPE_CHECKING:
    from eveobs.records.schema import Column


class Format(StrEnum):
    """How rows leave."""

    TABLE = "table"
    JSON = "json"
    NDJSON = "ndjson"
    CSV = "csv"
    TSV = "tsv"
    COUNT = "count"
    IDS = "ids"
    VALUES = "values"


@stage(Stage.RENDERING)
def write_rows(
    rows: Iterable[Mapping[str, object]],
    *,
    columns: Sequence[Column],
    format: Format,  # noqa: A002 - the word of the command line
    fields: Sequence[str] | None,
    stream: TextIO,
    width: int | None,
    colour: bool,
    now: datetime,
    all_fields: Sequence[str],
    id_field: str | None = None,
    shown: Sequence[str] | None = None,
    jq: str | None = None,
) -> int:
    """Write `rows` and say how many there were.

    `fields` selects and orders; None stands for `all_fields`, and in a table for `columns`. `width`
    is the terminal's, None where there is none. `id_field` has what IDS prints. `shown` selects and
    orders columns of a table, by header or field. `jq` is a program for what JSON would be; only
    this and the table keep rows in memory. A table without rows is nothing at all. Raises
    UsageError for an unknown field before anything is read or written; a stream that closes raises
    BrokenPipeError.
    """
    chosen = None if fields is None else choose(fields, all_fields)
    if format is Format.IDS:
        chosen = [_id_field(id_field, all_fields)]
    if jq is not None:
        from eveobs.cli.output.jq import write_filtered

        written = write_filtered(rows, chosen or all_fields, jq, stream)
    elif format is Format.TABLE:
        from eveobs.cli.output.table import Look, table_lines

        collected = rows if isinstance(rows, Sequence) else list(rows)
        look = Look(now=now, width=width, colour=colour, encoding=stream.encoding)
        named = chosen if shown is None else _by_header(shown, columns, all_fields)
        selected = columns if named is None else _columns(named, columns, collected)
        lines = table_lines(collected, selected, look, exactly=chosen is not None)
        stream.writelines(line + "\n" for line in lines)
        written = len(collected)
    else:
        written = _write_for_programs(format, rows, chosen or all_fields, stream)
    stream.flush()
    return written


@stage(Stage.RENDERING)
def write_record(
    record: Mapping[str, object],
    *,
    columns: Sequence[Column],
    details: Mapping[str, Sequence[Column]],
    format: Format,  # noqa: A002 - the word of the command line
    fields: Sequence[str] | None,
    stream: TextIO,
    width: int | None,
    colour: bool,
    now: datetime,
    all_fields: Sequence[str],
    id_field: str | None = None,
    shown: Sequence[str] | None = None,
    jq: str | None = None,
) -> None:
    """Write one record and the lists that hang on it (`details`: their fields and columns).

    TABLE is a card, JSON and NDJSON one object with the lists in it, CSV and TSV a line of the flat
    fields. `all_fields` are the flat ones; `fields` may also name lists. `jq` gets the one object.
    Otherwise as `write_rows`.
    """
    everything = [*all_fields, *(name for name in details if name not in all_fields)]
    chosen = None if fields is None else choose(fields, everything)
    if shown is not None:
        chosen = _by_header(shown, columns, everything)
    if format is Format.IDS:
        chosen = [_id_field(id_field, all_fields)]
    if jq is not None:
        from eveobs.cli.output.jq import write_filtered_object

        write_filtered_object(record, chosen or everything, jq, stream)
    elif format is Format.TABLE:
        from eveobs.cli.output.card import card_lines
        from eveobs.cli.output.table import Look

        look = Look(now=now, width=width, colour=colour, encoding=stream.encoding)
        order = chosen or _columns_first(columns, everything)
        lines = card_lines(record, columns, details, order, look)
        stream.writelines(line + "\n" for line in lines)
    elif format is Format.JSON:
        from eveobs.cli.output.machine import write_object

        write_object(record, chosen or everything, stream)
    else:
        flat = [field for field in everything if field not in details]
        default = flat if format in {Format.CSV, Format.TSV} else everything
        _write_for_programs(format, [record], chosen or default, stream)
    stream.flush()


def choose(fields: Sequence[str], valid: Sequence[str]) -> list[str]:
    """`fields` in their order, each once; UsageError names the nearest valid one to a wrong one."""
    names = list(dict.fromkeys(name.strip() for name in fields if name.strip()))
    every = "the fields are: " + ", ".join(valid)
    for name in names:
        if name not in valid:
            near = nearest(name, valid, 1)
            suggestion = f"; did you mean {near[0]!r}?" if near else ""
            raise UsageError(f"there is no field {name!r}{suggestion}", hint=every)
    if not names:
        raise UsageError("no field is named", hint=every)
    return names


def _write_for_programs(
    format: Format,  # noqa: A002 - the word of the command line
    rows: Iterable[Mapping[str, object]],
    fields: Sequence[str],
    stream: TextIO,
) -> int:
    from eveobs.cli.output import machine

    writers = {
        Format.JSON: machine.write_json,
        Format.NDJSON: machine.write_ndjson,
        Format.CSV: machine.write_csv,
        Format.TSV: machine.write_tsv,
        Format.COUNT: machine.write_count,
        Format.IDS: machine.write_values,
        Format.VALUES: machine.write_values,
    }
    return writers[format](rows, fields, stream)


def _id_field(named: str | None, fields: Sequence[str]) -> str:
    """The field that identifies a row: `named`, else the first id. Raises UsageError for none."""
    found = named or next((name for name in fields if name.endswith("_id")), None)
    if found is None:
        raise UsageError("these rows have no ids", hint="--field NAME prints a field.")
    return found


def _by_header(words: Sequence[str], columns: Sequence[Column], fields: Sequence[str]) -> list[str]:
    """The fields of columns that are named by their header, in any case, or by their field."""
    headers = {column.title.casefold(): column.field for column in columns}
    found = [headers.get(word.strip().casefold(), word) for word in words]
    return choose(found, [*dict.fromkeys([*(column.field for column in columns), *fields])])


def _columns(
    fields: Sequence[str], columns: Sequence[Column], rows: Sequence[Mapping[str, object]]
) -> list[Column]:
    """A column for each field; one that has none is headed by its name and judged by its values."""
    from eveobs.cli.output.values import kind_of
    from eveobs.records.schema import Column, Kind

    known = {column.field: column for column in columns}
    kinds = {field: Kind(kind_of([row.get(field) for row in rows])) for field in fields}
    return [
        known.get(field) or Column(field, field, kinds[field], flexible=kinds[field] == Kind.TEXT)
        for field in fields
    ]


def _columns_first(columns: Sequence[Column], fields: Sequence[str]) -> list[str]:
    known = [column.field for column in columns if column.field in fields]
    return list(dict.fromkeys([*known, *fields]))
