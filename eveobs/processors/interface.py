"""What a processor is."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from eveobs.records.collected import Collected, DetailAnswer
from eveobs.records.dynamic_items import DynamicItem
from eveobs.records.schema import Record, Schema, SubjectKind
from eveobs.telemetry.progress import Progress

if TYPE_CHECKING:
    from eveobs.esi.access import Access
    from eveobs.esi.client import EsiClient
    from eveobs.esi.route import Route


class Memory(Protocol):
    """What was answered for good in earlier observations."""

    def settled(self, detail: str, parents: Sequence[int]) -> Collection[int]:
        """Those of `parents` whose `detail` must not be asked for again."""

    def newest_whole(self, subject_id: int) -> int | None:
        """The highest key up to which the ledger of a subject has no gap; None for none yet."""

    def dynamic_items(self, region_id: int) -> Sequence[DynamicItem] | None:
        """Items on offer in a region that are dynamic by their type; None for "nobody knows"."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What must be allowed to read the lists of one kind of subject.

    `scopes`: all of them. `roles`: any one of them, in the corporation. `useful` scopes add to the
    rows (names of structures, say) and are asked for at sign-in, but the rest works without.
    """

    scopes: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    useful: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Task:
    """What to collect: whose list, which details of it, and with whose token (None: nobody's)."""

    subject_id: int
    subject_kind: SubjectKind
    details: tuple[str, ...]
    memory: Memory
    progress: Progress
    access: Access | None = None


class Processor(Protocol):
    """One domain: reads its list and the details of it.

    A package of its own offers one through the entry-point group `eveobs.processors`.
    """

    @property
    def schema(self) -> Schema:
        """Name, records, keys, filters and columns of the domain."""

    @property
    def routes(self) -> Sequence[Route]:
        """The routes it asks."""

    def needs(self, kind: SubjectKind) -> Needs:
        """What reading the lists of such a subject needs."""

    def collect(
        self, client: EsiClient, task: Task
    ) -> AsyncGenerator[DetailAnswer[Record] | Collected[Record], None]:
        """Details as they are answered, and at the end, once, what was collected of the list.

        Raises what the first page of the list raises; anything that fails later makes the result
        name what is missing.
        """
