"""Bring the static data in the store up to the build that CCP published last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from eveobs.errors import EveobsError
from eveobs.files import private_folder, remove_left_over_parts
from eveobs.records.static import KINDS
from eveobs.static_data.archive import Archive
from eveobs.static_data.download import Build, Export
from eveobs.telemetry.progress import Progress

if TYPE_CHECKING:
    from eveobs.store.store import Store

MEGABYTE = 1_000_000
PARTS = "static-data-*.part*"
"""What a download that broke leaves to be resumed, and the notes about it."""


@dataclass(frozen=True, slots=True)
class Updated:
    """What came of an update. `status`: complete or unchanged."""

    status: str
    build: int
    released: str
    rows: int


def update(
    store: Store,
    export: Export,
    *,
    folder: Path,
    language: str,
    progress: Progress,
    now: datetime,
) -> Updated:
    """Ask for the latest build, and load it where it is another than the one in `store`.

    `folder` takes the archive meanwhile. Whatever fails leaves what was loaded before.
    """
    _make(folder)
    before = store.static_loaded()
    same_language = before is not None and before.language == language
    build = export.latest(before.etag if before is not None and same_language else "")
    if before is not None and (build is None or (build.number == before.build and same_language)):
        _make(folder, PARTS)  # what broke off is not needed: the latest build is loaded
        return Updated("unchanged", before.build, before.released, before.rows)
    if build is None:
        raise EveobsError("the static data export did not name its latest build")
    file = folder / f"static-data-{build.number}.zip"
    try:
        export.download(build.number, file, _Megabytes(progress))
        rows = _load(store, file, build, language, progress, now)
    finally:
        file.unlink(missing_ok=True)
    return Updated("complete", build.number, build.released, rows)


def _load(
    store: Store, file: Path, build: Build, language: str, progress: Progress, now: datetime
) -> int:
    about = {
        "build": build.number,
        "released": build.released,
        "language": language,
        "etag": build.etag,
        "loaded_at": now,
    }
    progress.expect("tables", len(KINDS))
    with Archive(file, language) as archive:
        return store.replace_static_data(
            {kind: archive.rows(kind) for kind in KINDS}, about, lambda: progress.advance("tables")
        )


def _make(folder: Path, *patterns: str) -> None:
    try:
        private_folder(folder)
        remove_left_over_parts(folder)
        for pattern in patterns:
            remove_left_over_parts(folder, pattern)
    except OSError as error:
        raise EveobsError(f"{folder} cannot be made: {error.strerror}") from error


@dataclass(slots=True)
class _Megabytes:
    """Tells `progress` of bytes."""

    progress: Progress
    told: int = 0

    def __call__(self, done: int, total: int) -> None:
        self.progress.expect("megabytes", max(total, done) // MEGABYTE)
        if done // MEGABYTE > self.told:
            self.progress.advance("megabytes", done // MEGABYTE - self.told)
            self.told = done // MEGABYTE
