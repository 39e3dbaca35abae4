"""A place leads to its region, and nothing that is far away is suggested."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from eveobs.errors import SIMILARITY, UsageError, did_you_mean, nearest
from eveobs.observation.regions import find_regions
from eveobs.records import static
from eveobs.sandbox.world import World
from eveobs.store.store import Store
from eveobs.telemetry.progress import Silence
from tests.conftest import Eveobs
from tests.observation.edens import Eden, eden_of, replacing

NAMES = [
    name.replace("_", " ")
    for name in (
        "Aridia Black_Rise Branch Cache Catch Cloud_Ring Cobalt_Edge Curse Deklein Delve Derelik "
        "Detorid Devoid Domain Esoteria Essence Etherium_Reach Everyshore Fade Feythabolis "
        "Fountain Geminate Genesis Great_Wildlands Heimatar Immensea Impass Insmother Kador "
        "Khanid Kor-Azor Lonetrek Malpais Metropolis Molden_Heath Oasa Omist Outer_Passage "
        "Outer_Ring Paragon_Soul Period_Basis Perrigen_Falls Placid Pochven Providence Pure_Blind "
        "Querious Scalding_Pass Sinq_Laison Solitude Stain Syndicate Tash-Murkon Tenal Tenerifis "
        "The_Bleak_Lands The_Citadel The_Forge The_Kalevala_Expanse The_Spire Tribute "
        "Vale_of_the_Silent Venal Verge_Vendor Wicked_Creek"
    ).split()
]
"""The regions of New Eden where anybody can dock."""


@pytest.mark.unit
@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("The Froge", ["The Forge"]),
        ("teh forge", ["The Forge"]),
        ("domian", ["Domain"]),
        ("Theforge", ["The Forge"]),
        ("forge", ["The Forge"]),
        ("Dom", ["Domain"]),
        ("heimater", ["Heimatar"]),
        ("sinq", ["Sinq Laison"]),
        ("lone trek", ["Lonetrek"]),
        ("jita", []),
        ("amarr", []),
        ("hek", []),
        ("rens", []),
        ("dodixie", []),
        ("perimeter", []),
        ("zzz", []),
        ("", []),
        ("e", []),
    ],
)
def test_only_what_is_near_is_suggested(word: str, meant: list[str]) -> None:
    assert nearest(word, NAMES) == meant
    assert (did_you_mean(nearest(word, NAMES)) is None) == (not meant)


@pytest.mark.unit
def test_the_cutoff_is_the_one_that_is_stated() -> None:
    from difflib import SequenceMatcher

    def ratio(one: str, other: str) -> float:
        return SequenceMatcher(None, one, other).ratio()

    assert ratio("jita", "heimatar") < SIMILARITY <= ratio("domian", "domain")


# -- the store ------------------------------------------------------------------------------------


def with_static_data(store: Store) -> Store:
    """Jita in The Forge, Ashab in Domain, and a station in each."""
    systems = [
        static.StaticSystem(
            system_id=number, constellation_id=1, region_id=region, name=name, security=0.9
        )
        for number, region, name in ((30000142, 10000002, "Jita"), (30003491, 10000043, "Ashab"))
    ]
    regions = [
        static.StaticRegion(region_id=10000002, name="The Forge"),
        static.StaticRegion(region_id=10000043, name="Domain"),
    ]
    rows: dict[str, list[Any]] = {
        **{kind: [] for kind in static.KINDS},
        "systems": systems,
        "regions": regions,
    }
    about = {
        "build": 1,
        "released": "2026-01-01",
        "language": "en",
        "etag": "",
        "loaded_at": datetime(2026, 1, 1, tzinfo=UTC),
    }
    store.replace_static_data(rows, about)
    return store


@pytest.mark.integration
def test_the_store_knows_the_region_of_a_system(store: Store) -> None:
    with_static_data(store)
    assert str(store.find_place(" jita ")) == "Jita is a system in The Forge"
    assert str(store.find_place("ASHAB")) == "Ashab is a system in Domain"
    assert str(store.find_place("30003491")) == "Ashab is a system in Domain"
    for nothing in ("", "jit", "The Forge", "%", "jita_", "x" * 5000):
        assert store.find_place(nothing) is None


@pytest.mark.integration
@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("jita", "hint: Jita is a system in The Forge."),
        ("Jita IV - Moon 4", "is a station in The Forge."),
        ("The Froge", "hint: Did you mean 'The Forge'?"),
    ],
)
@pytest.mark.parametrize("command", [("list", "contracts"), ("find", "rifter"), ("appraise", "-")])
def test_a_place_leads_to_its_region(
    command: tuple[str, ...], word: str, hint: str, filled: Eveobs
) -> None:
    """Without static data: from the stations of the contracts that are stored."""
    result = filled(*command, "--region", word, stdin="Rifter x3")
    assert (result.exit_code, result.stdout) == (2, "")
    assert hint.removesuffix(".") in result.stderr


@pytest.mark.integration
def test_the_id_of_a_station_leads_to_its_region(filled: Eveobs) -> None:
    rows = filled.json("list", "contracts", "--limit", "0")
    station = next(row for row in rows if row["start_location_name"])
    number = str(station["start_location_id"])
    for command in (("fetch", "contracts"), ("appraise", "-")):
        result = filled(*command, "--region", number, stdin="Rifter x3")
        assert (result.exit_code, result.stdout) == (2, ""), result.stderr
        assert "is a station in The Forge" in result.stderr


@pytest.mark.integration
def test_a_region_may_be_named_in_part_where_help_says_so(filled: Eveobs) -> None:
    assert "Names match in part" in " ".join(filled("list", "contracts", "--help").stdout.split())
    every = filled("list", "contracts", "--format", "ids").stdout
    for word in ("forge", "The For", "THE FORGE", "10000002"):
        assert filled("list", "contracts", "--region", word, "--format", "ids").stdout == every


# -- ESI ------------------------------------------------------------------------------------------


@pytest.fixture
async def eden(cache: Path) -> AsyncIterator[Eden]:
    async with eden_of(World.of(contracts={}, names=[]), cache) as opened:
        yield opened


@pytest.mark.integration
async def test_on_a_fresh_machine_esi_is_asked_for_the_system(eden: Eden, store: Store) -> None:
    eden.answer = replacing(
        {
            "/universe/ids": httpx.Response(
                200, json={"systems": [{"id": 30000142, "name": "Jita"}]}
            ),
            "/universe/systems/30000142": httpx.Response(
                200, json={"name": "Jita", "constellation_id": 20000020, "security_status": 0.9}
            ),
            "/universe/constellations/20000020": httpx.Response(
                200, json={"region_id": 10000002, "name": "Kimotoro"}
            ),
        }
    )
    async with eden.client() as client:
        tools: dict[str, Any] = {"client": client, "store": store, "now": eden.clock.now()}
        with pytest.raises(UsageError, match="there is no region 'jita'") as caught:
            await find_regions(["jita"], **tools, progress=Silence())
    assert caught.value.hint == "Jita is a system in The Forge."


@pytest.mark.integration
async def test_where_esi_fails_the_hint_is_a_plain_one(eden: Eden, store: Store) -> None:
    refuses = replacing({"/universe/ids": httpx.Response(400, json={"error": "no"})})
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response | None:
        asked.append(request.url.path)
        return refuses(request)

    eden.answer = answer
    async with eden.client() as client:
        tools: dict[str, Any] = {"client": client, "store": store, "now": eden.clock.now()}
        for word in ("jita", "x" * 200, "a\x00b"):
            with pytest.raises(UsageError, match="there is no region") as caught:
                await find_regions([word], **tools, progress=Silence())
            assert "by its name, such as" in (caught.value.hint or "")
    assert asked.count("/universe/ids") == 1, "what ESI would refuse is not sent"
