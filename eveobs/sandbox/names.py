"""Which id is called what: ESI's `/universe/names` and `/universe/ids` as two look-ups."""

from __future__ import annotations

from collections.abc import Iterable

from eveobs.records.universe import Name
from eveobs.sandbox.universe import ALL_TYPES, CONSTELLATIONS, NPCS, REGIONS, STATIONS

_PLURALS = {
    "alliance": "alliances",
    "character": "characters",
    "constellation": "constellations",
    "corporation": "corporations",
    "faction": "factions",
    "inventory_type": "inventory_types",
    "region": "regions",
    "solar_system": "systems",
    "station": "stations",
}


class Names:
    """The public names of a world. Players' structures are not among them, as in ESI."""

    def __init__(self, *sources: Iterable[Name]) -> None:
        """Where two sources name the same id, the later one is right."""
        self._by_id = {name.id: name for source in sources for name in source}
        self._by_name: dict[str, list[Name]] = {}
        for name in self._by_id.values():
            self._by_name.setdefault(name.name.casefold(), []).append(name)

    @property
    def all(self) -> list[Name]:
        """Every name."""
        return list(self._by_id.values())

    def of(self, category: str) -> list[Name]:
        """Those of one category, such as `character`."""
        return [name for name in self._by_id.values() if name.category == category]

    def resolve(self, ids: Iterable[int]) -> list[Name] | None:
        """The names in the order of the ids; None if any of them has none."""
        found = [self._by_id.get(number) for number in ids]
        known = [name for name in found if name is not None]
        return known if len(known) == len(found) else None

    def find(self, names: Iterable[str]) -> dict[str, list[Name]]:
        """Whole names in any case, by ESI's plural of their category."""
        found: dict[str, list[Name]] = {}
        for wanted in names:
            for name in self._by_name.get(wanted.casefold(), ()):
                found.setdefault(_PLURALS[name.category], []).append(name)
        return found


def of_the_universe() -> list[Name]:
    """The names of the sandbox's places and types."""
    systems = {station.system_id: station.system for station in STATIONS}
    return [
        *(Name(category="region", id=place.id, name=place.name) for place in REGIONS),
        *(Name(category="constellation", id=place.id, name=place.name) for place in CONSTELLATIONS),
        *(Name(category="solar_system", id=number, name=name) for number, name in systems.items()),
        *(Name(category="station", id=place.id, name=place.name) for place in STATIONS),
        *(Name(category="corporation", id=number, name=name) for number, name in NPCS.items()),
        *(Name(category="inventory_type", id=kind.id, name=kind.name) for kind in ALL_TYPES),
    ]
