"""What a processor is."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from eveobs.records.collected import Collected, DetailAnswer
from eveobs.records.schema import Record, Schema
from eveobs.telemetry.progress import Progress

if TYPE_CHECKING:
    from eveobs.esi.client import EsiClient
    from eveobs.esi.route import Route


class Memory(Protocol):
    """What was answered for good in earlier observations."""

    def settled(self, detail: str, parents: Sequence[int]) -> Collection[int]:
        """Those of `parents` whose `detail` must not be asked for again."""


@dataclass(frozen=True, slots=True)
class Task:
    """What to collect: whose list, and which details of it."""

    subject_id: int
    details: tuple[str, ...]
    memory: Memory
    progress: Progress


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

    @property
    def scopes(self) -> Sequence[str]:
        """The scopes a token needs for them."""

    def collect(
        self, client: EsiClient, task: Task
    ) -> AsyncGenerator[DetailAnswer[Record] | Collected[Record], None]:
        """Details as they are answered, and at the end, once, what was collected of the list.

        Raises what the first page of the list raises; anything that fails later makes the result
        name what is missing.
        """
