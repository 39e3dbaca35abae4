"""The keys that tokens are signed with, made when the first is needed (a tenth of a second)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from joserfc.jwk import ECKey, RSAKey


KEY_ID = "JWT-Signature-Key"
"""As CCP's documentation of the SSO shows it."""


class SigningKeys:
    """RS256 signs; an ES256 key is listed beside it, as the real SSO lists one."""

    def rotate(self) -> None:
        """From now on another key signs, under the same name, and the one before is no longer
        listed: the hardest case for whoever remembers keys.
        """
        for name in ("_rsa", "_ec"):
            self.__dict__.pop(name, None)

    def sign(self, claims: Mapping[str, Any]) -> str:
        """A JWT with `claims`."""
        from joserfc import jwt

        header = {"alg": "RS256", "kid": KEY_ID, "typ": "JWT"}
        return jwt.encode(header, dict(claims), self._rsa)

    def listed(self) -> dict[str, Any]:
        """The JWKS: public keys only."""
        rsa = {**self._rsa.as_dict(private=False), "kid": KEY_ID, "alg": "RS256", "use": "sig"}
        ec = {**self._ec.as_dict(private=False), "kid": f"{KEY_ID}-ec", "alg": "ES256"}
        return {"keys": [rsa, {**ec, "use": "sig"}], "SkipUnresolvedJsonWebKeys": True}

    @cached_property
    def _rsa(self) -> RSAKey:
        from joserfc.jwk import RSAKey

        return RSAKey.generate_key(2048, private=True)

    @cached_property
    def _ec(self) -> ECKey:
        from joserfc.jwk import ECKey

        return ECKey.generate_key("P-256", private=True)
