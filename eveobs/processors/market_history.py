"""What was traded in a region each day, of certain types: a question for each.

ESI answers 404 "Type not found!" for a type that no market has; that it is not traded in a region
is an empty list.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from eveobs.errors import EveobsError
from eveobs.esi.routes import BY_PATH
from eveobs.processors.interface import Needs, Task
from eveobs.processors.reading import Failures, collected, read_list
from eveobs.records.collected import Collected, DetailAnswer
from eveobs.records.market_history import MARKET_HISTORY, DayLine, MarketDay, market_day
from eveobs.records.schema import Record, SubjectKind

if TYPE_CHECKING:
    from eveobs.esi.answers import Listing
    from eveobs.esi.client import EsiClient

LIST = BY_PATH["GET", "/markets/{region_id}/history"]


@dataclass(frozen=True)
class MarketHistory:
    """The processor `market-history`. The details of a task are the ids of types."""

    schema = MARKET_HISTORY
    routes = (LIST,)

    def needs(self, kind: SubjectKind) -> Needs:  # noqa: ARG002 - all regions are public
        """Nothing."""
        return Needs()

    async def collect(
        self, client: EsiClient, task: Task
    ) -> AsyncGenerator[DetailAnswer[Record] | Collected[Record], None]:
        """See Processor.collect."""
        types = [int(detail) for detail in task.details]
        failures = Failures()
        listings: list[Listing[DayLine]] = []
        days: list[MarketDay] = []
        task.progress.expect("types", len(types))
        ask = failures.while_allowed(partial(_ask, client, task))
        async with aclosing(client.each(types, ask)) as answers:
            async for type_id, found in answers:
                task.progress.advance("types")
                if isinstance(found, EveobsError):
                    failures.add(f"history of type {type_id}", found, stage="types")
                    continue
                listings.append(found)
                days += [market_day(task.subject_id, type_id, line) for line in found.rows]
        found_all = collected(days, listings, failures, of=len(types))
        yield replace(found_all, moment=None)  # another type may be of the same moment


PROCESSOR = MarketHistory()


async def _ask(client: EsiClient, task: Task, type_id: int) -> Listing[DayLine]:
    of = {"region_id": task.subject_id, "type_id": type_id}
    return await read_list(client, LIST, of, shape=list[DayLine], access=None)
