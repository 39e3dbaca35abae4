"""Who lives in the sandbox: invented characters and corporations."""
# ruff: noqa: SIM905 - words are easier to read without quotes

from __future__ import annotations

from random import Random
from typing import NamedTuple

from eveobs.records.universe import Name
from eveobs.sandbox.draw import dice

_FIRST_CHARACTER = 2_112_000_000
_FIRST_CORPORATION = 98_500_000
_PEOPLE = 2

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
        number = int(self.characters * chance.random() ** 2.5)
        return character_id(number), corporation_id(number * 7 % self.corporations)

    def names(self) -> list[Name]:
        """Everybody, by name; no name occurs twice."""
        chance = dice(self.seed, _PEOPLE, 0)
        turn, shift = chance.randrange(1000), chance.randrange(1000)
        return [
            Name(category="character", id=character_id(number), name=_character_name(number, turn))
            for number in range(self.characters)
        ] + [
            Name(
                category="corporation",
                id=corporation_id(number),
                name=_corporation_name(number, shift),
            )
            for number in range(self.corporations)
        ]


def character_id(number: int) -> int:
    """The id of the character of that number."""
    return _FIRST_CHARACTER + number * 17


def corporation_id(number: int) -> int:
    """The id of the corporation of that number."""
    return _FIRST_CORPORATION + number * 13


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
