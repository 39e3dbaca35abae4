"""A region is found by its name in any case or its id; a slip of the pen is told what is near."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from eveobs.errors import UnreachableError, UsageError
from eveobs.observation.regions import all_regions, find_regions, open_regions
from eveobs.sandbox.world import World
from eveobs.store.store import Store
from eveobs.telemetry.progress import Silence
from tests.observation.edens import DOMAIN, FORGE, NAMES, Eden, eden_of, replacing

pytestmark = pytest.mark.integration

ABYSS = 12_000_001
LIST = "/universe/regions"


@pytest.fixture
async def eden(cache: Path) -> AsyncIterator[Eden]:
    abyss = {"id": ABYSS, "name": "ADR01", "category": "region"}
    async with eden_of(World.of(contracts={ABYSS: []}, names=[abyss]), cache) as opened:
        yield opened


async def find(eden: Eden, store: Store, *words: str) -> list[int]:
    async with eden.client() as client:
        found = await find_regions(words, **tools(eden, store, client))
        return [region.id for region in found]


def tools(eden: Eden, store: Store, client: Any) -> dict[str, Any]:
    return {"client": client, "store": store, "now": eden.clock.now(), "progress": Silence()}


async def test_by_name_in_any_case_or_by_id_in_the_order_asked(eden: Eden, store: Store) -> None:
    asked = ["domain", " The Forge ", "10000042", "THE FORGE", str(DOMAIN)]
    assert await find(eden, store, *asked) == [DOMAIN, FORGE, 10000042]
    assert eden.sent() == {(LIST, 200): 1, (NAMES, 200): 1}
    assert await find(eden, store, "the forge") == [FORGE]
    assert eden.sent() == {}, "names of regions are known for ever"


@pytest.mark.parametrize(
    ("word", "near"),
    [
        ("The Froge", "'The Forge'"),
        ("domian", "'Domain'"),
        ("Theforge", "'The Forge'"),
        ("10000003", "by its name, such as"),
        ("zzz", "by its name, such as"),
        ("", "by its name, such as"),
        ("9" * 30, "by its name, such as"),
    ],
)
async def test_near_misses_are_suggested(eden: Eden, store: Store, word: str, near: str) -> None:
    with pytest.raises(UsageError, match="there is no region") as caught:
        await find(eden, store, "The Forge", word)
    assert near in (caught.value.hint or "")
    assert repr(word) in caught.value.message


async def test_all_regions_and_those_where_contracts_can_be(eden: Eden, store: Store) -> None:
    async with eden.client() as client:
        everything = await all_regions(**tools(eden, store, client))
        again = await all_regions(**tools(eden, store, client))
    assert again == everything
    assert eden.sent() == {(LIST, 200): 1, (NAMES, 200): 1}
    assert ABYSS in {region.id for region in everything}
    usable = {region.id for region in open_regions(everything)}
    assert usable == {region.id for region in everything} - {ABYSS}
    assert FORGE in usable


async def test_without_names_no_region_is_guessed(eden: Eden, store: Store) -> None:
    eden.answer = replacing({NAMES: httpx.Response(500, json={"error": "boom"})})
    with pytest.raises(UnreachableError, match="boom"):
        await find(eden, store, "The Forge")
    eden.answer = lambda _: None
    assert await find(eden, store, "The Forge") == [FORGE]
