"""A store with contracts and what hangs on them, to publish from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from eveobs.processors.registry import processor
from eveobs.publish.kinds import Kind, find_kinds
from eveobs.publish.plan import Plan
from eveobs.publish.planning import Planner, Pruning
from eveobs.publish.rendering import Renderer
from eveobs.publish.source import Source, Wanted
from eveobs.publish.target import Target
from eveobs.records.contracts import CONTRACTS
from eveobs.store.query import Query
from eveobs.store.store import Store
from eveobs.telemetry.progress import Silence

IMAGES = "https://images.example"


def wanted(kinds: Mapping[str, Kind], query: Query | None = None) -> list[Wanted]:
    """The public contracts."""
    contract = kinds["contract"]
    every = [processor(name).schema for name in contract.records]
    return [Wanted(contract, [(CONTRACTS, query or Query())], every)]


def plan_for(
    target: Target,
    store: Store,
    *,
    query: Query | None = None,
    pruning: Pruning | None = None,
    templates: Path | None = None,
    summaries: bool = False,
) -> Plan:
    """What `eveobs publish --from contracts` would do."""
    kinds = find_kinds(templates)
    planner = Planner(
        Source(store, wanted(kinds, query)),
        Renderer(kinds, target.links, IMAGES, templates),
        kinds,
        target.published([*kinds]),
        Silence(),
        pruning or Pruning(),
        summaries,
    )
    return planner.plan()


def actions(plan: Plan) -> list[tuple[str, str, Sequence[str]]]:
    """Action, external id and fields of each change."""
    return [(one.action.value, one.key.external_id, one.fields) for one in plan.changes]
