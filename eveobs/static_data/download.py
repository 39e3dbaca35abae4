"""Getting the export: which build is the latest, and its archive, streamed to a file.

Both are asked conditionally; what was downloaded in part is thrown away.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from eveobs import __version__
from eveobs.errors import EveobsError, UnreachableError
from eveobs.esi.trust import verified

if TYPE_CHECKING:
    import httpx

LARGEST = 1024**3
"""Bytes of an archive; CCP's has about 100 MB."""
PART = 1 << 18
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
        import httpx

        headers = {"if-none-match": etag} if etag else {}
        try:
            with self._http() as http:
                answer = http.get(self._url("latest.jsonl"), headers=headers)
        except httpx.HTTPError as error:
            raise _unreachable(error) from error
        if answer.status_code == 304:
            return None
        if answer.status_code != 200:
            raise UnreachableError(f"{answer.url} answered {answer.status_code}")
        return _build(answer)

    def download(
        self, build: int, file: Path, progress: Callable[[int, int], None] = lambda *_: None
    ) -> None:
        """The archive of `build` as `file`, which is there only when all of it is.

        `progress` is told bytes so far and in all (0: unknown).
        """
        import httpx

        part = file.with_suffix(".part")
        try:
            with self._http() as http, http.stream("GET", self._url(_archive(build))) as answer:
                if answer.status_code != 200:
                    raise UnreachableError(f"{answer.url} answered {answer.status_code}")
                _write(answer, part, progress)
            part.replace(file)
        except httpx.HTTPError as error:
            raise _unreachable(error) from error
        except OSError as error:
            raise EveobsError(f"{part} cannot be written: {error.strerror}") from error
        finally:
            part.unlink(missing_ok=True)

    def _http(self) -> httpx.Client:
        import httpx

        agent = {"user-agent": f"eveobs/{__version__}"}
        return httpx.Client(headers=agent, timeout=60.0, follow_redirects=True, verify=verified())

    def _url(self, file: str) -> str:
        return f"{self.base_url.rstrip('/')}/{TENANT}/{file}"


def _archive(build: int) -> str:
    return f"eve-online-static-data-{build}-jsonl.zip"


def _build(answer: httpx.Response) -> Build:
    for line in answer.content.splitlines():
        try:
            found = msgspec.json.decode(line, type=_Line)
        except msgspec.DecodeError:
            continue
        if found.key == "sde":
            return Build(found.number, found.released, answer.headers.get("etag", ""))
    raise UnreachableError(
        f"{answer.url} does not say which build is the latest",
        hint="Look at static_data.base_url in `eveobs config show --origin`.",
    )


def _write(answer: httpx.Response, file: Path, progress: Callable[[int, int], None]) -> None:
    total = int(answer.headers.get("content-length", 0))
    done = 0
    with file.open("wb") as out:
        for part in answer.iter_bytes(PART):
            done += len(part)
            if done > LARGEST:
                raise EveobsError("the static data export is larger than it can be")
            out.write(part)
            progress(done, total)
    if total and done < total and "content-encoding" not in answer.headers:
        raise UnreachableError(f"only {done:,} of {total:,} bytes of the static data came")


def _unreachable(error: Exception) -> UnreachableError:
    return UnreachableError(
        f"the static data export cannot be reached: {str(error) or type(error).__name__}",
        hint="Check the network, and static_data.base_url in `eveobs config show --origin`. "
        "What was there before is still in use.",
    )
