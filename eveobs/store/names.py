"""Names of ids, remembered for as long as their kind keeps them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, or_, select

from eveobs.records.schema import Schema
from eveobs.records.universe import Name
from eveobs.store.bulk import INSERTS
from eveobs.store.chunks import chunks
from eveobs.store.tables import NAMES, tables_of

RENAMED_AFTER = {
    "character": timedelta(days=30),
    "corporation": timedelta(days=30),
    "alliance": timedelta(days=30),
    "structure": timedelta(days=7),
}
"""How long the names of things that can be renamed are believed; all others never change."""
FOR_EVER = timedelta(days=36500)
UNKNOWN_AFTER = timedelta(days=7)
"""How long ESI's word that an id has no name is believed."""


def unnamed(connection: Connection, ids: Iterable[int], now: datetime) -> set[int]:
    """Those of `ids` that should be asked for: never met, or asked too long ago."""
    wanted = set(ids)
    known: set[int] = set()
    for some in chunks(sorted(wanted)):
        rows = connection.execute(
            select(NAMES.c.id, NAMES.c.category, NAMES.c.asked_at).where(NAMES.c.id.in_(some))
        )
        known.update(row.id for row in rows if now - row.asked_at < _lasts(row.category))
    return wanted - known


def never_asked(connection: Connection, schema: Schema, details: Collection[str]) -> set[int]:
    """Ids in the stored rows of `details` that no name was ever asked for: of a run that was killed
    or failed after it had kept them.
    """
    found: set[int] = set()
    for detail in schema.details:
        table = tables_of(schema).details[detail.name]
        stored = [field for field in detail.names if field in table.c]
        for field in stored if detail.name in details else ():
            ids = select(table.c[field].label("id")).distinct().subquery()
            met = select(NAMES.c.id).where(NAMES.c.id == ids.c.id).exists()
            unmet = select(ids.c.id).where(ids.c.id.is_not(None), ~met)
            found.update(connection.execute(unmet).scalars())
    return found


def _lasts(category: str | None) -> timedelta:
    if category is None:
        return UNKNOWN_AFTER
    return RENAMED_AFTER.get(category, FOR_EVER)


def keep_names(
    connection: Connection, names: Iterable[Name], unknown: Iterable[int], now: datetime
) -> None:
    """Remember `names`, and that ESI does not know the ids `unknown`."""
    rows = [{"id": n.id, "category": n.category, "name": n.name, "asked_at": now} for n in names]
    rows += [{"id": i, "category": None, "name": None, "asked_at": now} for i in unknown]
    if not rows:
        return
    statement = INSERTS[connection.dialect.name](NAMES)
    new = statement.excluded
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=[NAMES.c.id],
            set_={
                "category": func.coalesce(new.category, NAMES.c.category),
                "name": func.coalesce(new.name, NAMES.c.name),
                "asked_at": new.asked_at,
            },
        ),
        rows,
    )


def names_of(connection: Connection, ids: Iterable[int]) -> dict[int, str]:
    """The names that are known of `ids`."""
    found: dict[int, str] = {}
    for some in chunks(sorted(set(ids))):
        rows = connection.execute(
            select(NAMES.c.id, NAMES.c.name).where(NAMES.c.id.in_(some), NAMES.c.name.is_not(None))
        )
        found.update((row.id, row.name) for row in rows)
    return found


def named(connection: Connection, category: str, names: Sequence[str] = ()) -> list[Name]:
    """All known names of `category`; only those equal to one of `names`, in any case, if given."""
    wanted = [func.lower(NAMES.c.name) == name.lower() for name in names]
    query = select(NAMES.c.id, NAMES.c.name).where(NAMES.c.category == category)
    if wanted:
        query = query.where(or_(*wanted))
    rows = connection.execute(query.order_by(NAMES.c.name))
    return [Name(category=category, id=row.id, name=row.name) for row in rows]


def like(connection: Connection, category: str, text: str) -> list[Name]:
    """Names of `category` equal to `text` in any case, or else those that have it in them."""
    exact = named(connection, category, [text])
    if exact:
        return exact
    name = func.lower(NAMES.c.name)
    query = select(NAMES.c.id, NAMES.c.name).where(
        NAMES.c.category == category, name.contains(text.lower(), autoescape=True)
    )
    rows = connection.execute(query.order_by(NAMES.c.name))
    return [Name(id=row.id, name=row.name, category=category) for row in rows]
