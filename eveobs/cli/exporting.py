"""Running `eveobs export`: rows into a file that is whole or not there."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from eveobs.cli.export import As
from eveobs.cli.exports.text import write_csv, write_json, write_ndjson
from eveobs.cli.extras import need
from eveobs.cli.whole_file import whole
from eveobs.errors import UsageError
from eveobs.processors.registry import processor
from eveobs.records.contracts import CONTRACTS
from eveobs.store.columns import Field, Portion

if TYPE_CHECKING:
    from eveobs.cli.context import Run

ENDINGS = {
    ".csv": As.CSV,
    ".json": As.JSON,
    ".ndjson": As.NDJSON,
    ".jsonl": As.NDJSON,
    ".parquet": As.PARQUET,
    ".sqlite": As.SQLITE,
    ".sqlite3": As.SQLITE,
    ".db": As.SQLITE,
    ".bz2": As.EVEREF,
}
TEXTS: dict[As, Callable[[Iterable[Portion], Sequence[Field], TextIO], int]] = {
    As.CSV: write_csv,
    As.JSON: write_json,
    As.NDJSON: write_ndjson,
}
"""The formats that can be streamed to stdout, too."""


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
    shape = _shape(path, asked)
    if shape is As.EVEREF and path is not None:
        number = _into_archive(run, kind, path, gone=gone)
        run.remark(f"{number:,} contracts in {path}")
        return
    with run.store() as store:
        fields, portions = store.fields(schema, detail), store.portions(schema, detail, gone=gone)
        if path is None:
            _text(shape, raw=raw)(portions, fields, sys.stdout)
            return
        with whole(run.cwd / path.expanduser()) as part:
            if shape in TEXTS:
                with part.open("w", encoding="utf-8", newline="") as file:
                    number = _text(shape, raw=raw)(portions, fields, file)
            else:
                number = _into_tables(shape, part, kind, fields, portions)
    run.remark(f"{number:,} rows in {path}")


def _shape(path: Path | None, asked: As | None) -> As:
    """The format: what was asked for, or as the file ends. Raises UsageError, ConfigError."""
    shape = asked or ENDINGS.get(path.suffix.lower() if path else "", As.CSV)
    if path is None and shape not in TEXTS:
        raise UsageError(f"{shape} cannot be written to stdout", hint="Give -o FILE.")
    if shape is As.PARQUET:
        need("pyarrow", "parquet", "--format parquet")
    return shape


def _text(shape: As, *, raw: bool) -> Callable[[Iterable[Portion], Sequence[Field], TextIO], int]:
    return partial(write_csv, raw=True) if raw and shape is As.CSV else TEXTS[shape]


def _into_archive(run: Run, kind: str, path: Path, *, gone: bool) -> int:
    from eveobs.observation.archiving import write_archive

    if kind != CONTRACTS.name:
        raise UsageError(
            f"EVE Ref has archives of contracts, not of {kind}",
            hint="eveobs export contracts --format everef -o FILE.tar.bz2",
        )
    with run.store() as store, whole(run.cwd / path.expanduser()) as part:
        return write_archive(store, part, gone_too=gone, now=run.now())


def _into_tables(
    shape: As, part: Path, kind: str, fields: Sequence[Field], portions: Iterable[Portion]
) -> int:
    if shape is As.PARQUET:
        from eveobs.cli.exports.parquet import write_parquet

        return write_parquet(part, fields, portions)
    from eveobs.cli.exports.database import write_database

    return write_database(part, kind.replace(".", "_").replace("-", "_"), fields, portions)
