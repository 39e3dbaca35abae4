"""Wallet transactions: back to where nothing is missing, and no further."""

from __future__ import annotations

from typing import Any

import pytest

from eveobs.errors import LimitError
from eveobs.processors.wallet_transactions import DRIFT, PROCESSOR
from eveobs.records.schema import SubjectKind
from eveobs.records.wallet_journal import ledger_key
from tests.processors.esi_of_lists import (
    CHARACTER,
    CORPORATION,
    Knows,
    error,
    page,
    read,
    used_up,
)

pytestmark = pytest.mark.unit

MINE = f"/characters/{CHARACTER}/wallet/transactions"


def ours(division: int) -> str:
    return f"/corporations/{CORPORATION}/wallets/{division}/transactions"


def trade(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "transaction_id": number,
        "date": "2026-09-22T10:00:00Z",
        "type_id": 34,
        "quantity": 3,
        "unit_price": 5.5,
        "is_buy": True,
        "is_personal": True,
        "client_id": 7,
        "location_id": 60_003_760,
        "journal_ref_id": -1,
    } | fields


def trades(*numbers: int) -> Any:
    return page([trade(number) for number in numbers])


WALKED = {
    MINE: trades(9, 8, 7),
    f"{MINE}?from_id=7": trades(7, 6, 5),
    f"{MINE}?from_id=5": trades(5),
}


async def test_the_first_reading_goes_back_to_the_end() -> None:
    reading = await read(PROCESSOR, WALKED)
    assert [row.transaction_id for row in reading.end.rows] == [9, 8, 7, 6, 5]
    assert [row.entry_id for row in reading.end.rows] == [9, 8, 7, 6, 5]
    assert reading.order == list(WALKED)
    assert reading.end.whole
    assert not reading.end.missing


async def test_a_later_reading_ends_where_the_ledger_has_no_gap() -> None:
    reading = await read(PROCESSOR, WALKED, memory=Knows(newest=8))
    assert [row.transaction_id for row in reading.end.rows] == [9, 8, 7]
    assert reading.order == [MINE]
    assert reading.end.whole


async def test_a_walk_that_breaks_off_says_so_and_keeps_what_it_has() -> None:
    broken = WALKED | {f"{MINE}?from_id=7": error(400, "no")}
    reading = await read(PROCESSOR, broken, memory=Knows(newest=5))
    assert [row.transaction_id for row in reading.end.rows] == [9, 8, 7]
    assert not reading.end.whole
    assert reading.end.missing
    assert reading.end.stopped is None


async def test_a_limit_on_the_way_is_how_it_ends() -> None:
    broken = WALKED | {f"{MINE}?from_id=7": used_up()}
    reading = await read(PROCESSOR, broken, patient=False)
    assert len(reading.end.rows) == 3
    assert isinstance(reading.end.stopped, LimitError)


async def test_sides_and_totals_are_told() -> None:
    rows = [trade(2), trade(1, is_buy=False, is_personal=False)]
    reading = await read(PROCESSOR, {MINE: page(rows)}, memory=Knows(newest=2))
    assert [(row.side, row.total, row.is_personal) for row in reading.end.rows] == [
        ("buy", 16.5, True),
        ("sell", 16.5, False),
    ]


async def test_a_corporation_trades_from_seven_wallets() -> None:
    old, new = 5_000_000, 5_000_000 + DRIFT
    replies = {ours(division): page([]) for division in range(1, 8)}
    replies |= {ours(2): trades(new, old), ours(6): trades(new)}
    replies |= {f"{ours(6)}?from_id={new}": trades(new, old)}
    replies |= {f"{ours(6)}?from_id={old}": trades(old)}
    memory = Knows(newest=ledger_key(new, 2))
    reading = await read(PROCESSOR, replies, kind=SubjectKind.CORPORATION, memory=memory)
    assert {(row.transaction_id, row.division) for row in reading.end.rows} == {
        (new, 2),
        (old, 2),
        (new, 6),
        (old, 6),
    }
    assert len({row.entry_id for row in reading.end.rows}) == 4
    assert reading.end.whole
    assert f"{ours(6)}?from_id={new}" in reading.asked, "what a division had not told yet"
    assert f"{ours(2)}?from_id={old}" not in reading.asked


def test_needs_are_those_of_the_route() -> None:
    ours = PROCESSOR.needs(SubjectKind.CORPORATION)
    assert ours.scopes == ("esi-wallet.read_corporation_wallets.v1",)
    assert ours.roles == ("Accountant", "Junior_Accountant")
    assert ours.useful == ("esi-universe.read_structures.v1",)
