"""What a contract sells, so that like can be compared with like. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from eveobs.store.offers import Sold

SELLING = ("item_exchange", "auction")
STEP, SMALLEST_STEP = 0.1, 1000.0
"""How far bids are apart: of the price an auction starts at, and in ISK."""


class Kind(StrEnum):
    """What is sold. A bundle is of several kinds of things, and comparable to nothing here."""

    PLAIN = "plain"
    COPY = "copy"
    ORIGINAL = "original"
    BUNDLE = "bundle"


class Ware(NamedTuple):
    """Offers of the same ware can be compared. `runs` of each copy; 0 for what is no copy."""

    kind: Kind
    type_id: int
    runs: int = 0


class Research(NamedTuple):
    """Material and time efficiency of a blueprint, in percent; 0 for what is none."""

    me: int = 0
    te: int = 0

    def at_least(self, other: Research) -> bool:
        """Whether neither is worse than the other's."""
        return self.me >= other.me and self.te >= other.te


@dataclass(frozen=True, slots=True)
class Offer:
    """One contract that sells. `units` are pieces, of copies runs in all; `price` is for all of
    them, of an auction the buyout. `bid` is the highest bid on an auction, or what it starts at.
    `research` is None where it is not known.
    """

    contract_id: int
    ware: Ware
    units: int
    price: float
    research: Research | None
    issuer_id: int
    corporation_id: int | None
    station_id: int | None
    region_id: int | None
    issued: datetime
    expires: datetime
    gone_at: datetime | None = None
    bid: float | None = None

    @property
    def cents(self) -> int:
        """The price as the game counts it; a double cannot hold most of them."""
        cents = self.price * 100
        # Beyond the largest double, which is no price of New Eden, but can stand in a store.
        return round(cents) if cents != float("inf") else int(self.price) * 100

    @property
    def unit_price(self) -> float:
        """ISK a piece, or a run."""
        return self.price / self.units

    def ended(self, now: datetime) -> datetime | None:
        """When it was over; None while it can be accepted."""
        ends = [moment for moment in (self.gone_at, self.expires) if moment is not None]
        over = min(ends)
        return over if over <= now else None


class Unfit(StrEnum):
    """Why a contract is compared with nothing."""

    NOT_FOR_SALE = "it sells nothing"
    UNKNOWN = "its items are not known"
    SWAP = "it asks for items"
    FREE = "it has no price"
    NO_BUYOUT = "an auction without a buyout"
    NO_RUNS = "its runs are not known"


def offer_of(
    contract: Mapping[str, Any],
    items: Sequence[Mapping[str, Any]],
    blueprints: frozenset[int],
    bid: float | None = None,
) -> Offer | Unfit:
    """What `contract` sells, a row of public or own contracts with its items.

    `blueprints` are the type ids of blueprints: nothing else tells an original (esi-issues#1241).
    """
    unfit, price = _priced(contract, items)
    if unfit is not None:
        return unfit
    ware = ware_of(items, blueprints)
    if ware is None:
        return Unfit.NO_RUNS
    pieces = sum(item["quantity"] for item in items)
    return Offer(
        contract_id=contract["contract_id"],
        ware=ware,
        units=pieces * ware.runs if ware.kind is Kind.COPY else pieces,
        price=price,
        research=_research(ware, items[0]),
        issuer_id=contract["issuer_id"],
        corporation_id=contract["issuer_corporation_id"] if contract["for_corporation"] else None,
        station_id=contract["start_location_id"],
        region_id=contract.get("region_id"),
        issued=contract["date_issued"],
        expires=contract["date_expired"],
        gone_at=contract.get("gone_at"),
        bid=(bid or contract["price"]) if contract["type"] == "auction" else None,
    )


def next_bid(start: float, highest: float | None, buyout: float | None) -> float:
    """The lowest bid that is taken, in ISK: what it starts at, and then a tenth of that more than
    the highest, a thousand at least; never more than the buyout.

    CCP has not written it down; emulators of the game's server reckon so.
    """
    least = start if highest is None else highest + max(start * STEP, SMALLEST_STEP)
    return min(least, buyout) if buyout else least


def offer_of_sold(sold: Sold, blueprints: frozenset[int]) -> Offer | None:
    """The same of what the store has summed up; None for copies whose runs are not known."""
    number = sold.type_id
    if sold.is_blueprint_copy:
        if not sold.runs or sold.runs < 0:
            return None
        ware, units = Ware(Kind.COPY, number, sold.runs), sold.quantity * sold.runs
    else:
        ware = Ware(Kind.ORIGINAL if number in blueprints else Kind.PLAIN, number)
        units = sold.quantity
    me, te = sold.material_efficiency, sold.time_efficiency
    known = None if me is None or te is None else Research(me, te)
    auction = sold.type == "auction"
    return Offer(
        contract_id=sold.contract_id,
        ware=ware,
        units=units,
        price=(sold.buyout if auction else sold.price) or 0.0,
        research=Research() if ware.kind is Kind.PLAIN else known,
        issuer_id=sold.issuer_id,
        corporation_id=sold.issuer_corporation_id if sold.for_corporation else None,
        station_id=sold.start_location_id,
        region_id=sold.region_id,
        issued=sold.date_issued,
        expires=sold.date_expired,
        gone_at=sold.gone_at,
        bid=sold.price if auction else None,
    )


def _priced(
    contract: Mapping[str, Any], items: Sequence[Mapping[str, Any]]
) -> tuple[Unfit | None, float]:
    if contract["type"] not in SELLING:
        return Unfit.NOT_FOR_SALE, 0.0
    if not items:
        return Unfit.UNKNOWN, 0.0
    if not all(item["is_included"] for item in items):
        return Unfit.SWAP, 0.0
    auction = contract["type"] == "auction"
    price = (contract["buyout"] if auction else contract["price"]) or 0.0
    if price <= 0:
        return (Unfit.NO_BUYOUT if auction else Unfit.FREE), 0.0
    return None, price


def ware_of(items: Sequence[Mapping[str, Any]], blueprints: frozenset[int]) -> Ware | None:
    """What `items` are, all of them offered; None for copies whose runs are not known."""
    first = items[0]
    if len(items) > 1 and len({_sort(item) for item in items}) > 1:
        return Ware(Kind.BUNDLE, first["type_id"])
    if first.get("is_blueprint_copy"):
        runs = first.get("runs")
        return Ware(Kind.COPY, first["type_id"], runs) if runs and runs > 0 else None
    kind = Kind.ORIGINAL if first["type_id"] in blueprints else Kind.PLAIN
    return Ware(kind, first["type_id"])


def _sort(item: Mapping[str, Any]) -> tuple[Any, ...]:
    """What makes two stacks the same thing."""
    names = ("type_id", "is_blueprint_copy", "runs", "material_efficiency", "time_efficiency")
    return tuple(item.get(name) or None for name in names)


def _research(ware: Ware, item: Mapping[str, Any]) -> Research | None:
    if ware.kind in {Kind.PLAIN, Kind.BUNDLE}:
        return Research()
    me, te = item.get("material_efficiency"), item.get("time_efficiency")
    return None if me is None or te is None else Research(me, te)
