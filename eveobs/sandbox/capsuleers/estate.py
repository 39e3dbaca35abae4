"""What an owner has, and where: in stations, structures, offices, ships and containers.

An item's id tells its owner, its slot and its generation: things in every fifth slot are used up,
and others take their place.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any, NamedTuple

from eveobs.sandbox.calendar import Calendar
from eveobs.sandbox.capsuleers.census import Owner
from eveobs.sandbox.capsuleers.turns import turn
from eveobs.sandbox.deals import quantity_of
from eveobs.sandbox.draw import dice, happens
from eveobs.sandbox.people import SIGNED_IN
from eveobs.sandbox.structures import home_structure, structure_id
from eveobs.sandbox.universe import BLUEPRINTS, SHIP, THINGS, Type

_THING, _BLUEPRINT = 34, 35
_FIRST_ITEM = 1_045_000_000_000
_OWNER_BITS, _SLOT_BITS = 20, 10
_GENERATIONS = 1 << _SLOT_BITS
_FIRST_THING, _FIRST_BLUEPRINT = 16, 400
_USED_UP_EVERY = 5
_OFFICE, _CONTAINER, _WAREHOUSE = 27, 17366, 17368
_SHIPS = (621, 638)
"""Caracal and Raven: what characters fly."""
_FITTED = (("HiSlot0", 2410), ("MedSlot0", 12058), ("LoSlot0", 22291), ("Cargo", 209))
_SIZES = {False: ((60, 40), (12, 6)), True: ((150, 120), (20, 10))}
"""Things and blueprints of those who sign in (or their corporation) and of the others."""


class Efficiency(NamedTuple):
    """What makes a blueprint its own. `runs` -1: an original."""

    material: int
    time: int
    runs: int


class Place(NamedTuple):
    """Where something is, as ESI says it."""

    location_id: int
    location_type: str
    flag: str


class Item(NamedTuple):
    """One stack, or one thing that does not stack. `name`: what its owner calls it."""

    item_id: int
    slot: int
    type_id: int
    quantity: int
    is_singleton: bool
    place: Place
    name: str = ""
    efficiency: Efficiency | None = None


def items(seed: int, calendar: Calendar, owner: Owner, at: int) -> list[Item]:
    """Everything it has at a time, by ascending id."""
    furniture = list(_offices(owner) if owner.is_corporation else _hangar(owner))
    places = _places(owner, furniture)
    things, prints = _sizes(owner)
    found = [
        *furniture,
        *(
            _thing(seed, _known(calendar, seed, owner, slot, at), slot, places)
            for slot in range(_FIRST_THING, _FIRST_THING + things)
        ),
        *(
            _blueprint(seed, _known(calendar, seed, owner, slot, at), slot, places)
            for slot in range(_FIRST_BLUEPRINT, _FIRST_BLUEPRINT + prints)
        ),
    ]
    return sorted(found)


def asset(item: Item) -> dict[str, Any]:
    """A row of ESI's assets."""
    copy = item.efficiency is not None and item.efficiency.runs > 0
    return {
        "is_singleton": item.is_singleton,
        "item_id": item.item_id,
        "location_flag": item.place.flag,
        "location_id": item.place.location_id,
        "location_type": item.place.location_type,
        "quantity": item.quantity,
        "type_id": item.type_id,
    } | ({"is_blueprint_copy": True} if copy else {})


def blueprint(item: Item, efficiency: Efficiency) -> dict[str, Any]:
    """A row of ESI's blueprints; `quantity` -1 is an original, -2 a copy, others are stacks."""
    quantity = item.quantity if not item.is_singleton else -1 if efficiency.runs < 0 else -2
    return {
        "item_id": item.item_id,
        "location_flag": item.place.flag,
        "location_id": item.place.location_id,
        "material_efficiency": efficiency.material,
        "quantity": quantity,
        "runs": efficiency.runs,
        "time_efficiency": efficiency.time,
        "type_id": item.type_id,
    }


def is_lasting(item: Item) -> bool:
    """Whether it stays for good, so that a job may refer to it."""
    return item.slot % _USED_UP_EVERY != 0


def _sizes(owner: Owner) -> tuple[int, int]:
    known = owner.number == 0 if owner.is_corporation else owner.number < SIGNED_IN
    return _SIZES[owner.is_corporation][0 if known else 1]


def _known(calendar: Calendar, seed: int, owner: Owner, slot: int, at: int) -> int:
    """The id of what is in a slot."""
    generation = 0
    if slot % _USED_UP_EVERY == 0:
        place = owner.place << _SLOT_BITS | slot
        generation = turn(calendar, 6 + slot % 7, (seed, place), at).generation % _GENERATIONS
    return _item_id(owner, slot, generation)


def _item_id(owner: Owner, slot: int, generation: int = 0) -> int:
    return _FIRST_ITEM + (owner.place << _OWNER_BITS) + (slot << _SLOT_BITS) + generation


def _hangar(owner: Owner) -> Iterator[Item]:
    """A character's named container and ships, with what is fitted."""
    home = Place(owner.home.id, "station", "Hangar")
    box = Item(_item_id(owner, 0), 0, _CONTAINER, 1, True, home, "Blueprints & co")  # noqa: FBT003
    yield box
    for order, kind in enumerate(_SHIPS):
        slot = 1 + order * (len(_FITTED) + 1)
        ship = _item_id(owner, slot)
        name = f"Ship {order + 1} <of the line>"
        yield Item(ship, slot, kind, 1, True, home, name)  # noqa: FBT003
        for part, (flag, fitted) in enumerate(_FITTED, slot + 1):
            inside = Place(ship, "item", flag)
            cargo = flag == "Cargo"
            number = 400 if cargo else 1
            yield Item(_item_id(owner, part), part, fitted, number, not cargo, inside)


def _offices(owner: Owner) -> Iterator[Item]:
    """A corporation's two offices, one of them in a structure, and a named container in the first.

    The first corporation's structure is its own; the others rent one in a structure open to all.
    """
    near = home_structure(owner.region_id) if owner.number == 0 else _open_structure(owner)
    sites = ((owner.home.id, "station"), (near, "item"))
    for slot, (site, kind) in enumerate(sites):
        folder = Place(site, kind, "OfficeFolder")
        yield Item(_item_id(owner, slot), slot, _OFFICE, 1, True, folder)  # noqa: FBT003
    shelf = Place(_item_id(owner, 0), "item", "CorpSAG2")
    yield Item(_item_id(owner, 2), 2, _WAREHOUSE, 1, True, shelf, "Library")  # noqa: FBT003


def _open_structure(owner: Owner) -> int:
    return structure_id(owner.region_id, 0)


def _places(owner: Owner, furniture: list[Item]) -> list[Place]:
    """Where its things may lie, the likeliest first."""
    boxes = [Place(item.item_id, "item", "Unlocked") for item in furniture if _is_box(item)]
    if owner.is_corporation:
        divisions = [
            Place(item.item_id, "item", f"CorpSAG{number}")
            for item in furniture[:2]
            for number in range(1, 8)
        ]
        return [*divisions, *boxes]
    stations = [Place(site.id, "station", "Hangar") for site in (owner.home, owner.outpost)]
    even_or_odd = structure_id(owner.region_id, 1 + owner.number % 2)
    sites = (_open_structure(owner), even_or_odd)
    return [stations[0], *boxes, *stations, *(Place(site, "item", "Hangar") for site in sites)]


def _is_box(item: Item) -> bool:
    return item.type_id in {_CONTAINER, _WAREHOUSE}


def _thing(seed: int, item_id: int, slot: int, places: list[Place]) -> Item:
    chance = dice(seed, _THING, item_id)
    kind = chance.choice(THINGS)
    single = kind.category_id == SHIP and happens(chance, 0.5)
    return Item(
        item_id,
        slot,
        kind.id,
        _quantity(kind, chance, single=single),
        single,
        chance.choice(places),
    )


def _quantity(kind: Type, chance: Random, *, single: bool) -> int:
    return 1 if single else quantity_of(kind, chance)


def _blueprint(seed: int, item_id: int, slot: int, places: list[Place]) -> Item:
    """Mostly copies; some originals are still stacked, as they come from the market."""
    chance = dice(seed, _BLUEPRINT, item_id)
    kind, place = chance.choice(BLUEPRINTS), chance.choice(places)
    if happens(chance, 0.1) and not slot % _USED_UP_EVERY:
        stack = chance.randint(1, 5)
        return Item(item_id, slot, kind.id, stack, False, place, "", Efficiency(0, 0, -1))  # noqa: FBT003
    runs = chance.randint(1, 300) if happens(chance, 0.6) else -1
    efficiency = Efficiency(chance.randint(0, 10), 2 * chance.randint(0, 10), runs)
    return Item(item_id, slot, kind.id, 1, True, place, "", efficiency)  # noqa: FBT003
