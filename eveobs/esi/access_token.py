"""What an access token says, once it is known to be the SSO's own.

A JWT, RS256 or ES256; `iss`, `aud`, `exp` and `sub` as CCP documents them for SSO v2.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from eveobs.errors import SignInError

ALGORITHMS = ["RS256", "ES256"]
KEY_TYPES = ("RSA", "EC")
REAL_ISSUERS = (
    "https://login.eveonline.com",
    "https://login.eveonline.com/",
    "login.eveonline.com",
)
SUBJECT = re.compile(r"CHARACTER:EVE:([0-9]{1,19})")
MAX_ID = 2**63 - 1
SCOPE = re.compile(r"[!-~]{1,200}")
"""RFC 6749, section 3.3, a little wider."""
MAX_NAME = 200
FORGED = "its signature is not that of EVE Online's sign-in"
TOLERANCE = 30.0
"""Seconds that this machine's clock and CCP's may differ unnoticed."""
MAX_LIFE = 86_400.0
"""Seconds; CCP's access tokens live for twenty minutes."""
MAX_TIME = 253_402_300_799.0
"""The last second of the year 9999."""


_UNUSABLE = (
    *(ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError),
    NotImplementedError,
)
"""What joserfc and cryptography raise beside their own kinds, for tokens and keys that are none."""


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
    if not {client_id, "EVE Online"} <= _words(claims, "aud"):
        raise _invalid("it was issued to another application")
    character = _character(claims)
    expires = _time(claims, "exp")
    if expires is None:
        raise _invalid("it does not say when it ends")
    _check_begin(claims, server)
    _check_time(expires, now, server)
    scopes = _words(claims, "scp")
    if not all(SCOPE.fullmatch(scope) for scope in scopes):
        raise _invalid("its scopes are none")
    # By this machine's clock: `exp` is by CCP's.
    return Identity(character, _name(claims), scopes, expires - server + now)


def _words(claims: Mapping[str, Any], name: str) -> frozenset[str]:
    """A claim that is a text or a list of texts, as `aud` and CCP's `scp` are."""
    found = claims.get(name)
    if found is None or found == "":
        return frozenset()
    some = [found] if isinstance(found, str) else found
    if not isinstance(some, list) or not all(isinstance(one, str) for one in some):
        raise _invalid(f"its claim {name!r} is no list of texts")
    return frozenset(some)


def _character(claims: Mapping[str, Any]) -> int:
    found = claims.get("sub")
    subject = SUBJECT.fullmatch(found) if isinstance(found, str) else None
    if subject is None or int(subject[1]) > MAX_ID:
        raise _invalid("it speaks for no character")
    return int(subject[1])


def _name(claims: Mapping[str, Any]) -> str:
    found = claims.get("name", "")
    if not isinstance(found, str) or len(found) > MAX_NAME:
        raise _invalid("its name is none")
    return found.encode("utf-8", "replace").decode()  # JSON can hold half a character


def _time(claims: Mapping[str, Any], name: str) -> float | None:
    """A claim in seconds since the epoch; None where it is not there."""
    found = claims.get(name)
    if found is None:
        return None
    number = isinstance(found, int | float) and not isinstance(found, bool)
    # Compared as it is: an integer of 400 digits is no float, and NaN fits nowhere.
    if not number or not 0 <= found <= MAX_TIME:
        raise _invalid(f"its claim {name!r} is no time")
    return float(found)


def _check_begin(claims: Mapping[str, Any], server: float) -> None:
    """`nbf` and `iat` may be missing; where they are there, they are over."""
    for name in ("nbf", "iat"):
        moment = _time(claims, name)
        if moment is not None and moment > server + TOLERANCE:
            raise _invalid("it is not valid yet")


def _claims(token: str, keys: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    from joserfc import errors, jwt
    from joserfc.jwk import KeySet

    # A shared secret (`oct`) among public keys would make a public text one.
    public = [dict(one) for one in keys if one.get("kty") in KEY_TYPES]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", errors.SecurityWarning)  # of keys that are too short
            known = KeySet.import_key_set({"keys": public})
        return dict(jwt.decode(token, known, algorithms=ALGORITHMS).claims)
    except (errors.InvalidKeyIdError, errors.BadSignatureError) as error:
        raise _invalid(FORGED, UnknownKeyError) from error
    except _UNUSABLE as error:
        raise _invalid(FORGED) from error
    except (errors.JoseError, errors.SecurityWarning) as error:
        raise _invalid(FORGED) from error


def _check_time(expires: float, now: float, server: float) -> None:
    if server >= expires:
        raise _invalid("it has ended already")
    if expires > server + MAX_LIFE:
        raise _invalid("it ends too far in the future")
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
