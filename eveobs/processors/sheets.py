"""What characters and corporations share: one public sheet, and parts that add to it.

A part is asked for where the token of the subject allows it. Where it does not, its fields stay
empty and its detail stays as it was stored.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from eveobs.errors import AnswerError, EveobsError
from eveobs.esi.routes import BY_PATH
from eveobs.processors.interface import Needs, Task
from eveobs.processors.listed import better_stored, subject_of
from eveobs.processors.reading import Failures, collected
from eveobs.records.collected import Collected, DetailAnswer, Meaning
from eveobs.records.schema import Record, Schema, SubjectKind

if TYPE_CHECKING:
    from eveobs.esi.access import Access
    from eveobs.esi.answers import Answer
    from eveobs.esi.client import EsiClient
    from eveobs.esi.route import Route

S = TypeVar("S", bound=Record)

ROLES = BY_PATH["GET", "/characters/{character_id}/roles"]
FIRST_OF_PLAYERS = 2_000_000
"""Corporations with lower ids are NPCs', whose members see no more than anybody."""


class HeldRoles(Record, frozen=True, kw_only=True, omit_defaults=True):
    """The roles of a character in its corporation that hold everywhere."""

    roles: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Part:
    """One more answer about the subject, decoded as `shape`.

    `fields` makes fields of the row of it, `rows` those of `detail`.
    """

    what: str
    route: Route
    shape: Any
    fields: Callable[[Any], Mapping[str, Any]] | None = None
    detail: str = ""
    rows: Callable[[Any], Sequence[Record]] = list

    def wanted(self, task: Task) -> bool:
        """Whether it adds to what is asked for, and the scopes of the subject allow it."""
        if self.fields is None and self.detail not in task.details:
            return False
        return not self.route.scope or self.route.scope in scopes_of(task)


def scopes_of(task: Task) -> frozenset[str]:
    """What the access allows to ask about the subject; of another character, nothing private."""
    access = task.access
    if access is None:
        return frozenset()
    if task.subject_kind is SubjectKind.CHARACTER:
        private = access.character_id == task.subject_id
    else:
        private = task.subject_id >= FIRST_OF_PLAYERS
    return access.scopes if private else frozenset()


@dataclass(slots=True)
class _Found:
    """What the parts add: fields of the row, and whether some could not be read."""

    failures: Failures
    fields: dict[str, Any] = field(default_factory=dict)
    lacking: bool = False


@dataclass(frozen=True, kw_only=True)
class SheetProcessor(Generic[S]):
    """A processor of one row a subject: its `sheet`, decoded as `shape`, and `parts`."""

    schema: Schema
    sheet: Route
    shape: type[S]
    parts: tuple[Part, ...]

    @property
    def routes(self) -> Sequence[Route]:
        """The routes it asks."""
        return tuple(dict.fromkeys((self.sheet, *(part.route for part in self.parts))))

    def needs(self, kind: SubjectKind) -> Needs:  # noqa: ARG002 - there is but one kind
        """Nothing; the private parts have scopes that are useful."""
        scopes = (route.scope for route in self.routes if route.scope)
        asks_for_roles = (ROLES.scope for route in self.routes if route.roles)
        return Needs(useful=tuple(dict.fromkeys((*scopes, *asks_for_roles))))

    def compose(self, sheet: S, subject_id: int, fields: Mapping[str, Any]) -> Record:
        """The row of the subject."""
        raise NotImplementedError

    async def collect(
        self, client: EsiClient, task: Task
    ) -> AsyncGenerator[DetailAnswer[Record] | Collected[Record], None]:
        """See Processor.collect. The answers are of different moments: the reading has none."""
        from eveobs.esi.answers import Listing

        sheet = await client.get(self.sheet, subject_of(task), shape=self.shape)
        if sheet.value is None:
            raise AnswerError(f"{self.sheet.path} answered {sheet.status}", status=sheet.status)
        found = _Found(Failures())
        async with aclosing(self._details(client, task, found)) as answers:
            async for answer in answers:
                yield answer
        row = self.compose(sheet.value, task.subject_id, found.fields)
        rows = [] if found.lacking and better_stored(task) else [row]
        listing = Listing(rows, whole=True, expires=sheet.expires)
        reading = collected(rows, (listing,), found.failures)
        yield replace(reading, whole=not found.lacking)

    async def _details(
        self, client: EsiClient, task: Task, found: _Found
    ) -> AsyncGenerator[DetailAnswer[Record], None]:
        async def ask(part: Part) -> Answer[Any] | None:
            return await _ask(client, task, part)

        parts = [part for part in self.parts if part.wanted(task)]
        task.progress.expect("parts", len(parts))
        question = found.failures.while_allowed(ask)
        async with aclosing(client.each(parts, question)) as answers:
            async for part, answer in answers:
                if isinstance(answer, EveobsError):
                    found.failures.add(part.what, answer, stage="parts")
                    found.lacking = found.lacking or part.fields is not None
                    continue
                task.progress.advance("parts")
                if answer is None:
                    continue
                found.failures.expires = min(found.failures.expires, answer.expires)
                if part.fields is not None:
                    found.fields.update(part.fields(answer.value))
                if part.detail in task.details:
                    rows = part.rows(answer.value)
                    yield DetailAnswer(
                        part.detail, task.subject_id, Meaning.GIVEN, settled=False, rows=rows
                    )


async def _ask(client: EsiClient, task: Task, part: Part) -> Answer[Any] | None:
    """The answer; None where the character lacks the role for it."""
    route, access = part.route, task.access
    if route.roles and not (access and await _has_role(client, access, route)):
        return None
    return await client.get(
        route,
        subject_of(task),
        shape=part.shape,
        access=access if route.scope else None,
    )


async def _has_role(client: EsiClient, access: Access, route: Route) -> bool:
    if ROLES.scope not in access.scopes:
        return False
    whose = {"character_id": access.character_id}
    answer = await client.get(ROLES, whose, shape=HeldRoles, access=access)
    held = answer.value.roles if answer.value else ()
    return not {*held}.isdisjoint(route.roles)
