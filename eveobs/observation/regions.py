"""Regions by name or id, near misses suggested."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from eveobs.errors import UsageError
from eveobs.esi.routes import BY_PATH
from eveobs.observation.names import remember_names
from eveobs.records.universe import Name
from eveobs.telemetry.progress import Progress

if TYPE_CHECKING:
    from eveobs.esi.client import EsiClient
    from eveobs.store.store import Store

ROUTE = BY_PATH["GET", "/universe/regions"]
FIRST_CLOSED = 12_000_000
"""From here on regions are abyssal and other pockets where nobody can dock, so no contract is."""


async def all_regions(
    *, client: EsiClient, store: Store, now: datetime, progress: Progress
) -> list[Name]:
    """Every region of the game, by id. Asked of ESI once a day, their names once for ever."""
    answer = await client.get(ROUTE, shape=list[int])
    ids = answer.value or []
    error = await remember_names(ids, client=client, store=store, now=now, progress=progress)
    if error is not None:
        raise error
    return [region for region in store.named("region") if region.id in set(ids)]


async def find_regions(
    wanted: Sequence[str], *, client: EsiClient, store: Store, now: datetime, progress: Progress
) -> list[Name]:
    """The regions that `wanted` names, each by name (in any case) or id, in that order.

    Raises UsageError for one that does not exist, with the nearest names.
    """
    known = _by_word(store.named("region"))
    if not all(_word(one) in known for one in wanted):
        regions = await all_regions(client=client, store=store, now=now, progress=progress)
        known = _by_word(regions)
    found = {region.id: region for region in (_one(text, known) for text in wanted)}
    return list(found.values())


def open_regions(regions: Sequence[Name]) -> list[Name]:
    """Those where contracts can be."""
    return [region for region in regions if region.id < FIRST_CLOSED]


def _word(text: str) -> str:
    return text.strip().casefold()


def _by_word(regions: Sequence[Name]) -> dict[str, Name]:
    by_name = {_word(region.name): region for region in regions}
    return by_name | {str(region.id): region for region in regions}


def _one(text: str, known: dict[str, Name]) -> Name:
    found = known.get(_word(text))
    if found is not None:
        return found
    words = [word for word in known if not word.isdecimal()]  # an id that looks alike is far away
    near = difflib.get_close_matches(_word(text), words, n=3, cutoff=0.5)
    names = list(dict.fromkeys(known[word].name for word in near))
    hint = f"Did you mean {' or '.join(repr(name) for name in names)}?" if names else None
    raise UsageError(
        f"there is no region {text!r}",
        hint=hint or "A region is given by its name, such as 'The Forge', or its id.",
    )
