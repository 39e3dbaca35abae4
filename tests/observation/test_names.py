"""Names come in batches of a thousand, and one bad id costs a few requests, not the batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from math import ceil, log2
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eveobs.errors import AnswerError, EveobsError, ShapeError, UnreachableError
from eveobs.esi.cache import ResponseCache
from eveobs.esi.client import EsiClient
from eveobs.observation.names import BATCH, FIRST_STRUCTURE, remember_names, resolve
from eveobs.records.universe import Name
from eveobs.settings import Esi
from eveobs.store.store import Store
from eveobs.telemetry.progress import Silence
from tests.observation.edens import NAMES, Eden, eden_of, world
from tests.store.drafts import START

pytestmark = pytest.mark.unit

BAD = "Ensure all IDs are valid before resolving."
Reply = Callable[[list[int]], httpx.Response]


def named(ids: list[int]) -> list[dict[str, Any]]:
    return [{"id": number, "name": f"N{number}", "category": "character"} for number in ids]


class Esis:
    """Answers `POST /universe/names` as told, and counts."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        self.batches: list[list[int]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        ids = msgspec.json.decode(request.read(), type=list[int])
        self.batches.append(ids)
        return self.reply(ids)

    def client(self) -> EsiClient:
        transport = httpx.MockTransport(self)
        esi = Esi(base_url="http://127.0.0.1", max_retries=0)
        return EsiClient(esi, ResponseCache(None), transport=transport)

    async def remember(self, ids: Any, store: Store, now: Any = START) -> Any:
        async with self.client() as client:
            return await remember_names(
                ids, client=client, store=store, now=now, progress=Silence()
            )


def knowing(bad: set[int]) -> Reply:
    def reply(ids: list[int]) -> httpx.Response:
        if bad & {*ids}:
            return httpx.Response(404, json={"error": BAD})
        return httpx.Response(200, json=named(ids))

    return reply


async def test_thousand_at_a_time_and_each_id_once(store: Store) -> None:
    esi = Esis(knowing(set()))
    ids = [*range(1, 2501), *range(1, 100)]
    assert await esi.remember(ids, store) is None
    assert sorted(map(len, esi.batches)) == [500, 1000, 1000]
    assert sorted(number for batch in esi.batches for number in batch) == [*range(1, 2501)]
    assert len(store.named("character")) == 2500
    assert await esi.remember(ids, store) is None
    assert len(esi.batches) == 3, "what is known is not asked"


async def test_one_bad_id_is_found_by_halving_and_remembered(store: Store) -> None:
    esi = Esis(knowing({777}))
    await esi.remember(range(1, BATCH + 1), store)
    assert len(esi.batches) <= 1 + 2 * ceil(log2(BATCH))
    assert {name.id for name in store.named("character")} == {*range(1, 1001)} - {777}
    await esi.remember(range(1, BATCH + 1), store)
    assert len(esi.batches) <= 1 + 2 * ceil(log2(BATCH)), "nor the unknown again"
    before = len(esi.batches)
    await esi.remember([777], store, START + timedelta(days=8))
    assert len(esi.batches) == before + 1


@settings(max_examples=25, deadline=None)
@given(bad=st.sets(st.integers(1, 200), max_size=20), size=st.integers(1, 200))
async def test_any_number_of_bad_ids(bad: set[int], size: int) -> None:
    esi = Esis(knowing(bad))
    ids = range(1, size + 1)
    bad &= {*ids}
    found: list[int] = []
    unknown: list[int] = []

    async def keep(names: Sequence[Name], without: Sequence[int]) -> None:
        found.extend(name.id for name in names)
        unknown.extend(without)

    async with esi.client() as client:
        assert await resolve(ids, client, Silence(), keep) is None
    assert sorted(found) == sorted({*ids} - bad)
    assert sorted(unknown) == sorted(bad)
    assert len(esi.batches) <= 1 + 2 * len(bad) * ceil(log2(max(size, 2)))


async def test_structures_and_what_cannot_be_an_id_are_not_asked(store: Store) -> None:
    esi = Esis(knowing(set()))
    await esi.remember([0, -5, FIRST_STRUCTURE, 1_035_466_617_946], store)
    assert esi.batches == []
    await esi.remember([FIRST_STRUCTURE - 1, FIRST_STRUCTURE], store)
    assert esi.batches == [[FIRST_STRUCTURE - 1]]


async def test_what_an_answer_leaves_out_is_unknown(store: Store) -> None:
    esi = Esis(lambda ids: httpx.Response(200, json=named(ids[1:])))
    assert await esi.remember([1, 2, 3], store) is None
    await esi.remember([1, 2, 3], store)
    assert esi.batches == [[1, 2, 3]]
    assert [name.id for name in store.named("character")] == [2, 3]


async def test_renamed_characters_are_asked_again_after_thirty_days(store: Store) -> None:
    kinds = {1: "character", 2: "corporation", 3: "station", 4: "inventory_type"}
    suffix = ""

    def reply(ids: list[int]) -> httpx.Response:
        rows = [{"id": n, "name": f"N{n}{suffix}", "category": kinds[n]} for n in ids]
        return httpx.Response(200, json=rows)

    esi = Esis(reply)
    await esi.remember(kinds, store)
    suffix = " the Renamed"
    await esi.remember(kinds, store, START + timedelta(days=29))
    await esi.remember(kinds, store, START + timedelta(days=30))
    assert esi.batches == [[1, 2, 3, 4], [1, 2]]
    assert store.named("character") == [Name(category="character", id=1, name="N1 the Renamed")]


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (httpx.Response(404, text="<html>nginx</html>"), EveobsError),
        (httpx.Response(400), EveobsError),
        (httpx.Response(403, json={"error": "Forbidden"}), AnswerError),
        (httpx.Response(500, json={"error": "boom"}), UnreachableError),
        (httpx.Response(200, json={"error": "odd"}), ShapeError),
        (httpx.Response(200, json=[{"id": 1}]), ShapeError),
    ],
)
async def test_another_failure_is_not_halved(
    store: Store, reply: httpx.Response, kind: type[Exception]
) -> None:
    content, status = reply.content, reply.status_code
    esi = Esis(lambda _: httpx.Response(status, content=content))
    assert isinstance(await esi.remember([1, 2, 3, 4], store), kind)
    assert len(esi.batches) == 1
    assert store.unnamed([1, 2, 3, 4], START) == {1, 2, 3, 4}, "nothing is remembered of it"


async def test_a_batch_that_fails_leaves_the_others(store: Store) -> None:
    def reply(ids: list[int]) -> httpx.Response:
        if 1 in ids:
            return httpx.Response(500, json={"error": "boom"})
        return httpx.Response(200, json=named(ids))

    esi = Esis(reply)
    assert isinstance(await esi.remember(range(1, 1501), store), UnreachableError)
    assert len(store.named("character")) == 500


async def test_progress_reaches_the_end(store: Store) -> None:
    class Counting(Silence):
        expected = done = 0

        def expect(self, stage: str, total: int) -> None:
            self.expected += total

        def advance(self, stage: str, steps: int = 1) -> None:
            self.done += steps

    async def keep(*_: object) -> None:
        """Nothing needs to be kept to be counted."""

    counting = Counting()
    async with Esis(knowing({3, 9})).client() as client:
        await resolve(range(1, 20), client, counting, keep)
    assert (counting.expected, counting.done) == (19, 19)


@pytest.mark.integration
async def test_over_a_socket(cache: Path, store: Store) -> None:
    async with eden_of(world([]), cache) as eden:
        wanted = [34, 999_999, 90000001, 98000001]
        async with eden.client() as client:
            await remember_names(
                wanted, client=client, store=store, now=eden.clock.now(), progress=Silence()
            )
        assert _statuses(eden) == {200, 404}
    assert [name.name for name in store.named("inventory_type")] == ["Tritanium"]
    assert [name.name for name in store.named("character")] == ["Chribba"]
    assert store.unnamed([999_999], START) == set()


def _statuses(eden: Eden) -> set[int]:
    return {status for route, status in eden.sent() if route == NAMES}
