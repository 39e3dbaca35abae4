"""Names are remembered for as long as their kind keeps them, and unknown ids as unknown."""

from __future__ import annotations

from datetime import timedelta

import pytest

from eveobs.records.contracts import CONTRACTS
from eveobs.records.universe import Name
from eveobs.store.chunks import CHUNK
from eveobs.store.store import Store
from tests.store.drafts import START, asked, item, items

pytestmark = pytest.mark.unit

SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("category", "days"),
    [
        ("character", 30),
        ("corporation", 30),
        ("alliance", 30),
        ("structure", 7),
        ("inventory_type", 36500),
        ("station", 36500),
        ("region", 36500),
    ],
)
def test_a_name_is_asked_for_again_when_its_kind_may_have_changed(
    store: Store, category: str, days: int
) -> None:
    store.keep_names([Name(category=category, id=1, name="A")], (), START)
    assert store.unnamed([1, 2], START) == {2}
    assert store.unnamed([1], START + timedelta(days=days) - SECOND) == set()
    assert store.unnamed([1], START + timedelta(days=days)) == {1}


def test_an_unknown_id_is_believed_for_a_week(store: Store) -> None:
    store.keep_names([], [7], START)
    assert store.unnamed([7], START + timedelta(days=7) - SECOND) == set()
    assert store.unnamed([7], START + timedelta(days=7)) == {7}


def test_a_renamed_character_has_its_new_name(store: Store) -> None:
    store.keep_names([Name(category="character", id=1, name="Old")], (), START)
    later = START + timedelta(days=31)
    store.keep_names([Name(category="character", id=1, name="New")], (), later)
    assert store.named("character") == [Name(category="character", id=1, name="New")]
    assert store.unnamed([1], later + timedelta(days=29)) == set()


def test_a_name_outlives_the_thing(store: Store) -> None:
    """A biomassed character is unknown to ESI; its old contracts keep its name."""
    store.keep_names([Name(category="character", id=1, name="Gone")], (), START)
    later = START + timedelta(days=31)
    store.keep_names([], [1], later)
    assert [name.name for name in store.named("character")] == ["Gone"]
    assert store.unnamed([1], later) == set()


def test_named_in_any_case(store: Store) -> None:
    names = ["The Forge", "Été", "ПРОДАМ", "O'Neil_%"]
    store.keep_names(
        [Name(category="region", id=n, name=name) for n, name in enumerate(names)],
        (),
        START,
    )
    assert [name.name for name in store.named("region", ["the FORGE", "été", "продам", "_"])] == [
        "The Forge",
        "Été",
        "ПРОДАМ",
    ]
    assert len(store.named("region")) == 4
    assert store.named("station") == []


def test_ids_of_stored_details_that_were_never_asked_for(store: Store) -> None:
    assert store.never_asked(CONTRACTS, ["items", "bids"]) == set()
    kept = [items(n, item(n, type_id=30 + n), item(n + 9, type_id=34)) for n in range(1, 7)]
    store.keep_answers(CONTRACTS, kept, START)
    store.keep_names([Name(category="inventory_type", id=34, name="A")], [35], START)
    assert store.never_asked(CONTRACTS, ["items", "bids"]) == {31, 32, 33, 36}
    assert store.never_asked(CONTRACTS, ["bids"]) == set()


def test_more_names_than_a_statement_takes(url: str, store: Store) -> None:
    many = range(1, 3 * CHUNK)
    store.keep_names([Name(category="character", id=n, name=f"C{n}") for n in many], (), START)
    assert store.unnamed(range(4 * CHUNK), START) == {0, *range(3 * CHUNK, 4 * CHUNK)}
    assert asked(url, "SELECT count(*) AS n FROM names") == [{"n": len(many)}]


def test_nothing_to_keep_is_no_error(store: Store) -> None:
    store.keep_names([], [], START)
    assert store.unnamed([], START) == set()
