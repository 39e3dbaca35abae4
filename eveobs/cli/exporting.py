"""Running `eveobs export`: rows into a file that is whole or not there."""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from eveobs.cli.export import As
from eveobs.cli.output import machine
from eveobs.errors import EveobsError, UsageError
from eveobs.processors.registry import processor
from eveobs.records.contracts import CONTRACTS
from eveobs.records.schema import Schema
from eveobs.store.query import Query, detail_fields, fields_of

if TYPE_CHECKING:
    from eveobs.cli.context import Run
    from eveobs.store.store import Store

Row = Mapping[str, Any]
PORTION = 5000
"""Rows that are handed to a database at once."""


def export_and_tell(
    run: Run, kind: str, path: Path | None, asked: As | None, *, raw: bool, gone: bool
) -> None:
    """Write the records, and say how many."""
    name, _, detail = kind.partition(".")
    schema = processor(name).schema
    names = [one.name for one in schema.details]
    if detail and detail not in names:
        there = f"there are: {', '.join(names)}" if names else "nothing hangs on them"
        raise UsageError(f"{name} have no {detail}", hint=f"{there}.")
    shape = asked or _by_ending(path)
    if shape is As.EVEREF:
        number = _into_archive(run, kind, path, gone=gone)
        run.remark(f"{number:,} contracts in {path}")
        return
    if path is None and shape is As.SQLITE:
        raise UsageError("a database cannot be written to stdout", hint="Give -o FILE.")
    fields = detail_fields(schema, schema.detail(detail)) if detail else fields_of(schema)
    with run.store() as store:
        rows = _rows(store, schema, detail, gone=gone)
        target = None if path is None else run.cwd / path.expanduser()
        if shape is As.SQLITE and target is not None:
            with _whole(target) as part:
                number = _into_database(
                    part, kind.replace(".", "_").replace("-", "_"), fields, rows
                )
        else:
            number = _into_text(target, shape, fields, rows, raw=raw)
    if path is not None:
        run.remark(f"{number:,} rows in {path}")


def _by_ending(path: Path | None) -> As:
    endings = {".json": As.JSON, ".ndjson": As.NDJSON, ".jsonl": As.NDJSON, ".csv": As.CSV}
    databases = dict.fromkeys((".sqlite", ".sqlite3", ".db"), As.SQLITE)
    endings |= {".bz2": As.EVEREF}
    return (endings | databases).get(path.suffix.lower() if path else "", As.CSV)


def _into_archive(run: Run, kind: str, path: Path | None, *, gone: bool) -> int:
    from eveobs.observation.archiving import write_archive

    if kind != CONTRACTS.name:
        raise UsageError(
            f"EVE Ref has archives of contracts, not of {kind}",
            hint="eveobs export contracts --format everef -o FILE.tar.bz2",
        )
    if path is None:
        raise UsageError("an archive cannot be written to stdout", hint="Give -o FILE.tar.bz2.")
    with run.store() as store, _whole(run.cwd / path.expanduser()) as part:
        return write_archive(store, part, gone_too=gone, now=run.now())


def _rows(store: Store, schema: Schema, detail: str, *, gone: bool) -> Iterator[Row]:
    query = Query(gone_too=gone, sort=(schema.key,))
    if not detail:
        yield from store.rows(schema, query)
        return
    for record in store.records(schema, query):
        for row in record[detail]:
            yield {schema.key: record[schema.key], **row}


def _into_text(
    target: Path | None, shape: As, fields: Sequence[str], rows: Iterable[Row], *, raw: bool
) -> int:
    writers: dict[As, Callable[[Iterable[Row], Sequence[str], TextIO], int]] = {
        As.CSV: _raw_csv if raw else machine.write_csv,
        As.JSON: machine.write_json,
        As.NDJSON: machine.write_ndjson,
    }
    if target is None:
        return writers[shape](rows, fields, sys.stdout)
    with _whole(target) as part, part.open("w", encoding="utf-8", newline="") as file:
        return writers[shape](rows, fields, file)


def _raw_csv(rows: Iterable[Row], fields: Sequence[str], stream: TextIO) -> int:
    """Texts exactly as players typed them."""
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(fields)
    number = 0
    for number, row in enumerate(rows, start=1):  # noqa: B007 - the count is the result
        writer.writerow([_raw(row.get(field)) for field in fields])
    return number


def _raw(value: Any) -> str:
    return value if isinstance(value, str) else machine.csv_cell(value)


def _into_database(part: Path, table: str, fields: Sequence[str], rows: Iterable[Row]) -> int:
    """A table of that name; times are text in UTC, flags 0 and 1."""
    import sqlite3
    from contextlib import closing
    from itertools import islice

    columns = ", ".join(f'"{name}"' for name in fields)
    marks = ", ".join("?" * len(fields))
    number, left = 0, iter(rows)
    with closing(sqlite3.connect(part)) as database, database:
        database.execute("PRAGMA journal_mode=OFF")
        database.execute(f'CREATE TABLE "{table}" ({columns})')
        insert = f'INSERT INTO "{table}" VALUES ({marks})'  # noqa: S608 - names of our own schemas
        while some := [[_stored(row.get(one)) for one in fields] for row in islice(left, PORTION)]:
            database.executemany(insert, some)
            number += len(some)
    return number


def _stored(value: Any) -> Any:
    return machine.timestamp(value) if isinstance(value, datetime) else value


@contextmanager
def _whole(target: Path) -> Iterator[Path]:
    """A file beside `target`, which takes its place when all is well. Raises EveobsError."""
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        try:
            part.unlink(missing_ok=True)
            yield part
            part.replace(target)
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)
    except OSError as error:
        raise EveobsError(
            f"{target} cannot be written: {error.strerror or error}",
            hint="The file that was there is as it was.",
        ) from error
