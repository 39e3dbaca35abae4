"""Deals against the slow and obvious way: every unit sold by itself, every contract looked at."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eveobs.analysis.book import Basis, books_of
from eveobs.analysis.deals import Terms, deal_of
from eveobs.store.books import Placed
from eveobs.store.worthwhile import Content, Given

pytestmark = pytest.mark.unit

NOW = datetime(2026, 9, 23, 8, tzinfo=UTC)
TYPES = (34, 35, 36)
THINGS = st.lists(
    st.builds(
        Content,
        contract_id=st.just(1),
        type_id=st.sampled_from(TYPES),
        quantity=st.integers(1, 12),
        is_included=st.booleans(),
        is_blueprint_copy=st.sampled_from([None, False, True]),
    ),
    max_size=5,
)
ORDERS = st.lists(
    st.builds(
        Placed,
        type_id=st.sampled_from(TYPES),
        is_buy_order=st.booleans(),
        price=st.integers(1, 40).map(float),
        volume=st.integers(1, 8),
    ),
    max_size=14,
)


def contract(**fields: Any) -> Given:
    told: dict[str, Any] = {
        "contract_id": 1,
        "type": "item_exchange",
        "title": None,
        "price": 10.0,
        "reward": 0.0,
        "issuer_id": 9,
        "region_id": 10000002,
        "start_location_id": 60003760,
        "volume": 1.0,
        "date_expired": NOW + timedelta(days=1),
        "worth": 0.0,
    }
    return Given(**(told | fields))


def one_by_one(orders: list[Placed], number: int, *, buying: bool) -> list[float]:
    prices = [
        order.price
        for order in orders
        for _ in range(order.volume)
        if order.type_id == number and order.is_buy_order == buying
    ]
    return sorted(prices, reverse=buying)


@given(THINGS, ORDERS, st.sampled_from([Basis.BUY, Basis.SELL]), st.integers(0, 200))
def test_as_if_every_unit_were_sold(
    things: list[Content], orders: list[Placed], basis: Basis, price: int
) -> None:
    terms = Terms(basis, sales_tax=0.25, broker_fee=0.125)
    deal = deal_of(contract(price=float(price)), things, books_of(orders), {}, terms)
    value = cost = 0.0
    for number in TYPES:
        offered = sum(
            one.quantity
            for one in things
            if one.type_id == number and one.is_included and not one.is_blueprint_copy
        )
        asked = sum(one.quantity for one in things if one.type_id == number and not one.is_included)
        sellers = one_by_one(orders, number, buying=False)
        if basis is Basis.BUY:
            value += sum(one_by_one(orders, number, buying=True)[:offered])
        elif sellers:
            value += sellers[0] * offered
        cost += sum(sellers[:asked]) if asked <= len(sellers) else float("inf")
    kept = 0.75 if basis is Basis.BUY else 0.625
    assert deal.value == value * kept
    assert deal.cost == price + cost
    assert any("asks for" in trap for trap in deal.traps) == any(
        not one.is_included for one in things
    )


def orders(number: int, price: float, *, many: int = 4) -> list[Placed]:
    """A market with `many` on both sides."""
    buys = [Placed(number, is_buy_order=True, price=price, volume=100)] * many
    return [*buys, *[Placed(number, is_buy_order=False, price=price * 1.1, volume=100)] * many]


def thing(number: int, quantity: int = 1, **more: Any) -> Content:
    told: dict[str, Any] = {"is_included": True, "is_blueprint_copy": None}
    return Content(1, number, quantity, **(told | more))


def traps(things: list[Content], placed: list[Placed], **more: Any) -> list[str]:
    averages = more.pop("averages", {})
    return list(deal_of(contract(**more), things, books_of(placed), averages, Terms()).traps)


def test_an_honest_deal_has_no_trap() -> None:
    both = [*orders(34, 50.0), *orders(35, 60.0)]
    assert traps([thing(34, 3), thing(35, 3)], both, averages={34: 45.0, 35: 70.0}) == []


@pytest.mark.parametrize(
    ("things", "placed", "more", "words"),
    [
        ([thing(34), thing(35, is_included=False)], [*orders(34, 9), *orders(35, 9)], {}, "asks"),
        ([thing(34, 9), thing(35)], [*orders(34, 99), *orders(35, 1)], {}, "100% of it is one"),
        ([thing(34)], orders(34, 50, many=2), {}, "few orders"),
        ([thing(34)], orders(34, 50), {"averages": {34: 10.0}}, "far above"),
        ([thing(34, 500)], orders(34, 50), {}, "buyers do not want"),
        ([thing(34)], orders(34, 50), {"start_location_id": 10**12 + 5}, "in a structure"),
        ([thing(34), thing(35, is_blueprint_copy=True)], orders(34, 50), {}, "copies count"),
    ],
)
def test_each_trap_is_named(
    things: list[Content], placed: list[Placed], more: dict[str, Any], words: str
) -> None:
    (told,) = traps(things, placed, **more)
    assert words in told


def test_a_reward_makes_it_cheaper() -> None:
    deal = deal_of(
        contract(price=10.0, reward=4.0), [thing(34)], books_of(orders(34, 50.0)), {}, Terms()
    )
    assert (deal.cost, deal.value) == (6.0, 50.0 * 0.92)
    free = deal_of(contract(price=0.0), [thing(34)], books_of(orders(34, 50.0)), {}, Terms())
    assert free.margin == float("inf")
