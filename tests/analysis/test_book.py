"""Prices of a market's orders, against the slow and obvious way: every unit in a list."""

from __future__ import annotations

import math
from random import Random
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eveobs.analysis.book import Basis, Book, Dealt, books_of, far_from, percentile
from eveobs.store.books import Placed

pytestmark = pytest.mark.unit

ORDERS = st.lists(
    st.tuples(st.sampled_from([34, 35]), st.booleans(), st.integers(1, 50), st.integers(1, 9)),
    max_size=12,
).map(
    lambda rows: [Placed(number, buys, float(price), units) for number, buys, price, units in rows]
)


def units_of(orders: list[Placed], number: int, *, buying: bool) -> list[float]:
    """The price of every single unit, the best first."""
    prices = [
        order.price
        for order in orders
        for _ in range(order.volume)
        if order.type_id == number and order.is_buy_order == buying
    ]
    return sorted(prices, reverse=buying)


@given(ORDERS, st.integers(1, 120))
def test_as_if_every_unit_were_counted(orders: list[Placed], wanted: int) -> None:
    books = books_of(orders)
    for number in (34, 35):
        book = books.get(number, Book())
        buyers, sellers = (units_of(orders, number, buying=buying) for buying in (True, False))
        assert book.buy == (buyers[0] if buyers else None)
        assert book.sell == (sellers[0] if sellers else None)
        assert book.sold(wanted) == Dealt(sum(buyers[:wanted]), max(0, wanted - len(buyers)))
        assert book.bought(wanted) == Dealt(sum(sellers[:wanted]), max(0, wanted - len(sellers)))
        if sellers:
            some = max(1.0, len(sellers) * 0.05)
            whole, part = int(some), some - int(some)
            isk = sum(sellers[:whole]) + (sellers[whole] * part if part else 0.0)
            assert book.price(Basis.PERCENTILE) == pytest.approx(isk / some)
        if buyers and sellers:
            assert book.split == fmean((buyers[0], sellers[0]))


PRICES = st.floats(0.01, 1e13).map(lambda price: round(price, 2))


@given(st.lists(st.tuples(PRICES, st.integers(1, 10**10)), min_size=1, max_size=30))
def test_a_percentile_is_never_below_the_cheapest_nor_above_the_dearest(
    sellers: list[tuple[float, int]],
) -> None:
    orders = [Placed(34, is_buy_order=False, price=price, volume=many) for price, many in sellers]
    book = books_of(orders)[34]
    found = book.price(Basis.PERCENTILE)
    assert found is not None
    assert min(price for price, _ in sellers) <= found <= max(price for price, _ in sellers)


@pytest.mark.parametrize("units", [1, 7, 21, 333, 1234567, 10**10 + 1])
def test_of_one_price_the_percentile_is_that_price(units: int) -> None:
    orders = [Placed(34, is_buy_order=False, price=3.8, volume=units) for _ in range(3)]
    book = books_of(orders)[34]
    assert book.price(Basis.PERCENTILE) == book.sell == 3.8


@given(st.lists(st.tuples(PRICES, st.integers(1, 1000)), max_size=12), st.randoms())
def test_sums_do_not_depend_on_the_order_of_orders(
    sellers: list[tuple[float, int]], random: Random
) -> None:
    whole = [Placed(34, is_buy_order=False, price=price, volume=many) for price, many in sellers]
    total = sum(many for _, many in sellers)
    exact = math.fsum(price * many for price, many in sorted(sellers))
    random.shuffle(whole)
    if sellers:
        assert books_of(whole)[34].bought(total) == Dealt(exact, 0)


def test_one_absurd_order_does_not_move_the_percentile() -> None:
    honest = [Placed(34, is_buy_order=False, price=5.0, volume=1000)]
    joke = Placed(34, is_buy_order=False, price=1e9, volume=10)
    book = books_of([*honest, joke])[34]
    assert book.price(Basis.PERCENTILE) == 5.0
    assert percentile(()) is None


def test_prices_far_from_the_average() -> None:
    assert far_from(31.0, 10.0)
    assert not far_from(30.0, 10.0)
    assert not far_from(None, 10.0)
    assert not far_from(31.0, None)
