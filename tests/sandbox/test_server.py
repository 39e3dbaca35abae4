"""Over a real socket: a client sees what the gateway answers, and a test can look behind it."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from eveobs.errors import ConfigError
from eveobs.sandbox.server import Sandbox
from eveobs.sandbox.world import World

pytestmark = pytest.mark.integration

FORGE = 10000002
LIST = f"/contracts/public/{FORGE}"
RECORDED = Path(__file__).parents[2].parent / "shared" / "recorded" / "contract_items.json"

CONTRACT: dict[str, Any] = {
    "type": "item_exchange",
    "issuer_id": 1,
    "issuer_corporation_id": 2,
    "date_issued": "2025-09-01T00:00:00Z",
    "date_expired": "2025-10-01T00:00:00Z",
}


@pytest.fixture
async def served(world: World) -> AsyncIterator[tuple[Sandbox, aiohttp.ClientSession]]:
    async with (
        Sandbox(world, clock=lambda: 1_790_000_000.0) as sandbox,
        aiohttp.ClientSession(sandbox.url) as client,
    ):
        yield sandbox, client


Served = tuple[Sandbox, aiohttp.ClientSession]


async def test_all_pages_and_again_conditionally() -> None:
    world = World.of(contracts={5: [CONTRACT | {"contract_id": 1400 - n} for n in range(1400)]})
    async with Sandbox(world) as sandbox, aiohttp.ClientSession(sandbox.url) as client:
        await read_both_pages(client)


async def read_both_pages(client: aiohttp.ClientSession) -> None:
    etags, found = {}, []
    for page in (1, 2):
        async with client.get("/contracts/public/5", params={"page": page}) as response:
            assert response.headers["X-Pages"] == "2"
            assert response.headers["Content-Encoding"] == "gzip"
            etags[page] = response.headers["ETag"]
            found += [row["contract_id"] for row in await response.json()]
    assert found == list(range(1, 1401))
    for page, etag in etags.items():
        headers = {"If-None-Match": etag}
        async with client.get(
            "/contracts/public/5", params={"page": page}, headers=headers
        ) as response:
            assert (response.status, await response.read()) == (304, b"")
            assert {"Expires", "Last-Modified", "X-Pages"} <= set(response.headers)


async def test_head_has_the_headers_of_get_and_no_body(served: Served) -> None:
    _, client = served
    async with client.get("/universe/regions") as whole, client.head("/universe/regions") as head:
        assert await head.read() == b""
        assert head.headers["Content-Length"] == str(len(await whole.read()))
        assert head.headers["ETag"] == whole.headers["ETag"]


async def test_no_content_is_really_none(served: Served) -> None:
    sandbox, client = served
    for row in sandbox.world.market.contracts(FORGE, sandbox.calendar, 0):
        async with client.get(f"/contracts/public/items/{row.contract_id}") as response:
            if response.status == 204:
                assert await response.read() == b""
                assert "Content-Type" not in response.headers
                return
    pytest.fail("no contract has expired")


async def test_two_sandboxes_agree(served: Served, world: World) -> None:
    sandbox, client = served
    again = World.generate(seed=7, contracts=1200, regions=[FORGE, 10000043, 10000044])
    async with (
        Sandbox(again, clock=lambda: 1_790_000_000.0) as other,
        aiohttp.ClientSession(other.url) as second,
    ):
        for eden in (sandbox, other):
            eden.advance(5 * 1800)
        async with client.get(LIST) as one, second.get(LIST) as two:
            assert await one.read() == await two.read()
            for name in ("ETag", "Expires", "Last-Modified", "Date", "X-Pages"):
                assert one.headers[name] == two.headers[name]


async def test_latency(world: World) -> None:
    async with (
        Sandbox(world, latency=0.1) as sandbox,
        aiohttp.ClientSession(sandbox.url) as client,
    ):
        started = time.perf_counter()
        async with client.get("/status"):
            assert time.perf_counter() - started >= 0.1


async def test_a_port_that_is_taken(served: Served, world: World) -> None:
    port = int(served[0].url.rpartition(":")[2])
    with pytest.raises(ConfigError, match=f"port {port} of 127.0.0.1 is in use") as caught:
        await Sandbox(world, port=port).start()
    assert caught.value.hint


async def test_a_port_that_is_none(world: World) -> None:
    with pytest.raises(ConfigError, match="cannot be opened"):
        await Sandbox(world, port=70_000).start()


async def test_it_stops_at_once_and_comes_back_at_the_same_address(world: World) -> None:
    sandbox = Sandbox(world)
    await sandbox.start()
    url = sandbox.url
    async with aiohttp.ClientSession() as client:
        async with client.get(f"{url}/status"):
            pass
        started = time.perf_counter()
        await sandbox.stop()
        await sandbox.stop()
        assert time.perf_counter() - started < 1
        with pytest.raises(aiohttp.ClientConnectionError):
            await client.get(f"{url}/status")
        await sandbox.start()
        async with client.get(f"{url}/status") as response:
            assert response.status == 200
    await sandbox.stop()


class TestControl:
    """The sandbox's own routes."""

    async def test_requests_are_counted_and_these_are_not(self, served: Served) -> None:
        sandbox, client = served
        async with client.get("/universe/regions"), client.get("/universe/regions/5"):
            pass
        async with client.get("/_sandbox/requests") as response:
            told = await response.json()
        assert told["requests"] == sandbox.requests.total == 2
        assert {(row["route"], row["status"], row["requests"]) for row in told["routes"]} == {
            ("/universe/regions", 200, 1),
            ("/universe/regions/{region_id}", 404, 1),
        }
        async with client.post("/_sandbox/reset-counters") as response:
            assert (await response.json())["requests"] == 0
        assert sandbox.requests.total == 0

    async def test_truth_is_what_the_routes_show(self, served: Served) -> None:
        sandbox, client = served
        sandbox.advance(4000)
        async with client.get("/_sandbox/truth", params={"region_id": FORGE}) as response:
            truth = await response.json()
        async with client.get(LIST) as response:
            assert await response.json() == truth["contracts"]
        assert truth["cycle"] == 2
        for row in truth["contracts"][::5] + truth["contracts"][-30:]:
            number = str(row["contract_id"])
            await self.compare(client, "items", number, truth)
            if row["type"] == "auction" and number not in truth["refused"]:
                await self.compare(client, "bids", number, truth)

    async def compare(
        self, client: aiohttp.ClientSession, what: str, number: str, truth: dict[str, Any]
    ) -> None:
        async with client.get(f"/contracts/public/{what}/{number}") as response:
            if response.status == 200 and response.headers["X-Pages"] == "1":
                assert await response.json() == truth[what][number]
            elif response.status != 200:
                assert response.status == truth["refused"][number]["status"]

    async def test_the_truth_of_another_cycle(self, served: Served) -> None:
        sandbox, client = served
        query = {"region_id": FORGE, "cycle": 3}
        async with client.get("/_sandbox/truth", params=query) as response:
            before = await response.json()
        sandbox.advance(3 * 1800)
        async with client.get("/_sandbox/truth", params={"region_id": FORGE}) as response:
            after = await response.json()
        assert before | {"now": 0} == after | {"now": 0}

    async def test_time_goes_forward(self, served: Served) -> None:
        sandbox, client = served
        async with client.post("/_sandbox/advance", json={"seconds": 1800.5}) as response:
            assert await response.json() == {"now": 1_790_001_800.5, "cycle": 1}
        assert sandbox.now() == 1_790_001_800.5

    @pytest.mark.parametrize(
        ("method", "path", "posted", "status"),
        [
            ("POST", "advance", b'{"seconds": -1}', 400),
            ("POST", "advance", b'{"seconds": 1e999}', 400),
            ("POST", "advance", b"", 400),
            ("GET", "truth", None, 400),
            ("GET", "truth?region_id=x", None, 400),
            ("GET", "nothing", None, 404),
            ("POST", "truth", None, 404),
        ],
    )
    async def test_mistakes(
        self, served: Served, method: str, path: str, posted: bytes | None, status: int
    ) -> None:
        _, client = served
        async with client.request(method, f"/_sandbox/{path}", data=posted) as response:
            assert response.status == status
            assert (await response.json())["error"]


async def test_recorded_items_come_out_as_they_went_in() -> None:
    if not RECORDED.exists():
        pytest.skip("no recorded items beside the repository")
    recorded: dict[str, list[dict[str, Any]]] = json.loads(RECORDED.read_text())
    rows: list[dict[str, Any]] = [CONTRACT | {"contract_id": int(number)} for number in recorded]
    world = World.of(
        contracts={FORGE: rows},
        items={int(number): items for number, items in recorded.items()},
    )
    async with Sandbox(world) as sandbox, aiohttp.ClientSession(sandbox.url) as client:
        listed = []
        for page in (1, 2):
            async with client.get(LIST, params={"page": page}) as response:
                listed += await response.json()
        assert listed == sorted(rows, key=lambda row: row["contract_id"])
        for number, items in recorded.items():
            async with client.get(f"/contracts/public/items/{number}") as response:
                assert await response.json() == items
