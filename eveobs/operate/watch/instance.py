"""One watch for a home. The lock is the operating system's, so one that was killed holds none."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from eveobs.errors import ConfigError, EveobsError

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
        folder.mkdir(parents=True, exist_ok=True)
        file = path.open("a+", encoding="utf-8")
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
            file.write(f"process {os.getpid()} since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC\n")
            file.flush()
        yield


def _taken(file: TextIO) -> bool:
    try:
        import fcntl
    except ImportError:  # Windows, where the first byte is locked
        return _taken_there(file)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _taken_there(file: TextIO) -> bool:  # pragma: no cover - Windows
    import msvcrt

    try:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
    except OSError:
        return False
    return True


def _whose(file: TextIO) -> str:
    try:
        file.seek(0)
        words = file.read(LONGEST).strip()
    except (OSError, ValueError):
        return ""
    return f" ({words})" if words.isprintable() and words.startswith("process ") else ""
