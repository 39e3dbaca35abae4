"""What a site is made of: a line of JSON a page, in a file that lies in the site itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

import msgspec

from eveobs.errors import ConfigError
from eveobs.files import SITE_MANIFEST, SITE_MANIFEST_HEAD
from eveobs.publish.document import Document, Key, digests
from eveobs.settings.bounded_read import open_regular

NAME = SITE_MANIFEST
PAGE = re.compile(r"[A-Za-z0-9_-]+/[A-Za-z0-9_-]+\.html")
"""What the files of pages are called: one folder deep."""
HEAD = SITE_MANIFEST_HEAD
"""The first line. A folder without it was made by somebody else."""


class Entry(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One page, and what the index says of it. `date` is a day, `price` a number of ISK as text."""

    kind: str
    external_id: str
    hash: str
    digests: Mapping[str, str]
    file: str
    title: str
    excerpt: str
    date: str
    region: str = ""
    status: str = ""
    price: str = ""

    @property
    def key(self) -> Key:
        """Which document it is."""
        return Key(self.kind, self.external_id)


def entry(document: Document, file: str) -> Entry:
    """The line of `document`, whose page is `file`."""
    return Entry(
        kind=document.kind,
        external_id=document.external_id,
        hash=document.hash,
        digests=digests(document),
        file=file,
        title=document.title,
        excerpt=document.excerpt,
        date=f"{document.date:%Y-%m-%d}",
        region=next(iter(document.terms.get("region", ())), ""),
        status=next(iter(document.terms.get("status", ())), ""),
        price=document.meta.get("price", ""),
    )


def is_site(folder: Path) -> bool:
    """Whether eveobs made what is in `folder`."""
    try:
        with open_regular(folder / NAME) as file:
            return file.readline(len(HEAD) + 1) == HEAD
    except OSError:
        return False


def entries(folder: Path) -> Iterator[Entry]:
    """The pages of the site in `folder`; none where there is no site. Raises ConfigError for a
    manifest that was damaged.
    """
    if not is_site(folder):
        return
    with open_regular(folder / NAME) as file:
        file.readline()
        yield from lines(file, str(folder / NAME))


def lines(file: BinaryIO, name: str) -> Iterator[Entry]:
    """The pages that the lines of `file` tell of, from where it stands."""
    decoder = msgspec.json.Decoder(Entry)
    for number, line in enumerate(file, 2):
        try:
            found = _page(decoder.decode(line))
        except (ValueError, RecursionError) as error:  # msgspec's errors are such, too
            raise ConfigError(
                f"{name}, line {number}: {error}",
                hint="Remove the folder: the next publish makes it anew.",
            ) from None
        yield found


def _page(found: Entry) -> Entry:
    """`found`, if its file lies in the site: it comes along into the next one by its name."""
    if not PAGE.fullmatch(found.file):
        raise ValueError(f"{found.file!r} is no page of a site")
    return found


def write_line(file: BinaryIO, one: Entry) -> None:
    """Add a page to a manifest."""
    file.write(msgspec.json.encode(one) + b"\n")
