"""CCP's own layout of the export: JSON Lines, `_key` a row, names as `{"en": …}`.

Only what eveobs keeps is named here; fields that CCP adds are passed over.
"""

from __future__ import annotations

from typing import Any

import msgspec

Names = dict[str, str]


class Row(msgspec.Struct, frozen=True, rename="camel"):
    """A line of any file."""

    key: int = msgspec.field(name="_key")


class Category(Row, frozen=True):
    """A line of categories.jsonl."""

    name: Names = {}
    published: bool = False


class Group(Row, frozen=True):
    """A line of groups.jsonl."""

    category_id: int = msgspec.field(name="categoryID")
    name: Names = {}
    published: bool = False


class Type(Row, frozen=True, rename="camel"):
    """A line of types.jsonl."""

    group_id: int = msgspec.field(name="groupID")
    name: Names = {}
    volume: float | None = None
    base_price: float | None = None
    portion_size: int | None = None
    market_group_id: int | None = msgspec.field(name="marketGroupID", default=None)
    meta_group_id: int | None = msgspec.field(name="metaGroupID", default=None)
    published: bool = False


class MarketGroup(Row, frozen=True):
    """A line of marketGroups.jsonl."""

    name: Names = {}
    parent_group_id: int | None = msgspec.field(name="parentGroupID", default=None)


class Named(Row, frozen=True):
    """metaGroups.jsonl, mapRegions.jsonl: a name and nothing else that is kept."""

    name: Names = {}


class Stack(msgspec.Struct, frozen=True):
    """Of a blueprint's materials or products."""

    type_id: int = msgspec.field(name="typeID")
    quantity: int = 1
    probability: float | None = None


class Activity(msgspec.Struct, frozen=True):
    """Of a blueprint."""

    time: int = 0
    materials: tuple[Stack, ...] = ()
    products: tuple[Stack, ...] = ()


class Blueprint(Row, frozen=True, rename="camel"):
    """A line of blueprints.jsonl."""

    activities: dict[str, Activity] = {}
    max_production_limit: int | None = None


class Constellation(Row, frozen=True):
    """A line of mapConstellations.jsonl."""

    region_id: int = msgspec.field(name="regionID")
    name: Names = {}


class System(Row, frozen=True, rename="camel"):
    """A line of mapSolarSystems.jsonl."""

    constellation_id: int = msgspec.field(name="constellationID")
    region_id: int = msgspec.field(name="regionID")
    name: Names = {}
    security_status: float = 0.0


class Station(Row, frozen=True, rename="camel"):
    """npcStations.jsonl. Without `celestial_index` it circles the sun, without `orbit_index` a
    planet and no moon.
    """

    owner_id: int = msgspec.field(name="ownerID")
    solar_system_id: int = msgspec.field(name="solarSystemID")
    type_id: int = msgspec.field(name="typeID")
    operation_id: int = msgspec.field(name="operationID", default=0)
    orbit_id: int = msgspec.field(name="orbitID", default=0)
    celestial_index: int | None = None
    orbit_index: int | None = None
    use_operation_name: bool = False


class Body(Row, frozen=True, rename="camel"):
    """A line of mapPlanets.jsonl or mapMoons.jsonl.

    Almost all are named by their numbers; a few have a whole name of their own, in `uniqueName`
    ("Amarr VIII (Oris)"). CCP's guide "Using Static Data" calls that field `name`: both are read.
    """

    solar_system_id: int = msgspec.field(name="solarSystemID", default=0)
    celestial_index: int | None = None
    orbit_index: int | None = None
    unique_name: Names | str = ""
    name: Names | str = ""


class Operation(Row, frozen=True, rename="camel"):
    """A line of stationOperations.jsonl."""

    operation_name: Names = {}


class Corporation(Row, frozen=True, rename="camel"):
    """A line of npcCorporations.jsonl."""

    name: Names = {}
    ticker_name: str = ""


FILES: dict[str, Any] = {
    "categories": Category,
    "groups": Group,
    "types": Type,
    "marketGroups": MarketGroup,
    "metaGroups": Named,
    "blueprints": Blueprint,
    "mapRegions": Named,
    "mapConstellations": Constellation,
    "mapSolarSystems": System,
    "npcCorporations": Corporation,
    "stationOperations": Operation,
    "npcStations": Station,
}
"""Files of the export that are read, each with the shape of its lines."""

BODIES = {"planets": "mapPlanets", "moons": "mapMoons"}
"""Files that are read where they are there: without them a few stations have a plainer name."""
OWN_NAME = (b'"uniqueName"', b'"name"')
"""One of these stands in a line of a body with a name of its own: 400,000 lines are not decoded."""
