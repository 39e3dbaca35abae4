"""A document as WordPress is to store it, and how it is known again there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from html import escape
from typing import NamedTuple

from eveobs.publish.document import FIELDS, Document, Key, digests

DIGEST = 12
"""Characters of the digest of one field."""
_MARKER = re.compile(
    r"<!-- eveobs:([a-z]{1,16})/([A-Za-z0-9_.-]{1,64}) ([0-9a-f]{32}) ([0-9a-f]{1,128}|-) -->"
)


class Marker(NamedTuple):
    """What a post of eveobs says of itself at its end: which document, and in which state."""

    key: Key
    hash: str
    digests: str


def title(document: Document) -> str:
    """The title as HTML: WordPress prints titles as they are."""
    return _inert(escape(document.title, quote=False))


def excerpt(document: Document) -> str:
    """The excerpt as HTML."""
    return _inert(escape(document.excerpt, quote=False))


def content(document: Document, html: str | None = None) -> str:
    """The page as the content of a post.

    A block of its own keeps WordPress from breaking its lines into paragraphs. `html` stands in for
    the document's own.
    """
    page = _inert(document.html if html is None else html)
    packed = pack(digests(document))
    marker = f"<!-- eveobs:{document.kind}/{document.external_id} {document.hash} {packed} -->"
    return f"<!-- wp:html -->\n{page}\n<!-- /wp:html -->\n{marker}"


def marker(text: str) -> Marker | None:
    """The last marker in the content of a post, None where there is none."""
    found = list(_MARKER.finditer(text))
    if not found:
        return None
    kind, external_id, digest, packed = found[-1].groups()
    return Marker(Key(kind, external_id), digest, packed)


def pack(some: Mapping[str, str]) -> str:
    """The digests of all fields as one text."""
    return "".join(some[name] for name in FIELDS)


def unpack(packed: str) -> dict[str, str]:
    """Digests by field; empty for a text that is none."""
    if len(packed) != DIGEST * len(FIELDS):
        return {}
    return {name: packed[DIGEST * n : DIGEST * (n + 1)] for n, name in enumerate(FIELDS)}


def moment(document: Document, now: datetime) -> datetime:
    """When the post is of. A moment to come would keep it from being seen."""
    return min(document.date, now).astimezone(UTC)


def _inert(html: str) -> str:
    """`html` without shortcodes: `[gallery]` stays what it was, text."""
    return html.replace("[", "&#91;").replace("]", "&#93;")
