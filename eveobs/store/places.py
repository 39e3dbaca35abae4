"""Where a thing is: the station, structure or solar system that it, or what holds it, lies in."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import Connection, TableClause, select

from eveobs.store.chunks import chunks
from eveobs.store.lending import existing, last_first
from eveobs.store.names import names_of

ASSETS = "assets"
STEPS = 20
"""As deep as things lie in one another: in a container in a ship's hold in a hangar, with room."""


def resolve(connection: Connection, ids: Collection[int]) -> dict[int, str]:
    """The names of the places `ids` lie in, those that are known.

    An id with a name of its own is a place; from any other the way goes up through the assets.
    """
    found = names_of(connection, ids)
    at = {start: start for start in set(ids) - found.keys()}
    assets = existing(connection, ASSETS) if at else None
    if assets is None or not {"item_id", "location_id"} <= {*assets.c.keys()}:
        return found
    for _ in range(STEPS):
        holders = _holders(connection, assets, set(at.values()))
        at = {start: holders[here] for start, here in at.items() if here in holders}
        names = names_of(connection, at.values())
        found.update((start, names[here]) for start, here in at.items() if here in names)
        at = {start: here for start, here in at.items() if here not in names}
        if not at:
            break
    return found


def _holders(connection: Connection, assets: TableClause, items: Collection[int]) -> dict[int, int]:
    """What each of `items` lies in, as the owner that saw it last says."""
    found: dict[int, int] = {}
    for some in chunks(sorted(items)):
        statement = select(assets.c.item_id, assets.c.location_id)
        where = assets.c.item_id.in_(some)
        for row in connection.execute(statement.where(where).order_by(*last_first(assets))):
            found[row.item_id] = row.location_id
    return found


def items_of(connection: Connection, owner_id: int, ids: Iterable[int]) -> set[int]:
    """Those of `ids` that are assets of the owner, and lie in something else than space.

    A structure of a corporation's own is among its assets, too: that one floats in a solar system.
    """
    assets = existing(connection, ASSETS)
    if assets is None or not {"item_id", "owner_id", "location_type"} <= {*assets.c.keys()}:
        return set()
    found: set[int] = set()
    for some in chunks(sorted({*ids})):
        statement = select(assets.c.item_id).where(
            assets.c.owner_id == owner_id,
            assets.c.item_id.in_(some),
            assets.c.location_type != "solar_system",
        )
        found.update(connection.execute(statement).scalars())
    return found
