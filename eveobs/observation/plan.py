"""What observing a unit would ask, without asking it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eveobs.esi.planning import NotAskedError, Plan
from eveobs.observation import names
from eveobs.observation.memory import StoreMemory
from eveobs.observation.places import of_the_universe, places
from eveobs.observation.unit import Unit
from eveobs.processors.interface import Processor, Task
from eveobs.records.collected import Collected
from eveobs.records.schema import Record, Schema
from eveobs.telemetry.progress import Silence

if TYPE_CHECKING:
    from datetime import datetime

    from eveobs.esi.access import Access
    from eveobs.esi.client import EsiClient
    from eveobs.store.store import Store


FIELDS_OF_A_RECORD = 2
"""Ids in the path of a route that asks about one record of a subject."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """A plan, and whether its requests may lead to more: a list that is asked may be another."""

    plan: Plan
    at_least: bool


async def forecast(
    unit: Unit,
    processor: Processor,
    plan: Plan,
    *,
    client: EsiClient,
    store: Store,
    now: datetime,
    access: Access | None = None,
) -> Forecast:
    """What `observe` would ask for `unit`. `client` counts into `plan` instead of sending."""
    schema = processor.schema
    task = Task(
        unit.subject_id,
        unit.subject_kind,
        unit.details,
        StoreMemory(store, schema),
        Silence(),
        access,
    )
    collected: Collected[Record] | None = None
    try:
        async for part in processor.collect(client, task):
            if isinstance(part, Collected):
                collected = part
    except NotAskedError:
        pass
    lists = _lists(processor)
    asked_lists = any(path in lists for path in plan.routes)
    if collected is not None:
        _add_names(plan, collected, schema, store, now)
    return Forecast(plan, at_least=collected is None or asked_lists)


def _lists(processor: Processor) -> set[str]:
    """The routes whose answers may lead to more: those about all of a subject."""
    routes = processor.routes
    own = {one.path for one in routes if one.path.count("{") < FIELDS_OF_A_RECORD}
    return own if processor.schema.owned else {routes[0].path}


def _add_names(
    plan: Plan, collected: Collected[Record], schema: Schema, store: Store, now: datetime
) -> None:
    fields = [name for name in schema.names if name in schema.record.__struct_fields__]
    ids = {getattr(row, name) for row in collected.rows for name in fields} - {None}
    ids |= of_the_universe(places(collected.rows, schema))
    possible = [number for number in ids if 0 < number < names.FIRST_STRUCTURE]
    requests = math.ceil(len(store.unnamed(possible, now)) / names.BATCH)
    details_with_names = any(
        asked.requests > asked.conditional
        for path, asked in plan.routes.items()
        if any(detail.name in path.split("/") and detail.names for detail in schema.details)
    )
    if details_with_names and not requests:
        requests = 1  # of what will be in there
    if requests:
        plan.add(names.ROUTE, conditional=False, requests=requests)
