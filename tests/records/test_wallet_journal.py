"""Journal entries have ESI's fields, and lose no row to a word that ESI adds."""

from __future__ import annotations

import pytest

from eveobs.records.wallet_journal import WALLET_JOURNAL, JournalEntry, JournalLine
from tests.records.documented import check_record, check_schema

pytestmark = pytest.mark.unit

ROUTES = (
    "/characters/{character_id}/wallet/journal",
    "/corporations/{corporation_id}/wallets/{division}/journal",
)


def test_fields_are_the_documented_ones() -> None:
    check_record(JournalLine, *ROUTES)
    added = {*JournalEntry.__struct_fields__} - {*JournalLine.__struct_fields__}
    assert added == {"entry_id", "division"}


def test_every_field_the_schema_names_exists() -> None:
    check_schema(WALLET_JOURNAL)
    assert WALLET_JOURNAL.ledger
