"""The last handler: what nobody foresaw becomes a sentence, and a report for the developers.

The report is written into the state folder, readable by its owner alone. It holds the traceback
without values, the command line and versions; known secrets, and what looks like one, are masked.
"""

from __future__ import annotations

import os
import re
import sys
import traceback
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from eveobs.errors import EveobsError, StoreError
from eveobs.settings.secret import MASK, Secret, mask_credentials

if TYPE_CHECKING:
    from eveobs.settings import Loaded

FOLDER = "internal-errors"
PREFIX = "internal-error-"
MAX_REPORTS = 20
"""Older ones are removed: a command that fails every minute must not fill the disk."""
MAX_BYTES = 256_000
MAX_WORDS = 300
"""Characters of the error that are shown; the report has all of it."""
SHORTEST_SECRET = 4
"""Characters; to mask shorter values would leave nothing to read."""
_URL = re.compile(r"\b[A-Za-z][A-Za-z0-9+.-]{0,20}://[^\s'\"<>]+")
_TOKEN = re.compile(
    r"\beyJ[\w-]+\.[\w-]+\.[\w-]*"  # a JWT
    r"|(?i:\b(?:bearer|basic)\s+)[\w.~+/=-]+"
    r"|\b(?=[\w+=-]*\d)(?=[\w+=-]*[A-Za-z])[\w+=-]{32,}"  # such as a refresh token
)
_SECRET_NAME = re.compile(r"PASS|PWD|SECRET|TOKEN|KEY|CREDENTIAL|_URL$|__URL|__TO$", re.IGNORECASE)
NO_SECRETS = {"PWD", "OLDPWD"}
_ASSIGNMENT = re.compile(r"^(?P<name>[\w.-]+)=(?P<value>.*)$", re.DOTALL)


def foreseen(error: Exception) -> EveobsError | None:
    """An error of the machine or of Python that has a plain sentence; None for any other."""
    if isinstance(error, MemoryError):
        return EveobsError("out of memory", hint="Ask for less at a time, or give it more memory.")
    if isinstance(error, RuntimeError) and "start new thread" in str(error):
        return EveobsError(
            "the system allows no more threads or processes",
            hint="Raise the limit (`ulimit -u`), or end some processes of this user.",
        )
    if isinstance(error, ExceptionGroup):
        leaves = [*_leaves(error)]
        if all(isinstance(one, EveobsError) for one in leaves):
            return leaves[0] if isinstance(leaves[0], EveobsError) else None
    return None


def explain(
    error: Exception, loaded: Loaded | None, environ: Mapping[str, str], cwd: Path
) -> EveobsError:
    """What to say of `error`, which nobody foresaw: the altered value in the store that is behind
    it, if one is; else that it is a defect, and where the report is.
    """
    if (known := foreseen(error)) is not None:
        return known
    if loaded is not None and (altered := _altered(loaded)) is not None:
        return altered
    secrets = [*_secrets(loaded, environ)]
    words = masked(f"{type(error).__name__}: {error}", secrets)
    words = " ".join(words.split())[:MAX_WORDS].removesuffix(":")
    try:
        path = _write(_report(error, secrets), loaded, environ, cwd)
    except Exception as failure:  # noqa: BLE001 - the report must not hide what it is about
        return EveobsError(
            f"internal error: {words}",
            hint=f"This is a defect of eveobs. No report could be written: {failure}",
        )
    return EveobsError(
        f"internal error: {words}",
        hint=f"This is a defect of eveobs. The report {path} has no secrets that eveobs knows: "
        "read it, and attach it to an issue of the project.",
    )


def masked(text: str, secrets: Iterable[str]) -> str:
    """`text` without `secrets`, passwords in URLs, and what looks like a token."""
    for secret in sorted(set(secrets), key=len, reverse=True):
        text = text.replace(secret, MASK)
    text = text[:MAX_BYTES]  # the rest would take the patterns long
    text = _URL.sub(lambda found: mask_credentials(found[0]), text)
    return _TOKEN.sub(MASK, text)


def _leaves(group: BaseExceptionGroup[BaseException]) -> Iterable[BaseException]:
    for one in group.exceptions:
        if isinstance(one, BaseExceptionGroup):
            yield from _leaves(one)
        else:
            yield one


def _altered(loaded: Loaded) -> StoreError | None:
    """The error of a value in the store that eveobs cannot have written."""
    with suppress(Exception):
        from eveobs.store.altered import first_altered

        if (found := first_altered(loaded.store_url())) is not None:
            return StoreError(
                f"the store holds a value that eveobs did not write: {found}",
                hint="Correct or delete that row, or bring the store back from a backup.",
            )
    return None


def _secrets(loaded: Loaded | None, environ: Mapping[str, str]) -> Iterable[str]:
    """Values of settings and variables that nobody else may read."""
    found = [
        value
        for name, value in environ.items()
        if _SECRET_NAME.search(name) and name not in NO_SECRETS
    ]
    if loaded is not None:
        from msgspec import structs

        for section in structs.asdict(loaded.settings).values():
            found += [
                value.reveal() for value in structs.asdict(section).values() if _is_secret(value)
            ]
    for value in found:
        yield from (one for one in {value, *value.split()} if len(one) >= SHORTEST_SECRET)


def _is_secret(value: object) -> bool:
    return isinstance(value, Secret)


def _report(error: Exception, secrets: Iterable[str]) -> str:
    from eveobs import __version__

    lines = traceback.TracebackException.from_exception(error, capture_locals=False).format()
    arguments = " ".join(map(_argument, sys.argv[1:]))
    text = (
        f"eveobs {__version__}, Python {sys.version.split()[0]}, {sys.platform}\n"
        f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}\n"
        f"eveobs {arguments}\n\n{''.join(lines)}"
    )
    return masked(text, secrets)


def _argument(text: str) -> str:
    """A word of the command line; of KEY=VALUE the value is left out."""
    found = _ASSIGNMENT.match(text)
    return f"{found['name']}={MASK}" if found else text


def _write(text: str, loaded: Loaded | None, environ: Mapping[str, str], cwd: Path) -> Path:
    """Write the report under a name of its own. Raises OSError."""
    if loaded is not None:
        state = loaded.places.state
    else:
        from eveobs.settings.paths import find_places

        state = find_places(environ, cwd).state
    folder = state / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{PREFIX}{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{os.urandom(4).hex()}.txt"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        file.write(text.encode("utf-8", "backslashreplace")[:MAX_BYTES])
    with suppress(OSError):
        for old in sorted(folder.glob(f"{PREFIX}*.txt"))[:-MAX_REPORTS]:
            old.unlink()
    return path
