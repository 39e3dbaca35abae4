"""Own contracts: what is asked, in which order, and what a limit leaves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from eveobs.errors import AnswerError, LimitError
from eveobs.processors.own_contracts import PROCESSOR
from eveobs.records.collected import Meaning
from eveobs.records.schema import SubjectKind
from tests.processors.esi_of_lists import (
    CHARACTER,
    CORPORATION,
    MOMENT,
    Knows,
    Reading,
    error,
    page,
    read,
    used_up,
)

pytestmark = pytest.mark.unit

BOTH = ("items", "bids")
MINE = f"/characters/{CHARACTER}/contracts"
OURS = f"/corporations/{CORPORATION}/contracts"
DAY = timedelta(days=1)


def contract(number: int, kind: str = "item_exchange", **fields: Any) -> dict[str, Any]:
    return {
        "contract_id": number,
        "type": kind,
        "status": "outstanding",
        "availability": "personal",
        "issuer_id": CHARACTER,
        "issuer_corporation_id": CORPORATION,
        "assignee_id": 0,
        "acceptor_id": 0,
        "for_corporation": False,
        "date_issued": stamp(-2 * DAY),
        "date_expired": stamp(DAY),
    } | fields


def stamp(after: timedelta) -> str:
    return (MOMENT + after).strftime("%Y-%m-%dT%H:%M:%SZ")


def item(number: int, **fields: Any) -> dict[str, Any]:
    stack = {"record_id": number, "type_id": 34, "quantity": 1}
    return stack | {"is_included": True, "is_singleton": False} | fields


def bid(number: int) -> dict[str, Any]:
    return {"bid_id": number, "bidder_id": 7, "amount": 1e6, "date_bid": stamp(-DAY)}


async def mine(*rows: dict[str, Any], knows: Any = (), **replies: Any) -> Reading:
    """A reading of the character's `rows`, all of whose details are there unless `replies` differ,
    as `items_3=…`.
    """
    said = {MINE: page(list(rows))}
    for row in rows:
        number = row["contract_id"]
        for detail, given in (("items", [item(number * 10)]), ("bids", [bid(number * 10)])):
            said[f"{MINE}/{number}/{detail}"] = page(given)
    for name, reply in replies.items():
        detail, _, number = name.partition("_")
        said[f"{MINE}/{number}/{detail}"] = reply
    return await read(PROCESSOR, said, details=BOTH, memory=Knows(knows), concurrency=1)


async def test_couriers_have_no_items_deleted_ones_no_details_and_only_auctions_bids() -> None:
    reading = await mine(
        contract(1),
        contract(2, "courier"),
        contract(3, "auction"),
        contract(4, status="deleted"),
        contract(5, "a kind to come"),
    )
    assert {*reading.answers} == {("items", 1), ("items", 3), ("items", 5), ("bids", 3)}
    assert [row.contract_id for row in reading.end.rows] == [1, 2, 3, 4, 5]
    assert reading.end.whole
    assert not reading.end.missing


async def test_what_can_change_first_is_asked_first() -> None:
    reading = await mine(
        contract(1, status="finished", date_expired=stamp(-DAY)),
        contract(2, date_expired=stamp(9 * DAY)),
        contract(3, "auction", date_expired=stamp(DAY)),
        contract(4, status="a status to come", date_expired=stamp(-2 * DAY)),
    )
    asked = [target.removeprefix(MINE) for target in reading.order[1:]]
    assert asked == ["/3/items", "/3/bids", "/2/items", "/4/items", "/1/items"]


async def test_what_is_settled_is_never_asked_again() -> None:
    knows = {("items", 1), ("items", 2), ("bids", 2)}
    reading = await mine(contract(1), contract(2, "auction"), contract(3), knows=knows)
    assert {*reading.answers} == {("items", 3)}
    assert reading.answers["items", 3].settled


async def test_a_blueprint_copy_is_told_by_its_raw_quantity() -> None:
    stacks = [item(1, raw_quantity=-2), item(2, raw_quantity=-1), item(3), item(3)]
    reading = await mine(contract(1), items_1=page(stacks))
    rows: Any = reading.answers["items", 1].rows
    assert [(row.record_id, row.is_blueprint_copy) for row in rows] == [
        (1, True),
        (2, None),
        (3, None),
    ]


@pytest.mark.parametrize(
    ("fields", "settled"),
    [
        ({}, False),
        ({"date_expired": stamp(-DAY)}, True),
        ({"status": "finished", "date_accepted": stamp(-DAY)}, True),
        ({"status": "finished", "date_accepted": stamp(DAY)}, False),
        ({"status": "cancelled"}, True),
    ],
    ids=["running", "ran out", "taken", "taken after the bids were read", "no end told"],
)
async def test_bids_are_settled_when_the_auction_was_over_before_they_were_read(
    fields: dict[str, Any], settled: bool
) -> None:
    reading = await mine(contract(1, "auction", **fields))
    assert reading.answers["bids", 1].settled is settled
    assert not reading.end.missing


async def test_bids_of_no_moment_are_not_the_last_ones() -> None:
    undated = page([bid(1)])
    del undated.headers["last-modified"]
    reading = await mine(contract(1, "auction", status="cancelled"), bids_1=undated)
    assert not reading.answers["bids", 1].settled


async def test_fresh_no_longer_than_the_bids_of_running_auctions() -> None:
    reading = await mine(contract(1, "auction"), bids_1=page([bid(1)], lasts=300))
    end = reading.end
    assert end.fresh_until == MOMENT + timedelta(seconds=300)
    # An hour is told for the list, four times its documented cache age is believed.
    assert end.expires is not None
    assert end.fresh_until < end.expires <= MOMENT + timedelta(seconds=1210)


async def test_a_contract_that_esi_has_no_more_is_settled_and_other_refusals_are_not() -> None:
    reading = await mine(
        contract(1),
        contract(2),
        contract(3),
        items_1=error(404, "Contract not found!"),
        items_2=error(404, "no such page at this proxy"),
        items_3=error(400, "bad"),
    )
    (only,) = reading.answers.values()
    assert (only.parent, only.meaning, only.settled) == (1, Meaning.NOT_FOUND, True)
    assert reading.end.whole
    assert "items of contract 2: answered 404" in reading.end.missing
    assert "(and 1 more)" in reading.end.missing
    assert reading.end.stopped is None


async def test_a_limit_stops_the_asking_and_keeps_what_was_answered() -> None:
    rows = [contract(number) for number in range(1, 41)]
    said = {f"{OURS}/{number}/items": page([item(number)]) for number in range(1, 4)}
    said |= {f"{OURS}/{number}/items": used_up() for number in range(4, 41)}
    reading = await read(
        PROCESSOR,
        {OURS: page(rows), **said},
        kind=SubjectKind.CORPORATION,
        details=BOTH,
        concurrency=1,
        patient=False,
    )
    assert len(reading.asked) == 1 + 3 + 1
    assert {*reading.answers} == {("items", number) for number in (1, 2, 3)}
    assert len(reading.end.rows) == 40
    assert reading.end.whole
    assert isinstance(reading.end.stopped, LimitError)
    assert reading.end.missing.startswith("37 items left for the next run: ")
    assert reading.end.missing.endswith(" UTC")


async def test_bids_of_a_corporation_have_pages() -> None:
    said = {
        OURS: page([contract(1, "auction", status="cancelled")]),
        f"{OURS}/1/bids?page=1": page([bid(1), bid(2)], pages=2),
        f"{OURS}/1/bids?page=2": page([bid(2), bid(3)], pages=2),
    }
    reading = await read(PROCESSOR, said, kind=SubjectKind.CORPORATION, details=("bids",))
    rows: Any = reading.answers["bids", 1].rows
    assert [row.bid_id for row in rows] == [1, 2, 3]
    assert reading.answers["bids", 1].settled


async def test_a_page_of_bids_that_fails_leaves_them_to_be_asked_again() -> None:
    said = {
        OURS: page([contract(1, "auction", status="cancelled")]),
        f"{OURS}/1/bids?page=1": page([bid(1)], pages=2),
        f"{OURS}/1/bids?page=2": error(400, "no"),
    }
    reading = await read(PROCESSOR, said, kind=SubjectKind.CORPORATION, details=("bids",))
    assert not reading.answers["bids", 1].settled
    assert "bids of contract 1: page 2 failed" in reading.end.missing


async def test_a_list_that_cannot_be_read_is_an_error() -> None:
    with pytest.raises(AnswerError):
        await read(PROCESSOR, {MINE: error(400, "no")}, details=BOTH)


def test_needs_are_those_of_the_list() -> None:
    for kind in PROCESSOR.schema.subjects:
        needs = PROCESSOR.needs(kind)
        assert needs.scopes == (f"esi-contracts.read_{kind}_contracts.v1",)
        assert needs.roles == ()
        assert needs.useful == ("esi-universe.read_structures.v1",)
