"""Assets of characters and corporations, with the names that players gave to what can have one.

What ESI does here: names are asked for by POST, a thousand ids at once; what cannot have a name is
called "None", what could and has none "" (esi-issues#573). An id that the owner has no more, for
the list may be an hour old, fails them all (404 "Invalid IDs in the request", esi-issues#1257): the
batch is halved until it stands alone.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from msgspec import structs

from eveobs.errors import AnswerError, EveobsError
from eveobs.processors.interface import Task
from eveobs.processors.listed import OwnedList, better_stored, once, routes_by_kind, subject_of
from eveobs.processors.reading import Failures, collected
from eveobs.records.assets import ASSETS, Asset, AssetName
from eveobs.records.collected import Collected, DetailAnswer
from eveobs.records.schema import Record

if TYPE_CHECKING:
    from eveobs.esi.client import EsiClient
    from eveobs.esi.route import Route

BATCH = 1000
REFUSALS = 60
"""So many refused batches are not halved any more: each costs 5 tokens."""
NAMELESS = frozenset(("None", ""))
OFFICE = 27
"""The type under which a corporation's hangars at a station hang; nobody names it."""

NAMES = routes_by_kind(ASSETS, "/assets/names", method="POST")


@dataclass(frozen=True, kw_only=True)
class Assets(OwnedList[Asset]):
    """The processor `assets`."""

    @property
    def routes(self) -> Sequence[Route]:
        """The lists and the names."""
        return (*self.lists.values(), *NAMES.values())

    async def collect(
        self, client: EsiClient, task: Task
    ) -> AsyncGenerator[DetailAnswer[Record] | Collected[Record], None]:
        """See Processor.collect."""
        listing = await self.read_subject(client, task)
        assets = once(listing.rows, self.schema.key)
        failures = Failures()
        failures.note(listing)
        naming = _Naming(client, task, NAMES[task.subject_kind], failures)
        await naming.ask([row.item_id for row in assets if _may_have_name(row)])
        rows = [structs.replace(row, item_name=naming.names.get(row.item_id)) for row in assets]
        if naming.unread and better_stored(task):
            rows = [row for row in rows if row.item_id not in naming.unread]
        reading = collected(rows, (listing,), failures)
        yield replace(reading, whole=reading.whole and not naming.unread)


PROCESSOR = Assets(schema=ASSETS, lists=routes_by_kind(ASSETS, "/assets"), shape=list[Asset])

Batch = tuple[int, ...]


@dataclass(slots=True)
class _Naming:
    """Asks for names. `unread` are the ids whose answer failed."""

    client: EsiClient
    task: Task
    route: Route
    failures: Failures
    names: dict[int, str] = field(default_factory=dict)
    unread: set[int] = field(default_factory=set)
    refused: int = 0

    async def ask(self, ids: Sequence[int]) -> None:
        """Batch by batch; those that are refused in halves, until the bad ids stand alone."""
        batches = [tuple(ids[at : at + BATCH]) for at in range(0, len(ids), BATCH)]
        self.task.progress.expect("item names", len(ids))
        while batches:
            halves: list[Batch] = []
            question = self.failures.while_allowed(self._names)
            async with aclosing(self.client.each(batches, question)) as answers:
                async for batch, found in answers:
                    halves += self._take(batch, found)
            batches = halves

    async def _names(self, batch: Batch) -> list[AssetName]:
        answer = await self.client.post(
            self.route,
            batch,
            shape=list[AssetName],
            parameters=subject_of(self.task),
            access=self.task.access,
        )
        return answer.value or []

    def _take(self, batch: Batch, found: list[AssetName] | EveobsError) -> list[Batch]:
        """Remember what `batch` was answered; returns what is to be asked instead."""
        if self.refused < REFUSALS and _holds_bad_id(found):
            self.refused += 1
            middle = len(batch) // 2
            return [batch[:middle], batch[middle:]] if middle else []
        if isinstance(found, EveobsError):
            self.unread.update(batch)
            self.failures.add(f"names of {len(batch):,} items", found, stage="item names")
            return []
        self.task.progress.advance("item names", len(batch))
        self.names |= {one.item_id: one.name for one in found if one.name not in NAMELESS}
        return []


def _holds_bad_id(found: object) -> bool:
    """Without ESI's words it is the answer of something else, and halving would not help."""
    if not isinstance(found, AnswerError):
        return False
    return found.status in (400, 404) and bool(found.detail)


def _may_have_name(row: Asset) -> bool:
    """Copies of blueprints and what is fitted are assembled, too, but nobody names them."""
    if not row.is_singleton or row.is_blueprint_copy or row.type_id == OFFICE:
        return False
    return "Slot" not in row.location_flag
