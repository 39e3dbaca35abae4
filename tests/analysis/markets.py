"""Random markets, and a slow and obvious way to find who undercuts whom."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

NOW = datetime(2026, 9, 23, 12, 0, tzinfo=UTC)
ME, ALT, OUR_CORPORATION = 1, 2, 99
PLAIN_TYPES, BLUEPRINTS = (587, 34), (691, 692)
STATIONS = {10: (7, 100), 11: (7, 100), 12: (7, 101), 20: (8, 200)}
"""Region and system of each station."""
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Sale:
    """A contract with its items, in the plainest form."""

    contract_id: int
    type: str
    issuer: int
    corporation: int
    for_corporation: bool
    price: float
    buyout: float | None
    station: int
    hours_left: int
    gone: bool
    items: tuple[dict[str, Any], ...]
    bids: tuple[float, ...] = ()

    def row(self) -> dict[str, Any]:
        """As the store has it."""
        return {
            "contract_id": self.contract_id,
            "type": self.type,
            "issuer_id": self.issuer,
            "issuer_corporation_id": self.corporation,
            "for_corporation": self.for_corporation or None,
            "price": self.price,
            "buyout": self.buyout,
            "start_location_id": self.station,
            "region_id": STATIONS[self.station][0],
            "date_issued": NOW - 48 * HOUR,
            "date_expired": NOW + self.hours_left * HOUR,
            "gone_at": NOW - HOUR if self.gone else None,
        }


def item(type_id: int, quantity: int = 1, **more: Any) -> dict[str, Any]:
    empty = dict.fromkeys(
        ("is_blueprint_copy", "runs", "material_efficiency", "time_efficiency"), None
    )
    return {"type_id": type_id, "quantity": quantity, "is_included": True, **empty, **more}


def copy(type_id: int, runs: int, me: int, te: int) -> dict[str, Any]:
    return item(
        type_id, is_blueprint_copy=True, runs=runs, material_efficiency=me, time_efficiency=te
    )


def original(type_id: int, me: int, te: int) -> dict[str, Any]:
    return item(type_id, material_efficiency=me, time_efficiency=te)


RESEARCH = st.tuples(st.sampled_from([0, 9, 10]), st.sampled_from([0, 20]))
SINGLE = st.one_of(
    st.builds(item, st.sampled_from(PLAIN_TYPES), st.integers(1, 4)),
    st.builds(
        lambda t, r, m: copy(t, r, *m),
        st.sampled_from(BLUEPRINTS),
        st.sampled_from([1, 10]),
        RESEARCH,
    ),
    st.builds(lambda t, m: original(t, *m), st.sampled_from(BLUEPRINTS), RESEARCH),
)
ITEMS = st.one_of(
    SINGLE.map(lambda one: (one,)),
    SINGLE.map(lambda one: (one, dict(one))),
    st.tuples(SINGLE, SINGLE),
    st.tuples(SINGLE, st.builds(lambda one: {**one, "is_included": False}, SINGLE)),
    st.just(()),
)
PRICES = st.sampled_from([0.0, 0.01, 0.03, 1.0, 9.99, 10.0, 10.01, 20.0, 29.99, 30.0, 100.0])


@st.composite
def sales(draw: st.DrawFn, number: int) -> Sale:
    """Contracts of a small market, in which most things happen."""
    return Sale(
        contract_id=number,
        type=draw(st.sampled_from(["item_exchange"] * 4 + ["auction", "courier"])),
        issuer=draw(st.sampled_from([ME, ALT, 5, 6, 7, 8])),
        corporation=draw(st.sampled_from([OUR_CORPORATION, 50])),
        for_corporation=draw(st.booleans()),
        price=draw(PRICES),
        buyout=draw(st.one_of(st.none(), PRICES)),
        station=draw(st.sampled_from(list(STATIONS))),
        hours_left=draw(st.sampled_from([-1, 1, 100, 100])),
        gone=draw(st.sampled_from([False, False, False, True])),
        items=draw(ITEMS),
        bids=tuple(draw(st.lists(PRICES, max_size=2))),
    )


@st.composite
def markets(draw: st.DrawFn) -> list[Sale]:
    size = draw(st.integers(1, 12))
    return [draw(sales(number)) for number in range(1, size + 1)]


def ours(sale: Sale) -> bool:
    return sale.issuer in {ME, ALT} or (
        sale.for_corporation and sale.corporation == OUR_CORPORATION
    )


def reference(market: list[Sale], own: Sale, scope: str) -> set[int]:
    """Who undercuts `own`: one question after the other, as a person would ask them."""
    return {
        rival.contract_id
        for rival in market
        if rival.contract_id != own.contract_id
        and not ours(rival)
        and not rival.gone
        and rival.hours_left > 0
        and for_sale(rival)
        and for_sale(own)
        and near(own, rival, scope)
        and same_thing(own, rival)
        and a_piece(rival) < a_piece(own)
    }


def same_thing(own: Sale, rival: Sale) -> bool:
    """One sort of thing each, the same, and the rival's is not worse researched."""
    mine, theirs = {kind(one) for one in own.items}, {kind(one) for one in rival.items}
    if len(mine) != 1 or mine != theirs:
        return False  # bundles, other things, other runs
    if any(len({research(one) for one in sale.items}) > 1 for sale in (own, rival)):
        return False  # a bundle, too
    if research_unknown(own):
        return False
    pairs = zip(research(own.items[0]), research(rival.items[0]), strict=True)
    return all(theirs >= mine for mine, theirs in pairs)


def research_unknown(sale: Sale) -> bool:
    one = sale.items[0]
    return kind(one)[0] != "plain" and one["material_efficiency"] is None


def for_sale(sale: Sale) -> bool:
    if sale.type == "courier" or not sale.items or ask(sale) <= 0:
        return False
    return all(one["is_included"] for one in sale.items)


def ask(sale: Sale) -> float:
    return (sale.buyout or 0.0) if sale.type == "auction" else sale.price


def a_piece(sale: Sale) -> Fraction:
    """ISK a piece, or a run, as an exact number."""
    pieces = sum(one["quantity"] * (one["runs"] or 1) for one in sale.items)
    return Fraction(str(ask(sale))) / Fraction(pieces)


def kind(one: dict[str, Any]) -> tuple[Any, ...]:
    if one["is_blueprint_copy"]:
        return "copy", one["type_id"], one["runs"]
    return ("original" if one["type_id"] in BLUEPRINTS else "plain"), one["type_id"]


def research(one: dict[str, Any]) -> tuple[int, int]:
    return one["material_efficiency"] or 0, one["time_efficiency"] or 0


def near(own: Sale, rival: Sale, scope: str) -> bool:
    (my_region, my_system), (region, system) = STATIONS[own.station], STATIONS[rival.station]
    return {
        "station": own.station == rival.station,
        "system": my_system == system,
        "region": my_region == region,
        "everywhere": True,
    }[scope]


def cheaper_by_a_cent(sale: Sale, price: float) -> Sale:
    """The same offer at another price."""
    if sale.type == "auction":
        return replace(sale, buyout=price)
    return replace(sale, price=price)
