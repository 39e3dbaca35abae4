"""Whether the audit is as it was written: every line against its hash, and the line before it."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from eveobs.settings.bounded_read import open_regular
from eveobs.telemetry.audit import CUT, TORN, Head, locked, read_head
from eveobs.telemetry.audit_line import (
    FIRST,
    AlteredError,
    Link,
    NoLineError,
    fingerprint,
    read,
)
from eveobs.telemetry.audit_reading import LONGEST_LINE

REMEMBERED = 256
"""Lines that are remembered, to tell a line that was put in from one that was changed."""


class Kind(StrEnum):
    """What can be wrong with a line."""

    ALTERED = "altered"
    REMOVED = "removed"
    INSERTED = "inserted"
    FOREIGN = "foreign"
    CUT = "cut"
    HEAD = "head"
    TORN = "torn"


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong at `line` (counted from 1), in words."""

    line: int
    kind: Kind
    message: str

    @property
    def is_damage(self) -> bool:
        """Whether somebody's hand was in it; a line that a crash tore is told, and is none."""
        return self.kind is not Kind.TORN


@dataclass(slots=True)
class Verdict:
    """What was read: `lines` of the audit, the last of them number `number` with hash `hash`, and
    how many findings there were, of which `damages` are some.
    """

    lines: int = 0
    number: int = 0
    hash: str = ""
    damages: int = 0
    findings: int = 0


def verify(path: Path, report: Callable[[Finding], None]) -> Verdict:
    """Read the audit in the file `path` and `report` what is wrong, in the order of its lines.

    Raises OSError where it cannot be read. Others may write meanwhile: what they add is not read.
    """
    try:
        with locked(path, os.O_RDONLY) as file:
            size = os.fstat(file).st_size
            head = read_head(path)
    except FileNotFoundError:
        size, head = 0, read_head(path)
    check = _Check(head, report)
    for line in _lines(path, size):
        check.look_at(line)
    return check.finish()


def _lines(path: Path, size: int) -> Iterator[bytes]:
    if not size:
        return
    with open_regular(path) as file:
        while size > 0 and (line := file.readline(min(size, LONGEST_LINE))):
            size -= len(line)
            yield line


class _Check:
    """Goes along the lines; what it remembers does not grow."""

    def __init__(self, head: Head | None, report: Callable[[Finding], None]) -> None:
        self._head = head
        self._report = report
        self._verdict = Verdict()
        self._at = 0
        self._last = FIRST
        self._recent: deque[tuple[int, Link]] = deque([(0, FIRST)], maxlen=REMEMBERED)
        self._stray: Link | None = None
        self._fragment: bytes | None = None
        self._lenient = False
        self._head_met = head is not None and head.lines == 0

    def look_at(self, line: bytes) -> None:
        """The next line."""
        self._at += 1
        try:
            link = read(line)
        except NoLineError:
            self._end_fragment(None)
            self._fragment = line.removesuffix(b"\n")
            return
        except AlteredError as error:
            self._end_fragment(None)
            self._find(Kind.ALTERED, "it is not as it was written")
            self._follow(error.link)
            self._lenient = True
            return
        self._end_fragment(link)
        self._place(link)

    def finish(self) -> Verdict:
        """What there was in all."""
        if self._fragment is not None:
            self._find(Kind.TORN, "it was written in part: a run was killed, or the disk full")
        self._check_head()
        self._verdict.number, self._verdict.hash = self._last.number, self._last.hash
        return self._verdict

    def _place(self, link: Link) -> None:
        """A line that is whole: does it belong here?"""
        expected = self._last.number + 1
        chained = link.previous == self._last.hash or self._lenient
        if chained and link.number == expected:
            self._follow(link)
            self._tell_what_it_says(link)
        elif not self._was_put_in(link, expected):
            if link.number > expected:
                gone = _lines_of(link.number - expected)
                self._find(Kind.REMOVED, f"{gone} missing before it")
            else:
                self._find(
                    Kind.ALTERED, "the line before it was altered and sealed anew", before=True
                )
            self._follow(link)

    def _was_put_in(self, link: Link, expected: int) -> bool:
        """Whether this line, or the ones just before it, were put in; told then."""
        if self._stray and link.previous == self._stray.hash:
            self._stray = link  # goes with the one before it, which was told
            return True
        for line, known in self._recent:
            if link.hash == known.hash:
                return self._is_stray(link, f"it is a copy of line {line}")
        for at, (_, known) in enumerate(self._recent):
            if link.previous == known.hash and known is not self._last:
                self._take_back(at)
                self._follow(link)
                return True
        return link.number < expected and self._is_stray(link, "it does not belong here")

    def _is_stray(self, link: Link, message: str) -> bool:
        self._find(Kind.INSERTED, message)
        self._stray = link
        return True

    def _take_back(self, at: int) -> None:
        """The line that was expected after the one remembered at `at` comes only now."""
        first = self._recent[at + 1][0]
        number = _lines_of(self._at - first)
        self._find(Kind.INSERTED, f"{number} put in here", line=first)
        while len(self._recent) > at + 1:
            self._recent.pop()

    def _follow(self, link: Link) -> None:
        """The next line comes after this one."""
        self._lenient = False
        self._stray = None
        self._last = link
        self._recent.append((self._at, link))
        self._verdict.lines += 1
        head = self._head
        if head is not None and link.number == head.lines and link.hash == head.hash:
            self._head_met = True

    def _tell_what_it_says(self, link: Link) -> None:
        if link.fields.get("action") == CUT:
            gone = f"{link.value('found')} of {link.value('expected') or 'unknown many'} lines"
            self._find(Kind.CUT, f"a run found {gone} before it, or others than had been written")

    def _end_fragment(self, link: Link | None) -> None:
        """What no line was: torn by a crash, if the next line says just that."""
        if self._fragment is None:
            return
        of = fingerprint(self._fragment)
        self._fragment = None
        told = link is not None and link.fields.get("action") == TORN and link.value("sha256") == of
        if told:
            self._find(Kind.TORN, "it was written in part, which the next run noted", before=True)
        else:
            self._find(Kind.FOREIGN, "it is no line of the audit", before=True)

    def _check_head(self) -> None:
        head, last = self._head, self._last
        if head is None:
            if self._at:
                self._find(Kind.HEAD, "the head is missing: whether lines follow is not known")
        elif head.lines > last.number:
            gone = _lines_of(head.lines - last.number)
            self._find(Kind.CUT, f"{gone} missing after it")
        elif not self._head_met:
            self._find(Kind.HEAD, f"the head knows another line {head.lines}")

    def _find(self, kind: Kind, message: str, *, before: bool = False, line: int = 0) -> None:
        finding = Finding(line or self._at - before, kind, message)
        self._verdict.findings += 1
        self._verdict.damages += finding.is_damage
        self._report(finding)


def _lines_of(number: int) -> str:
    return "1 line is" if number == 1 else f"{number:,} lines are"
