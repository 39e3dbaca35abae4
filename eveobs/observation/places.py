"""Which ids of places have a name to ask for: those of the universe, and players' structures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from eveobs.observation.names import FIRST_STRUCTURE
from eveobs.records.schema import Record, Schema

if TYPE_CHECKING:
    from eveobs.store.store import Store

OF_THE_UNIVERSE = range(30_000_000, 70_000_000)
"""Solar systems, stations, and what else in space `/universe/names` knows; items begin above."""
ASSETS = "assets"
IN_SPACE = "solar_system"
"""Where an asset lies that may be a structure itself: a corporation's own."""


def places(rows: Sequence[Record], schema: Schema) -> set[int]:
    """The ids in the fields of `rows` that tell a place."""
    if not rows:
        return set()
    fields = [name for name in schema.places if name in rows[0].__struct_fields__]
    return {getattr(row, name) for row in rows for name in fields} - {None}


def of_the_universe(ids: Iterable[int]) -> set[int]:
    """Those of `ids` that are called the same for everybody."""
    return {number for number in ids if number in OF_THE_UNIVERSE}


def structures(
    ids: Iterable[int], rows: Sequence[Record], schema: Schema, owner_id: int, store: Store
) -> set[int]:
    """Those of `ids` that can be structures: no container or ship of the same owner, as its assets
    tell, which are `rows` where these are its assets.
    """
    possible = {number for number in ids if number >= FIRST_STRUCTURE}
    if schema.name == ASSETS:
        return possible - {row.item_id for row in rows if row.location_type != IN_SPACE}  # type: ignore[attr-defined]
    return possible - store.items_of(owner_id, possible) if possible else possible
