"""An observation is written whole or not at all, and tells what is new, changed, gone and back."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from eveobs.errors import StoreError
from eveobs.records.contracts import CONTRACTS
from eveobs.store.applying import Applied
from eveobs.store.life_cycle import row_hash
from eveobs.store.query import Query
from eveobs.store.store import Store
from tests.store.drafts import (
    CYCLE,
    DOMAIN,
    START,
    asked,
    bids,
    contract,
    done,
    everything,
    item,
    items,
    reading,
    text,
)

pytestmark = pytest.mark.unit

LIFE = (
    "SELECT contract_id, first_seen, last_seen, changed_at, gone_at, gone_how, first_observation, "
    "last_observation, changed_observation, gone_observation FROM contracts ORDER BY contract_id"
)


def lives(url: str) -> dict[int, tuple[Any, ...]]:
    return {row.pop("contract_id"): tuple(row.values()) for row in asked(url, LIFE)}


def at(cycle: int) -> datetime:
    return START + cycle * CYCLE


def clock(cycle: int) -> str:
    return text(at(cycle))


def test_a_row_comes_back_as_it_went_in(store: Store) -> None:
    given = contract(
        2**53 + 1,
        title="\N{ROCKET}\x00'; DROP TABLE contracts; --",
        price=0.1 + 0.2,
        volume=1e-300,
        reward=9e18,
        for_corporation=False,
        start_location_id=1_035_466_617_946,
    )
    store.apply(reading([given]))
    found = store.row(CONTRACTS, 2**53 + 1)
    assert found is not None
    for name in given.__struct_fields__:
        assert found[name] == getattr(given, name), name
    assert found["buyout"] is None


def test_new_changed_gone_and_back_with_the_observation_that_saw_it(url: str, store: Store) -> None:
    one, two = contract(1, price=5.0), contract(2, date_expired=START + 1.5 * CYCLE)
    assert store.apply(reading([one, two])) == Applied("complete", new=2)
    later = [contract(1, price=6.0, title="now dearer"), contract(3)]
    assert store.apply(reading(later, at=at(2))) == Applied("complete", new=1, changed=1, gone=1)
    assert lives(url) == {
        1: (clock(0), clock(2), clock(2), None, None, 1, 2, 2, None),
        2: (clock(0), clock(0), None, clock(2), "expired", 1, 1, None, 2),
        3: (clock(2), clock(2), None, None, None, 2, 2, None, None),
    }
    assert store.apply(reading([one, two], at=at(3))) == Applied("complete", changed=2, gone=1)
    assert lives(url)[1] == (clock(0), clock(3), clock(3), None, None, 1, 3, 3, None)
    assert lives(url)[2] == (clock(0), clock(3), clock(3), None, None, 1, 3, 3, None)
    assert lives(url)[3][3:5] == (clock(3), "taken_or_withdrawn")
    assert asked(url, "SELECT observation, processor, key, field, old, new FROM changes") == [
        {"observation": seen, "processor": "contracts", "key": key, "field": field}
        | {"old": old, "new": new}
        for seen, key, field, old, new in [
            (2, 1, "title", None, '"now dearer"'),
            (2, 1, "price", "5.0", "6.0"),
            (3, 1, "title", '"now dearer"', None),
            (3, 1, "price", "6.0", "5.0"),
            (3, 2, "gone_at", f'"{clock(2)}"', None),
            (3, 2, "gone_how", '"expired"', None),
        ]
    ]


@pytest.mark.parametrize(
    ("left", "how"), [(-1, "expired"), (0, "expired"), (1, "taken_or_withdrawn")]
)
def test_how_it_went_is_told_by_when(url: str, store: Store, left: int, how: str) -> None:
    ends = at(1) + timedelta(seconds=left)
    store.apply(reading([contract(1, date_expired=ends)]))
    store.apply(reading([], at=at(1)))
    assert lives(url)[1][3:5] == (clock(1), how)
    store.apply(reading([], at=at(9)))
    assert lives(url)[1][3:5] == (clock(1), how), "it goes once"


def test_the_same_again_is_unchanged_and_seen(url: str, store: Store) -> None:
    store.apply(reading([contract(1)]))
    assert store.apply(reading([contract(1)], at=at(1))) == Applied("unchanged")
    assert lives(url)[1][:3] == (clock(0), clock(1), None)
    statuses = asked(url, "SELECT status, rows, new, changed, gone FROM observations")
    assert [tuple(row.values()) for row in statuses] == [
        ("complete", 1, 1, 0, 0),
        ("unchanged", 1, 0, 0, 0),
    ]


def test_the_first_reading_of_an_empty_list_is_complete(store: Store) -> None:
    assert store.apply(reading([])).status == "complete"
    assert store.apply(reading([], at=at(1))).status == "unchanged"


def test_a_partial_reading_keeps_what_arrived_and_declares_nothing_gone(
    url: str, store: Store
) -> None:
    store.apply(reading([contract(1), contract(2)]))
    partial = reading([contract(1, price=7.0), contract(3)], at=at(1), whole=False, error="page 2")
    assert store.apply(partial) == Applied("partial", new=1, changed=1)
    assert {key: row[3] for key, row in lives(url).items()} == {1: None, 2: None, 3: None}
    assert asked(url, "SELECT status, whole, error FROM observations WHERE id = 2") == [
        {"status": "partial", "whole": 0, "error": "page 2"}
    ]


def test_a_whole_list_without_all_details_is_partial_and_declares_gone(store: Store) -> None:
    store.apply(reading([contract(1)]))
    assert store.apply(reading([], at=at(1), error="items of 1")) == Applied("partial", gone=1)


def test_each_region_has_a_list_of_its_own(url: str, store: Store) -> None:
    store.apply(reading([contract(1)]))
    store.apply(reading([contract(2)], subject_id=DOMAIN, at=at(1)))
    store.apply(reading([], subject_id=DOMAIN, at=at(2)))
    assert {key: row[3] for key, row in lives(url).items()} == {1: None, 2: clock(2)}


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("cycle", [0, 1])
def test_an_older_reading_never_overwrites_a_newer_one(
    url: str, store: Store, cycle: int, whole: bool
) -> None:
    store.apply(reading([contract(1, price=2.0), contract(2)], at=at(1)))
    before = everything(url)
    late = reading([contract(1, price=1.0), contract(3)], at=at(cycle), whole=whole)
    assert store.apply(late) == Applied("unchanged" if whole else "partial")
    after = everything(url)
    assert len(after.pop("observations")) == len(before.pop("observations")) + 1
    assert after == before


def test_an_older_whole_reading_yields_to_a_newer_partial_one(url: str, store: Store) -> None:
    store.apply(reading([contract(1, price=1.0), contract(2), contract(5)]))
    store.apply(reading([contract(1, price=3.0), contract(4)], at=at(2), whole=False))
    late = reading([contract(1, price=2.0), contract(2, price=2.0), contract(3)], at=at(1))
    assert store.apply(late) == Applied("complete", new=1, changed=1, gone=1)
    rows = {row["contract_id"]: row for row in store.rows(CONTRACTS, Query(gone_too=True))}
    assert {key: (row["price"], row["gone_at"]) for key, row in rows.items()} == {
        1: (3.0, None),
        2: (2.0, None),
        3: (None, None),
        4: (None, None),
        5: (None, at(1)),
    }
    assert lives(url)[1][1] == clock(2)
    store.apply(reading([contract(1)], at=at(2)))
    assert lives(url)[4][3] == clock(2), "a whole reading of the same moment is right about it"


def test_rows_without_a_moment_are_of_when_they_were_read(url: str, store: Store) -> None:
    store.apply(reading([contract(1)], at=None, finished_at=at(3)))
    assert lives(url)[1][:2] == (clock(3), clock(3))


def test_a_row_that_is_listed_twice_is_one_row(store: Store) -> None:
    twice = [contract(1, price=1.0), contract(1, price=2.0)]
    assert store.apply(reading(twice)) == Applied("complete", new=1)
    assert [row["price"] for row in store.rows(CONTRACTS, Query())] == [2.0]


def test_details_come_with_the_observation(url: str, store: Store) -> None:
    first = reading([contract(1)], answers=[bids(1, 5.0), items(1, item(7))])
    assert store.apply(first).status == "complete"
    again = reading([contract(1)], at=at(1), answers=[bids(1, 5.0)])
    assert store.apply(again).status == "unchanged"
    more = reading([contract(1)], at=at(1), answers=[bids(1, 5.0, 5.5)])
    assert store.apply(more).status == "complete", "the list is known, the bid is not"
    even_more = reading([contract(1)], at=at(2), answers=[bids(1, 5.0, 5.5, 6.0)])
    assert store.apply(even_more).status == "complete", "the list is the same, the bid is new"
    found = store.row(CONTRACTS, 1)
    assert found is not None
    assert [bid["amount"] for bid in found["bids"]] == [5.0, 5.5, 6.0]
    assert found["items_answer"] == "given"
    assert found["bids_answer"] is None
    assert asked(url, "SELECT requests, bytes, details FROM observations WHERE id = 1") == [
        {"requests": 1, "bytes": 20, "details": "items,bids"}
    ]


@pytest.mark.parametrize(
    "failing",
    [
        "INSERT ON contracts WHEN new.contract_id = 1500",
        "UPDATE OF price ON contracts WHEN new.contract_id = 3",
        "UPDATE OF last_seen ON contracts WHEN new.contract_id = 2",
        "UPDATE OF gone_at ON contracts WHEN new.contract_id = 4",
        "INSERT ON changes",
        "INSERT ON contract_bids WHEN new.contract_id = 2",
        "INSERT ON answers WHEN new.parent = 2",
        "UPDATE ON observations",
    ],
)
def test_a_failure_in_the_middle_leaves_nothing(url: str, store: Store, failing: str) -> None:
    store.apply(reading(contract(number) for number in range(1, 5)))
    before = everything(url)
    done(url, f"CREATE TRIGGER no BEFORE {failing} BEGIN SELECT RAISE(FAIL, 'no further'); END")
    second = reading(
        [contract(1), contract(2), contract(3, price=2.0), *map(contract, range(1000, 2000))],
        at=at(1),
        answers=[bids(1, 1.0), bids(2, 2.0), items(1, item(1)), items(2, item(2))],
    )
    with pytest.raises(StoreError, match="no further"):
        store.apply(second)
    assert everything(url) == before
    done(url, "DROP TRIGGER no")
    assert store.apply(second) == Applied("complete", new=1000, changed=1, gone=1)


def test_two_writers_at_once_end_as_if_they_had_come_in_turn(url: str) -> None:
    rows = [contract(number, price=1.0) for number in range(50)]

    def write(shift: int) -> None:
        with Store(url) as store:
            for cycle in range(shift, 20, 2):
                store.apply(reading(rows[cycle:], at=at(cycle)))

    writers = [threading.Thread(target=write, args=(shift,)) for shift in (0, 1)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    found = lives(url)
    assert {key for key, row in found.items() if row[3] is None} == set(range(19, 50))
    assert {row[1] for key, row in found.items() if key >= 19} == {clock(19)}
    assert len(asked(url, "SELECT id FROM observations")) == 20


def test_the_hash_of_a_row_is_signed_64_bits_and_of_all_fields() -> None:
    hashes = {row_hash(contract(number)) for number in range(2000)}
    assert len(hashes) == 2000
    assert all(-(2**63) <= number < 2**63 for number in hashes)
    assert row_hash(contract(1)) == row_hash(contract(1))
    assert row_hash(contract(1, for_corporation=False)) != row_hash(contract(1))
    moment = datetime(2026, 9, 23, 8, tzinfo=UTC)
    assert row_hash(contract(1, date_expired=moment)) != row_hash(contract(1))


def test_a_difference_that_no_field_shows_is_noted_once(url: str, store: Store) -> None:
    store.apply(reading([contract(1, price=0.0)]))
    other = contract(1, price=-0.0)
    assert store.apply(reading([other], at=at(1))) == Applied("complete", changed=1)
    assert store.apply(reading([other], at=at(2))) == Applied("unchanged")
    assert asked(url, "SELECT * FROM changes") == []
