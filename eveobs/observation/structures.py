"""Names of players' structures: each asked of a character that may dock there.

A structure that refuses (403) is remembered for that character, for longer each time, and another
character is tried. Refusals that are asked again and again are the commonest way to burn an error
limit (eveseat/seat#436).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from eveobs.errors import EveobsError, SignInError
from eveobs.esi.routes import BY_PATH
from eveobs.records.schema import Record
from eveobs.records.universe import Name
from eveobs.telemetry.progress import Progress

if TYPE_CHECKING:
    from eveobs.esi.access import Access
    from eveobs.esi.client import EsiClient
    from eveobs.store.store import Store

ROUTE = BY_PATH["GET", "/universe/structures/{structure_id}"]
CLOSED = frozenset((403, 404))


class Structure(Record, frozen=True, kw_only=True, omit_defaults=True):
    """What is kept of a structure."""

    name: str
    owner_id: int
    solar_system_id: int


@dataclass(frozen=True, slots=True)
class _Asking:
    """`willing`: who may ask, and which structures are not worth asking them for."""

    client: EsiClient
    store: Store
    now: datetime
    willing: Sequence[tuple[Access, set[int]]]

    async def name(self, structure_id: int) -> Name | None:
        """The name from the first character that is let in; None if none is."""
        for access, refused in self.willing:
            if structure_id in refused:
                continue
            answer = await self.client.get(
                ROUTE, {"structure_id": structure_id}, shape=Structure, accept=CLOSED, access=access
            )
            if answer.value is not None:
                return Name(category="structure", id=structure_id, name=answer.value.name)
            await asyncio.to_thread(
                self.store.note_refusal, access.character_id, structure_id, self.now
            )
        return None


async def remember_structures(
    ids: Iterable[int],
    *,
    accesses: Sequence[Access],
    client: EsiClient,
    store: Store,
    now: datetime,
    progress: Progress,
) -> EveobsError | None:
    """Keep the names of those structures that have none, where a character may know them.

    Returns the error that left some unasked. `ids` must be of structures, not of items.
    """
    may = [access for access in accesses if ROUTE.scope in access.scopes]
    wanted = sorted(await asyncio.to_thread(store.unnamed, ids, now))
    if not may or not wanted:
        return None
    willing = [
        (access, await asyncio.to_thread(store.refused_structures, access.character_id, wanted, now))
        for access in may
    ]
    asking = _Asking(client, store, now, willing)
    worth = [one for one in wanted if any(one not in refused for _, refused in willing)]
    found: list[Name] = []
    error: EveobsError | None = None
    progress.expect("structures", len(worth))
    async for _, result in client.each(worth, asking.name):
        progress.advance("structures")
        if isinstance(result, Name):
            found.append(result)
        elif isinstance(result, EveobsError) and not isinstance(result, SignInError):
            error = result
    await asyncio.to_thread(store.keep_names, found, (), now)
    return error
