"""The tables: five that every domain shares, and those made of a domain's `Schema`.

Times are ISO 8601 text in UTC with a Z, as ESI writes them: they sort, and a person who opens the
database can read them. ISK stays a double. Ids are 64-bit.
"""

from __future__ import annotations

import types
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Double,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)
from sqlalchemy.types import TypeDecorator, TypeEngine

from eveobs.errors import ConfigError
from eveobs.records.schema import Detail, Record, Schema

TIME_LENGTH = 20


class UtcTime(TypeDecorator[datetime]):
    """An aware datetime, kept as `2026-09-23T08:11:31Z`."""

    impl = String(TIME_LENGTH)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Text for the database."""
        return None if value is None else utc_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """The moment that was kept."""
        return None if value is None else datetime.fromisoformat(value)


class TypedText(TypeDecorator[str]):
    """What a player typed, for PostgreSQL, whose text holds everything but U+0000."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """The same with U+FFFD for what cannot be held."""
        return None if value is None else value.replace("\0", "\ufffd")


@lru_cache(maxsize=1024)
def utc_text(moment: datetime) -> str:
    """`moment` as ESI writes it, to the second. All rows of a reading share one."""
    there = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return f"{there.isoformat(timespec='seconds')[:19]}Z"


METADATA = MetaData()
LONG = BigInteger().with_variant(Integer, "sqlite")
"""64 bits everywhere; SQLite numbers rows by itself only for the type it calls INTEGER."""

COUNTS = (
    *("pages", "rows", "new", "changed", "gone"),
    *("requests", "not_modified", "cached", "tokens", "bytes"),
)

OBSERVATIONS = Table(
    "observations",
    METADATA,
    Column("id", LONG, primary_key=True, autoincrement=True),
    Column("processor", Text, nullable=False),
    Column("subject_kind", Text, nullable=False),
    Column("subject_id", LONG, nullable=False),
    Column("details", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("whole", Boolean, nullable=False),
    Column("error", Text),
    Column("started_at", UtcTime, nullable=False),
    Column("finished_at", UtcTime, nullable=False),
    Column("moment", UtcTime),
    Column("expires", UtcTime),
    Column("fresh_until", UtcTime),
    *(Column(name, LONG, nullable=False, default=0) for name in COUNTS),
    Index("observations_by_subject", "processor", "subject_kind", "subject_id", "id"),
)
"""One row a reading of one list for one subject. `moment` is the Last-Modified of the list: the
moment the rows are of. Until `fresh_until` nothing about this subject needs to be asked again.
"""
ARCHIVE = "archive"
"""The kind of subject of an observation that was taken in from an archive; its id is 0."""

CHANGES = Table(
    "changes",
    METADATA,
    Column("id", LONG, primary_key=True, autoincrement=True),
    Column("observation", LONG, nullable=False),
    Column("processor", Text, nullable=False),
    Column("key", LONG, nullable=False),
    Column("field", Text, nullable=False),
    Column("old", Text),
    Column("new", Text),
    Column("owner", LONG),
    Index("changes_by_key", "processor", "key"),
)
"""What differed between two observations of one record, a row a field, values as JSON. `owner`:
whose record it is, in a domain with owners.
"""

ANSWERS = Table(
    "answers",
    METADATA,
    Column("processor", Text, primary_key=True),
    Column("detail", Text, primary_key=True),
    Column("parent", LONG, primary_key=True, autoincrement=False),
    Column("meaning", Text, nullable=False),
    Column("asked_at", UtcTime, nullable=False),
    sqlite_with_rowid=False,
)
"""That a detail of a record was answered for good, and with what: `given`, or why there is none.
`asked_at` is the answer's Last-Modified, or when it was asked for where it has none.
"""

NAMES = Table(
    "names",
    METADATA,
    Column("id", LONG, primary_key=True, autoincrement=False),
    Column("category", Text),
    Column("name", Text),
    Column("asked_at", UtcTime, nullable=False),
    Index("names_by_name", "name"),
)
"""What `/universe/names` said of an id; without a name: that it did not know it."""

REFUSALS = Table(
    "refusals",
    METADATA,
    Column("character_id", LONG, primary_key=True, autoincrement=False),
    Column("subject", LONG, primary_key=True, autoincrement=False),
    Column("refused_at", UtcTime, nullable=False),
    Column("until", UtcTime, nullable=False),
    Column("times", LONG, nullable=False),
)
"""That a structure refused a character (403): when last, how often, and until when it is not worth
asking again.
"""

LIFE_CYCLE = (
    ("first_seen", UtcTime(), False),
    ("last_seen", UtcTime(), False),
    ("changed_at", UtcTime(), True),
    ("gone_at", UtcTime(), True),
    ("gone_how", Text(), True),
    ("first_observation", LONG, False),
    ("last_observation", LONG, False),
    ("changed_observation", LONG, True),
    ("gone_observation", LONG, True),
    ("row_hash", LONG, False),
)


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of one domain: its list, and one a detail by name."""

    listed: Table
    details: dict[str, Table]


@cache
def tables_of(schema: Schema) -> Tables:
    """The tables that hold `schema`. Raises ConfigError for one that no table can hold."""
    _check(schema)
    name, owned = schema.table, schema.owned
    listed = Table(
        name,
        METADATA,
        *record_columns(schema.record, () if owned else (schema.key,)),
        Column(schema.subject_field, LONG, nullable=False),
        *(Column(column, kind, nullable=empty) for column, kind, empty in LIFE_CYCLE),
        Index(f"{name}_by_subject", schema.subject_field, "gone_at"),
        *(Index(f"{name}_by_{field}", field) for field in schema.indexed),
        *(_owned_keys(schema) if owned else ()),
    )
    return Tables(listed, {detail.name: _detail(schema, detail) for detail in schema.details})


def table_names(schema: Schema) -> set[str]:
    """The names of the tables that hold `schema`."""
    tables = tables_of(schema)
    return {table.name for table in (tables.listed, *tables.details.values())}


def _owned_keys(schema: Schema) -> tuple[PrimaryKeyConstraint, Index]:
    """A life for each owner; and all owners of one key, side by side."""
    return (
        PrimaryKeyConstraint("owner_id", schema.key),
        Index(f"{schema.table}_by_key", schema.key),
    )


def detail_table(schema: Schema, detail: Detail) -> str:
    """The name of the table that holds `detail`."""
    return f"{schema.singular}_{detail.name}".replace("-", "_")


def of_owner(schema: Schema, detail: Detail) -> bool:
    """Whether the rows of `detail` are kept for each owner of their record."""
    return schema.owned and not detail.shared


def _check(schema: Schema) -> None:
    """Before anything is made of it: a table that is half made would be in the way for ever."""
    needed = [schema.table, *(detail_table(schema, detail) for detail in schema.details)]
    taken = {name for name in needed if name in METADATA.tables or needed.count(name) > 1}
    if taken:
        raise _unfit(schema, f"the table {min(taken)!r} is another's")
    ours = {schema.subject_field, *(name for name, _, _ in LIFE_CYCLE)}
    taken = ours & {*schema.record.__struct_fields__}
    if taken:
        raise _unfit(schema, f"the field {min(taken)!r} of a row is the store's own")
    for detail in schema.details:
        _check_detail(schema, detail)
    for record in (schema.record, *(detail.record for detail in schema.details)):
        for field in msgspec.structs.fields(record):
            if _column_type(field.type) is None:
                kind = getattr(field.type, "__name__", field.type)
                raise _unfit(schema, f"{record.__name__}.{field.name} is {kind}, not a plain value")


def _check_detail(schema: Schema, detail: Detail) -> None:
    if of_owner(schema, detail) and detail.final:  # answers are remembered by key alone
        raise _unfit(schema, f"its {detail.name} are final, and so the same for all: shared")
    ours = {schema.key, *(("owner_id",) if schema.owned else ())}
    taken = ours & {*detail.record.__struct_fields__}
    if taken:
        raise _unfit(schema, f"the field {min(taken)!r} of its {detail.name} is the store's own")


def _unfit(schema: Schema, why: str) -> ConfigError:
    return ConfigError(
        f"the processor {schema.name!r} cannot be stored: {why}",
        hint="Update or uninstall the package it is from.",
    )


def _detail(schema: Schema, detail: Detail) -> Table:
    name = detail_table(schema, detail)
    fields = detail.record.__struct_fields__
    indexed = (Index(f"{name}_by_{field}", field) for field in detail.names if field in fields)
    owner = ("owner_id",) if of_owner(schema, detail) else ()
    return Table(
        name,
        METADATA,
        *(
            Column(column, LONG, primary_key=True, autoincrement=False)
            for column in (*owner, schema.key)
        ),
        *record_columns(detail.record, (detail.key,)),
        *indexed,
        sqlite_with_rowid=False,
    )


def record_columns(record: type[Record], keys: Sequence[str]) -> list[Column[Any]]:
    """A column a field of `record`; `keys` are the primary key."""
    return [
        Column(
            field.name,
            _column_type(field.type),
            primary_key=field.name in keys,
            autoincrement=False,
            nullable=not field.required,
        )
        for field in msgspec.structs.fields(record)
    ]


def _column_type(annotation: Any) -> TypeEngine[Any] | None:
    if get_origin(annotation) in (Union, types.UnionType):
        annotation = next(a for a in get_args(annotation) if a is not types.NoneType)
    if get_origin(annotation) is Annotated:  # a unit (see records.units) does not change the column
        annotation = get_args(annotation)[0]
    if get_origin(annotation) is Literal:
        return Text()
    kinds: dict[Any, TypeEngine[Any]] = {
        bool: Boolean(),
        int: LONG,
        float: Double(),
        str: Text().with_variant(TypedText(), "postgresql"),
        datetime: UtcTime(),
    }
    return kinds.get(annotation)
