"""What a domain is: its records, their keys, how they are filtered and shown.

A `Schema` is plain data. The store makes tables and queries of it, the command line makes options
and columns of it, a processor fills it; none of them needs to know the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import msgspec


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A row as ESI sends it. Fields ESI may leave out default to None (or what absence means)."""


class SubjectKind(StrEnum):
    """Whose list an observation reads. `universe` is New Eden as a whole: there is but one."""

    UNIVERSE = "universe"
    REGION = "region"
    CHARACTER = "character"
    CORPORATION = "corporation"


class Kind(StrEnum):
    """What a value is to a reader; the renderer decides how it looks."""

    ID = "id"
    TEXT = "text"
    ISK = "isk"
    NUMBER = "number"
    VOLUME = "volume"
    PERCENT = "percent"
    SHARE = "share"
    TIME = "time"
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table a person sees.

    `rank` says which columns give way on a narrow terminal: 1 is always shown, higher numbers go
    first. `flexible` columns share what width is left and are cut with an ellipsis.
    """

    field: str
    title: str
    kind: Kind = Kind.TEXT
    rank: int = 1
    flexible: bool = False


class Match(StrEnum):
    """How a filter compares the stored value with what was asked for."""

    EQUALS = "equals"
    AT_LEAST = "at-least"
    AT_MOST = "at-most"
    BEFORE = "before"
    CONTAINS = "contains"


@dataclass(frozen=True, slots=True)
class Filter:
    """An option of `eveobs list`.

    `field` is a field of the record, of `detail`'s record when that is named, and for `names` an id
    that may be given by number or by (part of) its resolved name. With `past` a span such as 3d is
    counted back from now.
    """

    option: str
    field: str
    match: Match
    help: str
    kind: Kind = Kind.TEXT
    detail: str | None = None
    names: bool = False
    choices: tuple[str, ...] = ()
    past: bool = False


@dataclass(frozen=True, slots=True)
class Borrowed:
    """Fields that a row lacks and another domain's stored row may have.

    Where a row's own value of a field is None (or the row has no such field), it is taken from the
    row of `table` whose `theirs` equals the row's `mine`; of several, from the one seen last.
    `fields` maps the name shown to the column of `table`. A table that is not there lends nothing.
    `where` are values that the lending row must have. `owned`: only a row of the same owner lends.
    """

    table: str
    mine: str
    theirs: str
    fields: Mapping[str, str]
    where: Mapping[str, object] = field(default_factory=dict)
    owned: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Detail:
    """Rows that hang on one listed record, such as the items of a contract.

    `final` details never change once given: they are asked for once and kept for ever, also when
    the answer was that there is nothing to see. `summary` says in a few words what the rows of one
    record are, for the field `<name>_summary` of its table. `current` details are replaced by every
    reading of their record; others are only added to. `shared` details are the same whoever's list
    shows the record; otherwise, in a domain with owners, they are kept for each owner. `side` names
    a flag that divides them in two, such as what a contract offers from what it asks for: a summary
    that begins with what somebody looked for tells of the side on which that is.
    """

    name: str
    record: type[Record]
    key: str
    names: Mapping[str, str] = field(default_factory=dict)
    columns: tuple[Column, ...] = ()
    final: bool = False
    current: bool = False
    shared: bool = False
    borrows: tuple[Borrowed, ...] = ()
    summary: Callable[[Sequence[Mapping[str, Any]]], str] | None = None
    side: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Schema:
    """One domain. `names` maps id fields to the field their resolved name is shown under.

    A record that leaves its list before the time in its field `expires` is `gone_early`, one that
    leaves it after that is `expired`. A `ledger` only grows: what left its list has grown old, and
    is never declared gone.

    `places` maps fields that hold a location (a station, a structure, a solar system, or an item in
    one) to the field that the name of the station, structure or system is shown under.

    A domain of characters and corporations has an owner beside the key: the same record in two
    owners' lists is two rows with a life each, and one in a list that is not told whose.
    `tree` names the field with the key of the row that a row lies in.

    A `fleeting` domain is what its list shows now: a row is replaced by its next reading, one that
    left the list is deleted, and no change is written down. It may be read as a stream.
    A domain `by_type` is asked about one type at a time, so it must be said which: the details of
    its units are the ids of types. One that is only `on_demand` is no part of "everything there
    is". `indexed` are fields that are searched by.

    `views` are other columns for a list of which a filter leaves one kind of rows, by option and
    value: of couriers the reward and the route matter, and not the price.
    """

    name: str
    singular: str
    subjects: tuple[SubjectKind, ...]
    record: type[Record]
    key: str
    expires: str | None = None
    ledger: bool = False
    places: Mapping[str, str] = field(default_factory=dict)
    borrows: tuple[Borrowed, ...] = ()
    tree: str | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    details: tuple[Detail, ...] = ()
    filters: tuple[Filter, ...] = ()
    columns: tuple[Column, ...] = ()
    sort: str = ""
    gone_early: str = "gone"
    fleeting: bool = False
    by_type: bool = False
    on_demand: bool = False
    indexed: tuple[str, ...] = ()
    views: Mapping[tuple[str, str], tuple[Column, ...]] = field(default_factory=dict)

    def columns_for(self, values: Mapping[str, object]) -> tuple[Column, ...]:
        """The columns for a list that is filtered by these `values`, by option."""
        for (option, value), columns in self.views.items():
            if values.get(option) == [value]:
                return columns
        return self.columns

    @property
    def owned(self) -> bool:
        """Whether the lists are of characters and corporations, who sign in for them."""
        return not {SubjectKind.REGION, SubjectKind.UNIVERSE} & {*self.subjects}

    @property
    def subject_field(self) -> str:
        """The column that says whose list a row came from: `region_id`, or `owner_id`."""
        return "owner_id" if self.owned else f"{self.subjects[0]}_id"

    @property
    def table(self) -> str:
        """The name of its table, which has no hyphen."""
        return self.name.replace("-", "_")

    def detail(self, name: str) -> Detail:
        """The detail called `name`; KeyError where there is none."""
        return {detail.name: detail for detail in self.details}[name]


def builtins(record: Record) -> dict[str, Any]:
    """The row with every field by ESI's name, absent ones as None."""
    return {name: getattr(record, name) for name in record.__struct_fields__}
