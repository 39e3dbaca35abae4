"""The wallet journal: every wallet is read, and no entry is lost between two of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from eveobs.errors import AnswerError, LimitError
from eveobs.processors.wallet_journal import PROCESSOR
from eveobs.records.schema import SubjectKind
from eveobs.records.wallet_journal import ledger_key, ledger_number
from tests.processors.esi_of_lists import (
    CHARACTER,
    CORPORATION,
    MOMENT,
    error,
    page,
    read,
    used_up,
)

pytestmark = pytest.mark.unit

MINE = f"/characters/{CHARACTER}/wallet/journal"


def ours(division: int, number: int = 1) -> str:
    return f"/corporations/{CORPORATION}/wallets/{division}/journal?page={number}"


def entry(number: int, **fields: Any) -> dict[str, Any]:
    told = {"id": number, "date": "2026-09-22T10:00:00Z", "ref_type": "player_donation"}
    return told | {"description": "a gift", "amount": -5.0, "balance": 95.0} | fields


def wallets(**others: httpx.Response) -> dict[str, httpx.Response]:
    """Every division of the corporation empty, but for `others`, as `_3=…`."""
    empty = {ours(division): page([]) for division in range(1, 8)}
    return empty | {ours(int(name[1:])): reply for name, reply in others.items()}


async def test_a_character_has_one_wallet_with_pages() -> None:
    first, second = [entry(3), entry(2, ref_type="a_type_to_come")], [entry(2), entry(1)]
    replies = {
        f"{MINE}?page=1": page(first, pages=2),
        f"{MINE}?page=2": page(second, pages=2),
    }
    reading = await read(PROCESSOR, replies)
    rows = reading.end.rows
    assert [(row.entry_id, row.id, row.division) for row in rows] == [
        (3, 3, None),
        (2, 2, None),
        (1, 1, None),
    ]
    assert (rows[0].amount, rows[0].balance, rows[0].reason) == (-5.0, 95.0, None)
    assert (reading.end.whole, reading.end.pages, reading.end.missing) == (True, 2, "")
    assert reading.end.moment == MOMENT


async def test_an_entry_of_two_divisions_is_two_rows() -> None:
    replies = wallets(
        _1=page([entry(7, amount=-5.0)], at=0), _3=page([entry(7, amount=5.0)], at=60, lasts=600)
    )
    end = (await read(PROCESSOR, replies, kind=SubjectKind.CORPORATION)).end
    assert {(row.id, row.division, row.amount) for row in end.rows} == {(7, 1, -5.0), (7, 3, 5.0)}
    assert len({row.entry_id for row in end.rows}) == 2
    assert end.whole
    assert end.moment == MOMENT + timedelta(seconds=60)
    assert end.expires == MOMENT + timedelta(seconds=660)


async def test_a_division_that_fails_makes_it_partial() -> None:
    replies = wallets(_1=page([entry(1)]), _4=error(400, "no"))
    end = (await read(PROCESSOR, replies, kind=SubjectKind.CORPORATION)).end
    assert [row.id for row in end.rows] == [1]
    assert not end.whole
    assert end.missing.startswith("division 4: ")
    assert end.stopped is None


async def test_a_limit_leaves_the_other_divisions_for_the_next_run() -> None:
    replies = wallets(_1=page([entry(1)]), **{f"_{division}": used_up() for division in (3, 5)})
    reading = await read(
        PROCESSOR, replies, kind=SubjectKind.CORPORATION, concurrency=1, patient=False
    )
    assert reading.order == [ours(1), ours(2), ours(3)]
    assert isinstance(reading.end.stopped, LimitError)
    assert reading.end.missing.startswith("5 divisions left for the next run: ")
    assert not reading.end.whole


async def test_a_limit_between_pages_ends_with_the_limit() -> None:
    replies = {f"{MINE}?page=1": page([entry(2)], pages=2), f"{MINE}?page=2": used_up()}
    end = (await read(PROCESSOR, replies, patient=False)).end
    assert [row.id for row in end.rows] == [2]
    assert not end.whole
    assert isinstance(end.stopped, LimitError)


async def test_who_may_not_read_the_first_wallet_asks_for_no_other() -> None:
    replies = wallets(_1=error(400, "no"))
    with pytest.raises(AnswerError):
        await read(PROCESSOR, replies, kind=SubjectKind.CORPORATION)


@pytest.mark.parametrize("division", [None, *range(1, 8)])
def test_keys_lead_back_to_ids_and_sort_as_they_do(division: int | None) -> None:
    divided = division is not None
    keys = [ledger_key(number, division) for number in (0, 1, 2, 24_000_000_000)]
    assert keys == sorted(keys)
    assert [ledger_number(key, divided=divided) for key in keys] == [0, 1, 2, 24_000_000_000]
    assert max(keys) < 2**63


def test_needs_are_those_of_the_route() -> None:
    assert PROCESSOR.needs(SubjectKind.CHARACTER).scopes == ("esi-wallet.read_character_wallet.v1",)
    ours = PROCESSOR.needs(SubjectKind.CORPORATION)
    assert ours.scopes == ("esi-wallet.read_corporation_wallets.v1",)
    assert ours.roles == ("Accountant", "Junior_Accountant")
