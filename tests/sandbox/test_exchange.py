"""The regional markets of the sandbox: repeatable, and alive."""

from __future__ import annotations

import pytest

from eveobs.sandbox.calendar import Calendar
from eveobs.sandbox.exchange import Exchange

pytestmark = pytest.mark.unit

FORGE, DOMAIN, SOLITUDE = 10000002, 10000043, 10000044
BEGIN = 1_790_000_000
CALENDAR = Calendar(BEGIN)


def test_the_same_seed_shows_the_same_market() -> None:
    first, second, other = (
        list(Exchange(seed, 1500).orders(FORGE, CALENDAR, BEGIN)) for seed in (1, 1, 2)
    )
    assert first == second != other
    assert len(first) == 1500


def test_ids_are_unique_in_all_regions_and_times() -> None:
    exchange = Exchange(3, 2500)
    seen: dict[int, tuple[int, int]] = {}
    for at in range(BEGIN, BEGIN + 20 * 86400, 5 * 86400):
        for region in (FORGE, DOMAIN):
            rows = list(exchange.orders(region, CALENDAR, at))
            assert len({row.order_id for row in rows}) == len(rows) == exchange.sizes[region]
            for row in rows:
                assert seen.setdefault(row.order_id, (region, row.type_id)) == (region, row.type_id)


def test_orders_are_filled_and_follow_one_another() -> None:
    exchange = Exchange(1, 2000)
    now, later = (
        {row.order_id: row for row in exchange.orders(FORGE, CALENDAR, at)}
        for at in (BEGIN, BEGIN + 86400)
    )
    both = set(now) & set(later)
    assert 100 < len(both) < 1990
    assert all(later[key].volume_remain <= now[key].volume_remain for key in both)
    assert any(later[key].volume_remain < now[key].volume_remain for key in both)
    assert all(later[key].price == now[key].price for key in both)


def test_who_sells_asks_more_than_who_buys_offers() -> None:
    rows = list(Exchange(1, 2500).orders(FORGE, CALENDAR, BEGIN))
    for number in {row.type_id for row in rows}:
        asks = sorted(row.price for row in rows if row.type_id == number and not row.is_buy_order)
        offers = [row.price for row in rows if row.type_id == number and row.is_buy_order]
        if asks and offers:
            assert max(offers) < asks[len(asks) // 2]
    assert all(0 < row.volume_remain <= row.volume_total for row in rows)


def test_history_has_a_line_a_day_and_ends_yesterday() -> None:
    days = Exchange(1).history(FORGE, 34, BEGIN)
    assert days is not None
    dates = [day.date for day in days]
    assert dates == sorted(set(dates))
    assert (dates[-1] - dates[0].fromordinal(719163)).days == (BEGIN // 86400) - 1
    assert all(day.lowest <= day.average <= day.highest for day in days)
    assert Exchange(1).history(FORGE, 999_999, BEGIN) is None
    assert Exchange(1).history(SOLITUDE, 34, BEGIN) == []
