"""What a character, or a division of a corporation, bought and sold on the market.

Shapes: ESI's routes `/characters/{character_id}/wallet/transactions` and
`/corporations/{corporation_id}/wallets/{division}/transactions` at compatibility date 2026-08-18.
"""

from __future__ import annotations

from datetime import datetime

from eveobs.records.schema import Column, Filter, Kind, Match, Record, Schema, SubjectKind
from eveobs.records.units import Isk
from eveobs.records.wallet_journal import DIVISIONS

SIDES = ("buy", "sell")


def side_of(*, is_buy: bool) -> str:
    """`buy` or `sell`."""
    return SIDES[not is_buy]


class TransactionLine(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A purchase or a sale as ESI sends it; `unit_price` is in ISK.

    `journal_ref_id` is the entry in the journal, -1 for none. Only characters have `is_personal`:
    false for what was traded for their corporation.
    """

    transaction_id: int
    date: datetime
    type_id: int
    quantity: int
    unit_price: Isk
    is_buy: bool
    client_id: int
    location_id: int
    journal_ref_id: int
    is_personal: bool | None = None


class Transaction(TransactionLine, frozen=True, kw_only=True, omit_defaults=True):
    """A purchase or sale of a wallet. `entry_id` is its `ledger_key`, `side` is buy or sell,
    `total` in ISK; a character has no `division`.
    """

    entry_id: int
    side: str
    total: Isk
    division: int | None = None


WALLET_TRANSACTIONS = Schema(
    name="wallet-transactions",
    singular="transaction",
    subjects=(SubjectKind.CHARACTER, SubjectKind.CORPORATION),
    record=Transaction,
    key="entry_id",
    ledger=True,
    names={"owner_id": "owner_name", "type_id": "type_name", "client_id": "client_name"},
    places={"location_id": "location_name"},
    filters=(
        Filter("character", "owner_id", Match.EQUALS, "Of this character.", names=True),
        Filter("corporation", "owner_id", Match.EQUALS, "Of this corporation.", names=True),
        Filter(
            "division",
            "division",
            Match.EQUALS,
            "Wallet of a corporation.",
            names=True,  # of which it has none, but numbers are taken as such
            choices=tuple(map(str, DIVISIONS)),
        ),
        Filter("side", "side", Match.EQUALS, "Bought or sold.", choices=SIDES),
        Filter("type", "type_id", Match.CONTAINS, "Type id, or part of its name.", names=True),
        Filter(
            "client", "client_id", Match.CONTAINS, "With whom: id, or part of the name.", names=True
        ),
        Filter(
            "since",
            "date",
            Match.AT_LEAST,
            "Not older than this: a date, a time, or a span back from now such as 12h or 3d.",
            Kind.TIME,
            past=True,
        ),
        Filter(
            "before",
            "date",
            Match.BEFORE,
            "Older than this: a date, a time, or a span back from now.",
            Kind.TIME,
            past=True,
        ),
    ),
    columns=(
        Column("entry_id", "Transaction", Kind.ID, rank=4),
        Column("date", "When", Kind.TIME),
        Column("side", "Side"),
        Column("quantity", "Quantity", Kind.NUMBER),
        Column("type_name", "Type", flexible=True),
        Column("unit_price", "Each", Kind.ISK, rank=3),
        Column("total", "Total", Kind.ISK),
        Column("client_name", "With", rank=5, flexible=True),
        Column("location_name", "Where", rank=6, flexible=True),
        Column("division", "Div", Kind.NUMBER, rank=8),
        Column("owner_name", "Owner", rank=7, flexible=True),
    ),
    sort="-date",
)
