"""Details are kept once for ever, also that there are none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from eveobs.errors import StoreError
from eveobs.records.collected import Meaning
from eveobs.records.contracts import CONTRACTS
from eveobs.store.chunks import CHUNK, chunks
from eveobs.store.store import Store
from tests.store.drafts import START, asked, contract, done, everything, item, items, reading

pytestmark = pytest.mark.unit


def test_items_are_kept_before_their_contract_is(url: str, store: Store) -> None:
    blueprint = item(2, is_blueprint_copy=True, runs=3, material_efficiency=10, time_efficiency=20)
    wanted = item(3, is_included=False, quantity=2**40)
    store.keep_answers(CONTRACTS, [items(1, wanted, blueprint, item(1, item_id=2**50))], START)
    store.apply(reading([contract(1)]))
    found = store.row(CONTRACTS, 1)
    assert found is not None
    assert [row["record_id"] for row in found["items"]] == [1, 2, 3], "by their own key"
    for kept, given in zip(
        found["items"], (item(1, item_id=2**50), blueprint, wanted), strict=True
    ):
        assert kept == {name: getattr(given, name) for name in given.__struct_fields__} | {
            "type_name": None
        }


@pytest.mark.parametrize("meaning", list(Meaning))
def test_every_meaning_is_remembered_and_never_asked_again(store: Store, meaning: Meaning) -> None:
    store.keep_answers(CONTRACTS, [items(1, meaning=meaning)], START)
    assert store.answered(CONTRACTS, "items", [1, 2]) == {1}
    assert store.answered(CONTRACTS, "bids", [1, 2]) == set()
    store.apply(reading([contract(1)]))
    found = store.row(CONTRACTS, 1)
    assert found is not None
    assert found["items_answer"] == meaning


def test_an_answer_is_as_old_as_it_says(url: str, store: Store) -> None:
    """Its Last-Modified, for archives of others to be written; else when it was asked for."""
    modified = START - timedelta(hours=3)
    store.keep_answers(
        CONTRACTS, [items(1, item(1))._replace(modified=modified), items(2, item(2))], START
    )
    found = asked(url, "SELECT parent, asked_at FROM answers ORDER BY parent")
    assert [(row["parent"], moment(row["asked_at"])) for row in found] == [
        (1, modified),
        (2, START),
    ]


def moment(stored: Any) -> datetime:
    """What a column of times holds, as text or not."""
    there = datetime.fromisoformat(stored) if isinstance(stored, str) else stored
    return there if there.tzinfo else there.replace(tzinfo=UTC)


def test_what_was_answered_once_stays(url: str, store: Store) -> None:
    store.keep_answers(CONTRACTS, [items(1, item(5, quantity=1))], START)
    before = everything(url)
    other = [items(1, item(5, quantity=9), meaning=Meaning.NOT_FOUND)]
    store.keep_answers(CONTRACTS, other, START.replace(hour=20))
    store.keep_answers(CONTRACTS, [], START)
    assert everything(url) == before


def test_a_batch_is_kept_whole_or_not_at_all(url: str, store: Store) -> None:
    done(
        url,
        "CREATE TRIGGER no BEFORE INSERT ON answers WHEN new.parent = 3 "
        "BEGIN SELECT RAISE(FAIL, 'no further'); END",
    )
    with pytest.raises(StoreError, match="no further"):
        store.keep_answers(CONTRACTS, [items(n, item(n)) for n in range(1, 6)], START)
    assert asked(url, "SELECT * FROM contract_items") == []
    assert store.answered(CONTRACTS, "items", range(10)) == set()


def test_more_parents_than_a_statement_takes(store: Store) -> None:
    many = range(1, 5 * CHUNK)
    store.keep_answers(CONTRACTS, [items(n) for n in many if n % 2], START)
    assert store.answered(CONTRACTS, "items", many) == set(many[::2])
    assert store.answered(CONTRACTS, "items", []) == set()


def test_portions_are_whole_in_order_and_small() -> None:
    for size in (0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK):
        portions = list(chunks(range(size)))
        assert [number for portion in portions for number in portion] == list(range(size))
        assert all(0 < len(portion) <= CHUNK for portion in portions)
    assert CHUNK <= 999, "all that SQLite before 3.32 takes"
