"""Running `eveobs import everef`: archives, one after the other."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from eveobs.archives.download import fetch, is_address
from eveobs.cli.options import Output, chosen_format
from eveobs.cli.output import Format
from eveobs.errors import EveobsError, UsageError
from eveobs.files import private_folder
from eveobs.observation.importing import Imported, import_archive
from eveobs.records.schema import Column, Kind
from eveobs.telemetry.progress import Progress

if TYPE_CHECKING:
    from eveobs.cli.context import Run
    from eveobs.store.store import Store

MEGABYTE = 1_000_000
COLUMNS = (
    Column("archive", "Archive", flexible=True),
    Column("status", "Status"),
    Column("moment", "Of", Kind.TIME, rank=3),
    Column("contracts", "Contracts", Kind.NUMBER),
    Column("new", "New", Kind.NUMBER),
    Column("known_better", "Known better", Kind.NUMBER, rank=4),
    Column("items", "New items", Kind.NUMBER, rank=2),
    Column("bids", "New bids", Kind.NUMBER, rank=3),
    Column("dynamic_items", "New dynamic items", Kind.NUMBER, rank=5),
)


def import_and_tell(run: Run, sources: Sequence[str], output: Output) -> None:
    """Take in each archive, and say what came of it; those before one that cannot be are kept."""
    shape = chosen_format(output)
    done: list[Imported] = []
    try:
        with run.progress() as progress, run.store() as store:
            for source in sources:
                imported = _import(run, store, source, progress)
                done.append(imported)
    finally:
        if done or shape is not Format.TABLE:
            _tell(run, done, shape)


def _import(run: Run, store: Store, source: str, progress: Progress) -> Imported:
    name = source.rpartition("/")[2] or source
    with _room(run) as folder:
        path = run.cwd / Path(source).expanduser()
        if is_address(source):
            path = folder / "archive.tar.bz2"
            fetch(source, path, _Megabytes(progress))
        elif not path.is_file():
            raise UsageError(f"there is no file {source}", hint="Give a FILE, or an https address.")
        return import_archive(store, path, name, folder=folder, progress=progress, now=run.now())


@contextmanager
def _room(run: Run) -> Iterator[Path]:
    """A folder that is gone afterwards."""
    cache = run.loaded().places.cache
    try:
        private_folder(cache)
        with tempfile.TemporaryDirectory(prefix="import-", dir=cache) as folder:
            yield Path(folder)
    except OSError as error:
        raise EveobsError(
            f"{cache} cannot be written: {error.strerror or error}",
            hint="Nothing was changed. Make room there, or set cache.dir to where there is some.",
        ) from error


class _Megabytes:
    """Tells `progress` of bytes."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._told = 0

    def __call__(self, done: int, total: int) -> None:
        self._progress.expect("megabytes", max(total, done) // MEGABYTE)
        if done // MEGABYTE > self._told:
            self._progress.advance("megabytes", done // MEGABYTE - self._told)
            self._told = done // MEGABYTE


def _tell(run: Run, done: Sequence[Imported], shape: Format) -> None:
    run.write(
        [asdict(one) for one in done],
        COLUMNS,
        format=shape,
        all_fields=tuple(Imported.__dataclass_fields__),
    )
