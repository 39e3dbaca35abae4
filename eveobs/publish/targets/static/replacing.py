"""A folder that is replaced whole: whoever looks sees the old one or the new one."""

from __future__ import annotations

import ctypes
import errno
import os
import re
import secrets
import shutil
import stat
from pathlib import Path
from typing import IO

from eveobs.errors import ConfigError, EveobsError
from eveobs.files import POSIX, PRIVATE_FOLDER, open_lock, try_lock
from eveobs.publish.targets.static.manifest import NAME, is_site

SITE, OLD = "site", "old"
_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


class Place:
    """The folder of a site, with what lies beside it while it is being replaced.

    A `folder` that is a link stays one: what it leads to is replaced. Beside that, `.NAME.lock`
    keeps a second publish away, and `.NAME.RANDOM.new`, for its owner alone, holds `site`, which is
    being made, and `old`, which was there, where the two cannot be exchanged in one step.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Path(os.path.realpath(folder))
        self._staging: Path | None = None
        self._lock: IO[bytes] | None = None

    @property
    def new(self) -> Path:
        """The folder in which the new site is made."""
        if self._staging is None:
            # By a random name, and exclusively: nothing that was planted is written through.
            name = f".{self.folder.name}.{secrets.token_hex(8)}.new"
            staging = self.folder.with_name(name)
            staging.mkdir(PRIVATE_FOLDER)
            self._staging = staging
            (staging / SITE).mkdir()  # by the umask: a web server is another user
        return self._staging / SITE

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
            raise ConfigError(
                f"{self.folder} cannot be written: {error.strerror} ({error.filename})"
            ) from error
        if self.folder.exists() and not is_site(self.folder) and not _is_empty(self.folder):
            raise ConfigError(
                f"{self.folder} is not empty, and eveobs did not make what is in it",
                hint="Give another one: --folder, or site.folder of the settings.",
            )

    def release(self) -> None:
        """Let others have it; clear away what was not finished."""
        if self._lock is not None:
            self._clear()
            self._lock.close()
            self._lock = None

    def replace(self) -> None:
        """Put what is in `new` in the place of the folder."""
        new = self.new
        if self.folder.exists():
            new.chmod(stat.S_IMODE(self.folder.stat().st_mode))
            if not _exchange(new, self.folder):
                self.folder.rename(new.with_name(OLD))
                new.rename(self.folder)
        else:
            new.rename(self.folder)
        self._clear()

    def _clear(self) -> None:
        if self._staging is not None:
            shutil.rmtree(self._staging, ignore_errors=True)
            self._staging = None

    def _hold(self) -> None:
        lock = open_lock(self.folder.with_name(f".{self.folder.name}.lock"))
        if not try_lock(lock):
            lock.close()
            raise EveobsError(
                f"another publish is writing {self.folder}", hint="Wait until it is done."
            )
        self._lock = lock

    def _recover(self) -> None:
        """Put back a site that was being exchanged, and delete the rest of what was left."""
        left = [one for one in self.folder.parent.iterdir() if self._is_left_over(one)]
        for staging in left:
            if not self.folder.exists():
                made = staging / (SITE if (staging / SITE / NAME).exists() else OLD)
                if _is_real(staging / OLD) and _is_real(made):
                    made.rename(self.folder)
        for staging in left:
            shutil.rmtree(staging, ignore_errors=True)

    def _is_left_over(self, path: Path) -> bool:
        """Whether a run that was killed left it: a real folder of this user with such a name."""
        if not re.fullmatch(rf"\.{re.escape(self.folder.name)}\.[0-9a-f]{{16}}\.new", path.name):
            return False
        found = path.lstat()
        return stat.S_ISDIR(found.st_mode) and (not POSIX or found.st_uid == os.geteuid())


def _is_real(folder: Path) -> bool:
    return folder.is_dir() and not folder.is_symlink()


def _is_empty(folder: Path) -> bool:
    return folder.is_dir() and next(folder.iterdir(), None) is None


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two folders in one step, by Linux's renameat2; False where that cannot be."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError, TypeError):  # TypeError: Windows
        return False
    failed = rename(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE)
    if failed and (number := ctypes.get_errno()) not in (errno.EINVAL, errno.ENOSYS, errno.EPERM):
        raise OSError(number, os.strerror(number), str(other))
    return not failed
