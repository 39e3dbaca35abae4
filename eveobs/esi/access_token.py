"""What an access token says, once it is known to be the SSO's own.

A JWT, RS256 or ES256; `iss`, `aud`, `exp` and `sub` as CCP documents them for SSO v2.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from eveobs.errors import SignInError

ALGORITHMS = ["RS256", "ES256"]
REAL_ISSUERS = (
    "https://login.eveonline.com",
    "https://login.eveonline.com/",
    "login.eveonline.com",
)
SUBJECT = re.compile(r"CHARACTER:EVE:(\d{1,19})")
FORGED = "its signature is not that of EVE Online's sign-in"
TOLERANCE = 30.0
"""Seconds that this machine's clock and CCP's may differ unnoticed."""


class UnknownKeyError(SignInError):
    """Not signed with a key that is known: they may have been changed since, under the same name,
    too.
    """


class Identity(NamedTuple):
    """Who signed in, for what, and until when the token is good (seconds since the epoch)."""

    character_id: int
    name: str
    scopes: frozenset[str]
    expires: float


def identify(
    token: str,
    keys: Sequence[Mapping[str, Any]],
    *,
    issuer: str,
    client_id: str,
    now: float,
    server: float,
) -> Identity:
    """The identity in `token`; `server` is the time that the SSO told with it.

    Raises SignInError for a token that is not to be believed; of its kinds UnknownKeyError where
    newer `keys` may tell more.
    """
    claims = _claims(token, keys)
    issuers = REAL_ISSUERS if issuer in REAL_ISSUERS else (issuer,)
    if claims.get("iss") not in issuers:
        raise _invalid("it was not issued by EVE Online's sign-in")
    audience = claims.get("aud")
    told = {audience} if isinstance(audience, str) else set(audience or ())
    if not {client_id, "EVE Online"} <= told:
        raise _invalid("it was issued to another application")
    subject = SUBJECT.fullmatch(str(claims.get("sub", "")))
    if subject is None:
        raise _invalid("it speaks for no character")
    expires = claims.get("exp")
    if not isinstance(expires, int | float):
        raise _invalid("it does not say when it ends")
    _check_time(float(expires), now, server)
    scopes = claims.get("scp") or ()
    names = frozenset([scopes] if isinstance(scopes, str) else scopes)
    # By this machine's clock: `exp` is by CCP's.
    return Identity(
        int(subject[1]), str(claims.get("name", "")), names, float(expires) - server + now
    )


def _claims(token: str, keys: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    from joserfc import errors, jwt
    from joserfc.jwk import KeySet

    try:
        known = KeySet.import_key_set({"keys": [dict(one) for one in keys]})
        return dict(jwt.decode(token, known, algorithms=ALGORITHMS).claims)
    except (errors.InvalidKeyIdError, errors.BadSignatureError) as error:
        raise _invalid(FORGED, UnknownKeyError) from error
    except (errors.JoseError, ValueError, TypeError, KeyError) as error:
        raise _invalid(FORGED) from error


def _check_time(expires: float, now: float, server: float) -> None:
    if server >= expires:
        raise _invalid("it has ended already")
    off = now - server
    if now >= expires + TOLERANCE or abs(off) > 15 * 60:
        raise SignInError(
            f"the clock of this machine is {_minutes(off)} {'ahead' if off > 0 else 'behind'}, "
            "so it cannot be known whether a token is still good",
            hint="Set the clock (timedatectl set-ntp true) and try again.",
        )


def _minutes(seconds: float) -> str:
    minutes = max(round(abs(seconds) / 60), 1)
    return f"{minutes} minute{'s' if minutes != 1 else ''}"


def _invalid(why: str, kind: type[SignInError] = SignInError) -> SignInError:
    return kind(
        f"the token that came from the sign-in is not valid: {why}",
        hint="Try `eveobs auth login` again; look at sso.base_url and sso.client_id if it stays.",
    )
