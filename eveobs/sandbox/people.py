"""Who lives in the sandbox: invented characters and corporations."""
# ruff: noqa: SIM905 - words are easier to read without quotes

from __future__ import annotations

from random import Random
from typing import NamedTuple

from eveobs.records.universe import Name
from eveobs.sandbox.draw import dice

_FIRST_CHARACTER = 2_112_000_000
_FIRST_CORPORATION = 98_500_000
_FIRST_ALLIANCE = 99_005_000
_CHARACTERS_APART, _CORPORATIONS_APART, _ALLIANCES_APART = 17, 13, 11
_PEOPLE = 2
SIGNED_IN = 4
"""The first so many are those that tests and tutorials sign in: each has a few contracts."""
_THEIR_SHARE = 0.02

_HEADS = "Ar Bel Cor Dra El Fa Gor Hal Ish Jor Ka Lor Mi Na Or Per Quen Ra Sa Ti".split()
_TAILS = "a an ara den el eth ian ik in is ka len mar na o ren ric sha tis us".split()
_HOUSES = (
    "Ash Black Bright Cold Dark Deep Dusk Far Grim Hollow Iron Long Night Red Salt Silver Star "
    "Stone Storm Void White Wild Winter Wolf"
).split()
_TRADES = (
    "bane born brand breaker crest drift fall field forge gaze hand heart hold keeper light mark "
    "reach runner shade singer song ward watch wind"
).split()
_FOREIGN = ("Åse Ødegård", "Łukasz Żółw", "Ñusta Quispe", "Çağla Şen", "Дмитрий Орлов", "星野 明")
_FIRMS = (
    "Assembly Brokers Cartel Collective Consortium Couriers Dynamics Engineering Exchange Foundry "
    "Freight Haulage Holdings Industries Institute Logistics Mining Salvage Shipyards Syndicate"
).split()


class People(NamedTuple):
    """As many characters as `characters`; each is in one of the `corporations`."""

    seed: int
    characters: int
    corporations: int

    @classmethod
    def for_contracts(cls, seed: int, contracts: int) -> People:
        """Enough people to issue so many contracts, some of them very busy."""
        characters = 40 + contracts // 8
        return cls(seed, characters, 10 + characters // 5)

    def issuer(self, chance: Random) -> tuple[int, int]:
        """A character and its corporation; a few of them issue most contracts."""
        drawn = chance.random()
        if drawn < _THEIR_SHARE:
            number = int(drawn / _THEIR_SHARE * SIGNED_IN)
        else:
            others = self.characters - SIGNED_IN
            number = SIGNED_IN + int(others * ((drawn - _THEIR_SHARE) / (1 - _THEIR_SHARE)) ** 2.5)
        return character_id(number), corporation_id(self.corporation_of(number))

    def corporation_of(self, number: int) -> int:
        """The number of a character's corporation; the first two share one."""
        return 0 if number == 1 else number * 7 % self.corporations

    @property
    def alliances(self) -> int:
        """How many there are."""
        return 1 + self.corporations // 9

    def alliance_of(self, corporation: int) -> int | None:
        """The number of a corporation's alliance; every third is in one."""
        return corporation // 3 % self.alliances if corporation % 3 == 0 else None

    def names(self) -> list[Name]:
        """Everybody, by name; no name occurs twice."""
        chance = dice(self.seed, _PEOPLE, 0)
        turn, shift = chance.randrange(1000), chance.randrange(1000)
        return (
            [
                Name(
                    category="character",
                    id=character_id(number),
                    name=_character_name(number, turn),
                )
                for number in range(self.characters)
            ]
            + [
                Name(
                    category="corporation",
                    id=corporation_id(number),
                    name=_corporation_name(number, shift),
                )
                for number in range(self.corporations)
            ]
            + [
                Name(
                    category="alliance",
                    id=alliance_id(number),
                    name=_corporation_name(number + self.corporations, shift) + " Alliance",
                )
                for number in range(self.alliances)
            ]
        )

    def number_of(self, character: int) -> int | None:
        """The number of the character of that id."""
        return _number(character, _FIRST_CHARACTER, _CHARACTERS_APART, self.characters)

    def corporation_number(self, corporation: int) -> int | None:
        """The number of the corporation of that id."""
        return _number(corporation, _FIRST_CORPORATION, _CORPORATIONS_APART, self.corporations)

    def alliance_number(self, alliance: int) -> int | None:
        """The number of the alliance of that id."""
        return _number(alliance, _FIRST_ALLIANCE, _ALLIANCES_APART, self.alliances)


def character_id(number: int) -> int:
    """The id of the character of that number."""
    return _FIRST_CHARACTER + number * _CHARACTERS_APART


def corporation_id(number: int) -> int:
    """The id of the corporation of that number."""
    return _FIRST_CORPORATION + number * _CORPORATIONS_APART


def alliance_id(number: int) -> int:
    """The id of the alliance of that number."""
    return _FIRST_ALLIANCE + number * _ALLIANCES_APART


def _number(found: int, first: int, apart: int, count: int) -> int | None:
    number, rest = divmod(found - first, apart)
    return number if rest == 0 and 0 <= number < count else None


def _character_name(number: int, turn: int) -> str:
    if 0 < number <= len(_FOREIGN):
        return _FOREIGN[number - 1]
    given = _word(_HEADS, _TAILS, number, turn)
    return f"{given} {_word(_HOUSES, _TRADES, number, 3 * turn)}" + _generation(number, 14_400)


def _corporation_name(number: int, shift: int) -> str:
    firm = _FIRMS[number % len(_FIRMS)]
    return f"{_word(_HOUSES, _TRADES, number, shift)} {firm}" + _generation(number, 2_880)


def _word(heads: list[str], tails: list[str], number: int, shift: int) -> str:
    """One of all combinations, none twice before all had their turn; neighbours differ."""
    head, tail = divmod((number * 193 + shift) % (len(heads) * len(tails)), len(tails))
    return heads[head] + tails[tail]


def _generation(number: int, period: int) -> str:
    """What tells namesakes apart once the combinations repeat, every `period` numbers."""
    return f" {number // period + 1}" if number >= period else ""
