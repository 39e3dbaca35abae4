"""An archive's tar, unpacked to a file without a name that is gone when it is closed.

Nothing is written by the name of a member, and no more than LARGEST bytes whatever was packed.
"""

from __future__ import annotations

import bz2
import io
import tarfile
import tempfile
from pathlib import Path
from typing import IO, NamedTuple

from eveobs.errors import EveobsError
from eveobs.files import private_folder

LARGEST = 512 * 1024**2
"""Bytes unpacked; EVE Ref's archives have about 60 MB."""
MOST_FILES = 100
"""Files that an archive may have; EVE Ref's have 8."""
BLOCK = tarfile.BLOCKSIZE
PART = 1 << 20


def broken(name: str, why: str) -> EveobsError:
    """That the archive `name` cannot be taken as what it says it is."""
    return EveobsError(
        f"{name} is no public-contracts archive of EVE Ref that can be read: {why}",
        hint="Nothing was changed. Download it again, or try another one.",
    )


def unpacked(path: Path, name: str, folder: Path) -> IO[bytes]:
    """The tar in the archive at `path`, which messages call `name`; `folder` has the room for it.
    Raises EveobsError for one that is truncated, damaged, not compressed this way or too large.
    """
    private_folder(folder)
    out = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - the caller closes it
    try:
        _unpack(path, name, out)
    except BaseException:
        out.close()
        raise
    out.seek(0)
    return out


def _unpack(path: Path, name: str, out: IO[bytes]) -> None:
    try:
        packed = bz2.open(path)  # noqa: SIM115 - closed below
    except OSError as error:
        raise EveobsError(
            f"{name} cannot be read: {error.strerror or error}", hint="Nothing was changed."
        ) from error
    done = 0
    with packed:
        while part := _part(packed, name):
            done += len(part)
            if done > LARGEST:
                raise broken(name, f"it unpacks to more than {LARGEST // 1024**2:,} MB")
            out.write(part)
    if not done:
        raise broken(name, "it is empty")


def _part(packed: IO[bytes], name: str) -> bytes:
    try:
        return packed.read(PART)
    except EOFError:
        raise broken(name, "it is truncated") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error).lower()
        raise broken(name, f"{why} (bzip2)") from error


class Place(NamedTuple):
    """Where the bytes of a file are."""

    start: int
    size: int


def places(tar: IO[bytes], name: str) -> dict[str, Place]:
    """Where the files in `tar` are. Raises EveobsError for what is no tar, or not a sound one.

    Only the plain headers count, of files alone: names of hundreds of megabytes, links, devices and
    whatever else a tar can have are passed over unread.
    """
    found: dict[str, Place] = {}
    end = tar.seek(0, io.SEEK_END)
    start = 0
    for _ in range(MOST_FILES):
        tar.seek(start)
        member = _header(tar.read(BLOCK), name)
        if member is None:
            return found
        file, place = member.name.removeprefix("./"), Place(start + BLOCK, member.size)
        if member.size < 0 or place.start + member.size > end:
            raise broken(name, f"{file} is truncated")
        if file in found:
            raise broken(name, f"{file} is there twice")
        if member.isfile():
            found[file] = place
        start = place.start + -(-member.size // BLOCK) * BLOCK
    raise broken(name, f"it has more than {MOST_FILES} files")


def _header(block: bytes, name: str) -> tarfile.TarInfo | None:
    """What a header says; None for the end of the tar."""
    if len(block) == BLOCK and not any(block):
        return None
    try:
        return tarfile.TarInfo.frombuf(block, "utf-8", "replace")
    except tarfile.TarError as error:
        raise broken(name, f"{error} (tar)") from error


class Slice(io.RawIOBase):
    """The bytes of `file` that are at `place`."""

    def __init__(self, file: IO[bytes], place: Place) -> None:
        self._file = file
        self._at, self._end = place.start, place.start + place.size

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """The next bytes."""
        self._file.seek(self._at)
        part = self._file.read(min(len(buffer), self._end - self._at))
        self._at += len(part)
        buffer[: len(part)] = part
        return len(part)
