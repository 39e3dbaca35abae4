"""The SSO's addresses: metadata, authorize, token, revoke, keys."""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from multidict import CIMultiDict

from eveobs.records.universe import Name
from eveobs.sandbox.messages import Asked, Reply
from eveobs.sandbox.sso.tokens import Grant, Holder, RefusedGrantError, Tokens

METADATA = "/.well-known/oauth-authorization-server"
AUTHORIZE, TOKEN, REVOKE, KEYS = (
    "/v2/oauth/authorize",
    "/v2/oauth/token",
    "/v2/oauth/revoke",
    "/oauth/jwks",
)
SHOWN = 12
"""Characters on the page to choose from."""


class SsoRoutes:
    """A door of the sandbox: answers what is the SSO's, and nothing else."""

    def __init__(self, characters: Iterable[Name]) -> None:
        self._characters = list(characters)
        self._names = {one.id: one.name for one in self._characters}
        self.tokens = Tokens(lambda number: self._names.get(number, ""))
        self._table: dict[tuple[str, str], Callable[[Asked, dict[str, str], float], Reply]] = {
            ("GET", METADATA): self._metadata,
            ("GET", AUTHORIZE): self._authorize,
            ("POST", TOKEN): self._token,
            ("POST", REVOKE): self._revoke,
            ("GET", KEYS): self._keys,
        }

    def reply(self, asked: Asked, now: float) -> Reply | None:
        """The reply, or None for what is not the SSO's."""
        path, _, query = asked.target.partition("?")
        handler = self._table.get((asked.method, path))
        if handler is None:
            return None
        text = asked.body.decode("utf-8", "replace") if asked.method == "POST" else query
        values = {name: found[-1] for name, found in parse_qs(text).items()}
        return handler(asked, values, now)

    def _metadata(self, asked: Asked, _: dict[str, str], __: float) -> Reply:
        base = _base(asked)
        told = {
            "issuer": base,
            "authorization_endpoint": base + AUTHORIZE,
            "token_endpoint": base + TOKEN,
            "revocation_endpoint": base + REVOKE,
            "jwks_uri": base + KEYS,
            "response_types_supported": ["code", "token"],
            "code_challenge_methods_supported": ["S256"],
        }
        return _json(200, told)

    def _authorize(self, asked: Asked, values: dict[str, str], now: float) -> Reply:
        problem = _problem(values)
        if problem:
            return _page(400, f"<h1>Sign-in</h1><p>{html.escape(problem)}</p>")
        if "error" in values:
            return _back(values, error=values["error"])
        if "character" not in values:
            return _page(200, self._choice(asked.target))
        character = self._find(values["character"])
        if character is None:
            return _page(404, "<h1>Sign-in</h1><p>There is no such character.</p>")
        scopes = frozenset(values.get("scope", "").split())
        grant = Grant(
            values["client_id"],
            Holder(character.id, scopes),
            values["redirect_uri"],
            values["code_challenge"],
        )
        return _back(values, code=self.tokens.code(grant, now))

    def _choice(self, target: str) -> str:
        """A page with a link for each of the first characters."""
        links = "".join(
            f'<li><a href="{html.escape(target)}&amp;character={one.id}">'
            f"{html.escape(one.name)}</a>"
            for one in self._characters[:SHOWN]
        )
        cancel = f'<p><a href="{html.escape(target)}&amp;error=access_denied">Cancel</a>'
        return f"<h1>Who signs in?</h1><ul>{links}</ul>{cancel}"

    def _find(self, word: str) -> Name | None:
        wanted = word.casefold()
        fitting = (one for one in self._characters if wanted in (str(one.id), one.name.casefold()))
        return next(fitting, None)

    def _token(self, asked: Asked, values: dict[str, str], now: float) -> Reply:
        client = values.get("client_id", "")
        try:
            if values.get("grant_type") == "authorization_code":
                code, verifier = values.get("code", ""), values.get("code_verifier", "")
                redirect_uri = values.get("redirect_uri", "")
                grant = self.tokens.redeem(code, verifier, redirect_uri, client, now)
            elif values.get("grant_type") == "refresh_token":
                grant = self.tokens.renew(values.get("refresh_token", ""), client)
            else:
                return _json(400, {"error": "unsupported_grant_type"})
        except RefusedGrantError as refused:
            return _json(400, {"error": "invalid_grant", "error_description": str(refused)})
        return _json(200, self.tokens.give(grant, _base(asked), now), now)

    def _revoke(self, _: Asked, values: dict[str, str], __: float) -> Reply:
        self.tokens.revoke(values.get("token", ""))
        return Reply(200, CIMultiDict(), b"")

    def _keys(self, _: Asked, __: dict[str, str], ___: float) -> Reply:
        return _json(200, self.tokens.keys.listed())


def _problem(values: dict[str, str]) -> str:
    """What is wrong with a question for a code; "" for nothing."""
    if values.get("response_type") != "code":
        return "response_type must be code"
    if not values.get("client_id"):
        return "client_id is missing"
    if urlsplit(values.get("redirect_uri", "")).hostname not in ("localhost", "127.0.0.1"):
        return "redirect_uri must be the one of the application, on localhost"
    if values.get("code_challenge_method") != "S256" or not values.get("code_challenge"):
        return "code_challenge with S256 is required of native applications"
    return "" if values.get("state") else "state is missing"


def _back(values: dict[str, str], **told: str) -> Reply:
    """To where the application waits."""
    query = urlencode({**told, "state": values["state"]}, quote_via=quote)
    headers = CIMultiDict({"Location": f"{values['redirect_uri']}?{query}"})
    return Reply(302, headers, b"")


def _base(asked: Asked) -> str:
    return f"http://{asked.headers.get('Host', '127.0.0.1')}"


def _json(status: int, value: Any, now: float | None = None) -> Reply:
    headers = CIMultiDict({"Content-Type": "application/json", "Cache-Control": "no-store"})
    if now is not None:
        from eveobs.sandbox.conditional import http_date

        headers["Date"] = http_date(int(now))
    return Reply(status, headers, json.dumps(value).encode())


def _page(status: int, body: str) -> Reply:
    headers = CIMultiDict({"Content-Type": "text/html; charset=utf-8"})
    text = f"<!doctype html><meta charset=utf-8><title>Sign-in</title>{body}"
    return Reply(status, headers, text.encode())
