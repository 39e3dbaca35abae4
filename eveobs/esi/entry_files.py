"""The files of large cache entries: made, read and deleted inside of the cache's folder only.

The database says which file an entry has, and may have been planted or altered. A name counts only
if it has the form of those made here, and what it leads to only if it is a regular file reached
through real folders: no link on the way is followed, by opening each part of the way in the folder
before it. Everything else is refused and left as it is.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from eveobs.files import PRIVATE_FILE, PRIVATE_FOLDER

NAME = re.compile(r"([0-9a-f]{2})[/\\]([0-9a-f]{2})[/\\]([0-9a-f]{28}\.val)")
"""As diskcache 5.6 names them, too."""
FOLDER_NAME = re.compile(r"[0-9a-f]{2}")
FILE_NAME = re.compile(r"[0-9a-f]{28}\.val")
NOT_OURS = "its file is not one that the cache made"
MAX_SIZE = 64 * 1024 * 1024
"""Bytes of an entry as it is kept: no more than the largest body has before it is compressed."""
ATTEMPTS = 10
"""Names to try where the folder of one is in use, or something else has its place."""
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_ALL = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | _NO_FOLLOW | _ALL
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_FOLLOW | _ALL
_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | _ALL
_BY_FOLDER = {os.open, os.mkdir, os.rmdir, os.unlink} <= os.supports_dir_fd
_NOT_REAL = {errno.ELOOP, errno.ENOTDIR, errno.EMLINK, errno.ENXIO}
"""What opening says where a link, or what is no folder, lies on the way."""


class RefusedEntryError(ValueError):
    """An entry whose file is not one that the cache made."""


class EntryFiles:
    """The files below `folder`. What the system does not allow raises OSError."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: object) -> bytes:
        """The content of a file. Raises RefusedEntryError for a name that is not one of ours, a
        link, what is no regular file, and more than MAX_SIZE bytes.
        """
        with self._reached(name) as (folders, last):
            descriptor = _refusing(os.open, last, _READ, dir_fd=folders[-1])
            try:
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    raise RefusedEntryError("its file is no regular file")
                with open(descriptor, "rb", closefd=False) as file:
                    content = file.read(MAX_SIZE + 1)
            finally:
                os.close(descriptor)
        if len(content) > MAX_SIZE:
            raise RefusedEntryError("its file is larger than any entry")
        return content

    def write(self, content: bytes) -> str:
        """Keep `content` in a new file, for its owner alone; returns the name."""
        for _ in range(ATTEMPTS):
            text = secrets.token_hex(16)
            name = f"{text[:2]}/{text[2:4]}/{text[4:]}.val"
            # Refused: a link in the place of a folder. Not found: another process deleted it.
            with (
                suppress(RefusedEntryError, FileNotFoundError),
                self._reached(name, make=True) as (folders, last),
            ):
                file = os.open(last, _WRITE, PRIVATE_FILE, dir_fd=folders[-1])
                with open(file, "wb") as out:  # noqa: PTH123 - of a descriptor
                    out.write(content)
                return name
        raise OSError(errno.ELOOP, "links or files lie where its folders should be")

    def remove(self, name: object) -> bool:
        """Delete a file, and its folders where they are empty then; whether the name was ours.

        A file that is gone already is no error; what cannot be deleted stays.
        """
        try:
            with suppress(OSError), self._reached(name) as (folders, last):
                os.unlink(last, dir_fd=folders[-1])  # a link is deleted, not followed
                first, second, _ = _parts(name)
                if _BY_FOLDER:
                    os.rmdir(second, dir_fd=folders[1])
                    os.rmdir(first, dir_fd=folders[0])
        except RefusedEntryError:
            return False
        return True

    def names(self) -> Iterator[tuple[str, os.stat_result]]:
        """Every file that has such a name, in order, with what the system says of it."""
        for first in _entries(self._folder, FOLDER_NAME):
            for second in _entries(self._folder / first, FOLDER_NAME):
                for file in _entries(self._folder / first / second, FILE_NAME, folders=False):
                    with suppress(FileNotFoundError):
                        found = (self._folder / first / second / file).lstat()
                        yield f"{first}/{second}/{file}", found

    def path(self, name: str) -> Path:
        """Where a file is, to be shown."""
        return self._folder / name

    @contextmanager
    def _reached(
        self, name: object, *, make: bool = False
    ) -> Iterator[tuple[Sequence[int | None], str]]:
        """The open folders on the way to a file, and its name in the last of them."""
        *parts, last = _parts(name)
        if not _BY_FOLDER:
            yield (None,), str(_checked(self._folder, parts, make=make) / last)
            return
        # The folder of the cache itself may be a link that its user made.
        folders = [os.open(self._folder, _FOLDER)]
        try:
            for part in parts:
                if make:
                    with suppress(FileExistsError):
                        os.mkdir(part, PRIVATE_FOLDER, dir_fd=folders[-1])
                folders.append(_refusing(os.open, part, _FOLDER | _NO_FOLLOW, dir_fd=folders[-1]))
            yield folders, last
        finally:
            for folder in folders:
                os.close(folder)


def is_ours(name: object) -> bool:
    """Whether `name` has the form of those that are made here."""
    return isinstance(name, str) and NAME.fullmatch(name) is not None


def _parts(name: object) -> tuple[str, str, str]:
    found = NAME.fullmatch(name) if isinstance(name, str) else None
    if found is None:
        raise RefusedEntryError(NOT_OURS)
    return found[1], found[2], found[3]


def _refusing(call: Callable[..., int], *arguments: Any, dir_fd: int | None) -> int:
    """A descriptor; what is a link, or no folder where one should be, is refused."""
    try:
        return call(*arguments, dir_fd=dir_fd)
    except OSError as error:
        if error.errno in _NOT_REAL:
            raise RefusedEntryError("its file is reached through a link") from error
        raise


def _checked(folder: Path, parts: Iterable[str], *, make: bool) -> Path:
    """As the open folders, for a system that cannot open by them (Windows)."""
    for part in parts:
        folder = folder / part
        if folder.is_symlink():
            raise RefusedEntryError("its file is reached through a link")
    if make:
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def _entries(folder: Path, form: re.Pattern[str], *, folders: bool = True) -> list[str]:
    """The names in `folder` that have this form, in order; of folders, or of all else."""
    try:
        with os.scandir(folder) as found:
            return sorted(
                one.name
                for one in found
                if form.fullmatch(one.name) and one.is_dir(follow_symlinks=False) is folders
            )
    except (FileNotFoundError, NotADirectoryError):
        return []
