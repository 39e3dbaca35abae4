"""Characters and corporations are found among who signed in, public ones among all there are."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from eveobs.errors import SignInError, UsageError
from eveobs.esi.cache import ResponseCache
from eveobs.esi.client import EsiClient
from eveobs.observation.subjects import Search, Subject
from eveobs.settings import Esi
from eveobs.store.store import Store
from tests.cli import trinkets
from tests.cli.trinkets import (
    ASTRA,
    BRAM,
    CHARACTER,
    CORPORATION,
    CORVIN,
    HAULERS,
    MINERS,
    SignedIn,
    Told,
)

pytestmark = pytest.mark.integration
NOW = datetime(2026, 9, 23, tzinfo=UTC)


@pytest.fixture
def told() -> Iterator[Told]:
    with trinkets.esi(trinkets.people()) as there:
        yield there


@asynccontextmanager
async def searching(
    told: Told, store: Store, url: str, *signed_in: SignedIn
) -> AsyncIterator[Search]:
    settings = Esi(base_url=told.url, max_retries=0)
    async with EsiClient(settings, ResponseCache(None)) as client:
        yield Search(signed_in, client, lambda: store, url, lambda: NOW)


def ids(found: list[Subject]) -> list[tuple[int, str]]:
    return [(one.id, one.name) for one in found]


async def test_a_corporation_has_all_its_members_and_is_asked_for_once(
    told: Told, store: Store, url: str
) -> None:
    members = SignedIn(ASTRA, "Astra Vane"), SignedIn(BRAM, "Bram Oster")
    async with searching(told, store, url, *members, SignedIn(CORVIN, "Corvin Hale")) as search:
        found = await search.signed_in(CORPORATION)
        again = await search.find(CORPORATION, ["miners of DUSK", str(MINERS)])
    assert ids(found) == [(HAULERS, "Salt Haulers"), (MINERS, "Miners of Dusk")]
    assert found[0].signed_in == members
    assert ids(again) == [(MINERS, "Miners of Dusk")]
    assert len(told.asked) == 4


async def test_a_name_that_was_met_needs_no_store(told: Told, store: Store, url: str) -> None:
    async with searching(told, store, url, SignedIn(ASTRA, "Astra Vane")) as search:
        await search.signed_in(CORPORATION)
    async with searching(told, store, url, SignedIn(ASTRA, "Astra Vane")) as search:
        search.store = lambda: pytest.fail("it was opened")
        assert ids(await search.signed_in(CORPORATION)) == [(HAULERS, "Salt Haulers")]


async def test_a_character_that_is_no_more_does_not_hide_the_others(
    told: Told, store: Store, url: str
) -> None:
    del told.answers[f"/characters/{BRAM}"]
    signed_in = SignedIn(BRAM, "Bram Oster"), SignedIn(ASTRA, "Astra Vane")
    async with searching(told, store, url, *signed_in) as search:
        assert ids(await search.signed_in(CORPORATION)) == [(HAULERS, "Salt Haulers")]


async def test_a_corporation_that_esi_has_no_name_for_is_its_number(
    told: Told, store: Store, url: str
) -> None:
    del told.answers["/universe/names"][HAULERS]
    async with searching(told, store, url, SignedIn(ASTRA, "Astra Vane")) as search:
        assert ids(await search.signed_in(CORPORATION)) == [(HAULERS, str(HAULERS))]


async def test_public_ones_are_found_by_name_and_by_id_without_a_sign_in(
    told: Told, store: Store, url: str
) -> None:
    told.answers["/universe/ids"] = {"characters": [{"id": CORVIN, "name": "Corvin Hale"}]}
    async with searching(told, store, url) as search:
        by_name = await search.find(CHARACTER, [" corvin hale"], public=True)
        by_id = await search.find(CORPORATION, [str(MINERS)], public=True)
        assert ids(by_name) == [(CORVIN, "Corvin Hale")]
        assert ids(by_id) == [(MINERS, "Miners of Dusk")]
        assert by_name[0].signed_in == ()
        with pytest.raises(UsageError, match="corporation 'corvin hale'"):
            await search.find(CORPORATION, ["corvin hale"], public=True)
        with pytest.raises(UsageError, match="'77'"):
            await search.find(CHARACTER, ["77"], public=True)


async def test_who_signed_in_is_not_looked_up(told: Told, store: Store, url: str) -> None:
    async with searching(told, store, url, SignedIn(ASTRA, "Astra Vane")) as search:
        (found,) = await search.find(CHARACTER, ["astra vane"], public=True)
    assert found.signed_in[0].character_id == ASTRA
    assert told.asked == []


async def test_without_a_sign_in_nothing_that_is_not_public_is_found(
    told: Told, store: Store, url: str
) -> None:
    async with searching(told, store, url) as search:
        with pytest.raises(SignInError, match="no character is signed in"):
            await search.find(CORPORATION, ["Salt Haulers"])
