"""What a target is: a place that holds documents, and can say which."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from eveobs.errors import EveobsError, UnreachableError
from eveobs.publish.document import Document, Key


class State(StrEnum):
    """What a document that the site holds is there."""

    SHOWN = "shown"
    """Published, or in any state that a person gave it: draft, private, with a password."""
    TRASHED = "trashed"


@dataclass(frozen=True, slots=True)
class Published:
    """A document that a site holds.

    `post_id` is the site's own id of it. `hash` is the one of the document last written, "" if the
    site cannot tell; `digests` those of its fields, empty where only the site was asked.
    """

    post_id: str
    hash: str = ""
    state: State = State.SHOWN
    digests: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Write:
    """A document to create (`post_id` is None) or of which `fields` are to be updated.

    `restore`: it lies in the trash, where eveobs put it, and is to come out again.
    """

    document: Document
    post_id: str | None = None
    fields: tuple[str, ...] = ()
    restore: bool = False


class Outcome(StrEnum):
    """What became of one document."""

    DONE = "done"
    REFUSED = "refused"
    """The site said no, and will again: nothing was written."""
    MISSING = "missing"
    """The post to update is not there any more: nothing was written."""
    UNKNOWN = "unknown"
    """Written or not: nobody can say without looking."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of the document `key`; `error` says why, where it is not done."""

    key: Key
    outcome: Outcome
    post_id: str = ""
    error: EveobsError | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """How what a site holds of the document `key` differs from the document.

    `problem` is "" (it does not), "missing", "trashed" or "differs"; `fields` are those that are
    not as eveobs wrote them, and "index", "type" or "twice" (there is a second post);
    `edited` are those that a person changed.
    """

    key: Key
    problem: str = ""
    post_id: str = ""
    fields: tuple[str, ...] = ()
    edited: tuple[str, ...] = ()


class UnknownOutcomeError(UnreachableError):
    """A request that may or may not have been carried out: look before sending it again."""


class Links(Protocol):
    """How pages find each other at a target."""

    version: str
    """Changes when the pages of the same documents would look otherwise."""
    titled: bool
    """Whether the place shows the title of a page by itself."""

    def href(self, to: Key, slug: str) -> str:
        """The address of a document, as a page of the target may link to it."""


class Verifiable(Protocol):
    """A target that can compare what it holds with documents."""

    force: bool
    """Whether documents are written though the place says that it holds them so."""

    def verify(self, writes: Sequence[Write]) -> list[Difference]:
        """Compare; a difference for each, in order. Writes nothing."""


class Target(Protocol):
    """A place for documents, ready to be asked; close it in the end. Blocking.

    Methods raise an EveobsError for what concerns all documents: ConfigError, SignInError,
    UnreachableError (nothing was written), or UnknownOutcomeError (something may have been). What
    concerns one document is its Result.
    """

    @property
    def name(self) -> str:
        """For people: the address, or the folder."""

    @property
    def batch(self) -> int:
        """Documents that `write` and `remove` should be given at a time."""

    @property
    def at_once(self) -> bool:
        """Whether nothing is seen, or kept, before `finish`."""

    @property
    def links(self) -> Links:
        """How its pages find each other."""

    def published(self, kinds: Collection[str]) -> dict[Key, Published]:
        """What it holds of `kinds`."""

    def look_up(self, keys: Sequence[Key]) -> dict[Key, Published]:
        """What the place itself says of `keys`; what it does not hold is not in. Always asks."""

    def write(self, writes: Sequence[Write]) -> list[Result]:
        """Create and update; a result for each, in order."""

    def remove(self, gone: Mapping[Key, str]) -> list[Result]:
        """Put the documents, by key with their post ids, into the trash; a result for each."""

    def finish(self) -> None:
        """All that was to be written was given: make it seen."""

    def close(self) -> None:
        """Let go of connections and temporary files. Safe to call again, and after a failure."""
