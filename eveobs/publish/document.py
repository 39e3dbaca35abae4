"""A document: one record as a page, the same whatever site it goes to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec

FIELDS = ("title", "html", "excerpt", "date", "slug", "meta", "terms", "image")
"""What of a page eveobs owns. Everything else of it belongs to the people of the site."""


class Key(NamedTuple):
    """Which document: its kind ("contract"), and its id there ("222000016")."""

    kind: str
    external_id: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.external_id}"


class Document(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A record as a page.

    `title` and `excerpt` are plain text; `html` is a safe fragment. All are of characters that XML
    1.0 allows. `slug` is [a-z0-9-]+ and the same for ever. `date` is in UTC, in whole seconds.
    `meta` holds every field that the kind declares, numbers as text; "" for what is not known.
    `terms` are names by taxonomy. `image` is the address of a picture, or "". `hash` tells one
    state of the record, seen through one version of the template, from any other.
    """

    kind: str
    external_id: str
    slug: str
    title: str
    html: str
    excerpt: str
    date: datetime
    meta: Mapping[str, str]
    terms: Mapping[str, tuple[str, ...]]
    image: str
    hash: str

    @property
    def key(self) -> Key:
        """Which document this is."""
        return Key(self.kind, self.external_id)


def fingerprint(value: Any) -> str:
    """A digest of `value`, anything that JSON can say: 32 hexadecimal digits."""
    return sha256(msgspec.json.encode(value, order="deterministic")).hexdigest()[:32]


def digests(document: Document) -> dict[str, str]:
    """A short digest of each of its fields, to tell which differ."""
    return {name: fingerprint(getattr(document, name))[:12] for name in FIELDS}


def differing(document: Document, known: Mapping[str, str]) -> tuple[str, ...]:
    """The fields of `document` whose digests are not `known`, in the order of FIELDS."""
    now = digests(document)
    return tuple(name for name in FIELDS if now[name] != known.get(name))


def by_kind(keys: Iterable[Key]) -> dict[str, list[str]]:
    """The external ids of `keys`, by kind."""
    found: dict[str, list[str]] = {}
    for key in keys:
        found.setdefault(key.kind, []).append(key.external_id)
    return found
