"""Orders: the open ones and history as one list."""

from __future__ import annotations

from typing import Any

import pytest

from eveobs.errors import AnswerError, LimitError
from eveobs.processors.orders import PROCESSOR
from eveobs.records.schema import SubjectKind
from tests.processors.esi_of_lists import CHARACTER, CORPORATION, error, page, read, used_up

pytestmark = pytest.mark.unit

MINE = f"/characters/{CHARACTER}/orders"
OURS = f"/corporations/{CORPORATION}/orders"


def order(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "order_id": number,
        "type_id": 34,
        "region_id": 10_000_002,
        "location_id": 60_003_760,
        "price": 5.5,
        "volume_remain": 10,
        "volume_total": 20,
        "issued": "2026-09-20T10:00:00Z",
        "duration": 90,
        "range": "region",
        "is_corporation": False,
    } | fields


def ended(number: int, state: str = "expired", **fields: Any) -> dict[str, Any]:
    return order(number, state=state, **fields)


async def states(replies: dict[str, Any], kind: SubjectKind) -> dict[int, str]:
    end = (await read(PROCESSOR, replies, kind=kind)).end
    assert end.whole
    assert not end.missing
    return {row.order_id: row.state for row in end.rows}


async def test_history_knows_better_how_an_order_ended() -> None:
    replies = {
        MINE: page([order(1), order(2)]),
        f"{MINE}/history?page=1": page([ended(2, "cancelled")], pages=2),
        f"{MINE}/history?page=2": page([ended(3), ended(4, "a state to come")], pages=2),
    }
    assert await states(replies, SubjectKind.CHARACTER) == {
        1: "open",
        2: "cancelled",
        3: "expired",
        4: "a state to come",
    }


async def test_open_orders_of_a_corporation_have_pages() -> None:
    replies = {
        f"{OURS}?page=1": page([order(1, wallet_division=1, issued_by=7)], pages=2),
        f"{OURS}?page=2": page([order(2, wallet_division=3, issued_by=7)], pages=2),
        f"{OURS}/history": page([order(3, wallet_division=1)]),
    }
    found = await states(replies, SubjectKind.CORPORATION)
    assert found == {1: "open", 2: "open", 3: "closed"}


async def test_no_word_on_the_side_is_to_sell() -> None:
    rows = [order(1), order(2, is_buy_order=True, escrow=5.0, min_volume=1), order(3)]
    end = (await read(PROCESSOR, {MINE: page(rows), f"{MINE}/history": page([])})).end
    assert [row.side for row in end.rows] == ["sell", "buy", "sell"]
    assert [row.is_buy_order for row in end.rows] == [False, True, False]


async def test_without_history_nothing_is_said_to_be_gone() -> None:
    end = (await read(PROCESSOR, {MINE: page([order(1)]), f"{MINE}/history": error(400, "no")})).end
    assert [row.order_id for row in end.rows] == [1]
    assert not end.whole
    assert end.missing.startswith("the history of orders: ")


async def test_a_limit_is_how_it_ends() -> None:
    replies = {MINE: page([order(1)]), f"{MINE}/history": used_up()}
    end = (await read(PROCESSOR, replies, patient=False)).end
    assert [row.order_id for row in end.rows] == [1]
    assert not end.whole
    assert isinstance(end.stopped, LimitError)
    assert end.missing.startswith("1 page of history left for the next run: ")


async def test_without_open_orders_there_is_an_error_and_no_further_request() -> None:
    with pytest.raises(AnswerError):
        await read(PROCESSOR, {MINE: error(400, "no"), f"{MINE}/history": page([])})


def test_needs_are_those_of_the_route() -> None:
    ours = PROCESSOR.needs(SubjectKind.CORPORATION)
    assert ours.scopes == ("esi-markets.read_corporation_orders.v1",)
    assert ours.roles == ("Accountant", "Trader")
    assert ours.useful == ("esi-universe.read_structures.v1",)
