"""The audit: who changed what, when, and with what result. Append-only lines of JSON.

Each line carries the hash of the one before it, so that a line that was altered, removed or put in
between is seen. Lines cut off the end are seen by the file beside it, which says how many there are
and the last hash. Whoever may write both files can make them anew: the audit guards against
mistakes and against single lines being touched up, not against the owner of the machine.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import msgspec

FIRST = "0" * 64
"""What the first line has for the hash of the line before."""


class Entry(NamedTuple):
    """One thing that was done: `action` such as "publish.create", to `subject` such as
    "contract/222000016". `facts` are texts and numbers beside it; secrets never are.
    """

    action: str
    subject: str
    result: str = "done"
    character: str = ""
    facts: Mapping[str, str | int] = {}


class Damage(NamedTuple):
    """What is wrong with a line of an audit, counted from 1."""

    line: int
    what: str


class Audit:
    """The audit in the file `path`, of what `user` (of the operating system) does.

    `warn` hears, once, that nothing can be written; the run goes on.
    """

    def __init__(
        self,
        path: Path,
        *,
        user: str,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        warn: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.path = path
        self._user, self._clock, self._warn = user, clock, warn
        self._silent = False

    @property
    def head(self) -> Path:
        """The file that says how many lines there are, and the last hash."""
        return self.path.with_name(self.path.name + ".head")

    def note(
        self,
        action: str,
        subject: str,
        *,
        result: str = "done",
        character: str = "",
        **facts: str | int,
    ) -> None:
        """Write one line."""
        self.note_all([Entry(action, subject, result, character, facts)])

    def note_all(self, entries: Iterable[Entry]) -> None:
        """Write a line for each, all at once."""
        try:
            with self._held() as file:
                self._append(file, list(entries))
        except OSError as error:
            if not self._silent:
                self._warn(f"the audit {self.path} cannot be written: {error.strerror or error}")
            self._silent = True

    @contextmanager
    def _held(self) -> Iterator[BinaryIO]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file

    def _append(self, file: BinaryIO, entries: list[Entry]) -> None:
        count, last = self._end(file)
        lines = []
        for entry in entries:
            line = self._line(entry, last)
            last = _hash(line)
            lines.append(line)
        file.seek(0, os.SEEK_END)
        file.write(b"".join(lines))
        file.flush()
        os.fsync(file.fileno())
        self._put_head(count + len(lines), last)

    def _line(self, entry: Entry, before: str) -> bytes:
        moment = self._clock().astimezone(UTC)
        facts: dict[str, Any] = {
            "time": f"{moment:%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z",
            "user": self._user,
            "character": entry.character,
            "action": entry.action,
            "subject": entry.subject,
            "result": entry.result,
            "facts": {name: _harmless(value) for name, value in sorted(entry.facts.items())},
            "before": before,
        }
        return msgspec.json.encode(facts) + b"\n"

    def _end(self, file: BinaryIO) -> tuple[int, str]:
        """How many lines there are, and the hash of the last. A line that a killed run left half
        written is ended here: `verify` tells of it.
        """
        count, last, size = self._read_head()
        if file.seek(0, os.SEEK_END) == size:
            return count, last
        file.seek(0)
        count, last, line = 0, FIRST, b""
        for line in file:
            count, last = count + 1, _hash(line)
        if line and not line.endswith(b"\n"):
            file.write(b"\n")
            last = _hash(line + b"\n")
        return count, last

    def _put_head(self, count: int, last: str) -> None:
        new = self.head.with_name(f"{self.head.name}.{os.getpid()}")
        size = self.path.stat().st_size
        new.write_text(f"{count} {last} {size}\n", encoding="ascii")
        new.replace(self.head)

    def _read_head(self) -> tuple[int, str, int]:
        try:
            count, last, size = self.head.read_text(encoding="ascii").split()
            return int(count), last, int(size)
        except (OSError, ValueError):
            return 0, FIRST, 0

    def lines(self) -> Iterator[dict[str, Any]]:
        """All that was noted, the oldest first; what is no line of an audit is left out."""
        for line in self._raw():
            try:
                found = msgspec.json.decode(line)
            except msgspec.DecodeError:
                continue
            if isinstance(found, dict):
                yield found

    def damages(self) -> Iterator[Damage]:
        """What was altered, removed or put in, as far as the chain shows it."""
        number, last = 0, FIRST
        for number, line in enumerate(self._raw(), 1):
            try:
                before = msgspec.json.decode(line)["before"]
            except (msgspec.DecodeError, TypeError, KeyError):
                yield Damage(number, "is no line of an audit, or was cut off")
            else:
                if before != last:
                    yield Damage(number, "does not follow the line before it")
            last = _hash(line)
        count, head, _ = self._read_head()
        if count > number:
            yield Damage(number, f"is the last, but {count} were written")
        elif count == number and head != last:
            yield Damage(number, "was altered after it was written")

    def _raw(self) -> Iterator[bytes]:
        try:
            with self.path.open("rb") as file:
                yield from file
        except FileNotFoundError:
            return


def _hash(line: bytes) -> str:
    return sha256(line).hexdigest()


def _harmless(value: object) -> str | int:
    """Numbers and texts as they are; anything else as it shows itself, a secret masked."""
    return value if isinstance(value, int) else str(value)
