"""The key of the vault: in the system's keyring where one works, else in a file beside it."""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
from pathlib import Path

from eveobs.errors import ConfigError
from eveobs.files import write_bytes
from eveobs.settings.bounded_read import read_bounded

SERVICE = "eveobs"
PATIENCE = 3.0
"""Seconds a keyring may take to answer; one that asks a person who is not there never does."""
LENGTH = 32


def existing_key(kind: str, file: Path) -> bytes:
    """The key that a vault was sealed with. Raises ConfigError where it is gone."""
    text = _from_keyring(file) if kind == "keyring" else _from_file(file)
    if text is None:
        ring = kind == "keyring"
        where = "the system's keyring does not give the key" if ring else f"{file} is gone"
        mend = "Unlock the keyring" if ring else "Bring the key back"
        raise ConfigError(
            f"the sign-ins cannot be opened: {where}",
            hint=f"{mend}, or remove {file.with_suffix('.json')} and sign in again.",
        )
    try:
        key = base64.urlsafe_b64decode(text.encode())
    except ValueError:
        key = b""
    if len(key) != LENGTH:
        where = "in the system's keyring" if kind == "keyring" else str(file)
        raise ConfigError(
            f"the key of the sign-ins is damaged ({where})",
            hint="Bring it back from a copy; without it everybody must sign in again.",
        )
    return key


def new_key(file: Path) -> tuple[str, bytes]:
    """A new key and where it is kept: `keyring` or `file`."""
    key = secrets.token_bytes(LENGTH)
    text = base64.urlsafe_b64encode(key).decode()
    if _to_keyring(file, text):
        return "keyring", key
    write_bytes(file, text.encode(), private=True)
    return "file", key


def _from_file(file: Path) -> str | None:
    try:
        return read_bounded(file, 1024, regular=True).decode("ascii", "replace").strip()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}") from error


def _from_keyring(file: Path) -> str | None:
    def ask() -> str | None:
        import keyring

        return keyring.get_password(SERVICE, _entry(file))

    return _in_time(ask)


def _to_keyring(file: Path, text: str) -> bool:
    """Whether the keyring keeps it, tried by reading it back."""

    def keep() -> str | None:
        import keyring
        from keyring.backends import fail, null

        if isinstance(keyring.get_keyring(), fail.Keyring | null.Keyring):
            return None
        keyring.set_password(SERVICE, _entry(file), text)
        return keyring.get_password(SERVICE, _entry(file))

    return _in_time(keep) == text


def _entry(file: Path) -> str:
    """One key a vault: homes of their own have keys of their own."""
    return "sign-ins " + hashlib.sha256(str(file.resolve()).encode()).hexdigest()[:16]


def _in_time(ask: object) -> str | None:
    """What `ask` says; None if it fails in any way or takes too long."""
    found: list[str | None] = []

    def run() -> None:
        try:
            found.append(ask())  # type: ignore[operator]
        except Exception:  # noqa: BLE001 - every backend fails in its own way
            found.append(None)

    thread = threading.Thread(target=run, daemon=True)
    try:
        thread.start()
    except RuntimeError:  # no thread to be had: nobody stops a keyring that hangs
        run()
    else:
        thread.join(PATIENCE)
    return found[0] if found else None
