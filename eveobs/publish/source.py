"""What of the store is to be published: records, each with all that its page says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from eveobs.publish.document import Key
from eveobs.publish.kinds import Kind
from eveobs.store.query import Query, fields_of

if TYPE_CHECKING:
    from eveobs.records.schema import Schema
    from eveobs.store.store import Store

PORTION = 50
"""Records in memory at a time."""
VOLATILE = ("last_seen",)
"""What every observation changes: it is no news."""

Facts = dict[str, Any]
Pages = dict[str, set[int | str]]
"""What can be linked to: ids by kind."""


class Records(Protocol):
    """Where facts come from."""

    def keys(self) -> dict[str, set[str]]:
        """The external ids of what is wanted, by kind."""

    def records(self, known: Iterable[Key] = ()) -> Iterator[tuple[Kind, str, Facts]]:
        """Kind, external id and facts of all that is wanted; call `keys` first. Pages link to what
        is wanted, and to what the site is `known` to hold.
        """

    def gone(self, kind: str, ids: Sequence[str]) -> Iterator[tuple[Kind, str, Facts]]:
        """Those of `ids` of which it is known that they are gone, as they were last."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Several sources as one; each has kinds of its own."""

    parts: Sequence[Records]

    def keys(self) -> dict[str, set[str]]:
        """What is wanted of any."""
        return {kind: ids for part in self.parts for kind, ids in part.keys().items()}

    def records(self, known: Iterable[Key] = ()) -> Iterator[tuple[Kind, str, Facts]]:
        """The records of all; the pages of each link to those of the others."""
        wanted = (Key(kind, one) for kind, ids in self.keys().items() for one in ids)
        linkable = {*known, *wanted}
        for part in self.parts:
            yield from part.records(linkable)

    def gone(self, kind: str, ids: Sequence[str]) -> Iterator[tuple[Kind, str, Facts]]:
        """What the source of that kind knows to be gone."""
        of_kind = {name: part for part in self.parts for name in part.keys()}  # noqa: SIM118
        yield from of_kind[kind].gone(kind, ids)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be published of one kind: of each schema the rows of a query, the first schema
    that has a record counts. `schemas` are all whose records the kind may be made of, chosen or
    not: a template finds the fields of all of them, None where the record has no such field.
    """

    kind: Kind
    queries: Sequence[tuple[Schema, Query]]
    schemas: Sequence[Schema]


@dataclass(slots=True)
class Source:
    """Reads the records of `wanted` from `store`. `competition` says of contracts how they stand in
    the market, by id.
    """

    store: Store
    wanted: Sequence[Wanted]
    competition: Mapping[int, Facts] = field(default_factory=dict)
    _chosen: dict[str, dict[int, int]] = field(default_factory=dict)

    def keys(self) -> dict[str, set[str]]:
        """The external ids of what is wanted, by kind. The store is asked once."""
        for one in self.wanted if not self._chosen else ():
            chosen = self._chosen.setdefault(one.kind.kind, {})
            for number, (schema, query) in enumerate(one.queries):
                for key in self.store.keys(schema, query):
                    chosen.setdefault(key, number)
        return {kind: {str(key) for key in chosen} for kind, chosen in self._chosen.items()}

    def records(self, known: Iterable[Key] = ()) -> Iterator[tuple[Kind, str, Facts]]:
        """Kind, external id and facts of all that is wanted; call `keys` first.

        Pages link to what is wanted, and to what the site is `known` to hold.
        """
        pages: Pages = {kind: {*map(int, ids)} for kind, ids in self.keys().items()}
        for key in known:
            name = key.external_id
            pages.setdefault(key.kind, set()).add(int(name) if name.isdecimal() else name)
        for one in self.wanted:
            chosen = self._chosen[one.kind.kind]
            for number, (schema, query) in enumerate(one.queries):
                rows = self.store.records(schema, query)
                mine = (row for row in rows if chosen.get(row[schema.key]) == number)
                yield from self._told(one, schema, mine, pages)

    def gone(self, kind: str, ids: Sequence[str]) -> Iterator[tuple[Kind, str, Facts]]:
        """Those of `ids` that a whole observation declared gone, as they were last."""
        (one,) = (one for one in self.wanted if one.kind.kind == kind)
        numbers = [int(text) for text in ids if text.isdecimal()]
        for schema, _ in one.queries:
            for start in range(0, len(numbers), PORTION):
                some = numbers[start : start + PORTION]
                rows = self.store.records(schema, Query(gone_only=True), some)
                yield from self._told(one, schema, rows, {})

    def _told(
        self,
        one: Wanted,
        schema: Schema,
        rows: Iterable[Facts],
        pages: Pages,
    ) -> Iterator[tuple[Kind, str, Facts]]:
        blank = _blank(one)
        portion: list[Facts] = []
        for row in rows:
            portion.append(blank | row)
            if len(portion) == PORTION:
                yield from self._complete(one, schema, portion, pages)
                portion = []
        yield from self._complete(one, schema, portion, pages)

    def _complete(
        self,
        one: Wanted,
        schema: Schema,
        portion: Sequence[Facts],
        pages: Pages,
    ) -> Iterator[tuple[Kind, str, Facts]]:
        ids = [_ids(row) for row in portion]
        everything = {number for some in ids for numbers in some.values() for number in numbers}
        places = self.store.static_places(everything)
        types = self.store.static_types(everything)
        for row, mine in zip(portion, ids, strict=True):
            own: set[int] = {number for numbers in mine.values() for number in numbers}
            linked = own | self._compete(schema, row)
            row["places"] = {str(number): places[number] for number in sorted(own & places.keys())}
            row["types"] = {str(number): types[number] for number in sorted(own & types.keys())}
            row["pages"] = [
                [kind, str(number)]
                for kind, known in sorted(pages.items())
                for number in sorted(linked & known, key=lambda one: (isinstance(one, str), one))
            ]
            for name in VOLATILE:
                row.pop(name, None)
            yield one.kind, str(row[schema.key]), row

    def _compete(self, schema: Schema, row: Facts) -> set[int | str]:
        """Say of a contract how it stands in the market; gives what that links to."""
        if schema.key != "contract_id":
            return set()
        found = row["competition"] = self.competition.get(row["contract_id"])
        if not found or found["why_not"]:
            return set()
        rival = {found["rival"]["contract_id"]} if found["rival"] else set()
        return {f"{found['region_id']}-{found['type_id']}", *rival}


def _blank(one: Wanted) -> Facts:
    """Every field that any of the kind's records may have, without a value."""
    blank: Facts = {}
    for schema in one.schemas:
        blank |= dict.fromkeys(fields_of(schema))
        for detail in schema.details:
            blank[detail.name] = []
            blank |= {f"{detail.name}_summary": ""} if detail.summary else {}
    return blank


def _ids(row: Mapping[str, Any]) -> dict[str, set[int]]:
    """All ids of a record and of what hangs on it, by field."""
    found: dict[str, set[int]] = {}
    for one in (row, *(one for some in row.values() if isinstance(some, list) for one in some)):
        for name, value in one.items():
            if name.endswith("_id") and isinstance(value, int):
                found.setdefault(name, set()).add(value)
    return found
