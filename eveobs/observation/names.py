"""Names for ids: `POST /universe/names` takes a thousand, and one bad id fails them all.

The answer to that (404 "Ensure all IDs are valid", esi-issues#1181) is to halve the batch until the
bad id stands alone; it is remembered as unknown.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from eveobs.errors import AnswerError, EveobsError
from eveobs.esi.routes import BY_PATH
from eveobs.esi.threads import in_thread
from eveobs.records.universe import Name
from eveobs.telemetry.progress import Progress

if TYPE_CHECKING:
    from eveobs.esi.client import EsiClient
    from eveobs.store.store import Store

ROUTE = BY_PATH["POST", "/universe/names"]
BATCH = 1000
FIRST_STRUCTURE = 10**12
"""Ids from here on are players' structures and items; the route does not know them."""


Keep = Callable[[Sequence[Name], Sequence[int]], Awaitable[None]]
"""Takes the names found and the ids that have none, a batch at a time."""


async def remember_names(
    ids: Iterable[int], *, client: EsiClient, store: Store, now: datetime, progress: Progress
) -> EveobsError | None:
    """Ask for the names of those `ids` that the store does not know, and keep them.

    Returns the error that left some unresolved; what did arrive is kept all the same.
    """
    possible = {number for number in ids if 0 < number < FIRST_STRUCTURE}
    wanted = sorted(await in_thread(store.unnamed, possible, now))
    if not wanted:
        return None

    async def keep(names: Sequence[Name], unknown: Sequence[int]) -> None:
        await in_thread(store.keep_names, names, unknown, now)

    return await resolve(wanted, client, progress, keep)


async def resolve(
    ids: Sequence[int], client: EsiClient, progress: Progress, keep: Keep
) -> EveobsError | None:
    """Have `keep` keep the names of `ids`. Returns the error that stopped some from being asked."""
    error: EveobsError | None = None
    batches = [tuple(ids[start : start + BATCH]) for start in range(0, len(ids), BATCH)]
    progress.expect("names", len(ids))
    while batches:
        refused: list[tuple[int, ...]] = []
        async for batch, found in client.each(batches, lambda some: _ask(client, some)):
            if _holds_bad_id(found):
                refused.append(batch)
                continue
            progress.advance("names", len(batch))
            if isinstance(found, EveobsError):
                error = found
            else:
                await keep(found, sorted({*batch} - {name.id for name in found}))
        alone = [batch[0] for batch in refused if len(batch) == 1]
        progress.advance("names", len(alone))
        if alone:
            await keep([], alone)
        batches = [half for batch in refused for half in _halves(batch)]
    return error


async def _ask(client: EsiClient, ids: Sequence[int]) -> list[Name]:
    answer = await client.post(ROUTE, ids, shape=list[Name])
    return answer.value or []


def _holds_bad_id(found: list[Name] | EveobsError) -> bool:
    """Without ESI's words it is the answer of something else, and halving would not help."""
    if not isinstance(found, AnswerError):
        return False
    return found.status in (400, 404) and bool(found.detail)


def _halves(batch: tuple[int, ...]) -> list[tuple[int, ...]]:
    if len(batch) == 1:
        return []
    middle = len(batch) // 2
    return [batch[:middle], batch[middle:]]
