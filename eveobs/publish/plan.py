"""The plan: what differs between store and site. It is made first, and carried out as made."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType
from typing import Self

import msgspec

from eveobs.publish.document import Document, Key, differing
from eveobs.publish.target import Published, State


class Action(StrEnum):
    """What is to be done with one document."""

    CREATE = "create"
    UPDATE = "update"
    UNCHANGED = "unchanged"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class Change:
    """One line of a plan. `fields` are those of a page that an update changes."""

    key: Key
    action: Action
    title: str
    fields: tuple[str, ...] = ()
    post_id: str = ""
    restore: bool = False
    place: int = -1


@dataclass(slots=True)
class Plan:
    """Changes in the order they are carried out; what is unchanged, or left alone, is counted.

    Documents to write wait in a temporary file, exactly as they were when the plan was made:
    memory holds a line for each change. Use as a context manager.

    `left` are pages on the site that are not wanted but whose record is not known to be gone;
    `untouched` lie in the trash, where a person put them; `too_many` are gone in numbers that
    --max-prune does not allow, by kind.
    """

    changes: list[Change] = field(default_factory=list)
    unchanged: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)
    untouched: Counter[str] = field(default_factory=Counter)
    too_many: dict[str, tuple[int, int]] = field(default_factory=dict)
    _spool: tempfile.SpooledTemporaryFile[bytes] = field(
        default_factory=lambda: tempfile.SpooledTemporaryFile(max_size=1_000_000)  # noqa: SIM115
    )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._spool.close()

    def add(self, document: Document, known: Published | None) -> None:
        """Compare `document` with what the site is known to hold of it."""
        key = document.key
        if known is None:
            self._write(Change(key, Action.CREATE, document.title), document)
            return
        restore = known.state is State.TRASHED
        fields = differing(document, known.digests) if known.hash != document.hash else ()
        self._write(
            Change(key, Action.UPDATE, document.title, fields, known.post_id, restore), document
        )

    def remove(self, key: Key, title: str, known: Published) -> None:
        """Put the page of a record that is gone into the trash."""
        self.changes.append(Change(key, Action.REMOVE, title, post_id=known.post_id))

    def document(self, change: Change) -> Document:
        """The document of a change that creates or updates."""
        self._spool.seek(change.place)
        size = int.from_bytes(self._spool.read(4), "big")
        return msgspec.msgpack.decode(self._spool.read(size), type=Document)

    def counts(self) -> Mapping[str, Counter[Action]]:
        """How many of each action there are, by kind."""
        found: dict[str, Counter[Action]] = {}
        for change in self.changes:
            found.setdefault(change.key.kind, Counter())[change.action] += 1
        for kind, number in self.unchanged.items():
            found.setdefault(kind, Counter())[Action.UNCHANGED] += number
        return found

    def writes(self) -> Iterator[Change]:
        """The changes that create or update."""
        return (change for change in self.changes if change.action is not Action.REMOVE)

    def removals(self) -> Iterator[Change]:
        """The changes that remove."""
        return (change for change in self.changes if change.action is Action.REMOVE)

    def _write(self, change: Change, document: Document) -> None:
        place = self._spool.seek(0, 2)
        body = msgspec.msgpack.encode(document)
        self._spool.write(len(body).to_bytes(4, "big") + body)
        self.changes.append(
            Change(
                change.key,
                change.action,
                change.title,
                change.fields,
                change.post_id,
                change.restore,
                place,
            )
        )
