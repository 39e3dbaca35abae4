"""The names of NPC stations, as the game composes them: orbit, corporation, operation.

Source of the rules: CCP's guide "Using Static Data", chapter "Celestial names".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from eveobs.static_data.layout import Station

_ROMAN = ((100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"))


@dataclass(frozen=True, slots=True)
class Names:
    """The names that those of stations are composed of, by id.

    `planets` and `moons` are the bodies with a name of their own: planets by solar system and
    celestial index, because a station around a moon names no planet; moons by their id.
    """

    systems: Mapping[int, str] = field(default_factory=dict)
    corporations: Mapping[int, str] = field(default_factory=dict)
    operations: Mapping[int, str] = field(default_factory=dict)
    planets: Mapping[tuple[int, int], str] = field(default_factory=dict)
    moons: Mapping[int, str] = field(default_factory=dict)


def roman(number: int) -> str:
    """1 to 399 as the game numbers planets."""
    text = ""
    for value, letters in (*_ROMAN, (1, "I")):
        while number >= value:
            text += letters
            number -= value
    return text


def orbit_name(station: Station, names: Names) -> str:
    """`Jita IV - Moon 4`, `Amarr VIII (Oris)`; the system for a station that circles its sun."""
    system = names.systems.get(station.solar_system_id, "")
    if station.celestial_index is None:
        return system
    if station.orbit_index is not None and station.orbit_id in names.moons:
        return names.moons[station.orbit_id]
    own = names.planets.get((station.solar_system_id, station.celestial_index))
    planet = own or f"{system} {roman(station.celestial_index)}"
    return planet if station.orbit_index is None else f"{planet} - Moon {station.orbit_index}"


def station_name(station: Station, names: Names) -> str:
    """The whole name; what is not known is left out."""
    owner = names.corporations.get(station.owner_id, "")
    operation = names.operations.get(station.operation_id, "")
    site = f"{owner} {operation}".strip() if station.use_operation_name else owner
    return " - ".join(part for part in (orbit_name(station, names), site) if part)
