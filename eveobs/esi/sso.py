"""EVE Online's sign-in (SSO v2): OAuth 2.0 for a native application, with PKCE and no secret."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode, urlsplit

import msgspec

from eveobs import __version__, files
from eveobs.errors import SignInError, UnreachableError
from eveobs.esi.access_token import Identity, UnknownKeyError, identify
from eveobs.esi.body_limits import SIGN_IN
from eveobs.esi.freshness import http_time
from eveobs.esi.trust import verified
from eveobs.esi.unpacking import TooLargeError, Unpacker
from eveobs.settings.bounded_read import read_bounded
from eveobs.settings.checks import web_origin

if TYPE_CHECKING:
    import httpx

    from eveobs.settings import Sso

METADATA = "/.well-known/oauth-authorization-server"
KEPT = 86_400.0
"""Seconds that the addresses and keys of the SSO are remembered."""
TIMEOUT = 20.0
"""Seconds of silence."""
TOTAL_TIMEOUT = 60.0
"""Seconds for a whole answer: one that comes byte by byte, or after interim responses (1xx) without
end, is never silent.
"""
_PLAIN_ADDRESS = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+(/[A-Za-z0-9._~/-]*)?")
PACKING = {"content-encoding", "content-length", "transfer-encoding"}


class Endpoints(msgspec.Struct, frozen=True):
    """What the SSO's metadata names."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    revocation_endpoint: str = ""


class Keys(msgspec.Struct, frozen=True):
    """A JWKS (RFC 7517)."""

    keys: list[dict[str, Any]]


class _Known(msgspec.Struct):
    """What is remembered of one SSO."""

    base_url: str
    until: float
    endpoints: Endpoints
    keys: Keys | None = None


class TokenAnswer(msgspec.Struct, frozen=True):
    """What the token endpoint gives."""

    access_token: str
    refresh_token: str
    expires_in: int = 1200

    def __repr__(self) -> str:
        return "TokenAnswer(…)"


class Granted(NamedTuple):
    """Tokens, not verified yet, and the time that the SSO told with them."""

    answer: TokenAnswer
    server: float


class DeadTokenError(SignInError):
    """The SSO does not take a refresh token any more: revoked, used before, or too old."""


@dataclass(frozen=True, slots=True)
class Question:
    """One attempt to sign in: what goes along, and what must come back."""

    redirect_uri: str
    scopes: tuple[str, ...]
    state: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48), repr=False)

    @property
    def challenge(self) -> str:
        """PKCE's S256 of the verifier."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


class SsoClient:
    """Talks to one SSO, `base`, as the application `client_id` unless told otherwise: what was
    given to an application is renewed and revoked by the same one only.

    Raises UnreachableError when it does not answer, SignInError for what it refuses. `folder` is
    where its addresses and keys are remembered for a day.
    """

    def __init__(
        self, settings: Sso, folder: Path | None, *, clock: Callable[[], float] = time.time
    ) -> None:
        self.client_id = settings.client_id
        self.base = settings.base_url.rstrip("/")
        self._file = None if folder is None else folder / "sso.json"
        self._clock = clock
        self._known: _Known | None = None

    async def address(self, question: Question) -> str:
        """Where a person agrees to `question`."""
        endpoints = (await self._endpoints()).endpoints
        values = {
            "response_type": "code",
            "redirect_uri": question.redirect_uri,
            "client_id": self.client_id,
            "scope": " ".join(question.scopes),
            "code_challenge": question.challenge,
            "code_challenge_method": "S256",
            "state": question.state,
        }
        return f"{endpoints.authorization_endpoint}?{urlencode(values)}"

    async def redeem(self, code: str, question: Question) -> Granted:
        """Tokens for a code. Raises SignInError for one that is not good any more."""
        return await self._tokens(
            {
                "grant_type": "authorization_code",
                "client_id": self.client_id,
                "code": code,
                "code_verifier": question.verifier,
                "redirect_uri": question.redirect_uri,
            }
        )

    async def renew(self, refresh_token: str, client_id: str) -> Granted:
        """New tokens for a refresh token, which is used up. Raises DeadTokenError."""
        return await self._tokens(
            {
                "grant_type": "refresh_token",
                "client_id": client_id,
                "refresh_token": refresh_token,
            }
        )

    async def identity(self, granted: Granted, client_id: str) -> Identity:
        """Whose tokens these are. Where the keys that are remembered do not fit, newer ones are
        asked for, once: CCP's key is called `JWT-Signature-Key`, and the next one may be, too.
        """
        known = await self._endpoints()
        remembered = known.keys
        try:
            return self._identify(granted, client_id, known, remembered or await self._keys(known))
        except UnknownKeyError:
            if remembered is None:
                raise
        return self._identify(granted, client_id, known, await self._keys(known))

    def _identify(self, granted: Granted, client_id: str, known: _Known, keys: Keys) -> Identity:
        return identify(
            granted.answer.access_token,
            keys.keys,
            issuer=known.endpoints.issuer,
            client_id=client_id,
            now=self._clock(),
            server=granted.server,
        )

    async def revoke(self, refresh_token: str, client_id: str) -> None:
        """Tell the SSO that the token is not needed any more."""
        endpoints = (await self._endpoints()).endpoints
        if not endpoints.revocation_endpoint:
            return
        values = {
            "token": refresh_token,
            "token_type_hint": "refresh_token",
            "client_id": client_id,
        }
        reply = await self._send("POST", endpoints.revocation_endpoint, values)
        if reply.status_code >= 400:
            raise UnreachableError(f"the sign-in answered {reply.status_code} to a revocation")

    async def look(self) -> tuple[Endpoints, Keys]:
        """Its addresses and keys as they are now; they are remembered, too."""
        found = await self._metadata()
        self._known = _Known(self.base, self._clock() + KEPT, found)
        return found, await self._keys(self._known)

    # -- asking -----------------------------------------------------------------------------------

    async def _tokens(self, values: dict[str, str]) -> Granted:
        endpoints = (await self._endpoints()).endpoints
        reply = await self._send("POST", endpoints.token_endpoint, values)
        if reply.status_code in (400, 401, 403):
            raise _refusal(reply, values["grant_type"])
        if reply.status_code != 200:
            raise UnreachableError(
                f"the sign-in answered {reply.status_code}", hint="Try again in some minutes."
            )
        answer = _decoded(reply, TokenAnswer)
        server = http_time(reply.headers.get("date"))
        return Granted(answer, self._clock() if server is None else server)

    async def _endpoints(self) -> _Known:
        if self._known is None:
            self._known = self._remembered()
        if self._known is None:
            found = await self._metadata()
            self._known = _Known(self.base, self._clock() + KEPT, found)
            self._remember()
        return self._known

    async def _metadata(self) -> Endpoints:
        found: Endpoints = _decoded(await self._get(self.base + METADATA), Endpoints)
        if wrong := foreign_endpoint(self.base, found):
            raise UnreachableError(
                f"the metadata of {self.base} names another place as its {wrong}",
                hint="Nothing was sent there. Look at sso.base_url in `eveobs config show "
                "--origin`.",
            )
        return found

    async def _keys(self, known: _Known) -> Keys:
        found: Keys = _decoded(await self._get(known.endpoints.jwks_uri), Keys)
        known.keys = found
        self._remember()
        return found

    async def _get(self, url: str) -> httpx.Response:
        reply = await self._send("GET", url)
        if reply.status_code != 200:
            raise UnreachableError(f"{url} answered {reply.status_code}")
        return reply

    async def _send(
        self, method: str, url: str, values: dict[str, str] | None = None
    ) -> httpx.Response:
        import httpx

        agent = {
            "user-agent": f"eveobs/{__version__}",
            "accept": "application/json",
            "accept-encoding": "gzip",
        }
        try:
            async with (
                asyncio.timeout(TOTAL_TIMEOUT),
                httpx.AsyncClient(headers=agent, timeout=TIMEOUT, verify=verified()) as http,
                http.stream(method, url, data=values) as reply,
            ):
                return await _whole(reply)
        except TooLargeError as error:
            raise UnreachableError(
                f"the sign-in of EVE Online answered with more than {SIGN_IN:,} bytes",
                hint="Look at sso.base_url in `eveobs config show --origin`.",
            ) from error
        except ValueError as error:
            raise UnreachableError(
                f"the sign-in of EVE Online answered with {error}",
                hint="Look at sso.base_url in `eveobs config show --origin`.",
            ) from error
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            why = str(error) or type(error).__name__  # a time-out has no words
            raise UnreachableError(
                f"the sign-in of EVE Online cannot be reached: {why}",
                hint="Check the network, and sso.base_url in `eveobs config show --origin`.",
            ) from error

    def _remembered(self) -> _Known | None:
        if self._file is None:
            return None
        try:
            known = msgspec.json.decode(
                read_bounded(self._file, SIGN_IN, regular=True), type=_Known
            )
        except (OSError, msgspec.DecodeError, RecursionError):
            return None
        now = self._clock()
        fresh = known.base_url == self.base and now < known.until <= now + KEPT
        # The cache is no place to trust more than the network.
        return known if fresh and not foreign_endpoint(self.base, known.endpoints) else None

    def _remember(self) -> None:
        if self._file is None or self._known is None:
            return
        try:
            files.private_folder(self._file.parent)
            known = msgspec.json.encode(self._known)
            files.write_bytes(self._file, known, private=True, durable=False)
        except OSError:  # it is asked again next time
            return


def foreign_endpoint(base: str, endpoints: Endpoints) -> str:
    """The first of `endpoints` that is not of the SSO at `base`; "" where all are.

    Codes, refresh tokens and the keys that tokens are verified with go to or come from them: each
    is at the origin of `base`, which is https, or plain http on this machine for a sandbox. The
    issuer is the SSO itself; CCP's is a bare host name in some tokens.
    """
    own = web_origin(base)
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri", "revocation_endpoint"):
        address = getattr(endpoints, name)
        if name == "revocation_endpoint" and not address:
            continue
        # `?` and `#` would swallow what is appended; a user name is how hosts are faked.
        if not _PLAIN_ADDRESS.fullmatch(address) or _origin_of(address) != own:
            return name
    issuer = endpoints.issuer
    here = issuer == urlsplit(base).hostname or _origin_of(issuer) == own
    return "" if here else "issuer"


def _origin_of(address: str) -> str:
    try:
        return web_origin(address)
    except ValueError:
        return ""


async def _whole(reply: httpx.Response) -> httpx.Response:
    """`reply` with its body, of a bounded size. httpx itself unpacks without a bound."""
    import httpx

    unpacker = Unpacker(reply.headers.get("content-encoding", "").strip().lower(), largest=SIGN_IN)
    async for part in reply.aiter_raw():
        unpacker.add(part)
    headers = {name: value for name, value in reply.headers.items() if name not in PACKING}
    body = unpacker.body()
    return httpx.Response(reply.status_code, headers=headers, content=body, request=reply.request)


def _decoded(reply: httpx.Response, shape: Any) -> Any:
    try:
        return msgspec.json.decode(reply.content, type=shape)
    except (msgspec.DecodeError, RecursionError) as error:
        raise UnreachableError(
            f"{reply.url.host} answered with something that is no answer of EVE Online's sign-in",
            hint="Look at sso.base_url in `eveobs config show --origin`.",
        ) from error


def _refusal(reply: httpx.Response, grant_type: str) -> SignInError | UnreachableError:
    """What a refusal of the token endpoint means."""
    try:
        told = msgspec.json.decode(reply.content, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError):
        return UnreachableError(f"the sign-in answered {reply.status_code} without a reason")
    error, words = str(told.get("error", "")), str(told.get("error_description", ""))
    if error == "invalid_grant" and grant_type == "refresh_token":
        return DeadTokenError(words or "the sign-in has ended")
    if error == "invalid_grant":
        return SignInError(
            "the sign-in took too long, or was used already",
            hint="Start again with `eveobs auth login`.",
        )
    return SignInError(
        f"the sign-in refused: {words or error or reply.status_code}",
        hint="Is sso.client_id that of your application at developers.eveonline.com?",
    )
