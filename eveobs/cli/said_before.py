"""What the last run said already, so that the next does not repeat it."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from eveobs import files
from eveobs.errors import EveobsError
from eveobs.settings.bounded_read import read_bounded

if TYPE_CHECKING:
    from pathlib import Path

    from eveobs.cli.context import Run

FILE = "skipped"
"""In the state folder: a digest, since the names of characters are nobody else's business."""


def said_before(run: Run, line: str) -> bool:
    """Whether the last run had the same `line` to say; it is remembered for the next. A folder that
    cannot be written remembers nothing.
    """
    path = run.loaded().places.state / FILE
    digest = sha256(line.encode()).hexdigest() if line else ""
    try:
        before = _read(path)
        if before != digest:
            files.private_folder(path.parent)
            files.write_bytes(path, digest.encode("ascii"), private=True, durable=False)
    except (OSError, ValueError, EveobsError):
        return False
    return bool(line) and before == digest


def _read(path: Path) -> str:
    try:
        return read_bounded(path, 1000, regular=True).decode("ascii").strip()
    except FileNotFoundError:
        return ""
