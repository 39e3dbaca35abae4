"""Exactly the undercuts there are, in any market; and the price that ends them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eveobs.analysis.competition import Competition, Ours, Scope, Standing
from eveobs.analysis.offer import Kind, Offer, Unfit, offer_of, ware_of
from tests.analysis.markets import (
    ALT,
    BLUEPRINTS,
    ME,
    NOW,
    OUR_CORPORATION,
    STATIONS,
    Sale,
    cheaper_by_a_cent,
    copy,
    item,
    markets,
    original,
    reference,
)

OURS = Ours(frozenset({ME, ALT}), frozenset({OUR_CORPORATION}))
RECORDED = Path(__file__).parents[3] / "shared" / "recorded" / "contract_items.json"


def offer(sale: Sale) -> Offer | Unfit:
    bid = max(sale.bids, default=None)
    return offer_of(sale.row(), list(sale.items), frozenset(BLUEPRINTS), bid)


def standings(market: list[Sale], own: list[Sale], scope: str) -> dict[int, Standing]:
    competition = Competition(OURS, Scope(scope), NOW, lambda station: STATIONS[station or 10][1])
    others = [one for one in map(offer, market) if isinstance(one, Offer)]
    mine = [one for one in map(offer, own) if isinstance(one, Offer)]
    return {one.offer.contract_id: one for one in competition.standings(mine, others)}


def sale(number: int, *items: dict[str, Any], price: float = 100.0, **more: Any) -> Sale:
    given: dict[str, Any] = {
        "type": "item_exchange",
        "issuer": 5,
        "corporation": 50,
        "for_corporation": False,
        "buyout": None,
        "station": 10,
        "hours_left": 100,
        "gone": False,
    }
    return Sale(contract_id=number, price=price, items=items, **(given | more))


def rivals(own: Sale, *others: Sale, scope: str = "region") -> list[int]:
    found = standings([own, *others], [own], scope)
    return [one.offer.contract_id for one in found[own.contract_id].rivals]


@settings(max_examples=300)
@given(markets(), st.sampled_from([*Scope]))
def test_exactly_the_undercuts_there_are(market: list[Sale], scope: Scope) -> None:
    found = standings(market, market, scope)
    for own in market:
        expected = reference(market, own, scope)
        mine = found.get(own.contract_id)
        seen = {rival.offer.contract_id for rival in mine.rivals} if mine else set()
        assert seen == expected
        if mine:
            assert mine.rank == len(expected) + 1 <= mine.of


@settings(max_examples=200)
@given(markets())
def test_at_the_best_price_nobody_undercuts_and_a_cent_more_is_too_much(market: list[Sale]) -> None:
    for number, standing in standings(market, market, "region").items():
        if standing.best_price is None:
            continue
        (own,) = (one for one in market if one.contract_id == number)
        better = cheaper_by_a_cent(own, standing.best_price)
        assert reference(market, better, "region") == set()
        worse = cheaper_by_a_cent(own, round(standing.best_price + 0.01, 2))
        same = reference(market, worse, "region")
        cheapest = standing.rivals[0].offer
        assert same or worse_is_equal(worse, cheapest)


def worse_is_equal(sale: Sale, rival: Offer) -> bool:
    """A cent more meets the rival's price exactly: not undercut, and not best either."""
    mine = offer(sale)
    assert isinstance(mine, Offer)
    return abs(mine.price * rival.units - rival.price * mine.units) < 1e-6 * rival.units


OWN = sale(1, copy(691, 10, 10, 20), price=100.0, issuer=ME)


@pytest.mark.parametrize(
    ("decoy", "why"),
    [
        (sale(2, copy(691, 10, 9, 20), price=50.0), "worse material efficiency"),
        (sale(2, copy(691, 10, 10, 0), price=50.0), "worse time efficiency"),
        (sale(2, copy(691, 1, 10, 20), price=5.0), "other runs"),
        (sale(2, copy(692, 10, 10, 20), price=50.0), "another blueprint"),
        (sale(2, original(691, 10, 20), price=50.0), "an original"),
        (sale(2, copy(691, 10, 10, 20), item(34), price=50.0), "a bundle"),
        (sale(2, copy(691, 10, 10, 20), price=50.0, issuer=ALT), "an alt"),
        (
            sale(2, copy(691, 10, 10, 20), price=50.0, corporation=99, for_corporation=True),
            "our corporation",
        ),
        (sale(2, copy(691, 10, 10, 20), price=50.0, hours_left=-1), "expired"),
        (sale(2, copy(691, 10, 10, 20), price=50.0, gone=True), "gone"),
        (sale(2, copy(691, 10, 10, 20), price=0.0), "no price"),
        (sale(2, copy(691, 10, 10, 20), item(34, is_included=False), price=50.0), "asks for items"),
        (sale(2, copy(691, 10, 10, 20), price=50.0, type="courier"), "a courier"),
        (sale(2, copy(691, 10, 10, 20), price=50.0, type="auction"), "an auction without buyout"),
        (sale(2, copy(691, 10, 10, 20), price=50.0, station=20), "another region"),
        (sale(2, copy(691, 10, 10, 20), price=100.0), "the same price"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_decoys(decoy: Sale, why: str) -> None:
    assert rivals(OWN, decoy) == [], why


@pytest.mark.parametrize(
    "rival",
    [
        sale(2, copy(691, 10, 10, 20), price=99.99),
        sale(2, copy(691, 10, 10, 20), copy(691, 10, 10, 20), price=199.0),
        sale(2, copy(691, 10, 10, 20), price=500.0, buyout=99.0, type="auction"),
        sale(2, copy(691, 10, 10, 20), price=99.0, corporation=99),
    ],
)
def test_undercuts(rival: Sale) -> None:
    assert rivals(OWN, rival) == [2]


def test_better_research_undercuts_worse() -> None:
    own = sale(1, copy(691, 10, 8, 20), issuer=ME)
    assert rivals(own, sale(2, copy(691, 10, 10, 20), price=99.0)) == [2]


def test_research_that_is_not_known_is_none() -> None:
    bare = item(691)
    assert rivals(sale(1, original(691, 0, 0), issuer=ME), sale(2, bare, price=9.0)) == [2]
    assert rivals(sale(1, original(691, 10, 0), issuer=ME), sale(2, bare, price=9.0)) == []
    assert rivals(sale(1, bare, issuer=ME), sale(2, original(691, 10, 20), price=9.0)) == []


@pytest.mark.parametrize(
    ("scope", "expected"),
    [("station", [2]), ("system", [2, 3]), ("region", [2, 3, 4]), ("everywhere", [2, 3, 4, 5])],
)
def test_scopes(scope: str, expected: list[int]) -> None:
    own = sale(1, item(587), issuer=ME)
    places = {2: 10, 3: 11, 4: 12, 5: 20}
    others = [sale(n, item(587), price=9.0 + n, station=place) for n, place in places.items()]
    assert rivals(own, *others, scope=scope) == expected


def test_what_undercut_and_is_gone_is_the_past() -> None:
    gone = sale(2, copy(691, 10, 10, 20), price=50.0, gone=True)
    found = standings([OWN, gone], [OWN], "region")[1]
    (past,) = found.past
    assert past.offer.contract_id == 2
    assert past.until == gone.row()["gone_at"]
    assert found.best_price is None


@pytest.mark.skipif(not RECORDED.exists(), reason="the recorded items are not here")
def test_real_items_are_of_a_known_kind() -> None:
    """Originals, copies and the rest: of 1,418 real contracts none is left without a kind."""
    recorded = json.loads(RECORDED.read_text())
    contracts = recorded.values() if isinstance(recorded, dict) else recorded
    kinds: dict[Kind, int] = {}
    for found in contracts:
        items = found["items"] if isinstance(found, dict) else found
        full = [item(one["type_id"]) | one for one in items]
        offered = [one for one in full if one["is_included"]]
        if not offered:
            continue
        blueprints = frozenset(
            one["type_id"]
            for one in offered
            if one["material_efficiency"] is not None and not one["is_blueprint_copy"]
        )
        ware = ware_of(offered, blueprints)
        assert ware is not None, offered
        kinds[ware.kind] = kinds.get(ware.kind, 0) + 1
    assert {*kinds} == {*Kind}
