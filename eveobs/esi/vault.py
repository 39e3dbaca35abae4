"""Refresh tokens at rest: sealed with AES-GCM, replaced whole, one writer at a time.

A JSON file. What is in clear (who, for what, when last used) is authenticated with what is sealed:
a change to either is noticed.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from eveobs.errors import ConfigError
from eveobs.esi.vault_key import existing_key, new_key
from eveobs.files import private_folder, write_bytes
from eveobs.settings import Esi, Sso
from eveobs.settings.bounded_read import read_bounded
from eveobs.settings.checks import web_origin

VERSION = 1
FILE = "sign-ins.json"
MAX_BYTES = 64 * 1024 * 1024
"""A sign-in takes some kilobytes."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One character in clear. `sso` and `client_id`: who gave its tokens, and to which application;
    no other takes them. `used`: when the refresh token was last given (seconds since the epoch);
    `dead`: the SSO does not take it any more. `esi`: the origin of the ESI that it signed in for;
    empty in a sign-in of before that was written down.
    """

    sso: str
    character_id: int
    name: str
    scopes: tuple[str, ...]
    client_id: str
    used: float
    dead: bool = False
    esi: str = ""

    @property
    def esi_origin(self) -> str:
        """The only place that an access token of this character is sent to."""
        if self.esi:
            return self.esi
        if self.sso == Sso().base_url:
            return web_origin(Esi().base_url)
        # A sandbox serves its own ESI; whoever issued a token learns nothing new from it.
        return web_origin(self.sso)


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """The secret part. `expires` of the access token, in seconds since the epoch."""

    refresh: str
    access: str = ""
    expires: float = 0.0

    def __repr__(self) -> str:
        return "Tokens(…)"


class _Sealed(msgspec.Struct, frozen=True):
    entry: Entry
    nonce: str
    sealed: str


class _Envelope(msgspec.Struct, frozen=True):
    version: int
    key: str = "file"
    characters: tuple[_Sealed, ...] = ()


class Vault:
    """The sign-ins of a home, in `folder`, at the SSO `sso`: those of another one, such as the
    sandbox's, are not seen and not touched. Raises ConfigError for a file that is not to be
    trusted, which is then left as it is.
    """

    def __init__(self, folder: Path, sso: str) -> None:
        self._folder = folder
        self._sso = sso
        self._file = folder / FILE
        self._key: bytes | None = None

    @property
    def lock_file(self) -> Path:
        """Held by whoever changes something."""
        return self._folder / "sign-ins.lock"

    def entries(self) -> list[Entry]:
        """Who is signed in, by name; nothing is unsealed."""
        return [one.entry for one in self._read().characters if one.entry.sso == self._sso]

    def key_place(self) -> str:
        """Where the key is: `keyring`, `file`, or "" for a vault that is not there yet."""
        return self._read().key if self._file.exists() else ""

    def tokens(self, character_id: int) -> tuple[Entry, Tokens] | None:
        """What was kept of a character; None for one that is not signed in."""
        envelope = self._read()
        for one in envelope.characters:
            if self._is(one, character_id):
                return one.entry, self._unseal(one, envelope.key)
        return None

    def keep(self, entry: Entry, tokens: Tokens) -> None:
        """Write a character down, durably. The caller holds the lock."""
        envelope = self._read()
        kind = self._open_key(envelope)
        others = [one for one in envelope.characters if not self._is(one, entry.character_id)]
        everyone = sorted([*others, self._seal(entry, tokens)], key=lambda one: one.entry.name)
        self._write(_Envelope(VERSION, kind, tuple(everyone)))

    def remove(self, character_id: int) -> None:
        """Forget a character. The caller holds the lock."""
        envelope = self._read()
        left = tuple(one for one in envelope.characters if not self._is(one, character_id))
        self._write(msgspec.structs.replace(envelope, characters=left))

    def check(self) -> None:
        """Raise ConfigError where `keep` could not: better before a person has signed in."""
        envelope = self._read()
        if envelope.characters:
            self._unseal(envelope.characters[0], envelope.key)
        with _told(self._folder):
            private_folder(self._folder)

    def _is(self, one: _Sealed, character_id: int) -> bool:
        return (one.entry.sso, one.entry.character_id) == (self._sso, character_id)

    def _open_key(self, envelope: _Envelope) -> str:
        """Have the key at hand. A vault without anybody in it gets a new one where the old one is
        gone; otherwise it stays, since another process may have it at hand.
        """
        if self._key is not None:
            return envelope.key
        key_file = self._file.with_suffix(".key")
        if envelope.characters or self._file.exists():
            try:
                self._key = existing_key(envelope.key, key_file)
            except ConfigError:
                if envelope.characters:
                    raise
            else:
                return envelope.key
        with _told(self._folder):
            private_folder(self._folder)
            kind, self._key = new_key(key_file)
        return kind

    def _seal(self, entry: Entry, tokens: Tokens) -> _Sealed:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = os.urandom(12)
        sealed = AESGCM(self._key or b"").encrypt(nonce, msgspec.json.encode(tokens), _clear(entry))
        return _Sealed(entry, base64.b64encode(nonce).decode(), base64.b64encode(sealed).decode())

    def _unseal(self, one: _Sealed, kind: str) -> Tokens:
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        if self._key is None:
            self._key = existing_key(kind, self._file.with_suffix(".key"))
        try:
            text = AESGCM(self._key).decrypt(
                base64.b64decode(one.nonce), base64.b64decode(one.sealed), _clear(one.entry)
            )
            return msgspec.json.decode(text, type=Tokens)
        except (InvalidTag, ValueError) as error:
            raise ConfigError(
                f"the sign-in of {one.entry.name} cannot be opened: {self._file} was changed, "
                "or sealed with another key",
                hint="Bring back the file and its key, or `eveobs auth logout` and sign in again.",
            ) from error

    def _read(self) -> _Envelope:
        try:
            text = read_bounded(self._file, MAX_BYTES, regular=True)
        except FileNotFoundError:
            return _Envelope(VERSION)
        except OSError as error:
            raise ConfigError(f"{self._file} cannot be read: {error.strerror}") from error
        version = _version(text)
        if version is not None and version > VERSION:
            raise ConfigError(
                f"{self._file} was written by a newer eveobs (version {version})",
                hint="Update eveobs. Nothing was changed.",
            )
        try:
            return msgspec.json.decode(text, type=_Envelope)
        except (msgspec.DecodeError, RecursionError) as error:
            raise ConfigError(
                f"{self._file} is damaged: {error}",
                hint="Bring it back from a copy, or remove it and sign in again.",
            ) from error

    def _write(self, envelope: _Envelope) -> None:
        """Whole or not at all, also when the power goes."""
        with _told(self._folder):
            private_folder(self._folder)
            content = msgspec.json.format(msgspec.json.encode(envelope))
            write_bytes(self._file, content, private=True)


def _clear(entry: Entry) -> bytes:
    """What is authenticated beside the secret. A sign-in without `esi` was sealed without it."""
    fields = msgspec.structs.asdict(entry)
    if not entry.esi:
        del fields["esi"]
    return b"eveobs sign-in %d " % VERSION + msgspec.json.encode(fields)


def _version(text: bytes) -> int | None:
    try:
        found: Any = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None
    version = found.get("version") if isinstance(found, dict) else None
    return version if isinstance(version, int) else None


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ConfigError(
            f"the sign-ins cannot be written to {folder}: {error.strerror}",
            hint="What was there before is unchanged.",
        ) from error
