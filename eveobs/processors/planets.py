"""Colonies of characters: the list, and the layout of each, which tells when extractors end."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from msgspec import structs

from eveobs.errors import EveobsError
from eveobs.esi.routes import BY_PATH
from eveobs.processors.interface import Task
from eveobs.processors.listed import OwnedList, better_stored, once, routes_by_kind
from eveobs.processors.reading import Failures, collected
from eveobs.records.collected import Collected, DetailAnswer, Meaning
from eveobs.records.planets import PLANETS, Colony, Layout, Pin, flat
from eveobs.records.schema import Record

if TYPE_CHECKING:
    from eveobs.esi.answers import Answer
    from eveobs.esi.client import EsiClient
    from eveobs.esi.route import Route

LAYOUT = BY_PATH["GET", "/characters/{character_id}/planets/{planet_id}"]


@dataclass(frozen=True, kw_only=True)
class Planets(OwnedList[Colony]):
    """The processor `planets`."""

    @property
    def routes(self) -> Sequence[Route]:
        """The list and the layouts."""
        return (*self.lists.values(), LAYOUT)

    async def collect(
        self, client: EsiClient, task: Task
    ) -> AsyncGenerator[DetailAnswer[Record] | Collected[Record], None]:
        """See Processor.collect. The moments of list and layouts differ: the reading has none."""
        listing = await self.read_subject(client, task)
        colonies = {row.planet_id: row for row in once(listing.rows, self.schema.key)}
        failures = Failures()
        failures.note(listing)
        complete: dict[int, Colony] = {}
        async with aclosing(_layouts(client, task, list(colonies), failures)) as layouts:
            async for number, pins in layouts:
                complete[number] = _with_extractors(colonies[number], pins)
                if "pins" in task.details:
                    yield DetailAnswer("pins", number, Meaning.GIVEN, settled=False, rows=pins)
        whole = len(complete) == len(colonies)
        if not whole and not better_stored(task):
            complete = colonies | complete
        reading = collected(list(complete.values()), (listing,), failures)
        yield replace(reading, whole=reading.whole and whole, moment=None)


PROCESSOR = Planets(schema=PLANETS, lists=routes_by_kind(PLANETS, "/planets"), shape=list[Colony])


async def _layouts(
    client: EsiClient, task: Task, planets: Sequence[int], failures: Failures
) -> AsyncGenerator[tuple[int, list[Pin]], None]:
    async def ask(planet_id: int) -> Answer[Layout]:
        of = {"character_id": task.subject_id, "planet_id": planet_id}
        return await client.get(LAYOUT, of, shape=Layout, access=task.access)

    task.progress.expect("colonies", len(planets))
    async with aclosing(client.each(planets, failures.while_allowed(ask))) as answers:
        async for number, found in answers:
            if isinstance(found, EveobsError):
                failures.add(f"colony {number}", found, stage="colonies")
                continue
            task.progress.advance("colonies")
            failures.expires = min(failures.expires, found.expires)
            pins = found.value.pins if found.value else ()
            yield number, [flat(pin) for pin in pins]


def _with_extractors(colony: Colony, pins: Sequence[Pin]) -> Colony:
    """Extractors without a product have no programme, and no end."""
    ends = [pin.expiry_time for pin in pins if pin.product_type_id is not None]
    return structs.replace(
        colony,
        extractors=len(ends),
        extractors_end=min((end for end in ends if end is not None), default=None),
    )
