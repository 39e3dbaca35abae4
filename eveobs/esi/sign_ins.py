"""The characters that signed in, each with an access token when one is needed.

Refresh tokens rotate: the one that comes back is on disk before the access token is used, and only
one process at a time may ask (pyfa-org/Pyfa#2359 is what happens otherwise).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeVar

from msgspec.structs import replace

from eveobs.errors import ConfigError, SignInError, UsageError, did_you_mean, nearest
from eveobs.esi.access_token import Identity
from eveobs.esi.sso import DeadTokenError, Granted, SsoClient, TokenAnswer
from eveobs.esi.vault import Entry, Tokens, Vault
from eveobs.files import open_lock, try_lock
from eveobs.settings.checks import web_origin

if TYPE_CHECKING:
    from eveobs.settings import Sso
    from eveobs.telemetry.audit import Audit

T = TypeVar("T")
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

    async def token(self, origin: str, *, refused: str = "") -> str:
        """See `Access`."""
        if origin != self._entry.esi_origin:  # before anything is renewed or unsealed
            raise _elsewhere(self._entry, origin)
        async with self._renewing:
            if self._tokens is None or not self._owner.is_good(self._tokens, refused):
                self._tokens = await self._owner.renewed(self._entry, refused)
            return self._tokens.access


class SignIns:
    """Those of one home at the SSO of `settings`: the vault is in `folder`. Who signs in now does
    so for the ESI at `esi`, a base URL.
    """

    def __init__(
        self,
        settings: Sso,
        folder: Path,
        cache: Path | None,
        *,
        esi: str,
        clock: Callable[[], float] = time.time,
        audit: Audit | None = None,
    ) -> None:
        self.sso = SsoClient(settings, cache, clock=clock)
        self.vault = Vault(folder, self.sso.base)
        self._esi = web_origin(esi)
        self._clock = clock
        self._audit = audit

    def accesses(self) -> list[SignIn]:
        """Everybody who signed in, by name, and last who has to do it again: where several may
        read something, one that can is asked for it. Asks nobody.
        """
        entries = sorted(self.vault.entries(), key=lambda one: one.dead)
        return [SignIn(self, entry) for entry in entries]

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
        identity = await self.sso.identity(granted, self.sso.client_id)
        entry = Entry(
            sso=self.sso.base,
            character_id=identity.character_id,
            name=identity.name,
            scopes=tuple(sorted(identity.scopes)),
            client_id=self.sso.client_id,
            used=self._clock(),
            esi=self._esi,
        )
        async with self._alone():
            before = [one for one in self.vault.entries() if one.character_id == entry.character_id]
            self.vault.keep(entry, _tokens(granted.answer, identity))
        self._note("auth.login", entry, scopes=len(entry.scopes))
        for one in before:
            self._note_scopes(one, entry.scopes)
        return entry

    async def remove(self, entry: Entry) -> None:
        """Revoke and forget. Forgets also where revoking fails, and raises what failed then."""
        with self._watched("auth.logout", entry):
            async with self._alone():
                try:
                    kept = None if entry.dead else self.vault.tokens(entry.character_id)
                finally:
                    self.vault.remove(entry.character_id)
            if kept is not None:
                await self.sso.revoke(kept[1].refresh, kept[0].client_id)

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
            current, granted = await _to_its_end(self._exchange(current, tokens))
            identity = await self.sso.identity(granted, current.client_id)
            if identity.character_id != entry.character_id:
                raise _ended(entry)
            fresh = _tokens(granted.answer, identity)
            scopes = tuple(sorted(identity.scopes))
            self.vault.keep(replace(current, scopes=scopes), fresh)
            self._note_scopes(current, scopes)
            return fresh

    async def _exchange(self, entry: Entry, tokens: Tokens) -> tuple[Entry, Granted]:
        """A refresh token for the next one, which is on disk before anything can go wrong."""
        try:
            granted = await self.sso.renew(tokens.refresh, entry.client_id)
        except DeadTokenError as error:
            self.vault.keep(replace(entry, dead=True), Tokens(refresh=tokens.refresh))
            self._note("auth.refresh", entry, "refused")
            raise _ended(entry) from error
        current = replace(entry, used=self._clock())
        self.vault.keep(current, Tokens(refresh=granted.answer.refresh_token))
        self._note("auth.refresh", entry)
        return current, granted

    def _watched(self, action: str, entry: Entry) -> AbstractContextManager[object]:
        """Write down how what is done to a sign-in ends."""
        if self._audit is None:
            return nullcontext()
        return self._audit.watch(action, entry.sso, character=entry.name)

    def _note(self, action: str, entry: Entry, result: str = "done", **facts: str | int) -> None:
        """Write down what was done to a sign-in."""
        if self._audit is not None:
            facts = {"id": entry.character_id, **facts}
            self._audit.note(action, entry.sso, result=result, character=entry.name, **facts)

    def _note_scopes(self, before: Entry, scopes: Sequence[str]) -> None:
        """Write down which scopes came and went, if any did."""
        came, went = set(scopes) - set(before.scopes), set(before.scopes) - set(scopes)
        if came or went:
            facts = {"added": " ".join(sorted(came)), "removed": " ".join(sorted(went))}
            self._note("auth.scopes", before, **facts)

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        """Hold the vault's lock."""
        with _opened(self.vault.lock_file) as held:
            deadline = time.monotonic() + PATIENCE
            while not try_lock(held):
                if time.monotonic() > deadline:
                    raise SignInError(
                        "another eveobs has been renewing a sign-in for a minute",
                        hint="Try again when it is done, or end it.",
                    )
                await asyncio.sleep(MOMENT)
            yield


async def _to_its_end(work: Coroutine[Any, Any, T]) -> T:
    """Await `work`, also where this is cancelled meanwhile: a token that is used up at the SSO, and
    whose successor was not waited for, is lost.
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.gather(task, return_exceptions=True)
        raise


def _opened(file: Path) -> IO[bytes]:
    try:
        return open_lock(file)
    except OSError as error:
        raise ConfigError(
            f"{file} cannot be written: {error.strerror}",
            hint="The folder of the sign-ins must be writable: their tokens change with every use.",
        ) from error


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


def _elsewhere(entry: Entry, origin: str) -> SignInError:
    return SignInError(
        f"{entry.name} is signed in for {entry.esi_origin}, and this request goes to {origin}",
        hint="Check esi.base_url in `eveobs config show --origin`; `eveobs auth login` signs in "
        "for the ESI that is set.",
    )


def _near(word: str, entries: Sequence[Entry]) -> str:
    names = [entry.name for entry in entries]
    return did_you_mean(nearest(word, names)) or f"Signed in are: {', '.join(names)}."
