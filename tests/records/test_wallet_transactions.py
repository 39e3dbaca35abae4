"""Transactions have ESI's fields."""

from __future__ import annotations

import pytest

from eveobs.records.wallet_transactions import (
    WALLET_TRANSACTIONS,
    Transaction,
    TransactionLine,
    side_of,
)
from tests.records.documented import check_record, check_schema

pytestmark = pytest.mark.unit

ROUTES = (
    "/characters/{character_id}/wallet/transactions",
    "/corporations/{corporation_id}/wallets/{division}/transactions",
)


def test_fields_are_the_documented_ones() -> None:
    check_record(TransactionLine, *ROUTES)
    added = {*Transaction.__struct_fields__} - {*TransactionLine.__struct_fields__}
    assert added == {"entry_id", "side", "total", "division"}


def test_every_field_the_schema_names_exists() -> None:
    check_schema(WALLET_TRANSACTIONS)
    assert WALLET_TRANSACTIONS.ledger
    assert (side_of(is_buy=True), side_of(is_buy=False)) == ("buy", "sell")
