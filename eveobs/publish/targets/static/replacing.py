"""A folder that is replaced whole: whoever looks sees the old one or the new one."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import shutil
from pathlib import Path
from typing import IO

from eveobs.errors import ConfigError, EveobsError
from eveobs.publish.targets.static.manifest import NAME, is_site

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


class Place:
    """The folder of a site, with what lies beside it while it is being replaced.

    `.NAME.new` is what is being made, `.NAME.old` what was there where the two cannot be exchanged
    in one step, `.NAME.lock` keeps a second publish away.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.new = folder.with_name(f".{folder.name}.new")
        self._old = folder.with_name(f".{folder.name}.old")
        self._lock: IO[str] | None = None

    def take(self) -> None:
        """Lock it, and clear away what a run left that was killed.

        Raises ConfigError for a folder of somebody else's or that cannot be written beside,
        EveobsError while another publish holds it.
        """
        try:
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            self._hold()
            self._recover()
        except OSError as error:
            raise ConfigError(f"{self.folder} cannot be written: {error.strerror}") from error
        if self.folder.exists() and not is_site(self.folder) and not _is_empty(self.folder):
            raise ConfigError(
                f"{self.folder} is not empty, and eveobs did not make what is in it",
                hint="Give another one: --folder, or site.folder of the settings.",
            )

    def release(self) -> None:
        """Let others have it; clear away what was not finished."""
        if self._lock is not None:
            shutil.rmtree(self.new, ignore_errors=True)
            self._lock.close()
            self._lock = None

    def replace(self) -> None:
        """Put what is in `new` in the place of the folder."""
        if not self.folder.exists():
            self.new.rename(self.folder)
            return
        if not _exchange(self.new, self.folder):
            self.folder.rename(self._old)
            self.new.rename(self.folder)
        shutil.rmtree(self._old, ignore_errors=True)
        shutil.rmtree(self.new, ignore_errors=True)

    def _hold(self) -> None:
        lock = self.folder.with_name(f".{self.folder.name}.lock").open("a", encoding="utf-8")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise EveobsError(
                f"another publish is writing {self.folder}", hint="Wait until it is done."
            ) from None
        self._lock = lock

    def _recover(self) -> None:
        if self._old.exists() and not self.folder.exists():
            made = self.new if (self.new / NAME).exists() else self._old
            made.rename(self.folder)
        shutil.rmtree(self._old, ignore_errors=True)
        shutil.rmtree(self.new, ignore_errors=True)


def _is_empty(folder: Path) -> bool:
    return folder.is_dir() and next(folder.iterdir(), None) is None


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two folders in one step, by Linux's renameat2; False where that cannot be."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    failed = rename(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE)
    if failed and (number := ctypes.get_errno()) not in (errno.EINVAL, errno.ENOSYS, errno.EPERM):
        raise OSError(number, os.strerror(number), str(other))
    return not failed
