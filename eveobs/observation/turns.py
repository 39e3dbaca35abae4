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
from typing import IO

from eveobs.files import open_lock, try_lock
from eveobs.observation.unit import Unit
from eveobs.telemetry.progress import Progress

MOMENT = 0.1
"""Seconds between two looks whether the other process is done."""


@asynccontextmanager
async def turn(unit: Unit, folder: Path, progress: Progress) -> AsyncIterator[None]:
    """Hold the lock of `unit` inside."""
    file = _file(unit, folder)
    if file is None:
        yield
        return
    with file:
        told = False
        while not _taken(file):
            if not told:
                told = True
                progress.wait(0.0, f"another eveobs is fetching {unit.subject_name}")
            await asyncio.sleep(MOMENT)
        yield


def _file(unit: Unit, folder: Path) -> IO[bytes] | None:
    name = re.sub(r"[^a-z0-9-]", "-", f"{unit.processor}-{unit.subject_id}".lower())
    try:
        return open_lock(folder / f"{name}.lock")
    except OSError:
        return None


def _taken(file: IO[bytes]) -> bool:
    try:
        return try_lock(file)
    except OSError:  # a file system without locks
        return True
