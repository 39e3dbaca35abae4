"""What is examined: the settings and folders of one home, and the clock it is looked at with."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx

    from eveobs.settings import Loaded

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Home:
    """`transport` stands for the network, where that is not to be used."""

    loaded: Loaded
    clock: Callable[[], float] = time.time
    transport: httpx.AsyncBaseTransport | None = None


def cannot_write(folder: Path) -> str:
    """Why nothing can be written to `folder`, in the system's words; "" where it can.

    A folder that is not there yet is one that can be made. Nothing is left behind.
    """
    try:
        while not folder.exists():
            folder = folder.parent
        if not folder.is_dir():
            return f"{folder} is not a folder"
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(4096))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return error.strerror or str(error)
    return ""


def megabytes(size: float) -> str:
    """Bytes, in words."""
    if size >= 1000 * MEGABYTE:
        return f"{size / (1000 * MEGABYTE):,.1f} GB"
    return f"{size / MEGABYTE:,.1f} MB"
