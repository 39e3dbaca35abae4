"""A region's market in a store, day after day, and the pages that sum it up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from eveobs.analysis.competition import Ours
from eveobs.publish.competing import Competing
from eveobs.publish.document import Document, Key
from eveobs.publish.kinds import MARKET, TYPE, find_kinds
from eveobs.publish.market import Choice, MarketPages
from eveobs.publish.plan import Plan
from eveobs.publish.planning import Planner, Pruning
from eveobs.publish.publishing import Publishing
from eveobs.publish.rendering import Renderer
from eveobs.publish.source import Source, Sources
from eveobs.records.contracts import PublicContract
from eveobs.records.universe import Name
from eveobs.store.store import Store
from eveobs.telemetry.progress import Silence
from tests.publish.homes import IMAGES, wanted
from tests.publish.memory_target import MemoryTarget
from tests.store.drafts import FORGE, START, contract, item, items, reading

ME, ALT, OTHER = 90000007, 90000008, 90000001
DAY = timedelta(days=1)
RIFTER, COPY, TRITANIUM = 587, 691, 34
JITA = 60003760
NAMES = {
    FORGE: ("region", "The Forge"),
    JITA: ("station", "Jita IV - Moon 4"),
    RIFTER: ("inventory_type", "Rifter"),
    COPY: ("inventory_type", "Rifter Blueprint"),
    TRITANIUM: ("inventory_type", "Tritanium"),
}

Goods = dict[str, Any]


def copy(runs: int = 10, me: int = 10, te: int = 20) -> Goods:
    """A blueprint copy."""
    research = {"material_efficiency": me, "time_efficiency": te}
    return {"type_id": COPY, "is_blueprint_copy": True, "runs": runs, **research}


def sale(number: int, price: float, **fields: Any) -> PublicContract:
    """A contract in Jita."""
    given = {"price": price, "start_location_id": JITA, "issuer_id": OTHER, "for_corporation": None}
    return contract(number, **{**given, "date_expired": START + 20 * DAY, **fields})


def see(
    store: Store,
    sales: Sequence[PublicContract],
    goods: Mapping[int, Goods | Sequence[Goods]],
    *,
    day: float = 0,
    **more: Any,
) -> None:
    """A whole reading of the list; `goods` are what each contract offers, {} for a Rifter."""
    answers = []
    for one in sales:
        some = goods.get(one.contract_id, {})
        rows = [some] if isinstance(some, dict) else some
        made = [
            item(one.contract_id * 10 + n, **{"type_id": RIFTER, **row})
            for n, row in enumerate(rows)
        ]
        answers.append(items(one.contract_id, *made))
    store.apply(reading(sales, at=START + day * DAY, answers=answers, **more))
    names = [Name(id=number, category=kind, name=name) for number, (kind, name) in NAMES.items()]
    store.keep_names(names, (), START)


def plan_for(
    target: MemoryTarget,
    store: Store,
    *,
    ours: Sequence[int] = (ME, ALT),
    whole: bool = True,
    min_offers: int = 1,
    most: int = 100,
    templates: Path | None = None,
    pruning: Pruning | None = None,
) -> tuple[Plan, MarketPages]:
    """What `eveobs publish --from contracts` would do, its summaries aside."""
    kinds = find_kinds(templates)
    competing = Competing(store, Ours(frozenset(ours)))
    summing = {name: kinds[name] for name in (MARKET, TYPE)}
    market = MarketPages(competing, Choice(summing, whole, min_offers, most))
    there = target.published([*kinds])
    market.know(there)
    contracts = wanted(kinds) if whole else []
    source = Sources([Source(store, contracts, competing.facts), market])
    renderer = Renderer(kinds, target.links, IMAGES, templates)
    planner = Planner(source, renderer, kinds, there, Silence(), pruning or Pruning())
    planner.summaries = False
    return planner.plan(), market


def publish(target: MemoryTarget, store: Store, **options: Any) -> list[str]:
    """Carry it out, and say what that was: "create type/10000002-587"."""
    plan, _ = plan_for(target, store, **options)
    with plan:
        report = Publishing(target, Silence()).carry_out(plan)
        assert not report.failed
        return [f"{one.action} {one.key}" for one in plan.changes]


def page(target: MemoryTarget, kind: str, external_id: str | int) -> Document:
    """What the target shows of a document."""
    return target.pages[Key(kind, str(external_id))][1]


def facts(store: Store) -> dict[str, dict[str, Any]]:
    """What the templates are given, by kind; "competition" is of the first contract of ours."""
    competing = Competing(store, Ours(frozenset({ME, ALT})))
    kinds = {name: kind for name, kind in find_kinds().items() if name in (MARKET, TYPE)}
    market = MarketPages(competing, Choice(kinds, whole=True, min_offers=1, most=1))
    found = {kind.kind: facts for kind, _, facts in market.records()}
    return found | {"competition": {"competition": next(iter(competing.facts.values()))}}
