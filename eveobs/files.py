"""The one door through which eveobs makes, writes and locks files and folders.

What is private (store, cache, logs, audit, sign-ins, exports of signed-in data) is for its owner
alone: folders 0700, files 0600, from the first byte and whatever the umask. What is meant for
others (the website, public exports, metrics for node_exporter) has the mode that the umask gives.

In a folder where others can write, or whose content came from elsewhere (a checkout, an archive),
names are traps: a link planted there would lead a write elsewhere. So outputs and locks never
follow a link to a file, private files only one of the user or root, and new files have random names
and are created exclusively. On Windows, modes and owners say nothing and are left alone: a
profile's folders are private by themselves.
"""

from __future__ import annotations

import errno
import io
import os
import re
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, BinaryIO

from eveobs.errors import EveobsError

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700
OTHERS = stat.S_IRWXG | stat.S_IRWXO
POSIX = os.name == "posix"
SPOOL_SIZE = 8 * 1024 * 1024
"""Bytes that are held in memory before a temporary file is made of them."""
LEFT_OVER_AGE = 3600.0
"""Seconds without a change after which a part file is not one that is being written."""
POLL_INTERVAL = 0.02
"""Seconds between two attempts to get a lock."""
SITE_MANIFEST = "eveobs-site.ndjson"
SITE_MANIFEST_HEAD = b'{"eveobs-site":1}\n'
"""The file in a published website, and its first line, by which eveobs knows that it made it. They
are here and not beside the site's code, since every command looks for them and few need the rest.
"""
_DESCRIPTOR = re.compile(r"/(?:dev|proc/(?:self|thread-self))/fd/(\d+)")
_STREAMS = {"/dev/stdout": 1, "/dev/stderr": 2}
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_FLAGS = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0) | _NO_FOLLOW
_NO_TERMINAL = getattr(os, "O_NOCTTY", 0)


# -- private files and folders ---------------------------------------------------------------------


def private_folder(path: Path) -> None:
    """Make `path`, and the folders above it that are missing, for their owner alone (0700).

    A folder that exists is left as it is. Raises OSError.
    """
    for folder in (*reversed(path.parents), path):
        if not folder.is_dir():
            try:
                folder.mkdir(PRIVATE_FOLDER, exist_ok=True)
            except FileExistsError:  # a file where a folder should be
                raise NotADirectoryError(
                    errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder)
                ) from None


def open_private(path: Path, flags: int) -> int:
    """A descriptor of `path`; a file that `flags` make is for its owner alone from the start.

    The folder must exist. Raises OSError, also for another user's link or file where others can
    write.
    """
    target = _resolved(path)
    descriptor = os.open(target, flags | _FLAGS, PRIVATE_FILE)
    try:
        _refuse_foreign_file(descriptor, target)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def private_database(path: Path) -> None:
    """Make the folder and an empty file for an SQLite database that is not there yet.

    SQLite itself makes files by the umask; its -wal, -shm and -journal have the mode of the main
    file, so that this one must be private before SQLite opens it. Raises OSError.
    """
    private_folder(path.parent)
    with suppress(FileExistsError):
        os.close(open_private(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL))


def tighten(places: Iterable[Path]) -> list[Path]:
    """Take from others what they may do with these folders and files of eveobs; returns those that
    changed.

    Only what lies in them, belongs to this user, and is a folder or regular file is changed; links
    are neither followed nor changed. A published website in one of them, known by its manifest, is
    meant for others and stays as it is. A folder that is private, and in which every file is, costs
    one look at each of its entries.
    """
    return [place for place in places if POSIX and _is_loose(place) and _tighten_tree(place)]


def _is_loose(folder: Path) -> bool:
    try:
        if _is_own_and_loose(folder.lstat()):
            return True
        with os.scandir(folder) as entries:
            return any(
                _is_own_and_loose(entry.stat(follow_symlinks=False)) and not _is_site(entry.path)
                for entry in entries
            )
    except OSError:
        return False


def _is_own_and_loose(found: os.stat_result) -> bool:
    kind = stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)
    return kind and found.st_uid == os.geteuid() and bool(found.st_mode & OTHERS)


def _tighten_tree(top: Path) -> bool:
    """The folders first: from then on nobody else can swap what lies in them."""
    if not top.is_dir():
        return _tighten_file(str(top), None)
    changed = False
    for _, folders, names, descriptor in os.fwalk(top, follow_symlinks=False):
        changed |= _tighten_descriptor(descriptor)
        folders[:] = [name for name in folders if not _is_site(name, descriptor)]
        for name in names:
            changed |= _tighten_file(name, descriptor)
    return changed


def _is_site(name: str, parent: int | None = None) -> bool:
    """Whether the folder `name` in the folder `parent` is a website that eveobs published."""
    with suppress(OSError):
        folder = os.open(name, os.O_RDONLY | os.O_DIRECTORY | _FLAGS, dir_fd=parent)
        try:
            # Without waiting for the other end of a fifo that lies in its place.
            flags = os.O_RDONLY | os.O_NONBLOCK | _NO_TERMINAL | _FLAGS
            with open(os.open(SITE_MANIFEST, flags, dir_fd=folder), "rb") as file:  # noqa: PTH123
                regular = stat.S_ISREG(os.fstat(file.fileno()).st_mode)
                return regular and file.read(len(SITE_MANIFEST_HEAD)) == SITE_MANIFEST_HEAD
        finally:
            os.close(folder)
    return False


def _tighten_file(name: str, folder: int | None) -> bool:
    with suppress(OSError):
        # Not opened for writing, and without waiting for the other end of a fifo.
        flags = os.O_RDONLY | os.O_NONBLOCK | _NO_TERMINAL | _FLAGS
        file = os.open(name, flags, dir_fd=folder)
        try:
            return _tighten_descriptor(file)
        finally:
            os.close(file)
    return False


def _tighten_descriptor(descriptor: int) -> bool:
    found = os.fstat(descriptor)
    if not _is_own_and_loose(found):
        return False
    with suppress(OSError):  # a file system without modes
        os.fchmod(descriptor, stat.S_IMODE(found.st_mode) & ~OTHERS)
        return True
    return False


# -- files that are whole or not there -------------------------------------------------------------


@contextmanager
def atomic_write(
    target: Path, *, private: bool, durable: bool = True, seekable: bool = False
) -> Iterator[BinaryIO]:
    """A binary stream whose content takes the place of `target` when all went well.

    `private`: 0600; otherwise the mode of the file that is there, or of the umask. `durable`: on
    the disk before it is in place, so that a power cut leaves the old or the new one. What is no
    regular file (a device, a fifo, /dev/stdout) is written into, not replaced; a link to a file is
    replaced, not followed. `seekable`: the writer needs more than to write on and on, so that what
    cannot be replaced is written into when all is done.

    The folder must exist. Raises OSError; then a regular file is as it was.
    """
    if (stream := _special(target)) is not None:
        with stream, _spooled(stream, spool=seekable) as out:
            yield out
        return
    part = target.with_name(f".eveobs-{_random_text()}.part")
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | _FLAGS
    descriptor = os.open(part, flags, PRIVATE_FILE if private else 0o666)
    try:
        with open(descriptor, "w+b") as out:  # noqa: PTH123 - of a descriptor
            if not private:
                _keep_mode(descriptor, target)
            yield out
            out.flush()
            if durable:
                os.fsync(descriptor)
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    if durable:
        sync_folder(target.parent)


@contextmanager
def atomic_path(target: Path, *, private: bool) -> Iterator[Path]:
    """As `atomic_write`, for what writes only by a name: the path of an empty file.

    It lies in a private folder beside `target`, so that nobody else can put anything in its place.
    Raises OSError.
    """
    import shutil
    import tempfile

    special = _special(target)
    beside = target.parent if special is None else None
    with tempfile.TemporaryDirectory(prefix=".eveobs-", suffix=".part", dir=beside) as folder:
        part = Path(folder) / "content"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _FLAGS
        os.close(os.open(part, flags, PRIVATE_FILE if private else 0o666))
        yield part
        if special is not None:
            with special, part.open("rb") as content:
                shutil.copyfileobj(content, special)
            return
        with part.open("r+b") as content:
            if not private:
                _keep_mode(content.fileno(), target)
            os.fsync(content.fileno())
        part.replace(target)
    sync_folder(target.parent)


def write_bytes(target: Path, content: bytes, *, private: bool, durable: bool = True) -> None:
    """`content` in the place of `target`, as `atomic_write`. Raises OSError."""
    with atomic_write(target, private=private, durable=durable) as out:
        out.write(content)


@contextmanager
def explained(target: Path) -> Iterator[None]:
    """An OSError inside becomes the EveobsError that says that `target` cannot be written.

    A reader that went away (a broken pipe) stays what it is.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise EveobsError(
            f"{target} cannot be written: {error.strerror or error}",
            hint="The file that was there is as it was.",
        ) from error


def remove_left_over_parts(folder: Path, pattern: str = ".eveobs-*.part") -> None:
    """Delete what runs that were killed left of files in a private folder. Raises OSError."""
    before = time.time() - LEFT_OVER_AGE
    for part in folder.glob(pattern):
        with suppress(FileNotFoundError):
            found = part.lstat()
            if stat.S_ISREG(found.st_mode) and found.st_mtime < before:
                part.unlink()


def sync_folder(folder: Path) -> None:
    """Have the new name of a file on the disk, too, where the system can do that."""
    if not POSIX:
        return
    with suppress(OSError):  # a folder that may be written to but not read, or a special one
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _random_text() -> str:
    return os.urandom(8).hex()


def _keep_mode(descriptor: int, target: Path) -> None:
    """The mode of the file that is there stays, without setuid and the like."""
    with suppress(OSError):
        found = target.lstat()
        if POSIX and stat.S_ISREG(found.st_mode):
            os.fchmod(descriptor, found.st_mode & 0o777)


def _special(target: Path) -> BinaryIO | None:
    """A stream into what cannot be replaced; None for a regular file, a folder, or nothing."""
    # A duplicate, since opening /dev/stdout anew would begin at the start of a file behind it.
    text = os.path.normpath(target)
    descriptor = _STREAMS.get(text)
    if descriptor is None and (found := _DESCRIPTOR.fullmatch(text)):
        descriptor = int(found[1])
    if POSIX and descriptor is not None:
        return open(os.dup(descriptor), "wb")  # noqa: PTH123
    try:
        kind = _resolved(target).stat().st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISREG(kind) or stat.S_ISDIR(kind):
        return None
    return open(os.open(_resolved(target), os.O_WRONLY | _NO_TERMINAL | _FLAGS), "wb")  # noqa: PTH123


@contextmanager
def _spooled(stream: BinaryIO, *, spool: bool) -> Iterator[BinaryIO]:
    if not spool:
        yield stream
        return
    import shutil
    import tempfile

    with tempfile.SpooledTemporaryFile(max_size=SPOOL_SIZE) as out:
        yield out  # type: ignore[misc]  # it is one, but for its declaration
        out.seek(0)
        shutil.copyfileobj(out, stream)


# -- links and owners ------------------------------------------------------------------------------


def _resolved(path: Path) -> Path:
    """`path`, or where it leads if it is a link of this user or root. Raises PermissionError for
    another user's link, which may lead anywhere.
    """
    try:
        found = path.lstat()
    except FileNotFoundError:
        return path
    if not stat.S_ISLNK(found.st_mode):
        return path
    if POSIX and found.st_uid not in {os.geteuid(), 0}:
        raise PermissionError(errno.EACCES, "it is a link of another user", str(path))
    return Path(os.path.realpath(path))


def _refuse_foreign_file(descriptor: int, path: Path) -> None:
    """As Linux' fs.protected_regular: in a folder where everybody can write, a file of another user
    is one that was put there to be read or held.
    """
    if not POSIX or os.geteuid() == 0:
        return
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_uid == os.geteuid():
        return
    if path.parent.stat().st_mode & stat.S_IWOTH:
        raise PermissionError(errno.EACCES, "it is a file of another user", str(path))


# -- locks -----------------------------------------------------------------------------------------


def open_lock(path: Path) -> IO[bytes]:
    """The file of a lock, made where it is missing; its content stays. Raises OSError, also for
    a link, whoever made it.
    """
    private_folder(path.parent)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | _FLAGS, PRIVATE_FILE)
    file = io.BufferedRandom(io.FileIO(descriptor, "r+"))
    try:
        _refuse_foreign_file(descriptor, path)
    except BaseException:
        file.close()
        raise
    return file


def try_lock(file: IO[bytes] | int) -> bool:
    """Whether this process got the lock of an open file. It ends when the file is closed, or the
    process. Raises OSError where the file system has no locks.
    """
    from filelock import lock_descriptor  # some milliseconds, and most commands lock nothing

    return lock_descriptor(file if isinstance(file, int) else file.fileno(), blocking=False)


def wait_for_lock(file: IO[bytes] | int, timeout: float | None = None) -> None:
    """Get the lock of an open file. Raises TimeoutError after `timeout` seconds, or OSError."""
    deadline = None if timeout is None else time.monotonic() + timeout
    while not try_lock(file):
        if deadline is not None and time.monotonic() > deadline:
            raise TimeoutError("another eveobs holds it")
        time.sleep(POLL_INTERVAL)


@contextmanager
def locked(path: Path, timeout: float | None = None) -> Iterator[None]:
    """Hold the lock at `path` inside. Raises TimeoutError after `timeout` seconds, or OSError."""
    with open_lock(path) as file:
        wait_for_lock(file, timeout)
        yield
