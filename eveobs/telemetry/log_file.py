"""The log's file: any number of processes write it, and it never grows beyond what is allowed."""

from __future__ import annotations

import io
import logging
import os
import stat
import sys
from collections.abc import Callable
from contextlib import suppress
from logging.handlers import WatchedFileHandler
from pathlib import Path

from eveobs import files


class LogFile(WatchedFileHandler):
    """Writes records to `path`. What would make the file larger than `size` bytes moves it aside,
    to `path`.1, what was there to .2, and so on up to `kept` of them; size 0: never.

    Gives up, and tells `warn` once, where a record cannot be written: a full disk, say.
    """

    def __init__(
        self, path: Path, warn: Callable[[str], None], *, size: int = 0, kept: int = 0
    ) -> None:
        super().__init__(path, encoding="utf-8", errors="backslashreplace")
        self._path = Path(self.baseFilename)
        self._warn = warn
        self._size = size
        self._kept = kept
        self._lost = False

    def _open(self) -> io.TextIOWrapper:
        """The file, for its owner alone where it is made here."""
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        descriptor = files.open_private(Path(self.baseFilename), flags)
        return open(descriptor, "a", encoding=self.encoding, errors=self.errors)  # noqa: PTH123

    def emit(self, record: logging.LogRecord) -> None:
        """Write it, as long as that works."""
        if self._lost:
            return
        try:
            super().emit(record)
        except OSError:  # its folder is gone, and it cannot be opened again
            self.handleError(record)
        if self._size:
            self._move_aside_if_large()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Instead of a traceback for each record."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            super().handleError(record)
            return
        self._lost = True
        self._warn(f"the log {self.baseFilename} cannot be written: {error.strerror or error}")

    def _move_aside_if_large(self) -> None:
        try:
            if self._is_large():
                self._move_aside()
        except OSError as error:
            self._size = 0
            reason = error.strerror or error
            self._warn(f"the log {self.baseFilename} cannot be moved aside ({reason}) and grows on")

    def _is_large(self) -> bool:
        if self._lost:
            return False
        found = self._path.stat()
        return stat.S_ISREG(found.st_mode) and found.st_size >= self._size

    def _move_aside(self) -> None:
        """Only one process does it; the others see another file at the path, and open that."""
        with files.locked(self._path.with_name(self._path.name + ".lock")):
            if self._is_large():
                for number in range(self._kept, 0, -1):
                    with suppress(FileNotFoundError):
                        self._numbered(number - 1).replace(self._numbered(number))
                if not self._kept:
                    self._path.unlink()
                self.reopenIfNeeded()

    def _numbered(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}") if number else self._path
