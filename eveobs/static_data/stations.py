"""The names of NPC stations, as the game composes them: orbit, corporation, operation."""

from __future__ import annotations

from collections.abc import Mapping

from eveobs.static_data.layout import Station

_ROMAN = ((100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"))


def roman(number: int) -> str:
    """1 to 399 as the game numbers planets."""
    text = ""
    for value, letters in (*_ROMAN, (1, "I")):
        while number >= value:
            text += letters
            number -= value
    return text


def orbit_name(system: str, station: Station) -> str:
    """`Jita IV - Moon 4`; the system alone for a station that circles its sun."""
    if station.celestial_index is None:
        return system
    planet = f"{system} {roman(station.celestial_index)}"
    return planet if station.orbit_index is None else f"{planet} - Moon {station.orbit_index}"


def station_name(
    station: Station,
    systems: Mapping[int, str],
    corporations: Mapping[int, str],
    operations: Mapping[int, str],
) -> str:
    """The whole name; what is not known is left out."""
    orbit = orbit_name(systems.get(station.solar_system_id, ""), station)
    owner = corporations.get(station.owner_id, "")
    operation = operations.get(station.operation_id, "") if station.use_operation_name else ""
    site = f"{owner} {operation}".strip()
    return " - ".join(part for part in (orbit, site) if part)
