"""Units that are due, and the order that spends the rate limits evenly."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eveobs.observation.unit import Report, Unit
from eveobs.records.schema import SubjectKind

if TYPE_CHECKING:
    from eveobs.esi.access import Access
    from eveobs.processors.interface import Processor

PLACES_FROM = "assets"
"""Tells what containers lie where, so that none of them is taken for a structure."""
FIRST = {"own-contracts": "contracts"}
"""Processors, and the one whose rows complete theirs."""


@dataclass(frozen=True, slots=True)
class Due:
    """A unit that is to be observed, and with whose token. One that was fresh when that was looked
    at has its report; who may read it is not known.
    """

    unit: Unit
    processor: Processor
    access: Access | None = None
    report: Report | None = None

    @property
    def bucket(self) -> tuple[str, int]:
        """The rate limit that its list is counted in: a group, of a character (0: nobody)."""
        routes = self.processor.routes
        of_kind = f"/{self.unit.subject_kind}s/"
        route = next((one for one in routes if one.path.startswith(of_kind)), routes[0])
        return route.group, self.access.character_id if self.access else 0


def spread(dues: Sequence[Due]) -> list[Due]:
    """`dues` in turn from each bucket, so that none is used up while others lie idle.

    Within a bucket they stay in order. Assets come before what lies in them, and public contracts
    before own ones.
    """
    buckets: dict[tuple[str, int], deque[Due]] = {}
    for due in sorted(dues, key=_rank):
        buckets.setdefault(due.bucket, deque()).append(due)
    waiting = {_mark(due.unit): due for due in dues}
    ordered: list[Due] = []
    while waiting:
        for queue in buckets.values():
            ready = next((due for due in queue if not _waits(due, waiting)), None)
            if ready is not None:
                queue.remove(ready)
                del waiting[_mark(ready.unit)]
                ordered.append(ready)
    return ordered


def _rank(due: Due) -> int:
    """What others wait for comes first."""
    return 0 if due.unit.processor in {PLACES_FROM, *FIRST.values()} else 1


def _mark(unit: Unit) -> tuple[str, int]:
    return unit.processor, unit.subject_id


def _waits(due: Due, waiting: Iterable[tuple[str, int]]) -> bool:
    """Whether something is yet to come that must come first. Nothing waits in a circle."""
    unit, schema = due.unit, due.processor.schema
    if unit.processor in {PLACES_FROM, *FIRST.values()}:
        return False
    before = FIRST.get(unit.processor)
    in_assets = unit.subject_kind is not SubjectKind.REGION and bool(schema.places)
    return any(
        name == before or (in_assets and name == PLACES_FROM and owner == unit.subject_id)
        for name, owner in waiting
    )
