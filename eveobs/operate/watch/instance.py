"""One watch for a home. The lock is the operating system's, so one that was killed holds none."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from eveobs.errors import ConfigError, EveobsError
from eveobs.files import open_lock, try_lock

FILE = "watch.lock"
LONGEST = 200
"""Characters of the file that are looked at: nobody but eveobs should have written it."""


@contextmanager
def only_instance(folder: Path) -> Iterator[None]:
    """Be the only one inside that watches the home with this state `folder`.

    Raises EveobsError where another one lives, with its number; ConfigError where the lock cannot
    be made.
    """
    path = folder / FILE
    try:
        file = open_lock(path)
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be written: {error.strerror or error}",
            hint="Make its folder writable, or set EVEOBS_HOME to one that is.",
        ) from error
    with file:
        if not _taken(file):
            raise EveobsError(
                f"another eveobs watches this home already{_whose(file)}",
                hint="Stop that one first, or give this one a home of its own with EVEOBS_HOME.",
            )
        with suppress(OSError):  # a full disk; the lock holds all the same
            file.seek(0)
            file.truncate()
            now = datetime.now(UTC)
            file.write(f"process {os.getpid()} since {now:%Y-%m-%d %H:%M:%S} UTC\n".encode())
            file.flush()
        yield


def _taken(file: IO[bytes]) -> bool:
    try:
        return try_lock(file)
    except OSError:
        return False


def _whose(file: IO[bytes]) -> str:
    try:
        file.seek(0)
        words = file.read(LONGEST).decode().strip()
    except (OSError, ValueError):
        return ""
    return f" ({words})" if words.isprintable() and words.startswith("process ") else ""
