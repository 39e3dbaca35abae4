"""Who is in which corporation, with which roles, and where they live."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from eveobs.sandbox.people import People, alliance_id, character_id, corporation_id
from eveobs.sandbox.structures import Structure
from eveobs.sandbox.universe import REGION_OF_CONSTELLATION, STATIONS, Station

ROLES: dict[int, tuple[str, ...]] = {
    0: ("Accountant", "Director", "Factory_Manager"),
    1: ("Station_Manager",),
}
"""Of the first two characters, who share a corporation."""
CEO_ROLES = (
    "Accountant",
    "Config_Equipment",
    "Director",
    "Factory_Manager",
    "Station_Manager",
    "Trader",
)


@dataclass(frozen=True)
class Owner:
    """A character or a corporation: what can have things. `number` is its place among its kind."""

    id: int
    number: int
    is_corporation: bool

    @property
    def place(self) -> int:
        """Its place among all owners; ids of what it has are made of it."""
        return self.number * 2 + self.is_corporation

    @property
    def home(self) -> Station:
        """The station where it keeps most: the first few live in the trade hub."""
        return STATIONS[0 if self.number < 3 else self.number % len(STATIONS)]

    @property
    def outpost(self) -> Station:
        """Another station."""
        return STATIONS[(self.number + 1) % len(STATIONS)]

    @property
    def region_id(self) -> int:
        """The region of its home."""
        return region_of(self.home)


def region_of(station: Station) -> int:
    """The region a station is in."""
    return REGION_OF_CONSTELLATION[station.constellation_id]


@dataclass(frozen=True)
class Census:
    """The people, by id."""

    people: People

    def character(self, number: int) -> Owner:
        """The character of that number."""
        return Owner(character_id(number), number, is_corporation=False)

    def corporation(self, number: int) -> Owner:
        """The corporation of that number."""
        return Owner(corporation_id(number), number, is_corporation=True)

    def owner(self, found: int) -> Owner | None:
        """The character or corporation of that id."""
        number = self.people.number_of(found)
        if number is not None:
            return self.character(number)
        number = self.people.corporation_number(found)
        return None if number is None else self.corporation(number)

    def corporation_of(self, character: int) -> int | None:
        """The id of the corporation of the character of that id."""
        number = self.people.number_of(character)
        return None if number is None else corporation_id(self.people.corporation_of(number))

    def alliance_of(self, corporation: int) -> int | None:
        """The id of the alliance of the corporation of that number."""
        number = self.people.alliance_of(corporation)
        return None if number is None else alliance_id(number)

    def members(self, corporation: int) -> list[int]:
        """The numbers of the corporation's characters."""
        return self._members.get(corporation, [])

    def ceo(self, corporation: int) -> int | None:
        """The number of its chief executive: the member who came last. None: it is closed."""
        members = self.members(corporation)
        return members[-1] if members else None

    def roles(self, character: int) -> tuple[str, ...]:
        """Those of the character of that number."""
        if character in ROLES:
            return ROLES[character]
        ceo = self.ceo(self.people.corporation_of(character))
        return CEO_ROLES if character == ceo else ()

    def admits(self, structure: Structure, character: int) -> bool:
        """Whether the character of that number may dock."""
        return structure.admits(character, self.people.corporation_of(character))

    def partner(self, owner: Owner) -> Owner | None:
        """With whom it deals: characters and corporations come in pairs. The last may have none."""
        number = owner.number ^ 1
        if owner.is_corporation:
            return self.corporation(number) if number < self.people.corporations else None
        return self.character(number) if number < self.people.characters else None

    @cached_property
    def names(self) -> dict[int, str]:
        """Everybody's name, by id."""
        return {name.id: name.name for name in self.people.names()}

    @cached_property
    def _members(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        for number in range(self.people.characters):
            found.setdefault(self.people.corporation_of(number), []).append(number)
        return found
