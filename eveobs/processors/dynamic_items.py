"""Dynamic (abyssal) items that the public contracts of a region offer: what became of each.

Which there are is known by the stored contracts and the static data; what they are is asked of ESI
once in a lifetime. An item that is not dynamic after all is answered with 520 (so EVE Ref's
ContractAbyssalFetcher takes it) or 404, which is remembered, too.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from eveobs.errors import ConfigError, EveobsError
from eveobs.esi.routes import BY_PATH
from eveobs.processors.interface import Needs, Task
from eveobs.processors.reading import Failures, moment_of
from eveobs.records.collected import Collected, DetailAnswer, Meaning
from eveobs.records.dynamic_items import (
    DYNAMIC_ITEMS,
    DogmaAttribute,
    DogmaEffect,
    DynamicItem,
    Origin,
)
from eveobs.records.schema import Record, SubjectKind

if TYPE_CHECKING:
    from eveobs.esi.answers import Answer
    from eveobs.esi.client import EsiClient

ITEM = BY_PATH["GET", "/dogma/dynamic/items/{type_id}/{item_id}"]
NOT_DYNAMIC = frozenset((404, 520))
BUSY = "ConStopSpamming"
"""Another meaning of 520: the game is asked too often."""


class Dogma(Record, frozen=True, kw_only=True, omit_defaults=True):
    """An item as ESI shows it."""

    source_type_id: int
    mutator_type_id: int
    created_by: int
    dogma_attributes: list[DogmaAttribute]
    dogma_effects: list[DogmaEffect]


@dataclass(frozen=True)
class DynamicItems:
    """The processor `dynamic-items`."""

    schema = DYNAMIC_ITEMS
    routes = (ITEM,)

    def needs(self, kind: SubjectKind) -> Needs:  # noqa: ARG002 - all regions are public
        """Nothing."""
        return Needs()

    async def collect(
        self, client: EsiClient, task: Task
    ) -> AsyncGenerator[DetailAnswer[Record] | Collected[Record], None]:
        """See Processor.collect."""
        items = task.memory.dynamic_items(task.subject_id)
        if items is None:
            raise ConfigError(
                "which items are dynamic is not known without static data",
                hint="Run `eveobs static-data update` first.",
            )
        failures = Failures()
        wanted = {item.item_id: item for item in _unsettled(task, items)}
        task.progress.expect("items", len(wanted))
        ask = failures.while_allowed(partial(_ask, client, wanted))
        async with aclosing(client.each(list(wanted), ask)) as answers:
            async for item_id, found in answers:
                task.progress.advance("items")
                if (error := _error(found)) is not None:
                    failures.add(f"item {item_id}", error, stage="items")
                    continue
                for answer in _answers(item_id, found):
                    if answer.detail in task.details:
                        yield answer
        yield _collected(items, failures)


PROCESSOR = DynamicItems()


def _unsettled(task: Task, items: Sequence[DynamicItem]) -> list[DynamicItem]:
    """Those of which a detail is wanted that was not answered."""
    ids = [item.item_id for item in items]
    settled = [{*task.memory.settled(detail, ids)} for detail in task.details]
    return [item for item in items if any(item.item_id not in known for known in settled)]


async def _ask(client: EsiClient, items: dict[int, DynamicItem], item_id: int) -> Answer[Dogma]:
    of = {"type_id": items[item_id].type_id, "item_id": item_id}
    return await client.get(ITEM, of, shape=Dogma, keep=False, accept=NOT_DYNAMIC)


def _error(found: Answer[Dogma] | EveobsError) -> EveobsError | None:
    """Why there is no answer about the item."""
    if isinstance(found, EveobsError):
        return found
    return EveobsError(f"answered {found.status}: {found.detail}") if BUSY in found.detail else None


def _answers(item_id: int, found: Answer[Dogma] | EveobsError) -> Sequence[DetailAnswer[Record]]:
    dogma = modified = None
    if not isinstance(found, EveobsError):
        dogma, modified = found.value, moment_of(found.last_modified)
    rows: dict[str, Sequence[Record]] = {detail.name: () for detail in DYNAMIC_ITEMS.details}
    if dogma is not None:
        origin = Origin(
            source_type_id=dogma.source_type_id,
            mutator_type_id=dogma.mutator_type_id,
            created_by=dogma.created_by,
        )
        rows = {
            "origins": [origin],
            "attributes": [*{one.attribute_id: one for one in dogma.dogma_attributes}.values()],
            "effects": [*{one.effect_id: one for one in dogma.dogma_effects}.values()],
        }
    meaning = Meaning.NOT_FOUND if dogma is None else Meaning.GIVEN
    return [
        DetailAnswer(name, item_id, meaning, settled=True, rows=some, modified=modified)
        for name, some in rows.items()
    ]


def _collected(items: Sequence[DynamicItem], failures: Failures) -> Collected[Record]:
    """The list is that of the stored contracts, and whole as that is."""
    return Collected(
        rows=items,
        pages=0,
        whole=True,
        missing=failures.text(),
        moment=None,
        expires=None,
        fresh_until=None,
        stopped=failures.stopped,
    )
