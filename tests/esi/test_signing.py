"""Requests are signed by whom they ask for; what one character may see is no other's; a refusal is
one request and one sentence.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from eveobs.errors import AnswerError, LimitError, SignInError
from eveobs.esi.cache import ResponseCache
from eveobs.esi.client import EsiClient
from eveobs.esi.planning import CountingSender, Plan
from eveobs.esi.routes import BY_PATH
from eveobs.settings import Esi
from tests.esi.characters import Character
from tests.esi.fakes import BASE, STATUS, Server, Time, Warnings, client, error, ok, same

pytestmark = pytest.mark.unit

BLUEPRINTS = BY_PATH["GET", "/characters/{character_id}/blueprints"]
OF_CORPORATION = BY_PATH["GET", "/corporations/{corporation_id}/blueprints"]
NAMES_OF_ASSETS = BY_PATH["POST", "/characters/{character_id}/assets/names"]
OPEN_ORDERS = BY_PATH["GET", "/characters/{character_id}/orders"]
SCOPES = frozenset(
    {BLUEPRINTS.scope, OF_CORPORATION.scope, NAMES_OF_ASSETS.scope, OPEN_ORDERS.scope}
)
OWN = {"character_id": 90_000_001}


def kara() -> Character:
    return Character(scopes=SCOPES)


def bearers(server: Server) -> list[str | None]:
    return [request.headers.get("authorization") for request in server.requests]


async def blueprints(esi: EsiClient, access: Character | None) -> Any:
    return (await esi.get(BLUEPRINTS, OWN, shape=list, access=access)).value


async def test_every_way_of_asking_is_signed(time: Time) -> None:
    server, character = Server(ok([])), kara()
    async with client(server, time) as esi:
        await esi.get(BLUEPRINTS, OWN, shape=list, access=character)
        await esi.pages(OF_CORPORATION, {"corporation_id": 7}, shape=list[int], access=character)
        await esi.post(NAMES_OF_ASSETS, [1], shape=list, parameters=OWN, access=character)
    assert bearers(server) == [f"Bearer {character.tokens[0]}"] * 3
    assert server.paths[2] == "/characters/90000001/assets/names"


async def test_what_is_everybodys_is_asked_by_nobody_and_kept_for_all(time: Time) -> None:
    async with client(server := Server(ok({})), time) as esi:
        await esi.get(STATUS, shape=dict, access=kara())
        await esi.get(STATUS, shape=dict)
    assert bearers(server) == [None]


@pytest.mark.parametrize("ask", ["get", "pages", "post", "walk", "cursor"])
async def test_without_a_character_nothing_is_asked(time: Time, ask: str) -> None:
    calls: dict[str, Callable[[EsiClient], Any]] = {
        "get": lambda esi: esi.get(BLUEPRINTS, OWN, shape=list),
        "pages": lambda esi: esi.pages(BLUEPRINTS, OWN, shape=list[int]),
        "post": lambda esi: esi.post(NAMES_OF_ASSETS, [1], shape=list, parameters=OWN),
        "walk": lambda esi: esi.walk(BLUEPRINTS, OWN, shape=list[dict[str, int]], id_field="id"),
        "cursor": lambda esi: esi.cursor(BLUEPRINTS, OWN, shape=dict, rows_field="rows"),
    }
    async with client(server := Server(ok([])), time) as esi:
        with pytest.raises(SignInError, match="needs a character") as caught:
            await calls[ask](esi)
    assert "eveobs auth login --scopes esi-" in (caught.value.hint or "")
    assert not server.requests


async def test_a_scope_that_was_not_allowed_is_named_and_nothing_is_asked(time: Time) -> None:
    async with client(server := Server(ok([])), time) as esi:
        with pytest.raises(SignInError) as caught:
            await blueprints(esi, Character(scopes=frozenset({"esi-other.v1"})))
    assert "Kara Ovessa" in caught.value.message
    assert BLUEPRINTS.scope in caught.value.message
    assert f"--scopes {BLUEPRINTS.scope}" in (caught.value.hint or "")
    assert not server.requests


async def test_a_plan_says_so_too_and_counts_nothing() -> None:
    plan = Plan()
    sender = CountingSender(BASE, plan)
    async with EsiClient(Esi(base_url=BASE), ResponseCache(None), sender=sender) as esi:
        with pytest.raises(SignInError):
            await blueprints(esi, None)
    assert not plan.routes


# -- what is kept ---------------------------------------------------------------------------------


async def test_answers_are_kept_for_their_character_alone(time: Time, cache: ResponseCache) -> None:
    server, first = Server(ok([1]), ok([2])), kara()
    second = Character(90_000_002, "Tal Irsen", SCOPES)
    async with client(server, time, cache=cache) as esi:
        for _ in range(2):
            assert await blueprints(esi, first) == [1]
            assert await blueprints(esi, second) == [2]
        with pytest.raises(SignInError):
            await blueprints(esi, None)
        with pytest.raises(SignInError):
            await blueprints(esi, Character(scopes=frozenset()))
    assert len(server.requests) == 2


async def test_asked_at_once_by_two_it_is_two_questions(time: Time) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return ok([request.headers["authorization"]])

    first, second = kara(), Character(90_000_002, "Tal Irsen", SCOPES)
    async with client(answer, time) as esi:
        found = await asyncio.gather(*(blueprints(esi, each) for each in (first, second, first)))
    assert found == [[f"Bearer {one.tokens[0]}"] for one in (first, second, first)]


async def test_what_has_expired_is_asked_conditionally_as_the_same_character(
    time: Time, cache: ResponseCache
) -> None:
    server, character = Server(ok([1], etag='"a"'), same(etag='"b"'), ok([2])), kara()
    async with client(server, time, cache=cache) as esi:
        await blueprints(esi, character)
        time.now += 3600
        assert await blueprints(esi, character) == [2]  # the 304 was of something else
    assert server.validators == [None, '"a"', None]
    assert bearers(server) == [f"Bearer {character.tokens[0]}"] * 3


async def test_no_token_is_written_or_told(
    time: Time, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    character = kara()
    cache = ResponseCache(tmp_path / "cache", clock=time)
    async with client(Server(ok([1]), error(401, "no")), time, cache=cache) as esi:
        await blueprints(esi, character)
        with pytest.raises(SignInError) as caught:
            await esi.get(OPEN_ORDERS, OWN, shape=list, access=character)
    written = _all_bytes(tmp_path)
    assert str(character.character_id).encode() in written
    for token in character.tokens:
        assert token.encode() not in written
        assert token not in caplog.text + str(caught.value) + str(caught.value.hint)
        assert token not in repr(esi._sender) + repr(vars(esi._sender)["_signer"])


def _all_bytes(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


# -- what is refused ------------------------------------------------------------------------------


async def test_a_token_that_is_not_taken_is_replaced_once(time: Time) -> None:
    server, character = Server(error(401, "token is expired"), ok([1])), kara()
    async with client(server, time) as esi:
        assert await blueprints(esi, character) == [1]
    assert bearers(server) == [f"Bearer {token}" for token in character.tokens]
    assert len(character.tokens) == 2


async def test_an_old_gateway_says_403_of_a_token_that_is_expired(time: Time) -> None:
    server, character = Server(error(403, "Token is expired"), ok([1])), kara()
    async with client(server, time) as esi:
        assert await blueprints(esi, character) == [1]


async def test_a_character_that_is_not_taken_at_all_is_told_once(time: Time) -> None:
    server, character = Server(error(401, "authentication failure")), kara()
    async with client(server, time, concurrency=1) as esi:
        for _ in range(3):
            with pytest.raises(SignInError, match="authentication failure") as caught:
                await blueprints(esi, character)
        with pytest.raises(SignInError):
            await esi.get(OPEN_ORDERS, OWN, shape=list, access=character)
        assert "Kara Ovessa" in caught.value.message
        assert "eveobs auth login" in (caught.value.hint or "")
        assert len(server.requests) == 2
        character.tokens.append("another one")
        server.answers = [ok([1])]
        assert await blueprints(esi, character) == [1]


async def test_a_character_that_must_sign_in_again_costs_nothing(time: Time) -> None:
    server, character = Server(ok([])), kara()
    character.dead = True
    async with client(server, time) as esi:
        for _ in range(200):  # 5 tokens each would be more than the 600 there are
            with pytest.raises(SignInError, match="must sign in again"):
                await blueprints(esi, character)
    assert not server.requests
    assert esi.usage.requests == 0
    assert not time.slept


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("Token is not valid for scope(s): esi-x.v1", OF_CORPORATION.scope),
        ("Character does not have required role(s)", "the role Director"),
    ],
)
async def test_a_missing_scope_or_role_is_one_request(time: Time, words: str, told: str) -> None:
    server, character = Server(error(403, words)), kara()
    async with client(server, time) as esi:
        for number in range(50):
            with pytest.raises(SignInError) as caught:
                await esi.get(
                    OF_CORPORATION,
                    {"corporation_id": number},
                    shape=list,
                    access=character,
                    accept=frozenset((403,)),
                )
            assert told in caught.value.message
            assert "Kara Ovessa" in caught.value.message
        assert len(server.requests) == 1
        server.answers = [ok([1])]
        assert await blueprints(esi, character) == [1]


async def test_another_403_is_an_answer(time: Time) -> None:
    server, character = Server(error(403, "Forbidden")), kara()
    async with client(server, time) as esi:
        with pytest.raises(AnswerError, match="Forbidden"):
            await blueprints(esi, character)
        answer = await esi.get(
            BLUEPRINTS, OWN, shape=list, access=character, accept=frozenset((403,))
        )
    assert (answer.status, answer.detail) == (403, "Forbidden")


# -- limits of a character ------------------------------------------------------------------------


async def test_a_bucket_is_a_characters_own(time: Time) -> None:
    server, first = Server(error(429, "Too many", retry_after="901"), ok([])), kara()
    second = Character(90_000_002, "Tal Irsen", SCOPES)
    async with client(server, time) as esi:
        for _ in range(2):
            with pytest.raises(LimitError) as caught:
                await blueprints(esi, first)
        assert await blueprints(esi, second) == []
        assert (await esi.get(OPEN_ORDERS, OWN, shape=list, access=first)).value == []
    assert len(server.requests) == 3
    assert "char-industry" in caught.value.message


async def test_spamming_pauses_the_character_as_told_and_goes_on(time: Time) -> None:
    items = BY_PATH["GET", "/characters/{character_id}/contracts/{contract_id}/items"]
    spam = error(520, 'ConStopSpamming, details: {"remainingTime": 12038505}')
    asked: list[tuple[float, str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append((time.now, request.headers["authorization"]))
        mine = [who for _, who in asked if who == asked[-1][1]]
        return spam if len(mine) == 1 and who_is(asked[-1][1]) == "Kara Ovessa" else ok([])

    people = [
        Character(name=name, character_id=n, scopes=frozenset({items.scope}))
        for n, name in enumerate(("Kara Ovessa", "Tal Irsen"), 90_000_001)
    ]

    def who_is(bearer: str) -> str:
        return next(one.name for one in people if bearer.endswith(one.tokens[0]))

    async with client(answer, time, concurrency=1, progress=(heard := Warnings())) as esi:
        for one in (people[0], people[1], people[0]):
            of = {"character_id": one.character_id, "contract_id": len(asked)}
            await esi.get(items, of, shape=list, access=one)
    assert len(asked) == 4
    assert asked[1][0] - asked[0][0] >= 12.038505
    reason = "the game asks to slow down: contract items for Kara Ovessa"
    assert [why for _, why in heard.waits] == [reason], "there are tokens left"
    assert esi.usage.tokens == 6


@pytest.mark.parametrize(
    "failure",
    [
        error(429, "Too many", retry_after="1000"),
        error(403, "Character does not have required role(s)"),
    ],
)
async def test_pages_that_nobody_will_get_are_not_all_asked_for(
    time: Time, failure: httpx.Response
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return ok([1], x_pages="500") if len(asked) == 1 else failure

    asked: list[httpx.Request] = []
    async with client(answer, time, concurrency=4) as esi:
        listing = await esi.pages(BLUEPRINTS, OWN, shape=list[int], access=kara())
    assert (listing.whole, listing.rows) == (False, [1])
    assert isinstance(listing.error, LimitError | SignInError)
    assert len(asked) <= 5
