"""What the pages of a region and of a type in it say."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from eveobs.analysis.competition import Ours
from eveobs.analysis.market import blueprints_of
from eveobs.analysis.offer import Kind, Offer
from eveobs.analysis.regional import Price, Section, Tally
from eveobs.publish.competing import unit_of
from eveobs.publish.document import Key
from eveobs.publish.kinds import MARKET, TYPE
from eveobs.publish.summing import bars
from eveobs.publish.text import words
from eveobs.records.contracts import CONTRACTS, TYPES
from eveobs.store.query import Query
from eveobs.store.store import Store

Facts = dict[str, Any]
DAYS = 30
"""How far back a page looks."""
LISTED = 25
"""Offers of one kind on a page."""
MOST_OFFERED = 25
NEWEST = 10
HEIGHT = 120
"""Of the highest column of a chart, in CSS pixels; see `columns` in _parts.html."""
LATELY = 200
"""Contracts that are gone among which those taken are looked for."""
CONTRACT_TYPES = TYPES
OTHER = "other"
"""Stands for the types of contract that ESI has added since."""


def type_facts(
    store: Store,
    place: tuple[int, int],
    told: Sequence[Section],
    ours: Ours,
    known: Collection[Key],
) -> Facts:
    """What the page of a type in a region says, of its sections."""
    region, number = place
    offers = [one for section in told for one in section.offers[:LISTED]]
    stations = {one.station_id for one in offers if one.station_id is not None}
    names = store.names_of({region, number, *stations})
    cheapest = min((one for one in told if one.offers), key=_lowest, default=None)
    return {
        "region_id": region,
        "region_name": names.get(region) or str(region),
        "type_id": number,
        "type_name": names.get(number) or str(number),
        "types": {str(one): row for one, row in store.static_types([number]).items()},
        "is_blueprint": number in blueprints_of(store, {number: names.get(number)}),
        "count": sum(len(one.offers) for one in told),
        "lowest": cheapest.lowest if cheapest else None,
        "unit": unit_of(cheapest.kind) if cheapest else "",
        "taken": sum(day.taken for one in told for day in one.days),
        "days": DAYS,
        "wares": [_ware(one, names, ours) for one in told],
        "pages": _pages(known, [("contract", one.contract_id) for one in offers], region),
    }


def _lowest(section: Section) -> float:
    return section.lowest or 0.0


def _ware(section: Section, names: Mapping[int, str], ours: Ours) -> Facts:
    return {
        "kind": str(section.kind),
        "unit": unit_of(section.kind),
        "count": len(section.offers),
        "lowest": section.lowest,
        "offers": [_offer(one, names, ours) for one in section.offers[:LISTED]],
        "more": max(0, len(section.offers) - LISTED),
        "days": [
            {**one._asdict(), "day": one.day.isoformat(), "kind": str(one.kind)}
            for one in reversed(section.days)
        ],
        "chart": _chart(section.prices),
    }


def _offer(one: Offer, names: Mapping[int, str], ours: Ours) -> Facts:
    known = one.research if one.ware.kind is not Kind.PLAIN else None
    return {
        "contract_id": one.contract_id,
        "price": one.price,
        "unit_price": one.unit_price,
        "quantity": one.units // (one.ware.runs or 1),
        "runs": one.ware.runs or None,
        "me": known.me if known else None,
        "te": known.te if known else None,
        "auction": one.bid is not None,
        "station_name": names.get(one.station_id or 0, ""),
        "expires": one.expires,
        "ours": ours.has(one),
    }


def _chart(prices: Sequence[Price]) -> Facts | None:
    """Columns for a chart, with their heights; None where there is no course to be seen."""
    known = [one.lowest for one in prices if one.lowest is not None]
    if len(prices) < 2 or not known:
        return None
    return {
        "highest": max(known),
        "lowest": min(known),
        "first": prices[0].day.isoformat(),
        "last": prices[-1].day.isoformat(),
        "columns": [
            {
                "name": one.day.isoformat(),
                "value": one.lowest,
                "height": max(1, round(HEIGHT * one.lowest / max(known))) if one.lowest else 0,
            }
            for one in prices
        ],
    }


def region_facts(
    store: Store, region: int, on_offer: Mapping[int, Mapping[Kind, Tally]], known: Collection[Key]
) -> Facts:
    """What the page of a region says; `on_offer` is what it sells, by type and kind."""
    most = sorted(on_offer, key=lambda one: (-_count(on_offer[one]), one))[:MOST_OFFERED]
    names = store.names_of({region, *most})
    blueprints = blueprints_of(store, {one: names.get(one) for one in most})
    here = {"region": [str(region)]}
    newest = _contracts(store, Query(values=here, sort=("-date_issued",), limit=NEWEST))
    gone = _contracts(store, Query(values=here, sort=("-gone_at",), limit=LATELY, gone_only=True))
    taken = [one for one in gone if one["gone_how"] == CONTRACTS.gone_early][:NEWEST]
    total = store.count(CONTRACTS, Query(values=dict(here)))
    types = [
        (kind, store.count(CONTRACTS, Query(values={**here, "type": [kind]})))
        for kind in CONTRACT_TYPES
    ]
    types.append((OTHER, total - sum(number for _, number in types)))
    ids = [("contract", one["contract_id"]) for one in (*newest, *taken)]
    ids += [(TYPE, f"{region}-{one}") for one in most]
    return {
        "region_id": region,
        "region_name": names.get(region) or str(region),
        "count": total,
        "by_type": bars([(words(kind), number) for kind, number in types if number]),
        "sold_types": len(on_offer),
        "wares": [
            row
            for one in most
            for row in _most_offered(one, on_offer[one], names, one in blueprints)
        ],
        "newest": newest,
        "taken": taken,
        "pages": _pages(known, ids),
    }


def _count(kinds: Mapping[Kind, Tally]) -> int:
    return sum(one.count for one in kinds.values())


def _most_offered(
    number: int, kinds: Mapping[Kind, Tally], names: Mapping[int, str], is_blueprint: bool
) -> Iterable[Facts]:
    for kind, told in sorted(kinds.items()):
        what = Kind.ORIGINAL if is_blueprint and kind is Kind.PLAIN else kind
        yield {
            "type_id": number,
            "type_name": names.get(number) or str(number),
            "kind": str(what),
            "unit": unit_of(what),
            "count": told.count,
            "lowest": told.lowest,
        }


def _contracts(store: Store, asked: Query) -> list[Facts]:
    names = ("contract_id", "type", "title", "items_summary", "price", "reward", "date_issued")
    return [
        {name: row[name] for name in (*names, "gone_at", "gone_how")}
        for row in store.rows(CONTRACTS, asked, summaries=True)
    ]


def _pages(
    known: Collection[Key], some: Iterable[tuple[str, int | str]], region: int | None = None
) -> list[list[str]]:
    """Those of `some` documents, and of that of the region, that can be linked to."""
    market = [(MARKET, region)] if region is not None else []
    keys = (Key(kind, str(number)) for kind, number in (*market, *some))
    return [list(one) for one in dict.fromkeys(keys) if one in known]
