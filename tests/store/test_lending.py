"""What a row lacks is taken from another domain's stored row, if there is one."""

from __future__ import annotations

from typing import Any

import pytest

from eveobs.store.chunks import CHUNK
from eveobs.store.query import Query
from eveobs.store.store import Store
from tests.store.drafts import CYCLE, START, done
from tests.store.things import ANNA, BERT, LOANS, THINGS, Loan, Note, answer, hangar, thing

pytestmark = pytest.mark.unit

ENDS = START + 9 * CYCLE


def loans(owner: int, *rows: Loan, at: Any = START) -> Any:
    return hangar(owner, rows, at=at, schema=LOANS)


def lent(store: Store) -> dict[int, tuple[Any, ...]]:
    rows = store.rows(THINGS, Query())
    return {row["thing_id"]: (row["loan_id"], row["loan_ends"], row["runs"]) for row in rows}


def test_no_table_lends_nothing(store: Store) -> None:
    store.apply(hangar(ANNA, [thing(1, runs=2)]))
    assert lent(store) == {1: (None, None, 2)}


def test_what_is_lacking_is_lent_and_what_is_there_stays(store: Store) -> None:
    store.apply(hangar(ANNA, [thing(1, runs=2), thing(2), thing(3)]))
    store.apply(
        loans(
            ANNA,
            Loan(loan_id=11, of_thing=1, status="active", ends=ENDS, runs=7),
            Loan(loan_id=12, of_thing=2, status="active", runs=8),
            Loan(loan_id=13, of_thing=3, status="over", runs=9),
        )
    )
    assert lent(store) == {1: (11, ENDS, 2), 2: (12, None, 8), 3: (None, None, None)}
    shown = store.row(THINGS, 2)
    assert shown is not None
    assert (shown["loan_id"], shown["runs"], shown["price"]) == (12, 8, None)


def test_only_its_owner_lends_and_what_was_seen_last(store: Store) -> None:
    store.apply(hangar(ANNA, [thing(1)]))
    other = Loan(loan_id=10, of_thing=1, status="active", ends=ENDS)
    store.apply(loans(BERT, other, at=START + 5 * CYCLE))
    assert lent(store) == {1: (None, None, None)}
    first = Loan(loan_id=12, of_thing=1, status="active")
    store.apply(loans(ANNA, first))
    second = Loan(loan_id=11, of_thing=1, status="active")
    partial = hangar(ANNA, [second], at=START + CYCLE, schema=LOANS, whole=False)
    store.apply(partial)
    assert lent(store)[1][0] == 11
    store.apply(loans(ANNA, first, at=START + 2 * CYCLE))
    assert lent(store)[1][0] == 12
    store.apply(loans(ANNA, at=START + 3 * CYCLE))
    assert lent(store)[1][0] is None, "a loan that is gone is not a running one"


def test_a_table_of_another_package_lends_too(url: str, store: Store) -> None:
    store.apply(hangar(ANNA, [thing(1), thing(2)]))
    done(
        url,
        "CREATE TABLE prices (thing_id INTEGER, price VARCHAR(20))",
        "INSERT INTO prices VALUES (2, '2026-09-23T08:00:00Z')",
    )
    assert {row["thing_id"]: row["price"] for row in store.rows(THINGS, Query())} == {
        1: None,
        2: START,
    }


@pytest.mark.parametrize("columns", ["price INTEGER", "thing_id INTEGER, other INTEGER"])
def test_a_table_of_another_shape_lends_nothing(url: str, store: Store, columns: str) -> None:
    store.apply(hangar(ANNA, [thing(1)]))
    done(url, f"CREATE TABLE prices ({columns})", "INSERT INTO prices DEFAULT VALUES")
    assert [row["price"] for row in store.rows(THINGS, Query())] == [None]


def test_details_borrow_from_details_of_the_same_record(url: str, store: Store) -> None:
    notes = [Note(note_id=1), Note(note_id=2, runs=5)]
    for parent in (1, 2):
        store.keep_answers(THINGS, [answer("notes", parent, *notes, settled=True)], START)
    store.apply(hangar(ANNA, [thing(1), thing(2)]))
    store.apply(loans(ANNA, Loan(loan_id=5, of_thing=2, status="paused", ends=ENDS, runs=4)))
    done(
        url,
        "CREATE TABLE jottings (thing_id INTEGER, note_id INTEGER, n INTEGER)",
        "INSERT INTO jottings VALUES (1, 1, 66), (1, 2, 77), (3, 1, 88)",
    )
    one, other = store.row(THINGS, 1), store.row(THINGS, 2)
    assert one is not None
    assert other is not None
    assert [(row["runs"], row["ends"]) for row in one["notes"]] == [(66, None), (5, None)]
    assert [(row["runs"], row["ends"]) for row in other["notes"]] == [(4, ENDS), (5, ENDS)]
    assert set(one["notes"][0]) == {"note_id", "runs", "ends"}


def test_many_borrow_at_once(store: Store) -> None:
    many = range(1, 2 * CHUNK)
    store.apply(hangar(ANNA, [thing(n) for n in many]))
    store.apply(loans(ANNA, *(Loan(loan_id=9 * n, of_thing=n, status="active") for n in many)))
    assert {key: loan for key, (loan, _, _) in lent(store).items()} == {n: 9 * n for n in many}
