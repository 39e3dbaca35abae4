"""From what is asked to what is due: whose lists there are, and who may read them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

from eveobs.errors import SignInError, UsageError
from eveobs.observation.order import Due
from eveobs.observation.permission import Lack, Permissions, refusal
from eveobs.observation.subjects import Search, Subject
from eveobs.observation.unit import Report, Unit
from eveobs.observation.warm import known_unit, nothing_to_do
from eveobs.records.schema import SubjectKind

if TYPE_CHECKING:
    from eveobs.cli.context import Run
    from eveobs.cli.wishes import Wish
    from eveobs.esi.access import Access
    from eveobs.esi.client import EsiClient
    from eveobs.store.store import Store
    from eveobs.telemetry.progress import Progress


NEW_EDEN = Subject(SubjectKind.UNIVERSE, 0, "New Eden")
"""Whose list it is where there is but one."""


@dataclass(slots=True)
class LateStore:
    """The store, opened when it is first called for: a run with nothing to do needs none."""

    run: Run
    _stack: ExitStack = field(default_factory=ExitStack)
    _store: Store | None = None

    def __call__(self) -> Store:
        """The store."""
        if self._store is None:
            self._store = self._stack.enter_context(self.run.store())
        return self._store

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()


@dataclass(slots=True)
class Office:
    """Turns wishes into units. `lacks` are the lists that nobody may read, each with its processor;
    `absent` what the settings name and nobody signed in for, by its message; `of_npcs`
    names corporations of NPCs, which have no such lists; `signed_out`: there are lists that
    somebody would have to sign in for, and nobody did.
    """

    run: Run
    client: EsiClient
    store: Callable[[], Store]
    progress: Progress
    accesses: Sequence[Access]
    lacks: list[tuple[str, Lack]] = field(default_factory=list)
    absent: dict[str, SignInError] = field(default_factory=dict)
    of_npcs: dict[str, None] = field(default_factory=dict)
    signed_out: bool = False
    search: Search = field(init=False)
    permissions: Permissions = field(init=False)

    def __post_init__(self) -> None:
        self.search = Search(
            self.accesses,
            self.client,
            self.store,
            self.run.loaded().store_url(),
            self.run.now,
            self.progress,
        )
        self.permissions = Permissions(self.client)

    async def dues(self, wishes: Iterable[Wish]) -> list[Due]:
        """The units of `wishes` that somebody may read, or that are public."""
        found: list[Due] = []
        for one in wishes:
            if one.processor.schema.owned:
                found += await self._owned(one)
            elif SubjectKind.UNIVERSE in one.words:
                found.append(Due(_unit(one, NEW_EDEN), one.processor))
            else:
                found += await self._regional(await self._of_types(one))
        return found

    async def _of_types(self, one: Wish) -> Wish:
        """The ids of the types are the details of its units."""
        from eveobs.observation.types import find_types

        if not one.processor.schema.by_type:
            return one
        if not one.types:
            raise UsageError(
                f"{one.name} is asked about one type at a time: which?",
                hint="Give --type NAME, or set observe.types in eveobs.toml.",
            )
        url = self.run.loaded().store_url()
        ids = await find_types(one.types, client=self.client, url=url)
        return replace(one, details=tuple(map(str, ids)))

    async def _regional(self, one: Wish) -> list[Due]:
        from eveobs.observation.regions import all_regions, find_regions, open_regions

        (words,) = one.words.values()
        tools: dict[str, Any] = {"client": self.client, "now": self.run.now()}
        url = self.run.loaded().store_url()
        units = [
            known_unit(one.name, one.processor.schema, w, one.details, url) for w in words or ()
        ]
        if units and None not in units:
            return [Due(unit, one.processor) for unit in units if unit]
        tools |= {"store": self.store(), "progress": self.progress}
        if words is None:
            regions = open_regions(await all_regions(**tools))
        else:
            regions = await find_regions(words, **tools)
        found = (Subject(SubjectKind.REGION, one.id, one.name) for one in regions)
        return [Due(_unit(one, region), one.processor) for region in found]

    async def _owned(self, one: Wish) -> list[Due]:
        dues: list[Due] = []
        for subject in await self._subjects(one):
            unit = _unit(one, subject)
            if (report := self._fresh(one, unit)) is not None:
                anybody = next(iter(subject.signed_in), None)
                dues.append(Due(unit, one.processor, anybody, report))
                continue
            needs = one.processor.needs(subject.kind)
            reader = await self.permissions.reader(subject, needs)
            if not isinstance(reader, Lack):
                dues.append(Due(unit, one.processor, reader))
            elif one.named:
                raise refusal(reader, one.name)
            elif reader.expected:
                self.of_npcs[subject.name] = None
            else:
                self.lacks.append((one.name, reader))
        return dues

    async def _subjects(self, one: Wish) -> list[Subject]:
        if not self.accesses and not one.named:
            self.signed_out = True
            return []
        found: list[Subject] = []
        for kind, words in one.words.items():
            if words is None:
                found += await self.search.signed_in(kind)
            elif one.named:
                found += await self._found(one, kind, words)
            else:
                found += await self._in_settings(one, kind, words)
        return found

    async def _found(self, one: Wish, kind: SubjectKind, words: Sequence[str]) -> Sequence[Subject]:
        needs = one.processor.needs(kind)
        public = not needs.scopes and not needs.roles
        return await self.search.find(kind, words, public=public)

    async def _in_settings(
        self, one: Wish, kind: SubjectKind, words: Sequence[str]
    ) -> list[Subject]:
        found: list[Subject] = []
        for word in words:
            try:
                found += await self._found(one, kind, [word])
            except UsageError as error:
                absent = SignInError(f"observe.{kind}s: {error.message}", hint=error.hint)
                self.absent[absent.message] = absent
        return found

    def _fresh(self, one: Wish, unit: Unit) -> Report | None:
        url = self.run.loaded().store_url()
        return nothing_to_do(unit, one.processor.schema, url, self.run.now())


def _unit(one: Wish, subject: Subject) -> Unit:
    return Unit(
        processor=one.name,
        subject_id=subject.id,
        subject_name=subject.name,
        subject_kind=subject.kind,
        details=one.details,
    )
