"""Files that are whole or not there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from eveobs.errors import EveobsError


@contextmanager
def whole(target: Path) -> Iterator[Path]:
    """A file beside `target`, which takes its place when all is well. Raises EveobsError."""
    part = target.with_name(f".{target.name}.{os.getpid()}.part{target.suffix}")
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
