"""The files of a site: pages, the index, and what they are drawn with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TextIO

import msgspec

from eveobs.publish.document import Document, Key
from eveobs.publish.kinds import SUMMARY
from eveobs.publish.targets.static.manifest import Entry
from eveobs.publish.template_sandbox import template_environment

ASSETS = Path(__file__).parent / "assets"
FILES = ("site.css", "site.js")
ROWS = "index-data.js"


class Pages:
    """Makes the pages of a site called `title`; `plurals` are its kinds, in the order shown."""

    def __init__(self, title: str, plurals: Mapping[str, str]) -> None:
        self._templates = template_environment(ASSETS)
        self._title, self._plurals = title, plurals
        source = (ASSETS / "page.html").read_bytes() + (ASSETS / "frame.html").read_bytes()
        about = msgspec.json.encode([title, plurals])
        self.version = sha256(source + about).hexdigest()[:16]

    def page(self, document: Document) -> str:
        """The whole page of `document`."""
        template = self._templates.get_template("page.html")
        return template.render(
            document=document, site=self._title, plurals=self._plurals, base="../"
        )

    def front(self, counts: Mapping[str, int], summaries: Iterable[str], now: datetime) -> str:
        """The front page: what there is, and the index."""
        template = self._templates.get_template("index.html")
        return template.render(
            site=self._title,
            plurals=self._plurals,
            base="",
            counts=counts,
            summaries=set(summaries),
            now=now,
            rows=ROWS,
        )


def file_of(key: Key) -> str:
    """Where the page of a document is, seen from the front page."""
    number = key.external_id
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "-" for c in number)
    digest = sha256(number.encode()).hexdigest()[:8]
    unlike = "" if plain and plain == number else f"-{digest}"
    return f"{key.kind}/{plain}{unlike}.html"


class Rows:
    """Writes the index as a script, a document a line: a page from `file://` may load nothing else.

    It is safe inside and outside of HTML: `<`, and the line ends that only JavaScript knows, are
    escaped.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._first = True
        stream.write("window.EVEOBS = [")

    def add(self, one: Entry) -> None:
        """One more row."""
        if one.kind == SUMMARY:
            return
        row = [one.kind, one.title, one.file, one.excerpt]
        row += [one.date, one.region, one.status, one.price]
        text = msgspec.json.encode(row).decode()
        for harmful in "<>&\u2028\u2029":
            text = text.replace(harmful, f"\\u{ord(harmful):04x}")
        self._stream.write(("\n" if self._first else ",\n") + text)
        self._first = False

    def end(self) -> None:
        """All rows were added."""
        self._stream.write("\n];\n")
