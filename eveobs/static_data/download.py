"""Getting the export: which build is the latest, and its archive, streamed to a file.

Both are asked conditionally. A download that breaks is resumed; what was put together is checked by
the checksums of the archive.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from eveobs.errors import UnreachableError
from eveobs.esi.body_limits import BUILD
from eveobs.esi.downloading import body_of, download, reached, web

if TYPE_CHECKING:
    import httpx

LARGEST = 1024**3
"""Bytes of an archive; CCP's has about 100 MB."""
WHAT = "the static data export"
HINT = (
    "Check the network, and static_data.base_url in `eveobs config show --origin`. "
    "What was there before is still in use."
)
TENANT = "tranquility"


class Build(NamedTuple):
    """A build of the game, and the validator of the file that named it."""

    number: int
    released: str
    etag: str


class _Line(msgspec.Struct):
    key: str = msgspec.field(name="_key")
    number: int = msgspec.field(name="buildNumber")
    released: str = msgspec.field(name="releaseDate", default="")


@dataclass(frozen=True, slots=True)
class Export:
    """CCP's static data at `base_url`. Raises UnreachableError where it is not to be had."""

    base_url: str

    def latest(self, etag: str = "") -> Build | None:
        """The latest build; None where it is still the one that `etag` came with."""
        headers = {"if-none-match": etag} if etag else {}
        with _explained(), reached(WHAT), web() as http:
            answer = body_of(http, self._url("latest.jsonl"), WHAT, BUILD, headers=headers)
        if answer.status_code == 304:
            return None
        if answer.status_code != 200:
            raise UnreachableError(f"{answer.url} answered {answer.status_code}")
        return _build(answer)

    def download(
        self, build: int, file: Path, progress: Callable[[int, int], None] = lambda *_: None
    ) -> None:
        """The archive of `build` as `file`, which is there only when all of it is.

        `progress` is told bytes so far and in all (0: unknown). A part of it that an earlier call
        left beside `file` is completed; parts of other builds are removed.
        """
        part = file.with_suffix(".part")
        for other in file.parent.glob("static-data-*.part*"):
            if not other.name.startswith(part.name):
                other.unlink(missing_ok=True)
        with _explained(), web() as http:
            url = self._url(_archive(build))
            download(http, url, file, WHAT, LARGEST, progress, check=_is_intact)

    def _url(self, file: str) -> str:
        return f"{self.base_url.rstrip('/')}/{TENANT}/{file}"


def _is_intact(path: Path) -> bool:
    """Whether `path` is a zip whose members all have their CRC."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.testzip() is None
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError):
        return False


def _archive(build: int) -> str:
    return f"eve-online-static-data-{build}-jsonl.zip"


def _build(answer: httpx.Response) -> Build:
    for line in answer.content.splitlines():
        try:
            found = msgspec.json.decode(line, type=_Line)
        except (msgspec.DecodeError, RecursionError):
            continue
        if found.key == "sde":
            return Build(found.number, found.released, answer.headers.get("etag", ""))
    raise UnreachableError(
        f"{answer.url} does not say which build is the latest",
        hint="Look at static_data.base_url in `eveobs config show --origin`.",
    )


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except UnreachableError as error:
        error.hint = error.hint or HINT
        raise
