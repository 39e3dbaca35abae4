"""Public contracts are read by ESI's rules: what is asked, what an answer means, what is left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from eveobs.errors import AnswerError, DowntimeError, ShapeError
from eveobs.esi.cache import ResponseCache
from eveobs.esi.client import EsiClient
from eveobs.processors.contracts import PROCESSOR
from eveobs.processors.interface import Task
from eveobs.records.collected import Collected, DetailAnswer, Meaning
from eveobs.records.schema import SubjectKind
from eveobs.settings import Esi
from eveobs.telemetry.progress import Silence
from tests.observation.edens import BOTH, FORGE, bid, item, row

pytestmark = pytest.mark.unit

MOMENT = datetime(2026, 9, 23, 8, 0, tzinfo=UTC)
NOW = MOMENT.timestamp() + 10
LISTED = f"/contracts/public/{FORGE}?page="
OF_ITEMS = "/contracts/public/items/"
OF_BIDS = "/contracts/public/bids/"


def page(rows: Any, *, pages: int = 1, at: int = 0, lasts: int = 1800) -> httpx.Response:
    """A page as ESI sends it: of `at` seconds after MOMENT, good for `lasts`."""
    stamp = MOMENT.timestamp() + at
    dates = {"Last-Modified": stamp, "Expires": stamp + lasts, "Date": NOW}
    headers = {
        name: format_datetime(datetime.fromtimestamp(when, UTC), usegmt=True)
        for name, when in dates.items()
    }
    return httpx.Response(200, json=rows, headers={**headers, "X-Pages": str(pages)})


def error(status: int, text: str) -> httpx.Response:
    return httpx.Response(status, json={"error": text})


@dataclass
class Reading:
    """What `collect` gave, and what it asked for."""

    answers: dict[int, DetailAnswer[Any]] = field(default_factory=dict)
    bids: dict[int, DetailAnswer[Any]] = field(default_factory=dict)
    collected: Collected[Any] | None = None
    asked: Counter[str] = field(default_factory=Counter)

    def took(self, part: DetailAnswer[Any] | Collected[Any]) -> None:
        assert self.collected is None, "the list comes last, once"
        if isinstance(part, Collected):
            self.collected = part
        else:
            kind = {"items": self.answers, "bids": self.bids}[part.detail]
            kind[part.parent] = part

    @property
    def end(self) -> Collected[Any]:
        assert self.collected is not None
        return self.collected


class Knows:
    """A memory of what was settled."""

    def __init__(self, *parents: int) -> None:
        self.parents = parents

    def settled(self, detail: str, parents: Sequence[int]) -> Collection[int]:
        return {*parents} & {*self.parents}

    def newest_whole(self, subject_id: int) -> int | None:
        raise AssertionError("contracts are no ledger")

    def dynamic_items(self, region_id: int) -> None:
        return None


async def collect(
    replies: dict[str, httpx.Response],
    *,
    details: tuple[str, ...] = BOTH,
    memory: Knows | None = None,
    times: int = 1,
) -> Reading:
    """What the last of `times` readings gave, and what they asked for together."""
    reading = Reading()

    def answer(request: httpx.Request) -> httpx.Response:
        target = request.url.raw_path.decode()
        reading.asked[target] += 1
        reply = replies.get(target) or replies.get(target.removesuffix("?page=1"))
        beyond = "page=" in target and not target.endswith("page=1")
        found = reply or (error(404, "Requested page does not exist!") if beyond else page([]))
        return httpx.Response(found.status_code, headers=found.headers, content=found.content)

    esi = Esi(base_url="http://127.0.0.1", max_retries=0)
    client = EsiClient(
        esi, ResponseCache(None), transport=httpx.MockTransport(answer), clock=lambda: NOW
    )
    async with client:
        task = Task(FORGE, SubjectKind.REGION, details, memory or Knows(), Silence())
        for _ in range(times):
            reading.collected = None
            async for part in PROCESSOR.collect(client, task):
                reading.took(part)
    return reading


KINDS = ["unknown", "item_exchange", "auction", "courier", "loan"]
ONE_OF_EACH = [row(number, kind) for number, kind in enumerate(KINDS, 1)]


async def test_couriers_have_no_items_and_only_auctions_have_bids() -> None:
    reading = await collect({LISTED + "1": page(ONE_OF_EACH)})
    assert set(reading.answers) == {1, 2, 3, 5}
    assert set(reading.bids) == {3}
    assert not any(target.startswith(f"{OF_ITEMS}4") for target in reading.asked)
    assert {contract.type for contract in reading.end.rows} == {*KINDS}
    assert (reading.end.whole, reading.end.missing, reading.end.pages) == (True, "", 1)


async def test_what_is_settled_is_not_asked_again() -> None:
    reading = await collect({LISTED + "1": page(ONE_OF_EACH)}, memory=Knows(1, 3))
    assert set(reading.answers) == {2, 5}
    assert set(reading.bids) == set()
    assert not any("/3" in target for target in reading.asked)


@pytest.mark.parametrize("details", [(), ("items",), ("bids",)])
async def test_only_the_details_wanted(details: tuple[str, ...]) -> None:
    reading = await collect({LISTED + "1": page(ONE_OF_EACH)}, details=details)
    assert (bool(reading.answers), bool(reading.bids)) == ("items" in details, "bids" in details)
    assert len(reading.end.rows) == 5


@pytest.mark.parametrize(
    ("reply", "meaning"),
    [
        (page([item(7)]), Meaning.GIVEN),
        (page([]), Meaning.GIVEN),
        (httpx.Response(204), Meaning.OVER),
        (error(403, "Contract not public"), Meaning.NOT_PUBLIC),
        (error(403, "Contract accepted by player, requires authorization"), Meaning.ACCEPTED),
        (error(404, "Contract not found!"), Meaning.NOT_FOUND),
    ],
)
async def test_what_an_answer_about_items_means(reply: httpx.Response, meaning: Meaning) -> None:
    reading = await collect({LISTED + "1": page([row(2)]), f"{OF_ITEMS}2": reply})
    answer = reading.answers[2]
    assert (answer.meaning, answer.settled) == (meaning, True)
    assert len(answer.rows) == (reply.content != b"[]" and meaning is Meaning.GIVEN)
    assert reading.end.missing == ""
    assert reading.asked[f"{OF_ITEMS}2?page=1"] == 1


@pytest.mark.parametrize(
    ("reply", "meaning", "settled"),
    [
        (page([bid(7, 5.0)], lasts=300), Meaning.GIVEN, False),
        (page([], lasts=300), Meaning.GIVEN, False),
        (httpx.Response(204), Meaning.OVER, True),
        (error(403, "Contract accepted by player, requires authorization"), Meaning.ACCEPTED, True),
        (error(404, "Contract not found!"), Meaning.NOT_FOUND, True),
    ],
)
async def test_what_an_answer_about_bids_means(
    reply: httpx.Response, meaning: Meaning, settled: bool
) -> None:
    listed = page([row(2, "auction"), row(3, "auction")])
    reading = await collect({LISTED + "1": listed, f"{OF_BIDS}2": reply}, details=("bids",))
    assert (reading.bids[2].meaning, reading.bids[2].settled) == (meaning, settled)
    assert reading.end.missing == ""


async def test_items_are_for_the_store_and_not_for_the_cache() -> None:
    listed = page([row(2, "auction")])
    reading = await collect({LISTED + "1": listed, f"{OF_ITEMS}2": page([item(1)])}, times=2)
    assert reading.asked == {
        LISTED + "1": 1,
        f"{OF_ITEMS}2?page=1": 2,
        f"{OF_BIDS}2?page=1": 1,
    }


async def test_it_stays_fresh_as_long_as_its_shortest_lived_part() -> None:
    over = httpx.Response(204, headers={**page([], lasts=20).headers, "Content-Length": "0"})
    replies = {
        LISTED + "1": page([row(number, "auction") for number in (2, 3, 4)]),
        f"{OF_BIDS}2": page([], lasts=300),
        f"{OF_BIDS}3": page([], lasts=200),
        f"{OF_BIDS}4": over,
        f"{OF_ITEMS}2": page([], lasts=20),
    }
    end = (await collect(replies)).end
    assert end.moment == MOMENT
    assert end.expires is not None
    assert end.fresh_until is not None
    assert (end.expires - MOMENT).total_seconds() == 1800
    assert (end.fresh_until - MOMENT).total_seconds() == 200
    assert (await collect(replies, details=("items",))).end.fresh_until == end.expires


@pytest.mark.parametrize("status", [403, 404])
@pytest.mark.parametrize("kind", ["items", "bids"])
async def test_a_refusal_that_is_not_esis_says_nothing_about_the_contract(
    status: int, kind: str
) -> None:
    """A proxy's page for all contracts would otherwise be remembered for ever."""
    replies = {
        LISTED + "1": page([row(2, "auction")]),
        f"/contracts/public/{kind}/2": httpx.Response(status, text="<html>Forbidden</html>"),
    }
    reading = await collect(replies)
    kept = reading.answers if kind == "items" else reading.bids
    assert kept == {}
    assert reading.end.whole
    assert f"{kind} of contract 2: answered {status}" in reading.end.missing


@pytest.mark.parametrize("kind", ["items", "bids"])
async def test_a_detail_that_fails_is_named_and_the_rest_is_given(kind: str) -> None:
    replies = {LISTED + "1": page([row(n, "auction") for n in range(1, 5)])}
    replies |= {f"/contracts/public/{kind}/{n}": error(500, "boom") for n in (2, 3)}
    reading = await collect(replies)
    kept = reading.answers if kind == "items" else reading.bids
    assert set(kept) == {1, 4}
    assert reading.end.whole
    assert f"{kind} of contract" in reading.end.missing
    assert reading.end.missing.endswith("(and 1 more)")


async def test_items_of_more_than_one_page() -> None:
    replies = {
        LISTED + "1": page([row(2)]),
        f"{OF_ITEMS}2?page=1": page([item(n) for n in range(1000)], pages=3),
        f"{OF_ITEMS}2?page=2": page([item(n) for n in range(1000, 2000)], pages=3),
        f"{OF_ITEMS}2?page=3": page([item(2000), item(5)], pages=3),
    }
    reading = await collect(replies)
    assert [found.record_id for found in reading.answers[2].rows] == [*range(2001)]
    assert reading.answers[2].settled


@pytest.mark.parametrize("broken", [error(500, "boom"), page([item(7)], pages=2, at=-1800)])
async def test_items_of_which_a_page_is_missing_are_not_settled(broken: httpx.Response) -> None:
    replies = {
        LISTED + "1": page([row(2)]),
        f"{OF_ITEMS}2?page=1": page([item(1)], pages=2, lasts=3600),
        f"{OF_ITEMS}2?page=2": broken,
    }
    if broken.status_code == 200:
        broken.headers["Expires"] = "Wed, 23 Sep 2026 10:00:00 GMT"
    reading = await collect(replies)
    assert reading.answers == {}
    assert "items of contract 2: page 2" in reading.end.missing


async def test_rows_that_pages_repeat_are_one() -> None:
    replies = {
        LISTED + "1": page([row(1, "courier"), row(2, "courier")], pages=2),
        LISTED + "2": page([row(2, "courier", price=7.0), row(3, "courier")], pages=2),
    }
    reading = await collect(replies)
    assert [found.contract_id for found in reading.end.rows] == [1, 2, 3]
    assert reading.end.pages == 2
    once = await collect({LISTED + "1": page([row(2)]), f"{OF_ITEMS}2": page([item(1), item(1)])})
    assert len(once.answers[2].rows) == 1, "esi-issues#1036"


async def test_items_as_esi_gives_them() -> None:
    """Wanted items have no item_id; originals neither runs nor a copy's flag."""
    wanted = item(1, is_included=False, quantity=5)
    original = item(2, item_id=2**40 + 1, material_efficiency=10, time_efficiency=20)
    copy = item(3, item_id=2**50, is_blueprint_copy=True, runs=200)
    reading = await collect(
        {LISTED + "1": page([row(2)]), f"{OF_ITEMS}2": page([wanted, original, copy])}
    )
    one, two, three = reading.answers[2].rows
    assert (one.is_included, one.item_id, one.quantity) == (False, None, 5)
    assert (two.is_blueprint_copy, two.runs, two.material_efficiency) == (None, None, 10)
    assert (three.is_blueprint_copy, three.runs, three.item_id) == (True, 200, 2**50)


async def test_fields_that_are_new_are_ignored() -> None:
    replies = {
        LISTED + "1": page([row(2, colour="green", status={"a": [1]})]),
        f"{OF_ITEMS}2": page([item(1, spin="up")]),
    }
    reading = await collect(replies)
    assert reading.end.rows[0].contract_id == 2
    assert reading.answers[2].rows[0].record_id == 1


@pytest.mark.parametrize("field_name", ["contract_id", "type", "issuer_id", "date_expired"])
async def test_a_field_that_is_missing_is_named(field_name: str) -> None:
    broken = {name: value for name, value in row(2).items() if name != field_name}
    with pytest.raises(ShapeError, match=field_name):
        await collect({LISTED + "1": page([row(1), broken])})


async def test_items_of_the_wrong_shape_are_told_and_not_settled() -> None:
    replies = {LISTED + "1": page([row(2)]), f"{OF_ITEMS}2": page([item(1, quantity="many")])}
    reading = await collect(replies)
    assert reading.answers == {}
    assert "$[0].quantity" in reading.end.missing


async def test_a_page_of_the_list_that_fails() -> None:
    replies = {
        LISTED + "1": page([row(1)], pages=2),
        LISTED + "2": error(500, "boom"),
    }
    reading = await collect(replies)
    assert not reading.end.whole
    assert reading.end.missing.startswith("page 2 failed")
    assert [found.contract_id for found in reading.end.rows] == [1]
    assert set(reading.answers) == {1}, "what arrived is looked into"


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (error(404, "Region not found!"), AnswerError),
        (error(503, "The datasource tranquility is temporarily unavailable"), DowntimeError),
        (page({"not": "a list"}), ShapeError),
    ],
)
async def test_a_first_page_that_fails_is_raised(
    reply: httpx.Response, kind: type[Exception]
) -> None:
    with pytest.raises(kind):
        await collect({LISTED + "1": reply})


async def test_a_region_without_contracts() -> None:
    reading = await collect({LISTED + "1": page([])})
    assert (reading.end.whole, list(reading.end.rows), reading.end.missing) == (True, [], "")
    assert list(reading.asked) == [LISTED + "1"]
