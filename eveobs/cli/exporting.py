"""Running `eveobs export`: rows into a file that is whole or not there."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TextIO

from eveobs import files
from eveobs.cli.export import As
from eveobs.cli.exports.text import write_csv, write_json, write_ndjson
from eveobs.cli.extras import need
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
        target = run.cwd / path.expanduser()
        private = _is_private(name)
        with files.explained(target):
            if shape is As.SQLITE:
                from eveobs.cli.exports.database import write_database

                with files.atomic_path(target, private=private) as part:
                    table = kind.replace(".", "_").replace("-", "_")
                    number = write_database(part, table, fields, portions)
            else:
                tables = shape is As.PARQUET
                with files.atomic_write(target, private=private, seekable=tables) as out:
                    number = _into(shape, out, fields, portions, raw=raw)
    run.remark(f"{number:,} rows in {path}")


def _shape(path: Path | None, asked: As | None) -> As:
    """The format: what was asked for, or as the file ends. Raises UsageError, ConfigError."""
    shape = asked or (As.CSV if path is None else _by_ending(path))
    if path is None and shape not in TEXTS:
        raise UsageError(f"{shape} cannot be written to stdout", hint="Give -o FILE.")
    if shape is As.PARQUET:
        need("pyarrow", "parquet", "--format parquet")
    return shape


SPREADSHEETS = (".xlsx", ".xls", ".ods")


def _by_ending(path: Path) -> As:
    """The format that the name of a file asks for; CSV where it has no ending. Raises UsageError
    rather than writing something else under a name that says what is in it.
    """
    ending = path.suffix.lower()
    if not ending:
        return As.CSV
    if ending not in ENDINGS:
        nearest = [As.CSV] if ending in SPREADSHEETS else _near(ending)
        names = " or ".join(str(path.with_suffix(f".{one}")) for one in nearest)
        opens = ", which Excel and LibreOffice open" if ending in SPREADSHEETS else ""
        raise UsageError(
            f"{ending} is not supported: {path}",
            hint=f"-o {names}{opens}; or name the format: --format {', '.join(As)}.",
        )
    return ENDINGS[ending]


def _near(ending: str) -> list[As]:
    from difflib import get_close_matches

    near = get_close_matches(ending, ENDINGS, n=2, cutoff=0.6)
    return [*dict.fromkeys(ENDINGS[one] for one in near)] or [As.CSV, As.NDJSON]


def _text(shape: As, *, raw: bool) -> Callable[[Iterable[Portion], Sequence[Field], TextIO], int]:
    return partial(write_csv, raw=True) if raw and shape is As.CSV else TEXTS[shape]


def _into_archive(run: Run, kind: str, path: Path, *, gone: bool) -> int:
    from eveobs.observation.archiving import write_archive

    if kind != CONTRACTS.name:
        raise UsageError(
            f"EVE Ref has archives of contracts, not of {kind}",
            hint="eveobs export contracts --format everef -o FILE.tar.bz2",
        )
    target = run.cwd / path.expanduser()
    with run.store() as store, files.explained(target):
        room = target.parent if target.is_file() or not target.exists() else run.cwd
        with files.atomic_write(target, private=False, seekable=True) as out:
            return write_archive(store, out, folder=room, gone_too=gone, now=run.now())


def _into(
    shape: As, out: BinaryIO, fields: Sequence[Field], portions: Iterable[Portion], *, raw: bool
) -> int:
    if shape is As.PARQUET:
        from eveobs.cli.exports.parquet import write_parquet

        return write_parquet(out, fields, portions)
    text = io.TextIOWrapper(out, encoding="utf-8", newline="", write_through=False)
    try:
        return _text(shape, raw=raw)(portions, fields, text)
    finally:
        text.detach()  # which writes what it holds, and leaves `out` open


def _is_private(name: str) -> bool:
    """Whether these are records of characters and corporations, which took a sign-in."""
    return processor(name).schema.owned
