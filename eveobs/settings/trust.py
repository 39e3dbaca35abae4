"""Which settings files of working folders a person has trusted, as direnv does it.

Whoever can put a file into a folder (a repository that is cloned, an archive that is unpacked,
another user in /tmp) decides what stands in its eveobs.toml. Such a file may choose what is shown,
never where requests, secrets and files go, until the user has trusted these very bytes at this
very place.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from eveobs.errors import ConfigError
from eveobs.settings.bounded_read import read_bounded
from eveobs.settings.paths import in_place

FOLDER = "trusted"
"""In the state folder, a record for each file."""
_MAX_RECORD = 64 * 1024


class Trust(StrEnum):
    """What is known of a file; the words complete "FILE …"."""

    TRUSTED = "is trusted"
    CHANGED = "has changed since it was trusted"
    UNKNOWN = "is not trusted"


@dataclass(frozen=True, slots=True)
class TrustedFile:
    """A record: `sha256` of the bytes that were trusted, in hex, and the time in ISO 8601."""

    path: Path
    sha256: str
    trusted_at: str


class TrustStore:
    """The records in the state folder `state`.

    A file for each, named by the hash of its path: two that are written or removed at the same
    time do not undo each other.
    """

    def __init__(self, state: Path) -> None:
        self._folder = state / FOLDER

    def record(self, path: Path) -> Path:
        """Where the record of the file `path` is, or would be."""
        from hashlib import sha256  # most runs have no such file

        name = sha256(str(in_place(path)).encode("utf-8", "surrogateescape")).hexdigest()
        return self._folder / f"{name}.json"

    def status(self, path: Path, digest: str) -> Trust:
        """Whether the file `path`, whose bytes have the SHA-256 `digest`, is trusted."""
        found = _read(self.record(path))
        if found is None or found.path != in_place(path):
            return Trust.UNKNOWN
        return Trust.TRUSTED if found.sha256 == digest else Trust.CHANGED

    def add(self, path: Path, digest: str) -> None:
        """Trust these bytes at this place. Raises ConfigError where that cannot be written."""
        import json

        from eveobs.settings.writing import write_text

        at = datetime.now(UTC).isoformat(timespec="seconds")
        fields = {"path": str(in_place(path)), "sha256": digest, "trusted_at": at}
        write_text(self.record(path), json.dumps(fields) + "\n", private=True)

    def remove(self, path: Path) -> bool:
        """Trust the file no more; whether it was known. Raises ConfigError."""
        try:
            self.record(path).unlink()
        except FileNotFoundError:
            return False
        except OSError as error:
            reason = (error.strerror or type(error).__name__).lower()
            raise ConfigError(f"{self.record(path)} cannot be removed: {reason}") from error
        return True

    def files(self) -> list[TrustedFile]:
        """Every record that can be read, by path."""
        found = [_read(record) for record in self._folder.glob("*.json")]
        return sorted((one for one in found if one is not None), key=lambda one: one.path)


def _read(record: Path) -> TrustedFile | None:
    """A record; None for one that is missing or damaged, which then trusts nothing."""
    import json

    try:
        fields = json.loads(read_bounded(record, _MAX_RECORD, regular=True))
        path, digest, at = fields["path"], fields["sha256"], fields["trusted_at"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    if not (isinstance(path, str) and isinstance(digest, str) and isinstance(at, str)):
        return None
    return TrustedFile(Path(path), digest, at)
