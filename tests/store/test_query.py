"""A question is answered with exactly the rows that a plain reading of it names, in its order."""

from __future__ import annotations

import shutil
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import timedelta
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eveobs.errors import UsageError
from eveobs.records.contracts import CONTRACTS
from eveobs.records.universe import Name
from eveobs.store.query import PORTION, Query, fields_of
from eveobs.store.store import Store
from tests.cli.hostile import ALL
from tests.store.drafts import (
    CYCLE,
    DOMAIN,
    FORGE,
    START,
    bids,
    contract,
    item,
    items,
    reading,
)

pytestmark = pytest.mark.unit

Row = dict[str, Any]

TITLES = [
    None,
    "",
    "50% off",
    "50 percent",
    "a_b",
    "axb",
    "back\\slash",
    "a/b",
    "ПРОДАМ",
    "Été",
    "O'Neil; --",
    "[x]*?",
]
TYPES = ("item_exchange", "auction", "courier")
NAMES = {
    FORGE: ("region", "The Forge"),
    DOMAIN: ("region", "Domain"),
    34: ("inventory_type", "Tritanium"),
    35: ("inventory_type", "Pyerite"),
    36: ("inventory_type", "1600mm Plates 100%"),
    90000001: ("character", "Chribba"),
    90000002: ("character", "chribba the 2nd"),
    60003760: ("station", "Jita IV - Moon 4"),
}


def _contracts(first: int, count: int) -> list[Any]:
    return [
        contract(
            number,
            type=TYPES[number % 3],
            title=TITLES[number % len(TITLES)],
            price=None if number % 5 == 0 else float(number % 7) * 1e6,
            issuer_id=90000000 + number % 4,
            date_expired=START + timedelta(hours=number % 11),
            start_location_id=60003760 if number % 2 else None,
        )
        for number in range(first, first + count)
    ]


def _items(parents: range) -> list[Any]:
    return [
        items(parent, *(item(parent * 10 + n, type_id=33 + n) for n in range(parent % 5)))
        for parent in parents
    ]


@pytest.fixture(scope="module")
def market(empty_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """60 contracts in two regions, some of them gone."""
    path = tmp_path_factory.mktemp("market") / "eve.sqlite3"
    shutil.copy(empty_file, path)
    with Store(f"sqlite:///{path}") as store:
        store.apply(reading(_contracts(1, 40), answers=[*_items(range(1, 41)), bids(4, 5.0)]))
        store.apply(reading(_contracts(101, 20), subject_id=DOMAIN))
        store.apply(reading(_contracts(1, 30), at=START + 8 * CYCLE))
        store.keep_names(
            [Name(category=c, id=i, name=n) for i, (c, n) in NAMES.items()], [5], START
        )
        yield store


@pytest.fixture(scope="module")
def everything(market: Store) -> list[Row]:
    return list(market.rows(CONTRACTS, Query(gone_too=True)))


def name(number: object) -> str:
    return NAMES[number][1] if isinstance(number, int) and number in NAMES else ""


def of_items(test: Callable[[int], bool]) -> Callable[[Row], bool]:
    """Whether the contract has an item of a type that passes `test`, by how `_items` made them."""

    def passes(row: Row) -> bool:
        number = row["contract_id"]
        return number <= 40 and any(test(33 + n) for n in range(number % 5))

    return passes


def part_of(text: str, whole: str | None) -> bool:
    return whole is not None and text.lower() in whole.lower()


def by_id_or_part(field: str, word: str) -> Callable[[Row], bool]:
    if word.isdecimal():
        return lambda row: row[field] == int(word)
    return lambda row: row[field] in NAMES and part_of(word, name(row[field]))


Asked = tuple[str, object, Callable[[Row], bool]]
WORDS = [
    "%",
    "_",
    "\\",
    "/",
    "'",
    "a_b",
    "A_B",
    "50%",
    "продам",
    "ПРОДАМ",
    "ÉTÉ",
    "",
    "x",
    "[",
    "*",
]


def _title(word: str) -> Asked:
    return "title", word, lambda row: part_of(word, row["title"])


def _issuer(word: str) -> Asked:
    return "issuer", word, by_id_or_part("issuer_id", word)


def _item(word: str) -> Asked:
    def passes(kind: int) -> bool:
        named = kind in NAMES and part_of(word, name(kind))
        return kind == int(word) if word.isdecimal() else named

    return "item", word, of_items(passes)


def _regions(words: list[str]) -> Asked:
    wanted = {word.lower() for word in words}
    return (
        "region",
        words,
        lambda row: bool(wanted & {str(row["region_id"]), name(row["region_id"]).lower()}),
    )


def _at_least(price: float) -> Asked:
    return "min-price", price, lambda row: row["price"] is not None and row["price"] >= price


def _at_most(price: float) -> Asked:
    return "max-price", price, lambda row: row["price"] is not None and row["price"] <= price


def _type(kind: str) -> Asked:
    return "type", kind, lambda row: bool(row["type"] == kind)


def _types(kinds: list[str]) -> Asked:
    return "type", kinds, lambda row: row["type"] in kinds


def _before(hours: int) -> Asked:
    moment = START + timedelta(hours=hours)
    return "expires-before", moment, lambda row: bool(row["date_expired"] < moment)


PRICES = st.sampled_from([0.0, 1e6, 2.5e6, 6e6, 1e300])
REGION_WORDS = ["The Forge", "the forge", "DOMAIN", "10000043", "Forge", "%", "99"]
ISSUERS = ["chribba", "CHRIBBA the", "90000001", "90000003", "%", "nobody", str(2**70)]
ITEMS = ["trit", "34", "1600mm", "100%", "ite", "37", "%", "9" * 25]
ASKED = st.one_of(
    st.sampled_from(WORDS).map(_title),
    st.sampled_from(ISSUERS).map(_issuer),
    st.sampled_from(ITEMS).map(_item),
    st.lists(st.sampled_from(REGION_WORDS), min_size=1, max_size=3).map(_regions),
    PRICES.map(_at_least),
    PRICES.map(_at_most),
    st.sampled_from(TYPES).map(_type),
    st.lists(st.sampled_from(TYPES), min_size=1).map(_types),
    st.integers(0, 12).map(_before),
)
SORTS = st.lists(
    st.sampled_from([*fields_of(CONTRACTS), *(f"-{field}" for field in fields_of(CONTRACTS))]),
    max_size=3,
)


def in_order(rows: list[Row], sort: list[str]) -> list[Row]:
    """Stable, from the last field to the first; what has no value comes last either way."""
    rows = sorted(rows, key=itemgetter("contract_id"))
    for wish in reversed(sort or ["-date_issued"]):
        field = wish.removeprefix("-")
        valued = [row for row in rows if row[field] is not None]
        valued.sort(key=itemgetter(field), reverse=wish.startswith("-"))
        rows = valued + [row for row in rows if row[field] is None]
    return rows


@settings(max_examples=150, deadline=None)
@given(
    asked=st.lists(ASKED, max_size=3, unique_by=lambda one: one[0]),
    sort=SORTS,
    limit=st.sampled_from([0, 0, 1, 7, 2**70]),
    gone=st.sampled_from(["", "only", "too"]),
)
def test_filters_order_and_limit(
    market: Store, everything: list[Row], asked: list[Asked], sort: list[str], limit: int, gone: str
) -> None:
    query = Query(
        values={option: value for option, value, _ in asked},
        sort=sort,
        limit=limit,
        gone_only=gone == "only",
        gone_too=gone == "too",
    )
    wanted = [
        row
        for row in everything
        if all(test(row) for _, _, test in asked)
        and (gone == "too" or (row["gone_at"] is not None) == (gone == "only"))
    ]
    assert market.count(CONTRACTS, query) == len(wanted)
    found = list(market.rows(CONTRACTS, query))
    assert found == in_order(wanted, sort)[: limit or None]


def test_the_fields_of_a_row(everything: list[Row]) -> None:
    assert tuple(everything[0]) == fields_of(CONTRACTS)
    by_id = {row["contract_id"]: row for row in everything}
    assert by_id[1]["issuer_name"] == "Chribba"
    assert by_id[3]["issuer_name"] is None
    assert by_id[1]["start_location_name"] == "Jita IV - Moon 4"
    assert by_id[2]["start_location_name"] is None
    assert by_id[101]["region_name"] == "Domain"
    assert by_id[35]["gone_how"] == "expired" or by_id[35]["gone_how"] == "taken_or_withdrawn"
    assert by_id[1]["gone_at"] is None


def test_what_strangers_typed_is_kept_and_found_as_it_is(store: Store) -> None:
    texts = [text for text in ALL if text and text.encode("utf-8", "ignore").decode() == text]
    store.apply(reading(contract(number, title=text) for number, text in enumerate(texts)))
    kept = {row["contract_id"]: row["title"] for row in store.rows(CONTRACTS, Query())}
    assert [kept[number] for number in range(len(texts))] == texts
    unlike = {"\0", "\ufffe", "\uffff"}  # which SQLite's LIKE ends at, or takes for U+FFFD
    readable = {number: text for number, text in enumerate(texts) if not unlike & {*text}}
    for typed in [text for text in readable.values() if len(text) < 100][::4]:
        found = store.rows(CONTRACTS, Query(values={"title": typed}, sort=["contract_id"]))
        wanted = [number for number, text in readable.items() if part_of(typed, text)]
        assert [row["contract_id"] for row in found if row["contract_id"] in readable] == wanted


@pytest.mark.parametrize("sort", ["", "nothing", "-", "--price", "items_summary", "row_hash"])
def test_no_field_to_sort_by(market: Store, sort: str) -> None:
    with pytest.raises(UsageError, match="there is no field") as caught:
        list(market.rows(CONTRACTS, Query(sort=[sort])))
    assert "contract_id, type" in (caught.value.hint or "")


def test_summaries_say_what_is_offered(market: Store) -> None:
    found = market.rows(CONTRACTS, Query(sort=["contract_id"], limit=5), summaries=True)
    assert [row["items_summary"] for row in found] == [
        "type 33",
        "type 33 + 1 more",
        "type 33 + 2 more",
        "type 33 + 3 more",
        "",
    ]


def test_one_record_with_all_that_hangs_on_it(market: Store) -> None:
    found = market.row(CONTRACTS, 4)
    assert found is not None
    assert [row["type_name"] for row in found["items"]] == [
        None,
        "Tritanium",
        "Pyerite",
        "1600mm Plates 100%",
    ]
    assert [row["amount"] for row in found["bids"]] == [5.0]
    assert "contract_id" not in found["items"][0]
    assert found["changes"] == []
    assert found["changed_at"] is None
    assert set(found) == {
        *fields_of(CONTRACTS),
        *("changed_at", "items", "items_summary", "items_answer", "bids", "bids_answer", "changes"),
    }


@pytest.mark.parametrize("key", [0, -1, 999, 2**63, -(2**80)])
def test_a_record_that_was_never_seen(market: Store, key: int) -> None:
    assert market.row(CONTRACTS, key) is None


def test_changes_are_told_in_order(store: Store) -> None:
    for cycle, price in enumerate([1.0, 2.0, 3.5]):
        store.apply(reading([contract(1, price=price)], at=START + cycle * CYCLE))
    found = store.row(CONTRACTS, 1)
    assert found is not None
    assert found["changes"] == [
        {"observation": 2, "field": "price", "old": "1.0", "new": "2.0"},
        {"observation": 3, "field": "price", "old": "2.0", "new": "3.5"},
    ]
    assert found["changed_at"] == START + 2 * CYCLE


def test_memory_stays_flat(store: Store) -> None:
    """Ten portions take no more than a few."""
    many = [contract(number, title="x" * 500) for number in range(10 * PORTION)]
    store.apply(reading(many))
    del many
    assert sum(1 for _ in store.rows(CONTRACTS, Query(limit=10))) == 10
    tracemalloc.start()
    rows = sum(1 for _ in store.rows(CONTRACTS, Query(), summaries=True))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert rows == 10 * PORTION
    assert peak < 4 * PORTION * 2000


def test_a_question_may_be_left_half_read_while_another_writes(store: Store) -> None:
    store.apply(reading([contract(number) for number in range(2 * PORTION)]))
    rows = store.rows(CONTRACTS, Query())
    next(rows)
    store.apply(reading([], at=START + CYCLE))
    assert sum(1 for _ in rows) == 2 * PORTION - 1, "as it was when it was asked"
    half = store.rows(CONTRACTS, Query(gone_too=True))
    next(half)
    del half
    assert store.count(CONTRACTS, Query()) == 0
