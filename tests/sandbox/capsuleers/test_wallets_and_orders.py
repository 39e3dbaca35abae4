"""Journals without a gap, transactions that are in them, orders that move and end."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from eveobs.sandbox.capsuleers.routes import TRANSACTIONS_AT_ONCE
from eveobs.sandbox.messages import Reply
from eveobs.sandbox.people import character_id, corporation_id
from tests.sandbox.conftest import Clock

pytestmark = pytest.mark.unit

Ask = Callable[..., Reply]
Truth = Callable[..., dict[str, Any]]
OWNERS = (character_id(0), character_id(2), corporation_id(0))
FIRM = f"/corporations/{corporation_id(0)}"


def books(rows: list[dict[str, Any]]) -> dict[int, list[dict[str, Any]]]:
    """Rows by division, the newest first."""
    found: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row.get("division", 0), []).append(row)
    return found


@pytest.mark.parametrize("owner", OWNERS)
def test_each_balance_is_the_one_before_and_the_amount(truth: Truth, owner: int) -> None:
    rows = truth("wallet-journal", owner)["rows"]
    for book in books(rows).values():
        assert len(book) >= 30
        for newer, older in pairwise(book):
            assert newer["balance"] == older["balance"] + newer["amount"]
            assert newer["id"] > older["id"]
            assert newer["date"] > older["date"]
    assert len({row["id"] for row in rows}) == len(rows)


@pytest.mark.parametrize("owner", OWNERS)
def test_every_trade_is_in_the_journal(truth: Truth, owner: int) -> None:
    journal = {row["id"]: row for row in truth("wallet-journal", owner)["rows"]}
    trades = truth("wallet-transactions", owner)["rows"]
    assert len(trades) > 50
    for trade in trades:
        entry = journal[trade["journal_ref_id"]]
        worth = trade["quantity"] * trade["unit_price"]
        assert entry["amount"] == (-worth if trade["is_buy"] else worth)
        assert entry["context_id"] == trade["transaction_id"]
        assert entry["date"] == trade["date"]
        assert trade["client_id"] in {entry["first_party_id"], entry["second_party_id"]}
    assert len({trade["transaction_id"] for trade in trades}) == len(trades)


def test_new_entries_come_with_time_and_old_ones_stay(truth: Truth, clock: Clock) -> None:
    before = {row["id"]: row for row in truth("wallet-journal", OWNERS[0])["rows"]}
    clock.time += 86_400
    after = {row["id"]: row for row in truth("wallet-journal", OWNERS[0])["rows"]}
    new = set(after) - set(before)
    assert len(new) == 12
    assert min(new) > max(before)
    assert all(after[number] == before[number] for number in set(after) & set(before))


def test_the_balance_is_that_of_the_newest_entry(truth: Truth, ask_as: Ask, clock: Clock) -> None:
    clock.time += 3600  # where both answers are renewed
    balance = json.loads(ask_as(0, f"/characters/{OWNERS[0]}/wallet").body or b"")
    assert balance == truth("wallet-journal", OWNERS[0])["rows"][0]["balance"]


def test_a_journal_has_pages(ask_as: Ask, truth: Truth) -> None:
    target = f"{FIRM}/wallets/1/journal"
    pages = [ask_as(0, f"{target}?page={number}") for number in (1, 2)]
    assert {page.headers["X-Pages"] for page in pages} == {"2"}
    rows = [row for page in pages for row in json.loads(page.body or b"")]
    told = books(truth("wallet-journal", corporation_id(0))["rows"])[1]
    assert rows == [{k: v for k, v in row.items() if k != "division"} for row in told]
    assert ask_as(0, f"{target}?page=3").status == 404
    assert ask_as(0, f"{FIRM}/wallets/8/journal").status == 400


def test_transactions_are_walked_back_to_the_first(ask_as: Ask, truth: Truth) -> None:
    target = f"{FIRM}/wallets/1/transactions"
    walked: list[dict[str, Any]] = []
    page = json.loads(ask_as(0, target).body or b"")
    while len(page) > 1:
        assert len(page) <= TRANSACTIONS_AT_ONCE
        walked += page if not walked else page[1:]
        oldest = page[-1]["transaction_id"]
        page = json.loads(ask_as(0, f"{target}?from_id={oldest}").body or b"")
        assert page[0]["transaction_id"] == oldest
    told = books(truth("wallet-transactions", corporation_id(0))["rows"])[1]
    assert len(told) > 2 * TRANSACTIONS_AT_ONCE
    assert walked == [{k: v for k, v in row.items() if k != "division"} for row in told]
    assert ask_as(0, f"{target}?from_id=x").status == 400


@pytest.mark.parametrize("owner", OWNERS)
def test_orders_move_and_end(truth: Truth, clock: Clock, owner: int) -> None:
    before = truth("orders", owner)
    clock.time += 10 * 1800
    after = truth("orders", owner)
    was = {row["order_id"]: row for row in before["rows"]}
    now = {row["order_id"]: row for row in after["rows"]}
    ended = {row["order_id"]: row for row in after["history"]}
    assert set(was) - set(now)
    assert set(was) - set(now) <= set(ended)
    lasting = set(was) & set(now)
    moved = {one for one in lasting if now[one]["volume_remain"] < was[one]["volume_remain"]}
    assert moved
    assert all(now[one]["volume_remain"] <= was[one]["volume_remain"] for one in lasting)
    assert all(row["volume_remain"] <= row["volume_total"] for row in (*now.values(),))
    assert {row["state"] for row in ended.values()} == {"expired", "cancelled"}
    assert not set(now) & set(ended)
