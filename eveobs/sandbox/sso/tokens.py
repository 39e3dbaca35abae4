"""What the SSO gave out: codes, access tokens, refresh tokens. Each is good for what it says."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Callable
from typing import Any, NamedTuple

from eveobs.sandbox.sso.keys import KEY_ID, SigningKeys

ACCESS_LIFE = 1200
"""Seconds an access token is good for."""
CODE_LIFE = 300


class Holder(NamedTuple):
    """Who a token speaks for, and what it may."""

    character_id: int
    scopes: frozenset[str]


class Grant(NamedTuple):
    """What a character agreed to. `challenge` is PKCE's, S256."""

    client_id: str
    holder: Holder
    redirect_uri: str = ""
    challenge: str = ""
    expires: float = float("inf")


class RefusedGrantError(Exception):
    """A code or refresh token that is not good; the message is OAuth's description."""


class Tokens:
    """`name` of a character by id goes into the tokens."""

    def __init__(self, name: Callable[[int], str]) -> None:
        self.keys = SigningKeys()
        self._name = name
        self._codes: dict[str, Grant] = {}
        self._refresh: dict[str, Grant] = {}
        self._access: dict[str, tuple[Holder, float]] = {}

    def code(self, grant: Grant, now: float) -> str:
        """A code that can be changed for tokens, once."""
        code = secrets.token_urlsafe(24)
        self._codes[code] = grant._replace(expires=now + CODE_LIFE)
        return code

    def redeem(self, code: str, verifier: str, redirect_uri: str, asker: str, now: float) -> Grant:
        """The grant of `code`, asked for by the client `asker`. Raises RefusedGrantError."""
        grant = self._codes.pop(code, None)
        known = grant is not None and (grant.client_id, grant.redirect_uri) == (asker, redirect_uri)
        if grant is None or not known or now >= grant.expires:
            raise RefusedGrantError("Authorization code is invalid or has expired.")
        digest = hashlib.sha256(verifier.encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != grant.challenge:
            raise RefusedGrantError("Code verifier does not match the code challenge.")
        return grant

    def renew(self, refresh_token: str, client_id: str) -> Grant:
        """The grant of a refresh token, which is used up. Raises RefusedGrantError."""
        grant = self._refresh.pop(refresh_token, None)
        if grant is None or grant.client_id != client_id:
            raise RefusedGrantError("Invalid refresh token. Token missing/expired.")
        return grant

    def give(self, grant: Grant, issuer: str, now: float) -> dict[str, Any]:
        """An access token and a new refresh token, as the token endpoint answers."""
        access = self.keys.sign(self._claims(grant, issuer, int(now)))
        refresh = secrets.token_urlsafe(24)
        self._access[access] = (grant.holder, now + ACCESS_LIFE)
        self._refresh[refresh] = grant
        return {
            "access_token": access,
            "expires_in": ACCESS_LIFE - 1,
            "token_type": "Bearer",
            "refresh_token": refresh,
        }

    def revoke(self, token: str) -> None:
        """Neither it nor an access token of the same character is good any more."""
        grant = self._refresh.pop(token, None)
        if grant is not None:
            self._access = {k: kept for k, kept in self._access.items() if kept[0] != grant.holder}
        self._access.pop(token, None)

    def holder(self, bearer: str, now: float) -> Holder | None:
        """Who an access token speaks for; None for one that is not good now."""
        kept = self._access.get(bearer)
        return kept[0] if kept is not None and now < kept[1] else None

    def _claims(self, grant: Grant, issuer: str, now: int) -> dict[str, Any]:
        holder = grant.holder
        owner = hashlib.sha1(str(holder.character_id).encode(), usedforsecurity=False).digest()
        return {
            "scp": sorted(holder.scopes),
            "jti": secrets.token_hex(16),
            "kid": KEY_ID,
            "sub": f"CHARACTER:EVE:{holder.character_id}",
            "azp": grant.client_id,
            "tenant": "tranquility",
            "tier": "live",
            "region": "world",
            "aud": [grant.client_id, "EVE Online"],
            "name": self._name(holder.character_id),
            "owner": base64.b64encode(owner).decode(),
            "exp": now + ACCESS_LIFE,
            "iat": now,
            "iss": issuer,
        }
