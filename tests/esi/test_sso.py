"""Talking to EVE Online's sign-in: PKCE, what it refuses, and keys that change."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from multidict import CIMultiDict

from eveobs.errors import SignInError, UnreachableError
from eveobs.esi.sso import DeadTokenError, Granted, Question, SsoClient
from eveobs.sandbox.messages import Reply
from eveobs.settings import Sso
from tests.esi.sso_server import (
    ASTRA,
    CLIENT,
    KEYS,
    METADATA,
    REVOKE,
    TOKEN,
    Clock,
    SsoServer,
    code_of,
    sso_server,
)

pytestmark = pytest.mark.integration

SCOPES = ("esi-skills.read_skills.v1", "esi-wallet.read_character_wallet.v1")


@pytest.fixture
def sso() -> Iterator[SsoServer]:
    with sso_server() as started:
        yield started


def client_of(
    sso: SsoServer, folder: Path | None = None, *, clock: Clock | None = None
) -> SsoClient:
    settings = Sso(client_id=CLIENT, base_url=f"{sso.url}/")
    return SsoClient(settings, folder, clock=clock or sso.clock)


async def granted(client: SsoClient) -> Granted:
    question = Question("http://localhost:1/callback", SCOPES)
    code = code_of(await client.address(question), f"character={ASTRA}")["code"]
    return await client.redeem(code, question)


def said(status: int, body: object) -> Reply:
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Reply(status, CIMultiDict({"Content-Type": "application/json"}), text)


async def test_a_code_becomes_an_identity(sso: SsoServer) -> None:
    client = client_of(sso)
    question = Question("http://localhost:1/callback", SCOPES)
    asked = parse_qs(urlsplit(await client.address(question)).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert question.verifier not in str(asked)
    assert question.verifier not in repr(question)
    came = await granted(client)
    identity = await client.identity(came, CLIENT)
    assert (identity.character_id, identity.name) == (ASTRA, "Astra Vane")
    assert identity.scopes == frozenset(SCOPES)
    assert identity.expires == sso.clock() + 1200
    assert came.answer.access_token not in repr(came)
    assert came.answer.refresh_token not in repr(came)


async def test_a_code_is_good_once_and_for_five_minutes(sso: SsoServer) -> None:
    client = client_of(sso)
    question = Question("http://localhost:1/callback", SCOPES)
    address = await client.address(question)
    code = code_of(address, f"character={ASTRA}")["code"]
    with pytest.raises(SignInError, match="took too long, or was used already"):
        await client.redeem(code, Question(question.redirect_uri, SCOPES))  # another verifier
    late = code_of(address, f"character={ASTRA}")["code"]
    sso.clock.time += 301
    with pytest.raises(SignInError, match="took too long"):
        await client.redeem(late, question)


async def test_addresses_and_keys_are_remembered_for_a_day(sso: SsoServer, tmp_path: Path) -> None:
    first = client_of(sso, tmp_path)
    came = await granted(first)
    await first.identity(came, CLIENT)
    again = client_of(sso, tmp_path)
    await again.identity(came, CLIENT)
    assert (sso.asked.count(METADATA), sso.asked.count(KEYS)) == (1, 1)
    sso.clock.time += 86_401
    late = client_of(sso, tmp_path)
    await late.identity(await granted(late), CLIENT)
    assert (sso.asked.count(METADATA), sso.asked.count(KEYS)) == (2, 2)
    kept = (tmp_path / "sso.json").read_text()
    assert came.answer.access_token not in kept
    assert came.answer.refresh_token not in kept


@pytest.mark.parametrize("text", ["", "[]", '{"base_url": 1}'])
async def test_what_was_remembered_and_is_damaged_is_asked_again(
    text: str, sso: SsoServer, tmp_path: Path
) -> None:
    (tmp_path / "sso.json").write_text(text)
    client = client_of(sso, tmp_path)
    assert (await client.identity(await granted(client), CLIENT)).character_id == ASTRA


async def test_a_folder_that_cannot_be_written_does_no_harm(sso: SsoServer, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    client = client_of(sso, tmp_path / "file" / "cache")
    assert (await client.identity(await granted(client), CLIENT)).character_id == ASTRA


async def test_keys_that_changed_are_asked_for_once(sso: SsoServer, tmp_path: Path) -> None:
    before = client_of(sso, tmp_path)
    old = await granted(before)
    await before.identity(old, CLIENT)
    sso.routes.tokens.keys.rotate()
    after = client_of(sso, tmp_path)
    new = await granted(after)
    assert (await after.identity(new, CLIENT)).character_id == ASTRA
    assert sso.asked.count(KEYS) == 2
    with pytest.raises(SignInError, match="signature"):
        await after.identity(old, CLIENT)
    assert sso.asked.count(KEYS) == 3
    fresh = client_of(sso)
    with pytest.raises(SignInError, match="signature"):  # just asked for: no reason to ask again
        await fresh.identity(old, CLIENT)
    assert sso.asked.count(KEYS) == 4


async def test_a_token_of_another_application_is_refused(sso: SsoServer) -> None:
    client = client_of(sso)
    with pytest.raises(SignInError, match="another application"):
        await client.identity(await granted(client), "another")


@pytest.mark.parametrize(
    ("off", "words"), [(1260, "21 minutes ahead"), (-1800, "30 minutes behind")]
)
async def test_a_clock_that_is_off_is_told_by_how_much(
    off: float, words: str, sso: SsoServer
) -> None:
    client = client_of(sso, clock=Clock(sso.clock() + off))
    came = await granted(client)
    with pytest.raises(SignInError, match=f"clock of this machine is {words}"):
        await client.identity(came, CLIENT)


async def test_refresh_tokens_rotate(sso: SsoServer) -> None:
    client = client_of(sso)
    first = (await granted(client)).answer.refresh_token
    second = (await client.renew(first, CLIENT)).answer.refresh_token
    assert first != second
    with pytest.raises(DeadTokenError):
        await client.renew(first, CLIENT)
    with pytest.raises(DeadTokenError):
        await client.renew(second, "another")


async def test_a_revoked_token_is_dead(sso: SsoServer) -> None:
    client = client_of(sso)
    refresh = (await granted(client)).answer.refresh_token
    await client.revoke(refresh, CLIENT)
    with pytest.raises(DeadTokenError):
        await client.renew(refresh, CLIENT)
    sso.instead[REVOKE] = said(503, {})
    with pytest.raises(UnreachableError, match="503"):
        await client.revoke(refresh, CLIENT)


async def test_an_sso_without_revocation_is_asked_nothing(sso: SsoServer) -> None:
    names = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
    sso.instead[METADATA] = said(200, dict.fromkeys(names, sso.url))
    await client_of(sso).revoke("any", CLIENT)
    assert REVOKE not in sso.asked


@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [
        (said(500, {}), UnreachableError, "answered 500"),
        (said(429, {"error": "slow_down"}), UnreachableError, "answered 429"),
        (said(200, b"<html>"), UnreachableError, "no answer of EVE Online's sign-in"),
        (said(200, {"access_token": "x"}), UnreachableError, "no answer of EVE Online's"),
        (said(400, b"<html>"), UnreachableError, "400 without a reason"),
        (said(401, {"error": "invalid_client"}), SignInError, "refused: invalid_client"),
        (said(400, {"error": "x", "error_description": "Bad id"}), SignInError, "refused: Bad id"),
    ],
)
async def test_only_invalid_grant_is_the_end_of_a_token(
    reply: Reply, kind: type[Exception], words: str, sso: SsoServer
) -> None:
    client = client_of(sso)
    refresh = (await granted(client)).answer.refresh_token
    sso.instead[TOKEN] = reply
    with pytest.raises(kind, match=words) as caught:
        await client.renew(refresh, CLIENT)
    assert not isinstance(caught.value, DeadTokenError)
    assert refresh not in f"{caught.value}{caught.value.hint}"  # type: ignore[attr-defined]


@pytest.mark.parametrize("reply", [said(503, {}), said(200, b"<html>"), said(200, {"k": 1})])
async def test_keys_that_cannot_be_had_are_asked_again_next_time(
    reply: Reply, sso: SsoServer, tmp_path: Path
) -> None:
    client = client_of(sso, tmp_path)
    came = await granted(client)
    sso.instead[KEYS] = reply
    with pytest.raises(UnreachableError):
        await client.identity(came, CLIENT)
    sso.instead.clear()
    assert (await client_of(sso, tmp_path).identity(came, CLIENT)).character_id == ASTRA


async def test_nobody_there() -> None:
    client = SsoClient(Sso(client_id=CLIENT, base_url="http://127.0.0.1:1"), None)
    with pytest.raises(UnreachableError, match="cannot be reached"):
        await client.address(Question("http://localhost:1/callback", ()))


async def test_a_look_asks_in_any_case_and_is_remembered(sso: SsoServer, tmp_path: Path) -> None:
    for times in (1, 2):
        endpoints, keys = await client_of(sso, tmp_path).look()
        assert (sso.asked.count(METADATA), sso.asked.count(KEYS)) == (times, times)
    assert endpoints.jwks_uri.endswith(KEYS)
    assert "RS256" in {key.get("alg") for key in keys.keys}
    client = client_of(sso, tmp_path)
    await client.identity(await granted(client), CLIENT)
    assert (sso.asked.count(METADATA), sso.asked.count(KEYS)) == (2, 2)
