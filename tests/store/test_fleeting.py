"""Rows that are what their list shows now, against a plain model; and as a stream."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eveobs.esi.packed import PackedPage, PackedRows
from eveobs.records.market_orders import MARKET_ORDERS, MarketOrder
from eveobs.store.store import Store
from tests.store.drafts import CYCLE, DOMAIN, FORGE, START, asked, reading, text

pytestmark = pytest.mark.unit
KEYS = {FORGE: (1, 2, 3, 4), DOMAIN: (11, 12)}


def order(number: int, price: float = 1.0) -> MarketOrder:
    return MarketOrder(
        order_id=number,
        type_id=34,
        location_id=60003760,
        system_id=30000142,
        price=price,
        volume_remain=5,
        volume_total=9,
        min_volume=1,
        issued=datetime(2026, 9, 1, tzinfo=UTC),
        duration=90,
        range="region",
        is_buy_order=False,
    )


def read(store: Store, rows: Sequence[MarketOrder], **more: Any) -> tuple[int, int, int]:
    draft = replace(reading(rows, **more), schema=MARKET_ORDERS, rows=rows)
    applied = store.apply(draft)
    return applied.new, applied.changed, applied.gone


READINGS = st.lists(
    st.tuples(
        st.sampled_from([FORGE, DOMAIN]),
        st.integers(0, 6),  # the cycle its rows are of
        st.lists(st.tuples(st.integers(0, 3), st.sampled_from([1.0, 2.0])), max_size=6),
        st.booleans(),
    ),
    max_size=12,
)


@given(READINGS)
@settings(max_examples=60, deadline=None)
def test_any_readings_leave_what_the_newest_say(
    empty_file: Path, readings: list[tuple[int, int, list[tuple[int, float]], bool]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "eve.sqlite3"
        shutil.copy(empty_file, path)
        url = f"sqlite:///{path}"
        known: dict[int, tuple[int, float, int]] = {}  # region, price, cycle
        newest_whole: dict[int, int] = {}
        with Store(url) as store:
            for region, cycle, picks, whole in readings:
                keys = KEYS[region]
                rows = {keys[place % len(keys)]: price for place, price in picks}
                at = START + cycle * CYCLE
                read(
                    store,
                    [order(key, price) for key, price in rows.items()],
                    at=at,
                    subject_id=region,
                    whole=whole,
                )
                if cycle > newest_whole.get(region, -1):
                    _apply(known, region, cycle, rows, whole=whole)
                if whole:
                    newest_whole[region] = max(cycle, newest_whole.get(region, -1))
        if known:
            told = asked(url, "SELECT order_id, region_id, price, last_seen FROM market_orders")
            assert {
                row["order_id"]: (row["region_id"], row["price"], row["last_seen"]) for row in told
            } == {
                key: (region, price, text(START + cycle * CYCLE))
                for key, (region, price, cycle) in known.items()
            }


def _apply(
    known: dict[int, tuple[int, float, int]],
    region: int,
    cycle: int,
    rows: dict[int, float],
    *,
    whole: bool,
) -> None:
    for key, price in rows.items():
        if key not in known or known[key][2] <= cycle:
            known[key] = (region, price, cycle)
    if whole:
        for key, (of, _, seen) in list(known.items()):
            if of == region and key not in rows and seen <= cycle:
                del known[key]


def test_what_was_new_changed_and_gone_is_counted(store: Store, url: str) -> None:
    assert read(store, [order(1), order(2), order(3)]) == (3, 0, 0)
    later = START + CYCLE
    assert read(store, [order(1), order(2, 7.5), order(4)], at=later) == (1, 1, 1)
    first, second, fourth = asked(url, "SELECT * FROM market_orders ORDER BY order_id")
    assert (first["first_seen"], first["last_seen"]) == (text(START), text(later))
    assert (first["changed_at"], second["changed_at"]) == (None, text(later))
    assert fourth["first_seen"] == text(later)
    assert asked(url, "SELECT * FROM changes") == []


def test_a_partial_reading_deletes_nothing(store: Store, url: str) -> None:
    read(store, [order(1), order(2)])
    later = START + CYCLE
    assert read(store, [order(1)], at=later, whole=False, error="page 2 failed") == (0, 0, 0)
    assert len(asked(url, "SELECT * FROM market_orders")) == 2


def test_another_region_is_left_alone(store: Store, url: str) -> None:
    read(store, [order(1)])
    read(store, [order(11)], subject_id=DOMAIN, at=START + timedelta(minutes=1))
    assert read(store, [], at=START + CYCLE) == (0, 0, 1)
    assert [row["order_id"] for row in asked(url, "SELECT * FROM market_orders")] == [11]


class Once(Sequence[MarketOrder]):
    """Rows of which only a few are there at any time."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.alive = 0

    def __len__(self) -> int:
        return self.number

    def __getitem__(self, index: Any) -> Any:
        return order(index + 1)

    def __iter__(self) -> Iterator[MarketOrder]:
        for number in range(1, self.number + 1):
            yield order(number)


def test_many_rows_are_written_as_a_stream(store: Store) -> None:
    import tracemalloc

    read(store, [order(1)])  # what is loaded once
    tracemalloc.start()
    try:
        assert read(store, Once(20_000), at=START + CYCLE) == (19_999, 0, 0)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 * 1024 * 1024  # as a list they take 10 MB


def test_packed_rows_are_the_rows() -> None:
    pages = [[order(n) for n in range(start, start + 3)] for start in (0, 3, 6)]
    rows = PackedRows([PackedPage(page, list[MarketOrder]) for page in pages])
    plain = [row for page in pages for row in page]
    assert (len(rows), list(rows), rows[:2]) == (9, plain, plain[:2])
    assert [rows[place] for place in (0, 2, 3, 8, -1)] == [plain[p] for p in (0, 2, 3, 8, -1)]
    for outside in (9, -10):
        with pytest.raises(IndexError):
            rows[outside]
    assert len(PackedRows([])) == 0
