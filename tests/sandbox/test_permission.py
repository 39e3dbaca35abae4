"""Who may ask what: tokens, scopes, roles, a bucket for each character, and the spam guard."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from secrets import token_urlsafe

import pytest

from eveobs.sandbox.messages import Asked, Reply
from eveobs.sandbox.people import character_id, corporation_id
from eveobs.sandbox.server import Sandbox
from eveobs.sandbox.sso.tokens import Grant, Holder
from eveobs.sandbox.world import World
from tests.sandbox.conftest import START, Clock, Passes

pytestmark = pytest.mark.unit

Ask = Callable[..., Reply]
OWN = f"/characters/{character_id(0)}"
FIRM = f"/corporations/{corporation_id(0)}"


def error(reply: Reply) -> tuple[int, str]:
    """Status and message; of what is no error, no message."""
    body = json.loads(reply.body or b"{}") if reply.status >= 400 else {}
    return reply.status, body.get("error", "")


def jwt(expires: float) -> str:
    claims = base64.urlsafe_b64encode(json.dumps({"exp": expires}).encode()).rstrip(b"=")
    return f"{token_urlsafe(6)}.{claims.decode()}.{token_urlsafe(6)}"


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({}, "authorization not provided"),
        ({"Authorization": "Basic whatever"}, "authorization not provided"),
        ({"Authorization": "Bearer whatever"}, "token is not valid"),
        ({"Authorization": "Bearer a.%%%.b"}, "token is not valid"),
        ({"Authorization": f"Bearer {jwt(START + 9)}"}, "token is not valid"),
        ({"Authorization": f"Bearer {jwt(START - 9)}"}, "token is expired"),
    ],
)
def test_without_a_good_token_it_is_401(ask: Ask, headers: dict[str, str], message: str) -> None:
    assert error(ask(f"{OWN}/wallet", **headers)) == (401, message)


def test_a_token_is_good_until_it_expires(ask: Ask, passes: Passes, clock: Clock) -> None:
    bearer = f"Bearer {passes.give(0, until=START + 60)}"
    assert ask(f"{OWN}/wallet", Authorization=bearer).status == 200
    clock.time += 60
    assert ask(f"{OWN}/wallet", Authorization=bearer).status == 401


def test_the_tokens_of_its_own_sign_in_are_good(world: World, clock: Clock) -> None:
    eden = Sandbox(world, clock=clock)
    scopes = frozenset({"esi-wallet.read_character_wallet.v1"})
    given = eden.sso.tokens.give(Grant("app", Holder(character_id(0), scopes)), "me", eden.now())
    headers = {"Authorization": f"Bearer {given['access_token']}"}
    assert eden.gateway.reply(Asked("GET", f"{OWN}/wallet", headers), eden.now()).status == 200


def test_a_scope_is_for_its_routes_only(ask: Ask, passes: Passes) -> None:
    scopes = frozenset({"esi-wallet.read_character_wallet.v1"})
    bearer = f"Bearer {passes.give(0, scopes)}"
    assert ask(f"{OWN}/wallet/journal", Authorization=bearer).status == 200
    wanted = "esi-assets.read_assets.v1"
    told = error(ask(f"{OWN}/assets", Authorization=bearer))
    assert told == (403, f"token is not valid for scope(s): {wanted}")


def test_characters_see_only_what_is_theirs(ask_as: Ask) -> None:
    assert error(ask_as(1, f"{OWN}/assets")) == (403, "token is not valid for this character")
    assert ask_as(1, OWN).status == 200


@pytest.mark.parametrize(
    ("path", "statuses"),
    [
        ("contracts", (200, 200)),
        ("members", (200, 200)),
        ("structures", (403, 200)),
        ("assets", (200, 403)),
        ("blueprints", (200, 403)),
        ("industry/jobs", (200, 403)),
        ("wallets", (200, 403)),
        ("wallets/3/journal", (200, 403)),
        ("orders", (200, 403)),
        ("divisions", (200, 403)),
    ],
)
def test_roles_open_what_a_corporation_has(
    ask_as: Ask, path: str, statuses: tuple[int, int]
) -> None:
    told = [error(ask_as(number, f"{FIRM}/{path}")) for number in (0, 1)]
    assert tuple(status for status, _ in told) == statuses
    wrong = {message for status, message in told if status == 403}
    assert wrong <= {"Character does not have required role(s)"}
    stranger = error(ask_as(2, f"{FIRM}/{path}"))
    assert stranger == (403, "Character is not a member of the corporation")


def test_everybody_may_ask_public_routes_and_unknown_ones_are_not_found(ask: Ask) -> None:
    assert ask(OWN).status == ask(FIRM).status == 200
    assert error(ask("/characters/5")) == (404, "Character not found")
    assert error(ask("/corporations/5")) == (404, "Corporation not found")


def test_each_character_has_a_bucket_of_its_own(ask_as: Ask, ask: Ask) -> None:
    def left(reply: Reply) -> int:
        return int(reply.headers["X-Ratelimit-Remaining"])

    first = ask_as(0, f"{OWN}/planets")
    assert left(ask_as(0, f"{OWN}/blueprints")) == left(first) - 2
    assert left(ask_as(1, f"/characters/{character_id(1)}/planets")) == left(first)
    assert left(ask(f"{OWN}/planets")) == left(first) + 2 - 5
    assert first.headers["X-Ratelimit-Group"] == "char-industry"
    assert first.headers["Cache-Control"] == "private"


def contract(ask_as: Ask) -> str:
    rows = json.loads(ask_as(0, f"{OWN}/contracts").body or b"")
    return f"{OWN}/contracts/{rows[0]['contract_id']}/items"


def test_the_21st_request_for_items_in_ten_seconds_is_spam(ask_as: Ask, clock: Clock) -> None:
    target = contract(ask_as)
    assert {ask_as(0, target).status for _ in range(20)} == {200}
    clock.time += 4
    status, message = error(ask_as(0, target))
    found = re.fullmatch(r'ConStopSpamming, details: \{"remainingTime": (\d+)\}', message)
    assert status == 520
    assert found
    assert int(found[1]) == 6_000_000
    clock.time += 6
    assert ask_as(0, target).status == 200


def test_the_spam_guard_counts_each_character_and_can_be_off(
    ask_as: Ask, world: World, clock: Clock, passes: Passes
) -> None:
    target = contract(ask_as)
    eden = Sandbox(world, clock=clock, tokens=passes, spam_guard=False)
    headers = {"Authorization": f"Bearer {passes.give(0)}"}
    asked = Asked("GET", target, headers)
    assert {eden.gateway.reply(asked, eden.now()).status for _ in range(30)} == {200}
    for _ in range(21):
        last = ask_as(0, target)
    assert last.status == 520
    mine = f"/characters/{character_id(1)}/contracts"
    rows = json.loads(ask_as(1, mine).body or b"")
    assert ask_as(1, f"{mine}/{rows[0]['contract_id']}/items").status == 200
