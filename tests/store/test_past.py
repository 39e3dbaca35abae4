"""What others saw, taken in at any time and in any order: the life of a contract is that of all
sightings, in the order in which they happened.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eveobs.records.contracts import CONTRACTS
from eveobs.store.store import Store
from eveobs.store.taking_in import Intake, Seen, TakenIn
from tests.store.drafts import CYCLE, FORGE, START, asked, contract, everything, reading, text

pytestmark = pytest.mark.unit

KEYS = range(1, 4)
LIST = st.frozensets(st.sampled_from(KEYS))
LIFE = "SELECT contract_id, first_seen, last_seen, gone_at, gone_how FROM contracts ORDER BY 1"


def intake(keys: Iterable[int], at: datetime) -> Intake:
    seen = [Seen(FORGE, at, contract(key, date_expired=expires(key))) for key in keys]
    return Intake(schema=CONTRACTS, listed=seen, details={}, moment=at, now=at + CYCLE)


def expires(key: int) -> datetime:
    return START + key * 3 * CYCLE


def life(key: int, saw: list[tuple[datetime, bool, frozenset[int]]]) -> dict[str, Any] | None:
    """The plain rule. `saw`: moment, whether it was a whole reading of ours, and who was there."""
    there = [at for at, _, keys in saw if key in keys]
    if not there:
        return None
    lost = [at for at, whole, keys in saw if whole and key not in keys and at > max(there)]
    gone = min(lost, default=None)
    how = None
    if gone is not None:
        how = "expired" if expires(key) <= gone else "taken_or_withdrawn"
    return {
        "contract_id": key,
        "first_seen": text(min(there)),
        "last_seen": text(max(there)),
        "gone_at": None if gone is None else text(gone),
        "gone_how": how,
    }


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.booleans(), LIST), max_size=7), st.randoms(use_true_random=False))
def test_lives_are_those_of_all_sightings(
    empty_file: Path, sightings: list[tuple[bool, frozenset[int]]], chance: Any
) -> None:
    """Whole readings come in their order; an archive at any time after it was made, and what we
    read next is of later than that.
    """
    saw = [(START + n * CYCLE, whole, keys) for n, (whole, keys) in enumerate(sightings)]
    left = list(saw)
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{shutil.copy(empty_file, folder)}"
        with Store(url) as store:
            while left:
                ours = next((n for n, one in enumerate(left) if one[1]), len(left) - 1)
                at, whole, keys = left.pop(chance.randint(0, ours))
                if whole:
                    rows = [contract(key, date_expired=expires(key)) for key in keys]
                    store.apply(reading(rows, at=at))
                else:
                    store.take_in(intake(keys, at))
        expected = [one for one in (life(key, saw) for key in KEYS) if one is not None]
        assert asked(url, LIFE) == expected


@settings(max_examples=25, deadline=None)
@given(st.lists(LIST, min_size=1, max_size=4))
def test_taken_in_again_nothing_changes(empty_file: Path, lists: list[frozenset[int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{shutil.copy(empty_file, folder)}"
        archives = [intake(keys, START + n * CYCLE) for n, keys in enumerate(lists)]
        with Store(url) as store:
            for one in archives:
                store.take_in(one)
            before = everything(url)
            for one in [*reversed(archives), *archives]:
                assert not store.take_in(one)[0].differs
        assert everything(url) == before


def test_what_was_seen_later_stays(store: Store, url: str) -> None:
    store.apply(reading([contract(1, price=5.0)], at=START))
    older = Seen(FORGE, START - CYCLE, contract(1, price=9.0))
    (done,) = store.take_in(Intake(CONTRACTS, [older], {}, older.at, START))
    assert done == TakenIn(rows=1, known_better=1, details={"items": 0, "bids": 0})
    (row,) = asked(url, "SELECT price, first_seen, last_seen FROM contracts")
    assert row == {"price": 5.0, "first_seen": text(START - CYCLE), "last_seen": text(START)}
    assert asked(url, "SELECT * FROM changes") == []


def test_what_was_seen_before_is_changed_by_what_was_seen_later(store: Store, url: str) -> None:
    store.apply(reading([contract(1, title="old")], at=START))
    newer = Seen(FORGE, START + CYCLE, contract(1, title="new"))
    store.take_in(Intake(CONTRACTS, [newer], {}, newer.at, newer.at))
    assert asked(url, "SELECT title FROM contracts") == [{"title": "new"}]
    assert asked(url, "SELECT field, old, new FROM changes") == [
        {"field": "title", "old": '"old"', "new": '"new"'}
    ]


def test_nothing_is_gone_because_an_archive_lacks_it(store: Store, url: str) -> None:
    store.apply(reading([contract(1), contract(2)], at=START))
    store.take_in(intake([1], START + CYCLE))
    assert asked(url, "SELECT count(*) AS n FROM contracts WHERE gone_at IS NULL") == [{"n": 2}]
    store.apply(reading([contract(1)], at=START + timedelta(hours=2)))
    assert asked(url, "SELECT contract_id FROM contracts WHERE gone_at IS NOT NULL") == [
        {"contract_id": 2}
    ]
