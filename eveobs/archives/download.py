"""Getting an archive from the web: over TLS, or from this machine."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from eveobs.errors import UnreachableError, UsageError
from eveobs.esi.downloading import Told, download, web
from eveobs.settings.checks import is_this_machine

LARGEST = 256 * 1024**2
"""Bytes; EVE Ref's archives have less than 10 MB."""
WHERE = "data.everef.net/public-contracts/ lists what there is."


def is_address(source: str) -> bool:
    """Whether `source` is to be fetched, and no file."""
    return source.lower().startswith(("https://", "http://"))


def fetch(url: str, file: Path, told: Told) -> None:
    """The archive at `url` as `file`; `told` is told bytes so far and in all.

    Raises UsageError for an address that anyone on the way could read and change, UnreachableError
    where it is not to be had.
    """
    try:
        with web(_check) as http:
            download(http, url, file, "the archive", LARGEST, told)
    except UnreachableError as error:
        error.hint = f"Nothing was changed. Check the address: {WHERE}"
        raise


def _check(url: str) -> None:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError as error:
        raise UsageError(f"{url} is no address", hint=WHERE) from error
    if parts.scheme != "https" and not (parts.scheme == "http" and is_this_machine(host)):
        raise UsageError(
            f"{url} is not https, and may be read and changed by anyone on the way", hint=WHERE
        )
