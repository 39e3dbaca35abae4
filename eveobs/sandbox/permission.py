"""Who may ask what: tokens, scopes, and roles in corporations."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from collections.abc import Mapping
from typing import Protocol

import msgspec

from eveobs.esi.route import Route
from eveobs.sandbox.answers import Call, RefusedError
from eveobs.sandbox.capsuleers.census import Census

_CHARACTER, _CORPORATION = "{character_id}", "{corporation_id}"


class Holder(Protocol):
    """Whom a token was given to, and what for."""

    @property
    def character_id(self) -> int:
        """Who signed in."""

    @property
    def scopes(self) -> frozenset[str]:
        """What was allowed."""


class Tokens(Protocol):
    """The access tokens that the sandbox's sign-in has given out."""

    def holder(self, bearer: str, now: float) -> Holder | None:
        """Who holds a token; None: it is not one of them, or no longer good."""


class NoTokens:
    """Nobody can sign in."""

    def holder(self, _bearer: str, _now: float) -> Holder | None:
        """See `Tokens`."""
        return None


class Doorkeeper:
    """Lets a request in, or says why not, in ESI's words."""

    def __init__(self, census: Census, tokens: Tokens) -> None:
        self._census = census
        self._tokens = tokens

    def known(self, headers: Mapping[str, str], now: float) -> Holder | None:
        """Who asks, if a good token says so."""
        bearer = _bearer(headers)
        return self._tokens.holder(bearer, now) if bearer else None

    def check(self, route: Route, call: Call, headers: Mapping[str, str]) -> None:
        """Raises RefusedError, with 401 for no good token and 403 for one that does not suffice."""
        if not route.scope:
            return
        if not call.character:
            raise RefusedError(401, _unauthorized(_bearer(headers), call.now))
        if route.scope not in call.scopes:
            raise RefusedError(403, f"token is not valid for scope(s): {route.scope}")
        parts = [part for part in route.path.split("/") if part.startswith("{")]
        if parts[0] == _CHARACTER and call.number() != call.character:
            raise RefusedError(403, "token is not valid for this character")
        if parts[0] == _CORPORATION:
            self._check_member(route, call)

    def _check_member(self, route: Route, call: Call) -> None:
        if self._census.corporation_of(call.character) != call.number():
            raise RefusedError(403, "Character is not a member of the corporation")
        number = self._census.people.number_of(call.character)
        roles = () if number is None else self._census.roles(number)
        if route.roles and not set(route.roles) & set(roles):
            raise RefusedError(403, "Character does not have required role(s)")


def _bearer(headers: Mapping[str, str]) -> str:
    kind, _, token = headers.get("Authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def _unauthorized(bearer: str, now: float) -> str:
    if not bearer:
        return "authorization not provided"
    return "token is expired" if _expires(bearer) <= now else "token is not valid"


class _Claims(msgspec.Struct):
    exp: float = float("inf")


def _expires(bearer: str) -> float:
    """When a JWT says that it ends; never for what is none."""
    _, _, rest = bearer.partition(".")
    claims = rest.partition(".")[0]
    try:
        packed = urlsafe_b64decode(claims + "=" * (-len(claims) % 4))
        return msgspec.json.decode(packed, type=_Claims).exp
    except ValueError:
        return float("inf")
