"""Static data in the store: replaced whole, in one transaction, or left as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import cache
from itertools import islice
from typing import Any, NamedTuple

from msgspec.structs import astuple
from sqlalchemy import Column, Connection, Integer, Table, Text, delete, func, insert, select

from eveobs.records.schema import Record
from eveobs.records.static import KINDS, NAMED
from eveobs.records.universe import Name
from eveobs.store.bulk import Row, add_rows
from eveobs.store.chunks import chunks
from eveobs.store.names import keep_names
from eveobs.store.tables import LONG, METADATA, NAMES, UtcTime, record_columns

PORTION = 5000
"""Rows in memory at a time."""

BUILDS = Table(
    "static_builds",
    METADATA,
    Column("build", LONG, primary_key=True, autoincrement=False),
    Column("released", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("etag", Text, nullable=False),
    Column("loaded_at", UtcTime, nullable=False),
    Column("rows", Integer, nullable=False),
)
"""One row: what is loaded."""


class Loaded(NamedTuple):
    """The static data that is loaded."""

    build: int
    released: str
    language: str
    etag: str
    loaded_at: datetime
    rows: int


@cache
def static_table(kind: str) -> Table:
    """The table of one kind."""
    record, key = KINDS[kind]
    return Table(f"static_{kind}", METADATA, *record_columns(record, key))


def table_names() -> set[str]:
    """All tables of static data."""
    return {BUILDS.name, *(static_table(kind).name for kind in KINDS)}


def loaded(connection: Connection) -> Loaded | None:
    """What is loaded; None for nothing."""
    found = connection.execute(select(BUILDS)).first()
    return None if found is None else Loaded(*found)


def counts(connection: Connection) -> dict[str, int]:
    """Rows of each kind."""
    return {
        kind: connection.execute(select(func.count()).select_from(static_table(kind))).scalar_one()
        for kind in KINDS
    }


def replace_all(
    connection: Connection,
    rows: Mapping[str, Iterable[Record]],
    about: Mapping[str, Any],
    advance: Callable[[], object],
) -> int:
    """Put `rows` (by kind) in the place of all that was there; returns how many there are.

    `advance` is called after each kind.
    """
    total = 0
    for kind, some in rows.items():
        connection.execute(delete(static_table(kind)))
        names = KINDS[kind][0].__struct_fields__
        for portion in _portions(some):
            added: list[Row] = [tuple(astuple(row)) for row in portion]
            total += add_rows(connection, static_table(kind), names, added)
            _keep_names(connection, kind, portion, about)
        advance()
    connection.execute(delete(BUILDS))
    connection.execute(insert(BUILDS).values(**about, rows=total))
    return total


def types(connection: Connection, ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """What is known of types, with `category_id` and the names of group and category."""
    type_, group, category = (static_table(kind) for kind in ("types", "groups", "categories"))
    query = (
        select(
            type_,
            group.c.name.label("group_name"),
            category.c.category_id,
            category.c.name.label("category_name"),
        )
        .join(group, group.c.group_id == type_.c.group_id)
        .join(category, category.c.category_id == group.c.category_id)
    )
    found: dict[int, dict[str, Any]] = {}
    for some in chunks(sorted(set(ids))):
        for row in connection.execute(query.where(type_.c.type_id.in_(some))).mappings():
            found[row["type_id"]] = dict(row)
    return found


def named(connection: Connection, words: Iterable[str]) -> dict[str, list[int]]:
    """The types called one of `words` (in any case), by the word, folded: those that are published
    if there are any, all of that name otherwise. Names that were only met count too.
    """
    by_name: dict[str, dict[int, bool]] = {}
    type_, folded = static_table("types").c, sorted({word.casefold() for word in words})
    name = func.lower(NAMES.c.name)
    for some in chunks(folded):
        met = (
            select(NAMES.c.name, NAMES.c.id, type_.published)
            .outerjoin(static_table("types"), type_.type_id == NAMES.c.id)
            .where(NAMES.c.category == NAMED["types"], name.in_(some))
        )
        for text, number, published in connection.execute(met):
            by_name.setdefault(text.casefold(), {})[number] = bool(published)
    return {
        text: [number for number, shown in found.items() if shown or not any(found.values())]
        for text, found in by_name.items()
    }


def places(connection: Connection, ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Where stations and solar systems are: `system`, `security` and `region`, by id."""
    station, system, region = (static_table(kind) for kind in ("stations", "systems", "regions"))
    shown = (system.c.name, system.c.security, region.c.name)
    found: dict[int, dict[str, Any]] = {}
    of_region = region.c.region_id == system.c.region_id
    for some in chunks(sorted(set(ids))):
        systems = select(system.c.system_id.label("id"), *shown).join(region, of_region)
        stations = systems.with_only_columns(station.c.station_id.label("id"), *shown).join(
            station, station.c.system_id == system.c.system_id
        )
        for query, key in ((systems, system.c.system_id), (stations, station.c.station_id)):
            for id_, name, security, region_name in connection.execute(query.where(key.in_(some))):
                found[id_] = {"system": name, "security": security, "region": region_name}
    return found


def _portions(rows: Iterable[Record]) -> Iterator[list[Record]]:
    left = iter(rows)
    while portion := list(islice(left, PORTION)):
        yield portion


def _keep_names(
    connection: Connection, kind: str, rows: Iterable[Record], about: Mapping[str, Any]
) -> None:
    """Names for where ESI's would be asked for.

    A station's is composed. In English it is what ESI says (tried with all 5,154 of build 3650286),
    and takes the place of what an older eveobs composed; in other languages ESI's own stays.
    """
    found, now = _names(kind, rows), about["loaded_at"]
    if kind == "stations" and about["language"] != "en":
        fields = ("id", "category", "name", "asked_at")
        add_rows(
            connection, NAMES, fields, [(one.id, one.category, one.name, now) for one in found]
        )
    else:
        keep_names(connection, found, (), now)


def _names(kind: str, rows: Iterable[Record]) -> list[Name]:
    """What is to be known by name too, in ESI's words."""
    if kind not in NAMED:
        return []
    key = KINDS[kind][1][0]
    pairs = ((getattr(row, key), str(getattr(row, "name", ""))) for row in rows)
    return [Name(category=NAMED[kind], id=number, name=name) for number, name in pairs if name]
