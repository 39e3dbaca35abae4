"""Which contracts are listed when: a pure function of the cycle, without playing the cycles before.

A list is made of slots. In each slot one contract follows another: it is listed for `life` cycles,
then the slot is empty for `rest` cycles, then the next contract appears. Every contract's id holds
its slot and the cycle it was born in, so ids ascend with time, as ESI's do, and an id tells
whether, and when, such a contract is listed.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto
from random import Random
from typing import NamedTuple

from eveobs.sandbox.draw import dice

_LIVES = 1
_DURATIONS = (48, 144, 336, 672, 1344)
_DURATION_WEIGHTS = (10, 25, 20, 35, 10)
"""1 day, 3 days, 1, 2 and 4 weeks, in cycles."""

_BARGAIN_EVERY = 20
"""So often a slot's contracts are taken quickly, so that something changes in every cycle."""

FIRST_ID = 222_000_000


class Ending(Enum):
    """What becomes of the contracts in a slot."""

    TAKEN = auto()
    EXPIRES = auto()
    LINGERS = auto()
    """Expires too, and is listed a cycle longer than it should be."""


_ENDING_WEIGHTS = (60, 20, 20)


class Slot(NamedTuple):
    """Times in cycles. `phase` is how long its contract has been listed when cycle 0 starts."""

    duration: int
    life: int
    rest: int
    phase: int
    ending: Ending

    def born(self, cycle: int) -> int | None:
        """When the contract was first listed that is listed in `cycle`; None: none is."""
        age = (cycle + self.phase) % (self.life + self.rest)
        return cycle - age if age < self.life else None

    def is_birth(self, cycle: int) -> bool:
        """Whether a contract appears in this cycle."""
        return (cycle + self.phase) % (self.life + self.rest) == 0


LINGERS_NOW = Slot(48, 49, 0, 48, Ending.LINGERS)
EXPIRES_NOW = Slot(48, 48, 0, 47, Ending.EXPIRES)
TAKEN_NOW = Slot(48, 40, 0, 39, Ending.TAKEN)
LISTED_NOW = Slot(672, 600, 0, 0, Ending.TAKEN)
"""The first three make room for another contract after cycle 0, the last begins with it."""


def slots(seed: int, region_id: int, count: int, given: Sequence[Slot | None]) -> list[Slot]:
    """The slots of a region; those that are `given` come first."""
    chance = dice(seed, _LIVES, region_id)
    drawn = [_slot(chance, index) for index in range(count)]
    return [slot or other for slot, other in zip(given, drawn, strict=False)] + drawn[len(given) :]


def _slot(chance: Random, index: int) -> Slot:
    duration = chance.choices(_DURATIONS, _DURATION_WEIGHTS)[0]
    rest = chance.randrange(3)
    ending = chance.choices(tuple(Ending), _ENDING_WEIGHTS)[0]
    if index % _BARGAIN_EVERY == _BARGAIN_EVERY - 1:
        ending, life = Ending.TAKEN, chance.randint(2, 6)
    elif ending is Ending.TAKEN:
        life = chance.randint(2, duration - 1)
    else:
        life = duration + (ending is Ending.LINGERS)
    return Slot(duration, life, rest, chance.randrange(life), ending)
