"""What the counts of the cache mean: shares of answers, and what did not have to be asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from eveobs.esi.cache_statistics import Tally

Counts = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Report:
    """How well the cache works for some routes. Shares are percents, None of nothing.

    `hit_percent`: answers that needed no request. `not_modified_percent`: requests answered with
    304. `memory_percent`, `disk_percent`: of what was looked for, how much was found in memory, and
    on disk where memory had nothing; fresh or not. `requests_saved` were never sent; `bytes_saved`
    did not have to come, those of bodies that had not changed included.
    """

    answers: int
    fresh: int
    revalidated: int
    missed: int
    hit_percent: float | None
    not_modified_percent: float | None
    memory_percent: float | None
    disk_percent: float | None
    requests_saved: int
    bytes_saved: int


def report(counts: Iterable[Counts]) -> Report:
    """The report over `counts`, each of one route."""
    total = dict.fromkeys(Tally, 0)
    for of_route in counts:
        for tally in Tally:
            total[tally] += of_route.get(tally, 0)
    fresh, revalidated, missed = (
        total[one] for one in (Tally.FRESH, Tally.REVALIDATED, Tally.MISSED)
    )
    beyond_memory = total[Tally.DISK] + total[Tally.ABSENT]
    return Report(
        answers=fresh + revalidated + missed,
        fresh=fresh,
        revalidated=revalidated,
        missed=missed,
        hit_percent=_percent(fresh, fresh + revalidated + missed),
        not_modified_percent=_percent(revalidated, revalidated + missed),
        memory_percent=_percent(total[Tally.MEMORY], total[Tally.MEMORY] + beyond_memory),
        disk_percent=_percent(total[Tally.DISK], beyond_memory),
        requests_saved=fresh,
        bytes_saved=total[Tally.BYTES_SAVED],
    )


def _percent(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 1) if whole else None
