"""Reading a file that somebody else may have put there: never for ever, never without end.

A named pipe that no one writes to blocks `open` for good, a terminal blocks `read`, and
/dev/zero never ends. What a person passes on purpose still works: `<(pass show site)` of bash is a
pipe, too.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from pathlib import Path
from typing import BinaryIO

TIMEOUT = 10.0
"""Seconds for a pipe to give all it has: a password manager may wait for its owner's finger."""
_CHUNK = 64 * 1024
OPEN_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)  # without it, opening a pipe waits for its writer
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)


def read_bounded(
    path: Path, max_bytes: int, *, regular: bool = False, timeout: float | None = None
) -> bytes:
    """The first `max_bytes` of the file at `path`, and one more where there are more.

    `regular` refuses all but regular files (links to them are followed). A pipe gets `timeout`
    seconds, TIMEOUT by default. Raises OSError, of which TimeoutError is one, with a `strerror` for
    people.
    """
    descriptor = os.open(path, OPEN_FLAGS)
    try:
        wait = TIMEOUT if timeout is None else timeout
        return read_descriptor(descriptor, max_bytes, regular=regular, timeout=wait)
    finally:
        os.close(descriptor)


def open_regular(path: Path) -> BinaryIO:
    """The regular file at `path` (links to one are followed), open to be read.

    Raises OSError, also for a pipe or a device, which would be waited for.
    """
    return open(open_regular_descriptor(path), "rb")


def open_regular_descriptor(path: Path) -> int:
    """As `open_regular`. The caller closes it."""
    descriptor = os.open(path, OPEN_FLAGS)
    try:
        check_regular(descriptor)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def check_regular(descriptor: int) -> None:
    """Raise OSError where the open file is no regular one."""
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "not a regular file")


def read_descriptor(
    descriptor: int, max_bytes: int, *, regular: bool = False, timeout: float = TIMEOUT
) -> bytes:
    """As `read_bounded`, of an open file. The caller closes it."""
    # The open file is looked at, not its name: that may be another file by now.
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if regular and not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "not a regular file")
    deadline = None if stat.S_ISREG(mode) else time.monotonic() + timeout
    parts, room = [], max_bytes + 1
    while room > 0:
        if deadline is not None:
            _wait_readable(descriptor, deadline, timeout)
        try:
            part = os.read(descriptor, min(room, _CHUNK))
        except BlockingIOError:
            continue
        if not part:
            break
        parts.append(part)
        room -= len(part)
    return b"".join(parts)


def _wait_readable(descriptor: int, deadline: float, timeout: float) -> None:
    """Wait for bytes or the end of them. A pipe without a writer yet has neither."""
    try:
        from select import poll
    except ImportError:  # Windows has no such files to wait for
        return
    waiting = poll()
    waiting.register(descriptor)
    left = deadline - time.monotonic()
    if left <= 0 or not waiting.poll(left * 1000):
        raise TimeoutError(errno.ETIMEDOUT, f"timed out after {timeout:g} seconds")
