"""Players' structures: five in every region, each with a rule of its own about who may dock."""

from __future__ import annotations

from typing import NamedTuple

from eveobs.sandbox.universe import REGION_BY_ID, stations_in

FIRST_STRUCTURE = 1_020_000_000_000
PER_REGION = 5
_APART = 100
_RAITARU, _ASTRAHUS, _ATHANOR = 35825, 35832, 35835
_NAMES = ("Open Market", "Even Keel", "Odd Corner", "Shut Gate", "Home Port")
_OPEN, _EVEN, _ODD, _SHUT, _HOME = range(PER_REGION)


class Structure(NamedTuple):
    """`system_id` 0: in a region without a station, where nobody goes."""

    id: int
    name: str
    region_id: int
    system_id: int
    type_id: int
    rule: int

    @property
    def owner(self) -> int:
        """The number of the corporation whose it is."""
        return 0 if self.rule == _HOME else 1

    def admits(self, character: int, corporation: int) -> bool:
        """Whether a character may dock, by its number and that of its corporation.

        In each region one structure is open to all, one to even characters, one to odd ones, one
        to nobody, and one to the first corporation, whose it is.
        """
        return {
            _OPEN: True,
            _EVEN: character % 2 == 0,
            _ODD: character % 2 == 1,
            _SHUT: False,
            _HOME: corporation == 0,
        }[self.rule]


def structure_id(region_id: int, rule: int) -> int:
    """The id of a region's structure of that rule."""
    return FIRST_STRUCTURE + region_id * _APART + rule


def structure(number: int) -> Structure | None:
    """The structure of that id."""
    region_id, rule = divmod(number - FIRST_STRUCTURE, _APART)
    if region_id not in REGION_BY_ID or rule >= PER_REGION:
        return None
    stations = stations_in(region_id)
    system_id, system = (stations[0].system_id, stations[0].system) if stations else (0, "Nowhere")
    kind = (_ASTRAHUS, _RAITARU, _ATHANOR, _ASTRAHUS, _RAITARU)[rule]
    return Structure(number, f"{system} - {_NAMES[rule]}", region_id, system_id, kind, rule)


def home_structure(region_id: int) -> int:
    """The id of the structure of the first corporation."""
    return structure_id(region_id, _HOME)
