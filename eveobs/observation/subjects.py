"""Characters and corporations by name or id, and who signed in for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from eveobs.errors import EveobsError, SignInError, UsageError, did_you_mean, nearest
from eveobs.esi.planning import NotAskedError
from eveobs.esi.routes import BY_PATH
from eveobs.observation.names import remember_names
from eveobs.records.schema import Record, SubjectKind
from eveobs.records.universe import IdAndName, NamesFound
from eveobs.store import glance
from eveobs.telemetry.progress import Progress, Silence

if TYPE_CHECKING:
    from eveobs.esi.access import Access
    from eveobs.esi.client import EsiClient
    from eveobs.store.store import Store

SHEET = BY_PATH["GET", "/characters/{character_id}"]
IDS = BY_PATH["POST", "/universe/ids"]


class Member(Record, frozen=True, kw_only=True, omit_defaults=True):
    """What the public sheet of a character says about where it belongs."""

    corporation_id: int


@dataclass(frozen=True, slots=True)
class Subject:
    """A character or corporation, and who signed in for it: itself, or its members."""

    kind: SubjectKind
    id: int
    name: str
    signed_in: tuple[Access, ...] = ()


@dataclass(slots=True)
class Search:
    """Finds subjects among those who signed in, and where that is enough, among all there are.

    `store` opens the store when something must be learnt; what is known already of `url` is read
    without it. `unknown` collects those whose corporation only ESI could tell, when none is asked.
    """

    accesses: Sequence[Access]
    client: EsiClient
    store: Callable[[], Store]
    url: str
    now: Callable[[], datetime]
    progress: Progress = field(default_factory=Silence)
    unknown: list[Access] = field(default_factory=list)
    _corporations: list[Subject] | None = None

    async def signed_in(self, kind: SubjectKind) -> list[Subject]:
        """Every character that signed in, or the corporations that they are in."""
        if kind is SubjectKind.CHARACTER:
            return [Subject(kind, one.character_id, one.name, (one,)) for one in self.accesses]
        if self._corporations is None:
            self._corporations = await self._their_corporations()
        return self._corporations

    async def find(
        self, kind: SubjectKind, words: Sequence[str], *, public: bool = False
    ) -> list[Subject]:
        """Those that `words` name, each by name (in any case) or id; `public`: signed in or not.

        Raises UsageError for one that is not there or not the only one, with the nearest names;
        SignInError where nobody signed in.
        """
        known = await self.signed_in(kind)
        if not known and not public:
            raise NotAskedError("whose they are would be asked") if self.unknown else nobody()
        found = [
            _one(kind, word, known) or await self._elsewhere(kind, word, known, public=public)
            for word in words
        ]
        return list({subject.id: subject for subject in found}.values())

    async def _their_corporations(self) -> list[Subject]:
        members: dict[int, list[Access]] = {}
        of = {one.character_id: one for one in self.accesses}
        sheets: dict[int, int] = {}
        async for number, sheet in self.client.each(list(of), self._corporation_of):
            if isinstance(sheet, NotAskedError):
                self.unknown.append(of[number])
            elif isinstance(sheet, EveobsError):
                self.progress.warn(f"the corporation of {of[number].name}: {sheet.message}")
            elif sheet:
                sheets[number] = sheet
        for number in (one for one in of if one in sheets):
            members.setdefault(sheets[number], []).append(of[number])
        names = await self._names(SubjectKind.CORPORATION, list(members))
        return [
            Subject(SubjectKind.CORPORATION, number, names[number], tuple(their))
            for number, their in members.items()
        ]

    async def _corporation_of(self, character_id: int) -> int:
        answer = await self.client.get(SHEET, {"character_id": character_id}, shape=Member)
        return answer.value.corporation_id if answer.value else 0

    async def _names(self, kind: SubjectKind, ids: Iterable[int]) -> dict[int, str]:
        """Names for `ids`; of one that ESI does not tell, its number."""
        known = {number: glance.id_to_name(self.url, number, kind) for number in ids}
        missing = {number for number, name in known.items() if name is None}
        if missing:
            tools = {"client": self.client, "now": self.now(), "progress": self.progress}
            store = self.store()
            await remember_names(missing, store=store, **tools)  # type: ignore[arg-type]
            known |= {one.id: one.name for one in store.named(kind) if one.id in missing}
        return {number: name or str(number) for number, name in known.items()}

    async def _elsewhere(
        self, kind: SubjectKind, word: str, known: Sequence[Subject], *, public: bool
    ) -> Subject:
        if not public:
            raise _unknown(kind, word, known)
        asked = word.strip()
        if asked.isdecimal() and len(asked) < 10:
            number = int(asked)
            name = (await self._names(kind, [number]))[number]
            if name != asked:
                return Subject(kind, number, name)
            raise _unknown(kind, word, known)
        met = glance.name_to_id(self.url, kind, asked) or await self._id_of(kind, asked)
        if met is None:
            raise _unknown(kind, word, known)
        return Subject(kind, met, (await self._names(kind, [met]))[met])

    async def _id_of(self, kind: SubjectKind, name: str) -> int | None:
        answer = await self.client.post(IDS, [name], shape=NamesFound)
        found: Sequence[IdAndName] = getattr(answer.value, f"{kind}s", ())
        return found[0].id if found else None


def nobody() -> SignInError:
    """Nobody signed in."""
    return SignInError("no character is signed in", hint="`eveobs auth login` signs one in.")


def _one(kind: SubjectKind, word: str, known: Sequence[Subject]) -> Subject | None:
    asked = word.strip()
    found = [one for one in known if str(one.id) == asked] or [
        one for one in known if one.name.casefold() == asked.casefold()
    ]
    if len(found) > 1:
        ids = " or ".join(str(one.id) for one in found)
        raise UsageError(f"there is more than one {kind} {word!r}", hint=f"Give its id: {ids}.")
    return found[0] if found else None


def _unknown(kind: SubjectKind, word: str, known: Sequence[Subject]) -> UsageError:
    if near := did_you_mean(nearest(word, [one.name for one in known])):
        hint = near
    elif kind is SubjectKind.CHARACTER:
        hint = "`eveobs auth list` shows who is signed in, `eveobs auth login` signs one in."
    else:
        hint = "One of its members must sign in: `eveobs auth login`."
    return UsageError(f"{_whose(kind)} {word!r}", hint=hint)


def _whose(kind: SubjectKind) -> str:
    if kind is SubjectKind.CHARACTER:
        return "there is no signed-in character"
    return "no signed-in character is in a corporation"
