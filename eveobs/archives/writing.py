"""Writing an archive: the same rows give the same bytes."""

from __future__ import annotations

import csv
import io
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Self

import msgspec

from eveobs.archives import layout
from eveobs.archives.cells import written


class Writer:
    """An archive that is being written; `modified` is the time that its files bear."""

    def __init__(self, tar: tarfile.TarFile, modified: datetime, folder: Path) -> None:
        self._tar = tar
        self._modified = int(modified.timestamp())
        self._folder = folder

    @classmethod
    @contextmanager
    def open(cls, out: BinaryIO, modified: datetime, *, folder: Path) -> Iterator[Self]:
        """Write to `out`; `folder` has room for one unpacked table."""
        with tarfile.open(fileobj=out, mode="w:bz2", format=tarfile.USTAR_FORMAT) as tar:
            yield cls(tar, modified, folder)

    def meta(self, start: datetime, end: datetime) -> None:
        """Write meta.json."""
        meta: Mapping[str, str] = {
            "datasource": layout.DATASOURCE,
            "scrape_start": written(start),
            "scrape_end": written(end),
        }
        body = msgspec.json.encode(meta)
        self._add(layout.META, len(body), io.BytesIO(body))

    def table(self, table: layout.Table, rows: Iterable[Sequence[Any]]) -> int:
        """Write `rows`, values in the order of its columns; returns how many."""
        number = 0
        with (
            tempfile.TemporaryFile(dir=self._folder) as file,
            io.TextIOWrapper(file, encoding="utf-8", errors="replace", newline="") as text,
        ):
            writer = csv.writer(text, lineterminator="\r\n")
            writer.writerow(table.names)
            for number, row in enumerate(rows, start=1):  # noqa: B007 - the count is the result
                writer.writerow([written(value) for value in row])
            text.flush()
            size = file.tell()
            file.seek(0)
            self._add(table.file, size, file)
        return number

    def _add(self, name: str, size: int, file: Any) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mtime = size, self._modified
        self._tar.addfile(member, file)
