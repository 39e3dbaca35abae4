"""The audit, read from its end: the last line, and the last few."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from eveobs.settings.bounded_read import open_regular
from eveobs.telemetry.audit_line import FIRST, AlteredError, Link, NoLineError, read

BLOCK = 1 << 16
LONGEST_LINE = 1 << 20
"""Bytes; no line that eveobs writes comes near it, and no more than that is held in memory."""


@dataclass(frozen=True, slots=True)
class End:
    """The last whole line, and what was written in part behind it. `broken`: whether a line break
    has to come before the next line.
    """

    link: Link
    torn: bytes = b""
    broken: bool = False


def end_of(file: int) -> End:
    """The end of the audit open as `file`, read backwards: the cost does not grow with the file.

    A last line that is none, or was altered, still has to be followed: it is taken at its word, and
    `verify` will find it.
    """
    size = os.fstat(file).st_size
    tail = _read_tail(file, size)
    whole, _, torn = tail.rpartition(b"\n")
    with suppress(NoLineError, AlteredError):
        return End(read(torn), broken=True)  # nothing but its line break is missing
    for line in reversed(whole.split(b"\n")):
        try:
            return End(read(line), torn, bool(torn))
        except AlteredError as error:
            return End(error.link, torn, bool(torn))
        except NoLineError:
            continue
    return End(FIRST, torn, bool(torn))


def _read_tail(file: int, size: int) -> bytes:
    """The last whole lines, and what is behind them; all of a small file."""
    start = max(size - BLOCK, 0)
    tail = _read_at(file, start, size - start)
    while start and tail.count(b"\n") < 3 and size - start < 3 * LONGEST_LINE:
        start = max(start - LONGEST_LINE, 0)
        tail = _read_at(file, start, size - start)
    return tail


def _read_at(file: int, start: int, length: int) -> bytes:
    os.lseek(file, start, os.SEEK_SET)
    parts = []
    while length > 0 and (part := os.read(file, length)):
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


def last_lines(path: Path, number: int) -> Iterator[bytes]:
    """The last `number` lines of a file, the oldest first; memory does not grow with either."""
    with open_regular(path) as file:
        file.seek(_start_of_last(file, number))
        while line := file.readline(LONGEST_LINE):
            yield line


def _start_of_last(file: BinaryIO, number: int) -> int:
    """Where the last `number` lines begin. A last line without its line break is one."""
    position = file.seek(0, os.SEEK_END)
    breaks = number + 1  # the one before the first of them, and the one that ends the last
    first = True
    while position > 0:
        length = min(BLOCK, position)
        position -= length
        file.seek(position)
        block = file.read(length)
        breaks -= first and not block.endswith(b"\n")
        first = False
        at = len(block)
        while (at := block.rfind(b"\n", 0, at)) >= 0:
            breaks -= 1
            if not breaks:
                return position + at + 1
    return 0
