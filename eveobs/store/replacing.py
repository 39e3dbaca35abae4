"""Details that are as their last reading says: what it does not show is no longer there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, select

from eveobs.store.bulk import Row
from eveobs.store.chunks import chunks


def make_room(
    connection: Connection,
    table: Table,
    names: tuple[str, ...],
    rows: Sequence[Row],
    *,
    among: Mapping[str, Sequence[int]],
    owner: Mapping[str, int],
) -> tuple[list[Row], int]:
    """Delete what is stored otherwise than in `rows`, values in the order of `names`.

    `among` is the column of the parents with those that were read; rows of other parents and of
    other owners stay. Returns the rows that have to be added, and how many are gone for good.
    """
    places = [names.index(column.name) for column in table.primary_key]
    wanted = {tuple(row[place] for place in places): row for row in rows}
    kept = set()
    old = []
    for row in _stored(connection, table, names, among, owner):
        key = tuple(row[place] for place in places)
        if key in wanted and _plain(wanted[key]) == _plain(row):
            kept.add(key)
        else:
            old.append(key)
    _delete(connection, table, old)
    added = [row for key, row in wanted.items() if key not in kept]
    return added, sum(key not in wanted for key in old)


def _stored(
    connection: Connection,
    table: Table,
    names: tuple[str, ...],
    among: Mapping[str, Sequence[int]],
    owner: Mapping[str, int],
) -> Iterator[Row]:
    columns = [table.c[name] for name in names]
    whose = [table.c[name] == value for name, value in owner.items()]
    for name, parents in among.items():
        for some in chunks(parents):
            found = connection.execute(select(*columns).where(*whose, table.c[name].in_(some)))
            yield from found.all()


def _delete(connection: Connection, table: Table, keys: Sequence[tuple[Any, ...]]) -> None:
    if keys:
        columns = list(table.primary_key)
        is_key = [column == bindparam(f"the_{column.name}") for column in columns]
        names = [f"the_{column.name}" for column in columns]
        connection.execute(
            delete(table).where(*is_key), [dict(zip(names, key, strict=True)) for key in keys]
        )


def _plain(row: Row) -> list[Any]:
    """The values as a database gives them back: see `UtcTime` and `TypedText`."""
    return [_kept(value) for value in row]


def _kept(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(microsecond=0)
    return value.replace("\0", "\ufffd") if isinstance(value, str) else value
