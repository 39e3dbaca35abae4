"""Who may read the lists of a subject: found out before any of them is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from eveobs.errors import EveobsError, SignInError
from eveobs.esi.planning import NotAskedError
from eveobs.observation.subjects import Subject
from eveobs.processors.interface import Needs
from eveobs.processors.sheets import FIRST_OF_PLAYERS, ROLES, HeldRoles
from eveobs.records.schema import SubjectKind

if TYPE_CHECKING:
    from eveobs.esi.access import Access
    from eveobs.esi.client import EsiClient

MANY = 3
"""Scopes that are counted rather than told."""


@dataclass(frozen=True, slots=True)
class Lack:
    """What keeps everybody who signed in from reading lists of `subject`: scopes or roles."""

    subject: Subject
    who: tuple[str, ...]
    scopes: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()

    @property
    def expected(self) -> bool:
        """Whether nobody would think that they may: ESI has no private lists of a corporation of
        NPCs, and answers 403 to everybody.
        """
        return is_of_npcs(self.subject)


@dataclass(slots=True)
class Permissions:
    """Asks for the roles of a character once. `unknown`: whose could only be learnt by asking,
    where nothing is asked.
    """

    client: EsiClient
    unknown: list[Access] = field(default_factory=list)
    _held: dict[int, frozenset[str] | None] = field(default_factory=dict)

    async def reader(self, subject: Subject, needs: Needs) -> Access | Lack | None:
        """Whose token reads the lists of `subject`; None where none is needed or to be had.

        A member whose roles cannot be learnt is believed to have them: the list will tell.
        """
        willing = [one for one in subject.signed_in if one.scopes >= set(needs.scopes)]
        willing.sort(key=lambda one: -len(one.scopes & set(needs.useful)))
        if needs.scopes and is_of_npcs(subject):
            return Lack(subject, _names(subject.signed_in), roles=needs.roles)
        if not willing:
            return _unwilling(subject, needs)
        if subject.kind is SubjectKind.CHARACTER:
            return willing[0]
        if needs.roles:
            return await self._with_role(subject, willing, needs.roles)
        return await self._trusted(subject, willing) if needs.useful else willing[0]

    async def _trusted(self, subject: Subject, members: Sequence[Access]) -> Access:
        """Of `members` the one that sees most: a director, or who has most roles."""
        told = [one for one in members if ROLES.scope in one.scopes]
        if len(members) == 1 or not told or subject.id < FIRST_OF_PLAYERS:
            return members[0]
        held = {one.character_id: await self._roles_of(one) or frozenset() for one in told}

        def trust(one: Access) -> tuple[bool, int]:
            roles = held.get(one.character_id, frozenset())
            return "Director" in roles, len(roles)

        return max(members, key=trust)

    async def _with_role(
        self, subject: Subject, members: Sequence[Access], roles: tuple[str, ...]
    ) -> Access | Lack:
        told = [one for one in members if ROLES.scope in one.scopes]
        if not told:
            return Lack(subject, _names(members), scopes=(ROLES.scope,))
        unsure: list[Access] = []
        for one in told:
            held = await self._roles_of(one)
            if held is None:
                unsure.append(one)
            elif held & set(roles):
                return one
        return unsure[0] if unsure else Lack(subject, _names(told), roles=roles)

    async def _roles_of(self, access: Access) -> frozenset[str] | None:
        number = access.character_id
        if number not in self._held:
            whose = {"character_id": number}
            try:
                answer = await self.client.get(ROLES, whose, shape=HeldRoles, access=access)
            except EveobsError as error:
                self._held[number] = None
                if isinstance(error, NotAskedError):
                    self.unknown.append(access)
            else:
                self._held[number] = frozenset(answer.value.roles if answer.value else ())
        return self._held[number]


def _unwilling(subject: Subject, needs: Needs) -> Lack | None:
    if not needs.scopes:
        return None
    missing = set(needs.scopes).difference(*(one.scopes for one in subject.signed_in))
    return Lack(subject, _names(subject.signed_in), tuple(sorted(missing or needs.scopes)))


def _names(members: Iterable[Access]) -> tuple[str, ...]:
    return tuple(one.name for one in members)


def is_of_npcs(subject: Subject) -> bool:
    """Whether it is a corporation of NPCs."""
    return subject.kind is SubjectKind.CORPORATION and subject.id < FIRST_OF_PLAYERS


def refusals(lacks: Iterable[tuple[str, Lack]]) -> list[SignInError]:
    """What each of `lacks`, with the processor that it keeps from reading, comes down to in words:
    once for all processors of a subject that lack the same.
    """
    alike: dict[tuple[object, ...], list[tuple[str, Lack]]] = {}
    for name, lack in lacks:
        whose = lack.subject
        alike.setdefault((whose.kind, whose.id, lack.who, lack.roles), []).append((name, lack))
    return [
        _refusal([name for name, _ in some], [lack for _, lack in some]) for some in alike.values()
    ]


def refusal(lack: Lack, processor: str) -> SignInError:
    """`lack` in words, and what mends it."""
    return _refusal([processor], [lack])


def _refusal(processors: Sequence[str], lacks: Sequence[Lack]) -> SignInError:
    lack = lacks[0]
    if lack.expected:
        what = _and(processors)
        return SignInError(
            f"{lack.subject.name} is an NPC corporation, which has no {what} to ask for",
            hint="Name a corporation of players, or a character.",
        )
    login = f"eveobs auth login --for {','.join(processors)}"
    who = f"{_and(lack.who)} {'lacks' if len(lack.who) == 1 else 'lack'}"
    need = f"which {lack.subject.kind} {_and(processors)} need"
    if lack.roles:
        role = " or ".join(name.replace("_", " ") for name in lack.roles)
        return SignInError(
            f"{who} the role {role} in {lack.subject.name}, {need}",
            hint=f"Sign a member in that has it: `{login}`.",
        )
    scopes = sorted({scope for one in lacks for scope in one.scopes})
    what = f"the scope {_and(scopes)}" if len(scopes) < MANY else f"{len(scopes)} scopes"
    return SignInError(f"{who} {what}, {need}", hint=f"`{login}` asks for it.")


def _and(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
