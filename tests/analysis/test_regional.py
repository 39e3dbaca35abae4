"""What a market comes to, against counting it by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eveobs.analysis.offer import Kind, Offer, Research, Ware
from eveobs.analysis.regional import sections, tally
from tests.analysis.markets import NOW

pytestmark = pytest.mark.unit
DAY = timedelta(days=1)
FIRST = (NOW - 9 * DAY).date()


@st.composite
def offers(draw: st.DrawFn, types: tuple[int, ...] = (1, 2)) -> Offer:
    issued = NOW - draw(st.integers(0, 240)) * timedelta(hours=1)
    lasts = draw(st.integers(1, 480)) * timedelta(hours=1)
    gone = issued + draw(st.integers(1, 240)) * timedelta(hours=1)
    kind = draw(st.sampled_from([Kind.PLAIN, Kind.COPY]))
    return Offer(
        contract_id=draw(st.integers(1, 10**6)),
        ware=Ware(kind, draw(st.sampled_from(types)), 10 if kind is Kind.COPY else 0),
        units=draw(st.integers(1, 5)),
        price=float(draw(st.integers(1, 100))),
        research=Research(),
        issuer_id=1,
        corporation_id=None,
        station_id=None,
        region_id=7,
        issued=issued,
        expires=issued + lasts,
        gone_at=gone if gone <= NOW and draw(st.booleans()) else None,
    )


@given(st.lists(offers(), max_size=20))
def test_a_tally_counts_what_can_be_accepted(market: list[Offer]) -> None:
    there = [
        one
        for one in market
        if one.expires > NOW and (one.gone_at is None or one.gone_at > NOW)
    ]  # fmt: skip
    found = tally(market, NOW)
    assert {
        (number, kind): (one.count, one.lowest)
        for number, kinds in found.items()
        for kind, one in kinds.items()
    } == {
        ware: (
            sum((one.ware.type_id, one.ware.kind) == ware for one in there),
            min(
                one.price / one.units for one in there if (one.ware.type_id, one.ware.kind) == ware
            ),
        )
        for ware in {(one.ware.type_id, one.ware.kind) for one in there}
    }


@given(st.lists(offers((1,)), max_size=20))
def test_sections_have_every_offer_by_price_and_every_day_once(market: list[Offer]) -> None:
    for section in sections(market, FIRST, NOW):
        mine = [one for one in market if one.ware.kind is section.kind]
        there = [one for one in mine if one.ended(NOW) is None]
        assert sorted(one.contract_id for one in section.offers) == sorted(
            one.contract_id for one in there
        )
        prices = [one.unit_price for one in section.offers]
        assert prices == sorted(prices)
        every = [one.day for one in section.prices]
        assert every == [every[0] + n * DAY for n in range(len(every))]
        assert every[0] >= FIRST
        assert every[-1] == NOW.date()
        for day, lowest in section.prices:
            then = [
                one.unit_price
                for one in mine
                if one.issued.date() <= day <= (one.ended(NOW) or NOW).date()
            ]
            assert lowest == min(then, default=None)
