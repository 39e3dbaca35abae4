"""The audit: who did what, when, to what, and how it ended. A chain of lines that only grows.

One JSON object a line (see `audit_line`), written under a lock, so that any number of processes may
write at once. A small file beside it, the head, holds the number and the hash of the last line: a
chain alone does not show that its end was cut off. What the next run finds wrong (a torn last line
after a crash, a cut) it writes down as a line of its own, and goes on; nothing is ever repaired.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from eveobs import files
from eveobs.errors import EveobsError
from eveobs.settings.bounded_read import OPEN_FLAGS, check_regular, open_regular, read_bounded
from eveobs.telemetry.audit_line import FIRST, START, Entry, Link, fingerprint, written
from eveobs.telemetry.audit_reading import end_of

__all__ = [
    "CUT",
    "FILE",
    "LOST",
    "TORN",
    "WITNESS",
    "Audit",
    "Entry",
    "Head",
    "first_line",
    "head_of",
    "locked",
    "read_head",
]

FILE = "audit.jsonl"
WITNESS = "audit.first"
"""The file in the data folder that remembers that there was an audit."""
PATIENCE = 5.0
"""Seconds to wait for other processes, which hold the file for some milliseconds."""
TORN = "audit.torn"
"""Action of the line after one that was written in part: its fact `sha256` is that part's."""
LOST = "audit.lost"
"""Action of the line after some that could not be written: a full disk, say."""
CUT = "audit.cut"
"""Action of the line after an end that is not the one of the head: lines were taken away."""


@dataclass(frozen=True, slots=True)
class Head:
    """The last line, as its writer left it: its number and its hash."""

    lines: int
    hash: str


class Audit:
    """The audit in the file `path` (None: there is no place for one), as it is written by the OS
    user `user` in the run with the id `run`, which the lines of the log carry too.

    Whatever keeps it from being written is told to `warn` once, and never raised: an audit that
    stops the work it watches would be the first thing to be switched off. `witness`: a file apart
    from it that holds the hash of its first line, so that its absence is noticed.
    """

    def __init__(
        self,
        path: Path | None,
        *,
        user: str,
        run: str = "",
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        warn: Callable[[str], None] = lambda _: None,
        witness: Path | None = None,
    ) -> None:
        self._path = path
        self._witness = witness
        self._user = user
        self._run = run
        self._clock = clock
        self._warn = warn
        self._lost = 0
        self._told = False
        self._stuck = False

    def note(
        self,
        action: str,
        subject: str,
        *,
        result: str = "done",
        character: str = "",
        **facts: str | int,
    ) -> None:
        """Write down one thing that was done."""
        self.note_all([Entry(action, subject, result, character, facts)])

    def note_all(self, entries: Iterable[Entry]) -> None:
        """Write down many at once: under one lock, in one write."""
        wanted = list(entries)
        if not wanted:
            return
        if self._path is None:
            self._lose(wanted, "the audit cannot be written: your user has no home folder")
            return
        try:
            if self._stuck:
                raise TimeoutError
            files.private_folder(self._path.parent)
            with locked(self._path) as file:
                lost = {"lines": self._lost}
                before = [Entry(LOST, "lines of this run", "found", facts=lost)] * bool(self._lost)
                self._append(self._path, file, [*before, *wanted])
                self._lost = 0
                self._told = False
        except OSError as error:
            self._stuck = isinstance(error, TimeoutError)  # nobody waits for it twice
            reason = error.strerror or error
            self._lose(wanted, f"the audit {self._path} cannot be written: {reason}")

    @contextmanager
    def watch(
        self, action: str, subject: str, *, character: str = ""
    ) -> Iterator[dict[str, str | int]]:
        """Write down how what is done inside ends: `done`, `failed` (with the error's message) or
        `interrupted`. What is put into the dictionary that is given are its facts.
        """
        facts: dict[str, str | int] = {}
        result = "interrupted"
        try:
            yield facts
            result = "done"
        except (EveobsError, OSError) as error:
            result = "failed"
            facts["error"] = error.message if isinstance(error, EveobsError) else str(error)
            raise
        finally:
            self.note_all([Entry(action, subject, result, character, facts)])

    def _append(self, path: Path, file: int, entries: list[Entry]) -> None:
        """Add lines behind what is there; then say in the head where the end is now."""
        end = end_of(file)
        head = read_head(path)
        if head is None and end.link is FIRST:
            _write_head(path, Head(0, START))  # from now on a head that is missing was taken
        moment = self._clock().astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
        lines = [b"\n"] if end.broken else []
        last = end.link
        for entry in [*_what_is_wrong(last, end.torn, head), *entries]:
            line, last = written(entry, last, time=moment, user=self._user, run=self._run)
            lines.append(line)
        _write(file, b"".join(lines))
        _write_head(path, Head(last.number, last.hash))
        if self._witness is not None and not self._witness.exists():
            _write_witness(self._witness, path)

    def _lose(self, entries: list[Entry], message: str) -> None:
        """Tell so once, unless all of it failed and says so itself; if writing works again, how
        many were lost is written down.
        """
        if not self._told and any(entry.result != "failed" for entry in entries):
            self._warn(message)
            self._told = True
        self._lost += len(entries)


def _what_is_wrong(last: Link, torn: bytes, head: Head | None) -> list[Entry]:
    """Lines about what an earlier run, or somebody's hand, left behind.

    A head that is behind is right: its writer was killed before it could move it.
    """
    found = []
    if torn:
        facts: dict[str, str | int] = {"bytes": len(torn), "sha256": fingerprint(torn)}
        found.append(Entry(TORN, "the line before", "found", facts=facts))
    if head is None:
        lost = last is not FIRST
        facts = {"found": last.number}
    else:
        lost = head.lines > last.number or (head.lines == last.number and head.hash != last.hash)
        facts = {"expected": head.lines, "found": last.number, "hash": head.hash}
    if lost:
        found.append(Entry(CUT, "the lines before", "found", facts=facts))
    return found


def head_of(path: Path) -> Path:
    """The head's file, beside the audit."""
    return path.with_suffix(".head")


def read_head(path: Path) -> Head | None:
    """What the head of the audit `path` says; None where there is none that can be read."""
    try:
        found = json.loads(read_bounded(head_of(path), 1000, regular=True)[:1000])
        return Head(int(found["lines"]), str(found["hash"]))
    except (OSError, ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return None


def _write_head(path: Path, head: Head) -> None:
    """Replace it whole; the caller holds the lock."""
    text = json.dumps({"lines": head.lines, "hash": head.hash}).encode() + b"\n"
    files.write_bytes(head_of(path), text, private=True)


def first_line(path: Path) -> str:
    """The fingerprint of the first line of the audit `path`; "" for none. Raises OSError."""
    try:
        with open_regular(path) as file:
            return fingerprint(found) if (found := file.readline(1 << 20)) else ""
    except FileNotFoundError:
        return ""


def _write_witness(witness: Path, path: Path) -> None:
    """Leave it, once. It says nothing but that there is an audit, and with which first line."""
    files.private_folder(witness.parent)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    with suppress(FileExistsError):
        file = os.open(witness, flags, 0o600)
        try:
            _write(file, first_line(path).encode() + b"\n")
        finally:
            os.close(file)


def _write(file: int, some: bytes) -> None:
    """All of it, and on the disk."""
    left = memoryview(some)
    while left:
        left = left[os.write(file, left) :]
    os.fsync(file)


@contextmanager
def locked(path: Path, flags: int = os.O_RDWR | os.O_APPEND | os.O_CREAT) -> Iterator[int]:
    """The file, opened with `flags`, and nobody else at it until this ends.

    Raises TimeoutError where another process holds it for too long, and OSError.
    """
    # OPEN_FLAGS: with a pipe in its place, opening it would wait for the other side.
    file = files.open_private(path, flags | OPEN_FLAGS)
    try:
        check_regular(file)
        files.wait_for_lock(file, PATIENCE)
        yield file
    finally:
        os.close(file)
