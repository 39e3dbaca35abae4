"""Planetary industry: colonies, and what is built on them.

A colony extracts one raw material and makes one commodity of it. Its extractors run a programme,
then stand still until somebody sees to them: that is when the next turn begins.
"""

from __future__ import annotations

from random import Random
from typing import Any, NamedTuple

from eveobs.sandbox.calendar import Calendar, moment
from eveobs.sandbox.capsuleers.census import Census, Owner
from eveobs.sandbox.capsuleers.turns import Turn, turn
from eveobs.sandbox.draw import dice
from eveobs.sandbox.people import SIGNED_IN
from eveobs.sandbox.universe import STATIONS

_COLONY, _PROGRAMME = 39, 41
FIRST_PLANET = 40_000_000
PER_SYSTEM = 10
_FIRST_SYSTEM = 30_000_000
_FIRST_PIN = 1_030_000_000_000
_PINS, _EXTRACTORS = 16, 2
_PLACES = 7 << 24
_OTHERS_HAVE = 2


class Kind(NamedTuple):
    """A kind of planet: its type, and the types of its buildings and goods."""

    type_id: int
    name: str
    command: int
    port: int
    factory: int
    extractor: int
    raw: int
    made: int
    schematic: int


_BARREN = Kind(2016, "barren", 2524, 2544, 2473, 2848, 2267, 2398, 127)
_TEMPERATE = Kind(11, "temperate", 2254, 2256, 2481, 3068, 2268, 3645, 121)


class Planet(NamedTuple):
    """A planet with its place in the system, from 1."""

    id: int
    system_id: int
    system: str
    order: int
    world: Kind

    @property
    def name(self) -> str:
        """As the game composes it."""
        return f"{self.system} {_NUMERALS[self.order - 1]}"


_NUMERALS = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X")


def planet(number: int) -> Planet | None:
    """The planet of that id: every system of a station has ten, or nearly."""
    system, order = divmod(number - FIRST_PLANET, PER_SYSTEM)
    for station in STATIONS:
        if station.system_id == _FIRST_SYSTEM + system and order:
            world = _TEMPERATE if order % 2 else _BARREN
            return Planet(number, station.system_id, station.system, order, world)
    return None


def colonies(census: Census, calendar: Calendar, owner: Owner, at: int) -> list[dict[str, Any]]:
    """Rows of ESI's `/characters/{character_id}/planets`."""
    return [
        {
            "last_update": moment(_programme(census, calendar, owner, place, at).since),
            "num_pins": len(_pin_types(place)),
            "owner_id": owner.id,
            "planet_id": place.id,
            "planet_type": place.world.name,
            "solar_system_id": place.system_id,
            "upgrade_level": dice(census.people.seed, _COLONY, place.id).randint(0, 5),
        }
        for place in _planets(census, owner)
    ]


def layout(
    census: Census, calendar: Calendar, owner: Owner, planet_id: int, at: int
) -> dict[str, Any] | None:
    """ESI's `/characters/{character_id}/planets/{planet_id}`; None: no colony there."""
    place = next((one for one in _planets(census, owner) if one.id == planet_id), None)
    if place is None:
        return None
    programme = _programme(census, calendar, owner, place, at)
    chance = dice(census.people.seed, _PROGRAMME, (place.id << 40) + owner.number)
    pins = [
        _pin(order, kind, _first_pin(owner, place), chance)
        for order, kind in enumerate(_pin_types(place))
    ]
    for order in range(_EXTRACTORS):
        _extract(pins[3 + order], place, programme, census.people.seed)
    pins[1]["contents"] = [{"amount": chance.randint(1, 9_000), "type_id": place.world.made}]
    pins[2] |= {"factory_details": {"schematic_id": place.world.schematic}}
    pins[2] |= {"schematic_id": place.world.schematic, "last_cycle_start": moment(programme.since)}
    return {"links": _links(pins), "pins": pins, "routes": _routes(pins, place, chance)}


def _planets(census: Census, owner: Owner) -> list[Planet]:
    """Those of a character: up to six, in the system of its home and in another one."""
    known = owner.number < SIGNED_IN
    number = 4 + owner.number if known else owner.number % (_OTHERS_HAVE + 1)
    chance = dice(census.people.seed, _COLONY, owner.id)
    orders = sorted(chance.sample(range(1, PER_SYSTEM), number))
    systems = (owner.home.system_id, owner.outpost.system_id)
    ids = [
        FIRST_PLANET + (systems[turn_ % 2] - _FIRST_SYSTEM) * PER_SYSTEM + order
        for turn_, order in enumerate(orders)
    ]
    return [found for found in map(planet, ids) if found is not None]


def _programme(census: Census, calendar: Calendar, owner: Owner, place: Planet, at: int) -> Turn:
    """From when the extractors run until somebody comes again."""
    key = _PLACES + (owner.number << 4 | place.order)
    return turn(calendar, 30 + place.order * 11, (census.people.seed, key), at)


def _pin_types(place: Planet) -> list[int]:
    world = place.world
    return [world.command, world.port, world.factory, *[world.extractor] * _EXTRACTORS]


def _first_pin(owner: Owner, place: Planet) -> int:
    return _FIRST_PIN + (owner.number * PER_SYSTEM + place.order) * _PINS


def _pin(order: int, kind: int, first: int, chance: Random) -> dict[str, Any]:
    return {
        "latitude": round(chance.uniform(0, 3), 6),
        "longitude": round(chance.uniform(-3, 3), 6),
        "pin_id": first + order,
        "type_id": kind,
    }


def _extract(pin: dict[str, Any], place: Planet, programme: Turn, seed: int) -> None:
    """A programme ends before its turn does; for the rest of it the extractor stands still."""
    chance = dice(seed, _PROGRAMME, (pin["pin_id"] << 20) + programme.generation)
    length = (programme.until - programme.since) * chance.randint(40, 95) // 100
    pin |= {
        "contents": [],
        "expiry_time": moment(programme.since + length),
        "install_time": moment(programme.since),
        "last_cycle_start": moment(programme.since),
        "extractor_details": {
            "cycle_time": chance.choice((900, 1800, 3600, 7200)),
            "head_radius": round(chance.uniform(0.01, 0.05), 6),
            "heads": [
                {"head_id": head, "latitude": round(chance.uniform(0, 3), 6), "longitude": 0.5}
                for head in range(chance.randint(1, 10))
            ],
            "product_type_id": place.world.raw,
            "qty_per_cycle": chance.randint(500, 20_000),
        },
    }


def _links(pins: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Everything is linked to the launchpad."""
    port = pins[1]["pin_id"]
    return [
        {"destination_pin_id": port, "link_level": 0, "source_pin_id": pin["pin_id"]}
        for pin in pins
        if pin["pin_id"] != port
    ]


def _routes(pins: list[dict[str, Any]], place: Planet, chance: Random) -> list[dict[str, Any]]:
    """What is extracted goes to the launchpad, from there to the factory, and back when made."""
    _, port, factory, *extractors = [pin["pin_id"] for pin in pins]
    raw, made = place.world.raw, place.world.made
    ways = [(pin, port, raw) for pin in extractors] + [(port, factory, raw), (factory, port, made)]
    first = chance.randrange(1_000_000_000)
    return [
        {
            "content_type_id": goods,
            "destination_pin_id": target,
            "quantity": 3_000.0 if goods == raw else 20.0,
            "route_id": first + order,
            "source_pin_id": source,
        }
        for order, (source, target, goods) in enumerate(ways)
    ]
