"""The characters that signed in, each with an access token when one is needed.

Refresh tokens rotate: the one that comes back is on disk before the access token is used, and only
one process at a time may ask (pyfa-org/Pyfa#2359 is what happens otherwise).
"""

from __future__ import annotations

import asyncio
import difflib
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from eveobs.errors import SignInError, UsageError
from eveobs.esi.access_token import Identity
from eveobs.esi.sso import DeadTokenError, Granted, SsoClient, TokenAnswer
from eveobs.esi.vault import Entry, Tokens, Vault

if TYPE_CHECKING:
    from eveobs.settings import Sso

EARLY = 60.0
"""Seconds before its end that an access token is not used any more."""
LIFE = 30 * 86_400.0
"""Seconds after its last use that a refresh token dies, about."""
MOMENT = 0.05
PATIENCE = 60.0
"""Seconds to wait for another process that is renewing."""


class SignIn:
    """One character; the `Access` of `eveobs.esi.access`."""

    def __init__(self, owner: SignIns, entry: Entry) -> None:
        self._owner = owner
        self._entry = entry
        self._tokens: Tokens | None = None
        self._renewing = asyncio.Lock()

    @property
    def character_id(self) -> int:
        """Who."""
        return self._entry.character_id

    @property
    def name(self) -> str:
        """The character's name."""
        return self._entry.name

    @property
    def scopes(self) -> frozenset[str]:
        """What it allowed."""
        return frozenset(self._entry.scopes)

    async def token(self, *, refused: str = "") -> str:
        """See `Access`."""
        async with self._renewing:
            if self._tokens is None or not self._owner.is_good(self._tokens, refused):
                self._tokens = await self._owner.renewed(self._entry, refused)
            return self._tokens.access


class SignIns:
    """Those of one home: the vault in `folder`, kept fresh by the SSO of `settings`."""

    def __init__(
        self,
        settings: Sso,
        folder: Path,
        cache: Path | None,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.vault = Vault(folder)
        self.sso = SsoClient(settings, cache, clock=clock)
        self._settings = settings
        self._clock = clock

    def accesses(self) -> list[SignIn]:
        """Everybody who signed in and is not known to be signed out, by name. Asks nobody."""
        return [SignIn(self, entry) for entry in self.vault.entries()]

    def find(self, word: str) -> SignIn:
        """The one of that name (in any case) or id. Raises UsageError; SignInError for nobody."""
        return SignIn(self, self.entry(word))

    def entry(self, word: str) -> Entry:
        """What is written down of the one of that name or id."""
        entries = self.vault.entries()
        if not entries:
            raise SignInError("nobody is signed in", hint="`eveobs auth login` signs one in.")
        wanted = word.strip().casefold()
        for one in entries:
            if wanted in (str(one.character_id), one.name.casefold()):
                return one
        raise UsageError(f"{word!r} is not signed in", hint=_near(word, entries))

    async def add(self, granted: Granted) -> Entry:
        """Write down who has just signed in."""
        identity = await self.sso.identity(granted)
        entry = Entry(
            character_id=identity.character_id,
            name=identity.name,
            scopes=tuple(sorted(identity.scopes)),
            client_id=self._settings.client_id,
            used=self._clock(),
        )
        async with self._alone():
            self.vault.keep(entry, _tokens(granted.answer, identity))
        return entry

    async def remove(self, entry: Entry) -> None:
        """Revoke and forget. Forgets also where revoking fails, and raises what failed then."""
        async with self._alone():
            try:
                kept = None if entry.dead else self.vault.tokens(entry.character_id)
            finally:
                self.vault.remove(entry.character_id)
        if kept is not None:
            await self.sso.revoke(kept[1].refresh)

    def is_good(self, tokens: Tokens, refused: str) -> bool:
        """Whether the access token may be used now."""
        usable = tokens.access and tokens.access != refused
        return bool(usable) and tokens.expires - EARLY > self._clock()

    async def renewed(self, entry: Entry, refused: str = "", *, always: bool = False) -> Tokens:
        """Tokens that are good now, from the vault or from the SSO.

        Raises SignInError for a character that has to sign in again.
        """
        async with self._alone():
            kept = self.vault.tokens(entry.character_id)
            if kept is None or kept[0].dead:
                raise _ended(entry)
            current, tokens = kept
            if self.is_good(tokens, refused) and not always:  # another process was faster
                return tokens
            try:
                granted = await self.sso.renew(tokens.refresh)
            except DeadTokenError as error:
                self.vault.keep(replace(current, dead=True), Tokens(refresh=tokens.refresh))
                raise _ended(entry) from error
            current = replace(current, used=self._clock())
            # The old one is used up: this one must be on disk before anything can go wrong.
            self.vault.keep(current, Tokens(refresh=granted.answer.refresh_token))
            identity = await self.sso.identity(granted)
            if identity.character_id != entry.character_id:
                raise _ended(entry)
            fresh = _tokens(granted.answer, identity)
            self.vault.keep(replace(current, scopes=tuple(sorted(identity.scopes))), fresh)
            return fresh

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        """Hold the vault's lock; without locks on this system, only within this process."""
        try:
            import fcntl
        except ImportError:
            yield
            return
        file = self.vault.lock_file
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("w") as held:
            deadline = time.monotonic() + PATIENCE
            while True:
                try:
                    fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except OSError as error:
                    if time.monotonic() > deadline:
                        raise SignInError(
                            "another eveobs has been renewing a sign-in for a minute",
                            hint=f"If there is none, remove {file}.",
                        ) from error
                    await asyncio.sleep(MOMENT)
            yield


def days_left(entry: Entry, now: float) -> int:
    """Whole days until a refresh token dies unused; 0 for one that is dead."""
    return 0 if entry.dead else max(int((entry.used + LIFE - now) // 86_400), 0)


def _tokens(answer: TokenAnswer, identity: Identity) -> Tokens:
    return Tokens(
        refresh=answer.refresh_token, access=answer.access_token, expires=identity.expires
    )


def _ended(entry: Entry) -> SignInError:
    return SignInError(
        f"{entry.name} is not signed in any more",
        hint="`eveobs auth login` signs the character in again.",
    )


def _near(word: str, entries: Sequence[Entry]) -> str:
    names = [entry.name for entry in entries]
    near = difflib.get_close_matches(word, names, n=1)
    return f"Did you mean {near[0]!r}?" if near else f"Signed in are: {', '.join(names)}."
