"""Types by name or id: those met before, and where that is not enough, ESI's word."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from eveobs.errors import UsageError
from eveobs.esi.routes import BY_PATH
from eveobs.records.universe import NamesFound
from eveobs.store import glance

if TYPE_CHECKING:
    from eveobs.esi.client import EsiClient

IDS = BY_PATH["POST", "/universe/ids"]
TYPE = "inventory_type"
"""What ESI calls the category of a type's name."""
MOST = 500
"""Names in one question."""


async def find_types(words: Sequence[str], *, client: EsiClient, url: str) -> list[int]:
    """The ids of the types that `words` name (in any case), ascending. Ids are taken as they are.

    Raises UsageError for a name that no type has.
    """
    known = {word: _known(word, url) for word in words}
    unknown = [word for word, number in known.items() if number is None]
    for start in range(0, len(unknown), MOST):
        asked = [word.strip() for word in unknown[start : start + MOST]]
        answer = await client.post(IDS, list(dict.fromkeys(asked)), shape=NamesFound)
        found = answer.value.inventory_types if answer.value else ()
        known |= _by_word(unknown, {one.name.casefold(): one.id for one in found})
    for word, number in known.items():
        if number is None:
            raise UsageError(
                f"there is no type {word!r}",
                hint="A type is given by its whole name, such as 'Tritanium', or its id.",
            )
    return sorted({number for number in known.values() if number is not None})


def _known(word: str, url: str) -> int | None:
    text = word.strip()
    if text.isdecimal() and len(text) < 10:
        return int(text)
    return glance.name_to_id(url, TYPE, text)


def _by_word(words: Sequence[str], found: dict[str, int]) -> dict[str, int | None]:
    there = {word: found.get(word.strip().casefold()) for word in words}
    return {word: number for word, number in there.items() if number is not None}
