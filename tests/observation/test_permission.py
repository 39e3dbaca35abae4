"""Whose token reads a list: who has all scopes, and in a corporation one of the roles."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from eveobs.esi.cache import ResponseCache
from eveobs.esi.client import EsiClient
from eveobs.observation.permission import Lack, Permissions, refusal, refusals
from eveobs.observation.subjects import Subject
from eveobs.processors.interface import Needs
from eveobs.settings import Esi
from tests.cli import trinkets
from tests.cli.trinkets import (
    ASTRA,
    BRAM,
    CHARACTER,
    CORPORATION,
    HAULERS,
    ROLES_SCOPE,
    SignedIn,
    Told,
)

pytestmark = pytest.mark.integration
READ, MORE = "esi-read", "esi-more"


def signed_in(number: int, *scopes: str, dead: bool = False) -> SignedIn:
    name = {ASTRA: "Astra Vane", BRAM: "Bram Oster"}[number]
    return SignedIn(number, name, frozenset((ROLES_SCOPE, *scopes)), dead)


def haulers(*members: SignedIn) -> Subject:
    return Subject(CORPORATION, HAULERS, "Salt Haulers", members)


@pytest.fixture
def told() -> Iterator[Told]:
    with trinkets.esi(trinkets.people()) as there:
        yield there


@asynccontextmanager
async def permissions(told: Told) -> AsyncIterator[Permissions]:
    settings = Esi(base_url=told.url, max_retries=0)
    async with EsiClient(settings, ResponseCache(None)) as client:
        yield Permissions(client)


async def test_the_member_with_the_role_reads_and_roles_are_asked_once(told: Told) -> None:
    corporation = haulers(signed_in(BRAM, READ), signed_in(ASTRA, READ))
    async with permissions(told) as ask:
        for role, who in (("Director", ASTRA), ("Accountant", BRAM)):
            reader = await ask.reader(corporation, Needs(scopes=(READ,), roles=("Other", role)))
            assert isinstance(reader, SignedIn)
            assert reader.character_id == who
        lack = await ask.reader(corporation, Needs(scopes=(READ,), roles=("Station_Manager",)))
    assert isinstance(lack, Lack)
    assert lack.who == ("Bram Oster", "Astra Vane")
    assert sorted(told.paths()) == sorted(f"/characters/{who}/roles" for who in (ASTRA, BRAM))
    (error,) = refusals([("jobs", lack), ("orders", lack)])
    assert error.message == (
        "Bram Oster and Astra Vane lack the role Station Manager in Salt Haulers, "
        "which corporation jobs and orders need"
    )
    assert "eveobs auth login --for jobs,orders" in str(error.hint)


async def test_a_member_whose_roles_cannot_be_learnt_is_believed(told: Told) -> None:
    needs = Needs(scopes=(READ,), roles=("Director",))
    async with permissions(told) as ask:
        dead = signed_in(BRAM, READ, dead=True)
        assert await ask.reader(haulers(dead), needs) is dead
        astra = signed_in(ASTRA, READ)
        assert await ask.reader(haulers(dead, astra), needs) is astra


async def test_of_several_members_the_one_that_sees_most(told: Told) -> None:
    needs = Needs(useful=(MORE,))
    astra, bram = signed_in(ASTRA), signed_in(BRAM, MORE)
    async with permissions(told) as ask:
        assert await ask.reader(haulers(bram, astra), needs) is astra
        assert await ask.reader(haulers(bram), needs) is bram
        assert await ask.reader(haulers(), needs) is None


async def test_a_character_reads_for_itself(told: Told) -> None:
    astra = signed_in(ASTRA, READ)
    subject = Subject(CHARACTER, ASTRA, "Astra Vane", (astra,))
    async with permissions(told) as ask:
        assert await ask.reader(subject, Needs(scopes=(READ,))) is astra
        lack = await ask.reader(subject, Needs(scopes=(READ, MORE, "a", "b")))
    assert isinstance(lack, Lack)
    assert lack.scopes == ("a", "b", MORE)
    (error,) = refusals([("assets", lack)])
    assert error.message == "Astra Vane lacks 3 scopes, which character assets need"
    assert told.asked == []


async def test_a_corporation_of_npcs_is_asked_for_nothing_private(told: Told) -> None:
    """ESI answers 403 to everybody who asks for what only corporations of players have."""
    navy = Subject(CORPORATION, 1000035, "Caldari Navy", (signed_in(BRAM, READ),))
    async with permissions(told) as ask:
        for needs in (Needs(scopes=(READ,)), Needs(scopes=(READ,), roles=("Director",))):
            lack = await ask.reader(navy, needs)
            assert isinstance(lack, Lack)
            assert lack.expected
        assert not isinstance(await ask.reader(navy, Needs(useful=(READ,))), Lack)
    assert not told.paths()
    assert isinstance(lack, Lack)
    assert refusal(lack, "own-contracts").message == (
        "Caldari Navy is an NPC corporation, which has no own-contracts to ask for"
    )
