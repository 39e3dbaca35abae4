"""The wallet journal of a character, or of the divisions of a corporation.

Shapes: ESI's routes `/characters/{character_id}/wallet/journal` and
`/corporations/{corporation_id}/wallets/{division}/journal` at compatibility date 2026-08-18, which
go back 30 days. ISK is a double, positive when it comes in.
"""

from __future__ import annotations

from datetime import datetime

from eveobs.records.schema import Column, Filter, Kind, Match, Record, Schema, SubjectKind
from eveobs.records.units import Isk

DIVISIONS = range(1, 8)
"""The wallets of a corporation; 1 is its master wallet."""
DIVISION_BITS = 3


def ledger_key(number: int, division: int | None) -> int:
    """The key of an entry of a ledger: ESI's id, with the division behind it for a corporation.

    An ISK transfer from one division to another is an entry with the same id in both, so there the
    key is `id * 8 + division`. Keys of one owner sort as the ids do.
    """
    return number if division is None else number << DIVISION_BITS | division


def ledger_number(key: int, *, divided: bool) -> int:
    """The id in a `ledger_key`; `divided`: of a corporation."""
    return key >> DIVISION_BITS if divided else key


class JournalLine(Record, frozen=True, kw_only=True, omit_defaults=True):
    """An entry as ESI sends it. What the parties and the context are depends on `ref_type`, of
    which there are ever more.
    """

    id: int
    date: datetime
    ref_type: str
    description: str
    amount: Isk | None = None
    balance: Isk | None = None
    reason: str | None = None
    first_party_id: int | None = None
    second_party_id: int | None = None
    context_id: int | None = None
    context_id_type: str | None = None
    tax: Isk | None = None
    tax_receiver_id: int | None = None


class JournalEntry(JournalLine, frozen=True, kw_only=True, omit_defaults=True):
    """An entry of a wallet. `entry_id` is its `ledger_key`; a character has no `division`."""

    entry_id: int
    division: int | None = None


WALLET_JOURNAL = Schema(
    name="wallet-journal",
    singular="journal-entry",
    subjects=(SubjectKind.CHARACTER, SubjectKind.CORPORATION),
    record=JournalEntry,
    key="entry_id",
    ledger=True,
    names={
        "owner_id": "owner_name",
        "first_party_id": "first_party_name",
        "second_party_id": "second_party_name",
        "tax_receiver_id": "tax_receiver_name",
    },
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
        Filter("ref-type", "ref_type", Match.CONTAINS, "Part of what it was for."),
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
        Filter("min-amount", "amount", Match.AT_LEAST, "An income of at least this.", Kind.ISK),
    ),
    columns=(
        Column("entry_id", "Entry", Kind.ID, rank=4),
        Column("date", "When", Kind.TIME),
        Column("ref_type", "For", flexible=True),
        Column("amount", "Amount", Kind.ISK),
        Column("balance", "Balance", Kind.ISK, rank=5),
        Column("first_party_name", "From", rank=2, flexible=True),
        Column("second_party_name", "To", rank=3, flexible=True),
        Column("division", "Div", Kind.NUMBER, rank=7),
        Column("owner_name", "Owner", rank=6, flexible=True),
        Column("reason", "Reason", rank=8, flexible=True),
    ),
    sort="-date",
)
