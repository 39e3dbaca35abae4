"""What simple processors share: one list of a character or corporation, a row a record.

A processor that is no more than that is an `OwnedList`; one that adds to the rows overrides
`compose`, or reads with `read_subject` and says itself what it collected.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from eveobs.esi.routes import BY_PATH
from eveobs.processors.interface import Needs, Task
from eveobs.processors.reading import Failures, collected, read_list
from eveobs.records.collected import Collected, DetailAnswer
from eveobs.records.schema import Record, Schema, SubjectKind

if TYPE_CHECKING:
    from eveobs.esi.answers import Listing
    from eveobs.esi.client import EsiClient
    from eveobs.esi.route import Route

R = TypeVar("R", bound=Record)

STRUCTURES = "esi-universe.read_structures.v1"
"""The scope that names the structures in which things lie."""


def routes_by_kind(schema: Schema, suffix: str, *, method: str = "GET") -> dict[SubjectKind, Route]:
    """`/characters/{character_id}<suffix>` and its like, for the kinds that `schema` is of."""
    return {kind: BY_PATH[method, f"/{kind}s/{{{kind}_id}}{suffix}"] for kind in schema.subjects}


def subject_of(task: Task) -> dict[str, object]:
    """The path parameter that names the subject."""
    return {f"{task.subject_kind}_id": task.subject_id}


def once(rows: Sequence[R], key: str) -> list[R]:
    """`rows` without doubles: of several with one `key`, the last."""
    return list({getattr(row, key): row for row in rows}.values())


def better_stored(task: Task) -> bool:
    """Whether an earlier reading of the subject was whole.

    Then a row that lacks what could not be read is held back, and the stored one stays as it was
    seen; before that, such a row is better than none.
    """
    return task.memory.newest_whole(task.subject_id) is not None


@dataclass(frozen=True, kw_only=True)
class OwnedList(Generic[R]):
    """A processor for one list, with or without pages.

    `lists` is its route for each kind of subject, `shape` how a page is decoded, `query` what is
    asked beside the subject. Where the rows tell of places, names of structures need a scope more.
    """

    schema: Schema
    lists: Mapping[SubjectKind, Route]
    shape: type[list[R]]
    query: Mapping[str, object] = field(default_factory=dict)

    @property
    def routes(self) -> Sequence[Route]:
        """The routes it asks."""
        return tuple(self.lists.values())

    def needs(self, kind: SubjectKind) -> Needs:
        """The scope and one of the roles of its list."""
        route = self.lists[kind]
        return Needs(
            scopes=(route.scope,),
            roles=route.roles,
            useful=(STRUCTURES,) if self.schema.places else (),
        )

    async def collect(
        self, client: EsiClient, task: Task
    ) -> AsyncGenerator[DetailAnswer[Record] | Collected[Record], None]:
        """See Processor.collect."""
        listing = await self.read_subject(client, task)
        failures = Failures()
        failures.note(listing)
        rows = [self.compose(row) for row in once(listing.rows, self.schema.key)]
        yield collected(rows, (listing,), failures)

    async def read_subject(self, client: EsiClient, task: Task) -> Listing[R]:
        """The list of the subject, as ESI gives it."""
        return await read_list(
            client,
            self.lists[task.subject_kind],
            {**subject_of(task), **self.query},
            shape=self.shape,
            access=task.access,
            stage="pages",
        )

    def compose(self, row: R) -> R:
        """`row` with the fields that are made of what ESI says."""
        return row
