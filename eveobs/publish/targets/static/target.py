"""The target: takes documents, makes a site beside the present one, puts it in its place."""

from __future__ import annotations

import errno
import os
import shutil
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from eveobs.errors import ConfigError
from eveobs.publish.document import Key
from eveobs.publish.kinds import SUMMARY
from eveobs.publish.target import Outcome, Published, Result, Write
from eveobs.publish.targets.static import manifest
from eveobs.publish.targets.static.manifest import Entry
from eveobs.publish.targets.static.pages import ASSETS, FILES, ROWS, Pages, Rows, file_of
from eveobs.publish.targets.static.replacing import Place

WRITTEN = "written.ndjson"
"""In the folder that is being made: the pages written so far."""


class _Links:
    """All pages are one folder deep."""

    titled = False

    def __init__(self, version: str) -> None:
        self.version = f"site {version}"

    def href(self, to: Key, slug: str) -> str:  # noqa: ARG002 - files are named by their keys
        """The address of a page, seen from another."""
        return f"../{file_of(to)}"


class StaticSite:
    """A static website in `folder`; see `eveobs.publish.target.Target`.

    `plurals` are the kinds in the order shown, with what people call many of them. The manifest in
    the folder is all that is remembered: without it everything is made anew.
    """

    batch = 200
    at_once = True

    def __init__(
        self,
        folder: Path,
        *,
        plurals: Mapping[str, str],
        title: str,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._pages = Pages(title, plurals)
        self._place = Place(folder)
        self._plurals = plurals
        self._clock = clock
        self._written: set[Key] = set()
        self._lines: BinaryIO | None = None
        self._removed: set[Key] = set()
        self.name = str(folder)
        self.links = _Links(self._pages.version)

    @property
    def front_page(self) -> Path:
        """Where a reader begins."""
        return self._place.folder / "index.html"

    def open(self) -> None:
        """Take the folder. Raises ConfigError where it is somebody else's or cannot be written."""
        self._place.take()

    def published(self, kinds: Collection[str]) -> dict[Key, Published]:
        """The pages of `kinds`, as the manifest has them."""
        return {one.key: _published(one) for one in self._entries() if one.kind in kinds}

    def look_up(self, keys: Sequence[Key]) -> dict[Key, Published]:
        """Those of `keys` that have a page."""
        wanted = {*keys}
        return {one.key: _published(one) for one in self._entries() if one.key in wanted}

    def write(self, writes: Sequence[Write]) -> list[Result]:
        """Make pages; they are seen when all is finished."""
        with self._told():
            return [self._write(one) for one in writes]

    def remove(self, gone: Mapping[Key, str]) -> list[Result]:
        """Leave pages out of the site that is being made."""
        self._removed |= gone.keys()
        return [Result(key, Outcome.DONE, post_id) for key, post_id in gone.items()]

    def finish(self) -> None:
        """Put the new site in the place of the old one. Does nothing where nothing changed."""
        if not self._written and not self._removed:
            return
        with self._told():
            self._complete()
            self._place.replace()
        self._forget()

    def close(self) -> None:
        """Let go of the folder."""
        self._forget()
        self._place.release()

    def _forget(self) -> None:
        self._written.clear()
        self._removed.clear()
        if self._lines is not None:
            self._lines.close()
            self._lines = None

    def _write(self, one: Write) -> Result:
        key = one.document.key
        file = file_of(key)
        path = self._place.new / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self._pages.page(one.document), encoding="utf-8")
        if self._lines is None:
            self._lines = (self._place.new / WRITTEN).open("w+b")
        manifest.write_line(self._lines, manifest.entry(one.document, file))
        self._written.add(key)
        return Result(key, Outcome.DONE, file)

    def _complete(self) -> None:
        """All that the new site has beside its new pages; the manifest last."""
        new = self._place.new
        counts: Counter[str] = Counter()
        summaries: list[str] = []
        unfinished = new / f"{manifest.NAME}.part"
        with unfinished.open("wb") as lines, (new / ROWS).open("w", encoding="utf-8") as stream:
            lines.write(manifest.HEAD)
            rows = Rows(stream)
            for one in self._whole():
                manifest.write_line(lines, one)
                rows.add(one)
                counts[one.kind] += 1
                summaries += [one.external_id] if one.kind == SUMMARY else []
            rows.end()
        front = self._pages.front(counts, summaries, self._clock())
        (new / "index.html").write_text(front, encoding="utf-8")
        for name in FILES:
            shutil.copyfile(ASSETS / name, new / name)
        unfinished.rename(new / manifest.NAME)

    def _whole(self) -> Iterator[Entry]:
        """Every page of the new site; those that stay as they are come along."""
        for one in self._entries():
            if one.key not in self._written and one.key not in self._removed:
                self._bring(one.file)
                yield one
        if self._lines is not None:
            self._lines.seek(0)
            yield from manifest.lines(self._lines, self.name)
            (self._place.new / WRITTEN).unlink()

    def _bring(self, file: str) -> None:
        old, new = self._place.folder / file, self._place.new / file
        if old.is_symlink() or old.parent.is_symlink():
            raise OSError(errno.ELOOP, "it is a link, which eveobs did not make", str(old))
        new.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(old, new)
        except OSError:  # no such file, or a file system without links: the former fails again
            shutil.copyfile(old, new)

    def _entries(self) -> Iterator[Entry]:
        return manifest.entries(self._place.folder)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise ConfigError(
                f"the site cannot be written: {error.filename or self.name}: {error.strerror}",
                hint="What was there before is as it was.",
            ) from error


def _published(one: Entry) -> Published:
    return Published(one.file, one.hash, digests=one.digests)
