"""A token is believed when EVE Online's sign-in made it, for us, and not too long ago."""

from __future__ import annotations

from typing import Any

import pytest

from eveobs.errors import SignInError
from eveobs.esi.access_token import UnknownKeyError, identify
from eveobs.sandbox.sso.keys import SigningKeys

pytestmark = pytest.mark.unit

NOW = 1_790_000_000.0
KEYS = SigningKeys()
GOOD: dict[str, Any] = {
    "sub": "CHARACTER:EVE:2112000000",
    "name": "Draus Longward",
    "scp": ["a", "b"],
    "aud": ["mine", "EVE Online"],
    "iss": "https://login.eveonline.com",
    "exp": NOW + 1200,
}


def seen(claims: dict[str, Any], *, now: float = NOW, server: float = NOW, token: str = "") -> Any:
    return identify(
        token or KEYS.sign(claims),
        KEYS.listed()["keys"],
        issuer="https://login.eveonline.com",
        client_id="mine",
        now=now,
        server=server,
    )


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"iss": "login.eveonline.com"},
        {"iss": "https://login.eveonline.com/"},
        {"scp": "a"},
        {"scp": None},
    ],
)
def test_a_good_one(change: dict[str, Any]) -> None:
    found = seen({**GOOD, **change})
    assert (found.character_id, found.name) == (2112000000, "Draus Longward")
    scopes = change.get("scp", ["a", "b"])
    assert found.scopes == frozenset([scopes] if isinstance(scopes, str) else scopes or ())
    assert found.expires == NOW + 1200


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"iss": "https://login.example"}, "not issued by"),
        ({"aud": ["EVE Online"]}, "another application"),
        ({"aud": "mine"}, "another application"),
        ({"aud": None}, "another application"),
        ({"sub": "CORPORATION:EVE:1"}, "no character"),
        ({"exp": None}, "does not say when"),
        ({"exp": NOW - 1}, "has ended already"),
    ],
)
def test_what_is_not_for_us(change: dict[str, Any], words: str) -> None:
    with pytest.raises(SignInError, match=words):
        seen({**GOOD, **change})


@pytest.mark.parametrize("token", ["", "a.b.c", "nonsense", "é"])
def test_what_is_no_token(token: str) -> None:
    with pytest.raises(SignInError, match="signature"):
        seen(GOOD, token=token or KEYS.sign(GOOD)[:-6] + "AAAAAA")


def test_a_token_signed_by_nobody() -> None:
    from base64 import urlsafe_b64encode

    head = urlsafe_b64encode(b'{"alg":"none","kid":"JWT-Signature-Key"}').rstrip(b"=").decode()
    body = KEYS.sign(GOOD).split(".")[1]
    with pytest.raises(SignInError, match="signature"):
        seen(GOOD, token=f"{head}.{body}.")


def test_a_key_that_is_not_known_or_has_changed_under_its_name() -> None:
    other = SigningKeys()
    assert other.listed()["keys"][0]["kid"] == KEYS.listed()["keys"][0]["kid"]
    with pytest.raises(UnknownKeyError, match="signature"):
        seen(GOOD, token=other.sign(GOOD))
    renamed = [{**one, "kid": "another"} for one in KEYS.listed()["keys"]]
    with pytest.raises(UnknownKeyError, match="signature"):
        identify(
            KEYS.sign(GOOD), renamed, issuer=GOOD["iss"], client_id="mine", now=NOW, server=NOW
        )


@pytest.mark.parametrize(
    ("off", "words"),
    [(1300, "22 minutes ahead"), (3600, "60 minutes ahead"), (-1000, "17 minutes behind")],
)
def test_a_clock_that_is_off_is_told_apart(off: float, words: str) -> None:
    with pytest.raises(SignInError, match=words):
        seen(GOOD, now=NOW + off)


def test_a_clock_that_is_a_little_off_does_not_matter() -> None:
    assert seen(GOOD, now=NOW + 600).expires == NOW + 600 + 1200
