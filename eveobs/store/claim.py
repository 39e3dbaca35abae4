"""Which ESI a store belongs to, as it is kept in the store itself; see `store.source` for why."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy import Column, Connection, Engine, Integer, Table, Text, insert, select

from eveobs.store.engine import shown_url, writing
from eveobs.store.migrate import add_missing_tables
from eveobs.store.source import OFFICIAL, EsiSource, refusal
from eveobs.store.tables import METADATA, OBSERVATIONS, UtcTime

STORE_SOURCE = Table(
    "store_source",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("base_url", Text, nullable=False),
    Column("tenant", Text, nullable=False),
    Column("since", UtcTime, nullable=False),
)
"""At most one row, whose id is 1."""


@contextmanager
def writing_of(engine: Engine, source: EsiSource | None, ready: set[str]) -> Iterator[Connection]:
    """A transaction that writes data of `source`, into a store of that source only.

    `ready` remembers that the table is there. Without a source nothing is compared.
    """
    if source is not None and STORE_SOURCE.name not in ready:
        add_missing_tables(engine, {STORE_SOURCE.name})
        ready.add(STORE_SOURCE.name)
    with writing(engine) as connection:
        if source is not None:
            claim(connection, source, shown_url(engine))
        yield connection


def read_source(connection: Connection) -> EsiSource | None:
    """The source that the store names; None for none yet."""
    found = connection.execute(select(STORE_SOURCE.c.base_url, STORE_SOURCE.c.tenant)).first()
    return None if found is None else EsiSource(found.base_url, found.tenant)


def claim(connection: Connection, source: EsiSource, where: str) -> None:
    """Compare `source` with the one that the store names, or name it where none is named yet.

    To be called in the transaction that writes. Raises ConfigError for another source, and for a
    store without a name that holds data, unless `source` is the official one or was declared.
    """
    kept = read_source(connection)
    if kept is None:
        named = source.declared or source.key == OFFICIAL.key
        if not named and _holds_data(connection):
            raise refusal(OFFICIAL, source, where, presumed=True)
        row = {"id": 1, "base_url": source.base_url, "tenant": source.tenant}
        connection.execute(insert(STORE_SOURCE).values(**row, since=datetime.now(UTC)))
    elif kept.key != source.key:
        raise refusal(kept, source, where)


def _holds_data(connection: Connection) -> bool:
    return connection.execute(select(OBSERVATIONS.c.id).limit(1)).first() is not None
