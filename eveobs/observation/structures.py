"""Names of players' structures: a character learns them only of those where it may dock.

A structure that refuses one character may let another in. Refusals are remembered in the store,
because each counts against ESI's error limit, and in one run no more than REFUSALS are risked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from eveobs.errors import EveobsError, LimitError, SignInError
from eveobs.esi.routes import BY_PATH
from eveobs.esi.threads import in_thread
from eveobs.observation.names import FIRST_STRUCTURE
from eveobs.records.schema import Record
from eveobs.records.universe import Name
from eveobs.telemetry.progress import Progress

if TYPE_CHECKING:
    from eveobs.esi.access import Access
    from eveobs.esi.client import EsiClient
    from eveobs.store.store import Store

ROUTE = BY_PATH["GET", "/universe/structures/{structure_id}"]
CATEGORY = "structure"
REFUSALS = 40
"""Of the hundred errors that ESI allows a minute."""
REFUSED = frozenset((403,))


class Structure(Record, frozen=True, kw_only=True, omit_defaults=True):
    """What is needed of `GET /universe/structures/{structure_id}`."""

    name: str


@dataclass(slots=True)
class _Asking:
    """Asks for one structure after the other, each as those who were not refused before."""

    client: EsiClient
    accesses: Sequence[Access]
    refused: dict[int, set[int]]
    note: Callable[[int, int], None]
    count: int = 0
    names: list[Name] = field(default_factory=list)
    unknown: list[int] = field(default_factory=list)
    let_in: list[tuple[int, int]] = field(default_factory=list)
    error: EveobsError | None = None

    def who(self, structure_id: int) -> list[Access]:
        """Those who may be let in."""
        return [one for one in self.accesses if structure_id not in self.refused[one.character_id]]

    async def ask(self, structure_id: int) -> None:
        """Try one character after the other, until one is let in."""
        failed: EveobsError | None = None
        for one in self.who(structure_id):
            if self.count >= REFUSALS or isinstance(self.error, LimitError):
                return
            try:
                if await self._ask_as(one, structure_id):
                    return
            except SignInError as error:  # another character may still do
                failed = failed or error
            except EveobsError as error:
                failed = error
                break
        self.error = self.error or failed

    async def _ask_as(self, access: Access, structure_id: int) -> bool:
        """Whether the structure answered, be it that there is none."""
        answer = await self.client.get(
            ROUTE,
            {"structure_id": structure_id},
            shape=Structure,
            keep=False,  # the store does
            accept=REFUSED | {404},
            access=access,
        )
        if answer.status == 403:
            self.count += 1
            await in_thread(self.note, access.character_id, structure_id)
            return False
        if answer.value is None:
            self.unknown.append(structure_id)
        else:
            self.let_in.append((access.character_id, structure_id))
            self.names.append(Name(category=CATEGORY, id=structure_id, name=answer.value.name))
        return True


async def remember_structures(
    ids: Iterable[int],
    *,
    accesses: Sequence[Access],
    client: EsiClient,
    store: Store,
    now: datetime,
    progress: Progress,
) -> EveobsError | None:
    """Ask for the names of those structures among `ids` that the store does not know, and keep
    them. None of `ids` may be an item: asking for one is a refusal.

    Returns the error that left some unnamed; what did arrive is kept all the same. A refusal is
    none: that structure stays unnamed until somebody is let in.
    """
    possible = {number for number in ids if number >= FIRST_STRUCTURE}
    able = [one for one in accesses if ROUTE.scope in one.scopes]
    if not possible or not able:
        return None

    def look() -> tuple[list[int], dict[int, set[int]]]:
        wanted = store.unnamed(possible, now)
        whose = [one.character_id for one in able]
        return sorted(wanted), {who: store.refused_structures(who, wanted, now) for who in whose}

    wanted, refused = await in_thread(look)
    asking = _Asking(client, able, refused, lambda who, what: store.note_refusal(who, what, now))
    wanted = [number for number in wanted if asking.who(number)]
    if not wanted:
        return None
    progress.expect("structures", len(wanted))
    try:
        async with aclosing(client.each(wanted, asking.ask)) as answers:
            async for _ in answers:
                progress.advance("structures")
    finally:
        await in_thread(_keep, store, asking, now)
    return asking.error


def _keep(store: Store, asking: _Asking, now: datetime) -> None:
    store.keep_names(asking.names, asking.unknown, now)
    for character_id, structure_id in asking.let_in:
        store.forget_refusal(character_id, structure_id)
