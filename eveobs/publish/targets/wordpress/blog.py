"""The posts of a blog, as a publisher sees them whatever API it is that gives them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from eveobs.errors import EveobsError
from eveobs.publish.document import Key

_ISO_DATE = re.compile(r"^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)Z$")
TRASH = "trash"
"""WordPress's word for the status of what lies there."""


class Found(NamedTuple):
    """A post that the site holds; `status` is WordPress's own word."""

    post_id: str
    slug: str
    status: str
    content: str
    foreign: bool = False
    """Whether the user may not edit it, so that only what everybody sees of it is known."""


class Draft(NamedTuple):
    """What a post is to have: None for what is to stay as it is."""

    post_id: str = ""
    title: str | None = None
    content: str | None = None
    excerpt: str | None = None
    date: datetime | None = None
    slug: str | None = None
    status: str | None = None
    meta: Mapping[str, str] | None = None
    category: str | None = None
    media_id: str | None = None


class Made(NamedTuple):
    """A post as the site says that it is now.

    `meta` (all values of each field) and `categories` are None where it does not say.
    """

    post_id: str
    slug: str
    meta: Mapping[str, Sequence[str]] | None = None
    categories: frozenset[str] | None = None


def lost(draft: Draft, made: Made) -> str:
    """What of `draft` the site did not keep, "" for nothing. WordPress does not say so itself: a
    statement that its database refused leaves a post without a field, and 201 for an answer.
    """
    if draft.category and made.categories is not None and draft.category not in made.categories:
        return "its category"
    for name, text in (draft.meta or {}).items() if made.meta is not None else ():
        there = [_squeezed(one) for one in made.meta.get(name, ())]  # type: ignore[union-attr]
        if there != ([_squeezed(text)] if text else []):
            return f"the field {name}"
    return ""


def _squeezed(text: str) -> str:
    """`text` as far as WordPress keeps white space, and its driver for SQLite the form of dates."""
    return " ".join(_ISO_DATE.sub(r"\1 \2", text).split())


class Posts(Protocol):
    """The posts of a site, over one API. For each of several, what became of it or its error;
    what concerns all is raised.
    """

    batch: int

    def stamp(self) -> str:
        """Another text, if posts of eveobs have changed. One cheap request."""

    def marked(self) -> Iterator[Found]:
        """All posts with a marker, those in the trash too."""

    def named(self, keys: Mapping[Key, str]) -> list[Found]:
        """The posts of `keys` (with their slugs), and others that bear these slugs."""

    def taken(self, slugs: Sequence[str]) -> list[Found]:
        """The posts that bear `slugs`; may be a few moments old."""

    def create(self, drafts: Sequence[Draft]) -> list[Made | EveobsError]:
        """Make posts."""

    def edit(self, drafts: Sequence[Draft]) -> list[Made | EveobsError]:
        """Change posts."""

    def trash(self, post_ids: Sequence[str]) -> list[Made | EveobsError]:
        """Put posts into the trash; those that are there, or nowhere, are done."""

    def category(self, name: str, slug: str) -> str:
        """The id of a category, which is made if it is not there; "" where that may not be."""

    def is_missing(self, error: EveobsError) -> bool:
        """Whether an error says that there is no such post."""

    def remarks(self) -> list[str]:
        """What a person should know of how it went."""
