"""Rows of the static data: what CCP publishes with each build of the game, one table a kind.

Names are in one language. Ids are those of ESI; `security` is the true one, not rounded.
"""

from __future__ import annotations

from eveobs.records.schema import Record
from eveobs.records.units import CubicMetres, Isk, Seconds, Security, Share


class StaticCategory(Record, frozen=True, kw_only=True, omit_defaults=True):
    """Of groups; 9 is Blueprint."""

    category_id: int
    name: str
    published: bool = False


class StaticGroup(Record, frozen=True, kw_only=True, omit_defaults=True):
    """Of types."""

    group_id: int
    category_id: int
    name: str
    published: bool = False


class StaticType(Record, frozen=True, kw_only=True, omit_defaults=True):
    """Whatever an item can be. `volume` in m³, assembled."""

    type_id: int
    group_id: int
    name: str
    volume: CubicMetres | None = None
    base_price: Isk | None = None
    portion_size: int | None = None
    market_group_id: int | None = None
    meta_group_id: int | None = None
    published: bool = False


class StaticMarketGroup(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A shelf of the market."""

    market_group_id: int
    name: str
    parent_group_id: int | None = None


class StaticMetaGroup(Record, frozen=True, kw_only=True, omit_defaults=True):
    """Tech I, Faction and so on."""

    meta_group_id: int
    name: str


class StaticActivity(Record, frozen=True, kw_only=True, omit_defaults=True):
    """What can be done with a blueprint; `time` in seconds for one run, without bonuses."""

    blueprint_type_id: int
    activity: str
    time: Seconds
    max_production_limit: int | None = None


class StaticMaterial(Record, frozen=True, kw_only=True, omit_defaults=True):
    """What one run of an activity uses up, without bonuses."""

    blueprint_type_id: int
    activity: str
    type_id: int
    quantity: int


class StaticProduct(Record, frozen=True, kw_only=True, omit_defaults=True):
    """What one run of an activity makes; `probability` where it may fail."""

    blueprint_type_id: int
    activity: str
    type_id: int
    quantity: int
    probability: Share | None = None


class StaticRegion(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A region."""

    region_id: int
    name: str


class StaticConstellation(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A constellation."""

    constellation_id: int
    region_id: int
    name: str


class StaticSystem(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A solar system."""

    system_id: int
    constellation_id: int
    region_id: int
    name: str
    security: Security


class StaticStation(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A station of an NPC corporation. The export has no names of them: they are composed."""

    station_id: int
    system_id: int
    type_id: int
    corporation_id: int
    name: str


class StaticCorporation(Record, frozen=True, kw_only=True, omit_defaults=True):
    """An NPC corporation."""

    corporation_id: int
    name: str
    ticker: str = ""


KINDS: dict[str, tuple[type[Record], tuple[str, ...]]] = {
    "types": (StaticType, ("type_id",)),
    "groups": (StaticGroup, ("group_id",)),
    "categories": (StaticCategory, ("category_id",)),
    "market_groups": (StaticMarketGroup, ("market_group_id",)),
    "meta_groups": (StaticMetaGroup, ("meta_group_id",)),
    "activities": (StaticActivity, ("blueprint_type_id", "activity")),
    "materials": (StaticMaterial, ("blueprint_type_id", "activity", "type_id")),
    "products": (StaticProduct, ("blueprint_type_id", "activity", "type_id")),
    "regions": (StaticRegion, ("region_id",)),
    "constellations": (StaticConstellation, ("constellation_id",)),
    "systems": (StaticSystem, ("system_id",)),
    "stations": (StaticStation, ("station_id",)),
    "corporations": (StaticCorporation, ("corporation_id",)),
}
"""By kind: its rows, and their key."""

NAMED = {
    "types": "inventory_type",
    "regions": "region",
    "constellations": "constellation",
    "systems": "solar_system",
    "stations": "station",
    "corporations": "corporation",
}
"""Kinds whose names ESI resolves too, with its word for them; their key is the id."""
