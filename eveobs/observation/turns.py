"""One at a time for a unit: a second process waits for the first and then finds nothing to do.

The lock is the operating system's, on a file in the state folder, so a process that is killed lets
go of it. Where there is no such lock (or no folder), units of two processes may ask twice; the
store stays right all the same.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from eveobs.observation.unit import Unit
from eveobs.telemetry.progress import Progress

if TYPE_CHECKING:
    from types import ModuleType

MOMENT = 0.1
"""Seconds between two looks whether the other process is done."""


@asynccontextmanager
async def turn(unit: Unit, folder: Path, progress: Progress) -> AsyncIterator[None]:
    """Hold the lock of `unit` inside."""
    fcntl = _locks()
    file = _file(unit, folder) if fcntl else None
    if fcntl is None or file is None:
        yield
        return
    with file:
        told = False
        while not _taken(fcntl, file):
            if not told:
                told = True
                progress.wait(0.0, f"another eveobs is fetching {unit.subject_name}")
            await asyncio.sleep(MOMENT)
        yield


def _locks() -> ModuleType | None:
    try:
        import fcntl
    except ImportError:  # Windows
        return None
    return fcntl


def _file(unit: Unit, folder: Path) -> TextIO | None:
    name = re.sub(r"[^a-z0-9-]", "-", f"{unit.processor}-{unit.subject_id}".lower())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return (folder / f"{name}.lock").open("w")
    except OSError:
        return None


def _taken(fcntl: ModuleType, file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
