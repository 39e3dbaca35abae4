"""A thing in a box in a ship in a station is at the station."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eveobs.records.universe import Name
from eveobs.store.engine import connect
from eveobs.store.names import keep_names
from eveobs.store.places import STEPS, resolve
from eveobs.store.query import Query
from eveobs.store.store import Store
from eveobs.store.tables import METADATA
from tests.store.drafts import START, done, put
from tests.store.things import ANNA, BERT, THINGS, hangar, thing

pytestmark = pytest.mark.unit

JITA, KEEPSTAR = 60003760, 10**12 + 5
TABLE = (
    "CREATE TABLE assets (item_id INTEGER, owner_id INTEGER, location_id INTEGER, "
    "location_type TEXT, last_seen VARCHAR(20))"
)


def lie(
    url: str,
    *rows: tuple[int, int],
    owner: int = ANNA,
    seen: str = "2026-09-23",
    kind: str = "item",
) -> None:
    for item, at in rows:
        told = {"owner_id": owner, "location_id": at, "location_type": kind, "last_seen": seen}
        put(url, "assets", item_id=item, **told)


def there(store: Store, *locations: int) -> list[str | None]:
    store.apply(hangar(ANNA, [thing(n, location_id=at) for n, at in enumerate(locations, 1)]))
    return [row["location_name"] for row in store.rows(THINGS, Query())]


@pytest.fixture(autouse=True)
def _named(store: Store) -> None:
    names = [Name(category="station", id=JITA, name="Jita")]
    names += [Name(category="structure", id=KEEPSTAR, name="Keep")]
    store.keep_names(names, [5], START)


def test_without_assets_a_name_of_its_own_is_all(store: Store) -> None:
    assert there(store, JITA, KEEPSTAR, 77, 5) == ["Jita", "Keep", None, None]
    shown = store.row(THINGS, 1)
    assert shown is not None
    assert shown["location_name"] == "Jita"


def test_up_through_what_holds_it(url: str, store: Store) -> None:
    done(url, TABLE)
    lie(url, (1001, 1002), (1002, JITA), (1003, KEEPSTAR), (1004, 99), (1005, 5))
    assert there(store, 1001, 1002, 1003, 1004, 1005, JITA, 1006) == [
        *("Jita", "Jita", "Keep", None, None, "Jita", None)
    ]


def test_who_saw_it_last_knows(url: str, store: Store) -> None:
    done(url, TABLE)
    lie(url, (1001, JITA), seen="2026-09-24")
    lie(url, (1001, KEEPSTAR), owner=BERT, seen="2026-09-23")
    assert there(store, 1001) == ["Jita"]


def test_round_and_round_ends(url: str, store: Store) -> None:
    done(url, TABLE)
    lie(url, (1001, 1002), (1002, 1001), (1003, 1003))
    assert there(store, 1001, 1003) == [None, None]


def test_as_deep_as_it_goes(url: str, store: Store) -> None:
    done(url, TABLE)
    lie(url, (1001, JITA), *((1000 + n, 1000 + n - 1) for n in range(2, STEPS + 2)))
    assert there(store, 1000 + STEPS, 1000 + STEPS + 1) == ["Jita", None]


def test_assets_of_another_shape_are_none(url: str, store: Store) -> None:
    done(url, "CREATE TABLE assets (item_id INTEGER)")
    assert there(store, 1001) == [None]
    assert store.items_of(ANNA, [1001]) == set()


def test_which_are_the_owners_items(url: str, store: Store) -> None:
    assert store.items_of(ANNA, [1001]) == set()
    done(url, TABLE)
    lie(url, (1001, JITA), (1002, 1001))
    lie(url, (1003, JITA), owner=BERT)
    lie(url, (1004, 30000142), kind="solar_system")
    assert store.items_of(ANNA, [1001, 1002, 1003, 1004, 1005]) == {1001, 1002}


@settings(max_examples=80, deadline=None)
@given(
    holders=st.dictionaries(st.integers(1, 8), st.integers(1, 10), max_size=8),
    named=st.sets(st.integers(1, 10)),
)
def test_the_first_name_on_the_way_up(holders: dict[int, int], named: set[int]) -> None:
    def first(here: int | None) -> str | None:
        for _ in range(STEPS + 1):
            if here is None or here in named:
                break
            here = holders.get(here)
        return None if here not in named else f"P{here}"

    engine = connect("sqlite://")
    with engine.begin() as connection:
        METADATA.tables["names"].create(connection)
        connection.exec_driver_sql(TABLE)
        connection.exec_driver_sql(
            "INSERT INTO assets (item_id, location_id) VALUES (?, ?)", [*holders.items(), (99, 99)]
        )
        keep_names(
            connection, [Name(category="station", id=n, name=f"P{n}") for n in named], (), START
        )
        found = resolve(connection, range(1, 11))
        assert {n: found.get(n) for n in range(1, 11)} == {n: first(n) for n in range(1, 11)}
    engine.dispose()
