"""Colonies of characters, and what stands on them.

Shapes: ESI's routes `/characters/{character_id}/planets` and `…/planets/{planet_id}` at
compatibility date 2026-08-18. Colonies change in ESI only when their owner looks at them in the
game; what has an end (extractors) is told with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from eveobs.records.schema import (
    Column,
    Detail,
    Filter,
    Kind,
    Match,
    Record,
    Schema,
    SubjectKind,
)
from eveobs.records.units import Radians, Seconds


class Colony(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A planet that a character has a command centre on.

    `upgrade_level` is that of the command centre, 0 to 5. `extractors` counts the extractors that
    have a programme, `extractors_end` is when the first of them ends; both are of the pins.
    """

    planet_id: int
    solar_system_id: int
    planet_type: str
    upgrade_level: int
    num_pins: int
    last_update: datetime
    extractors: int | None = None
    extractors_end: datetime | None = None


class Pin(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A structure of a colony.

    Extractors have `product_type_id`, `qty_per_cycle`, `cycle_time` (seconds) and `expiry_time`,
    factories a `schematic_id`. `latitude` and `longitude` are in radians.
    """

    pin_id: int
    type_id: int
    latitude: Radians
    longitude: Radians
    product_type_id: int | None = None
    qty_per_cycle: int | None = None
    cycle_time: Seconds | None = None
    head_radius: Radians | None = None
    heads: int | None = None
    schematic_id: int | None = None
    install_time: datetime | None = None
    last_cycle_start: datetime | None = None
    expiry_time: datetime | None = None


class ExtractorHead(Record, frozen=True, kw_only=True, omit_defaults=True):
    """Where an extractor drills."""

    head_id: int


class Extractor(Record, frozen=True, kw_only=True, omit_defaults=True):
    """What an extractor pin extracts, a cycle of `cycle_time` seconds."""

    heads: tuple[ExtractorHead, ...] = ()
    product_type_id: int | None = None
    qty_per_cycle: int | None = None
    cycle_time: Seconds | None = None
    head_radius: Radians | None = None


class Factory(Record, frozen=True, kw_only=True, omit_defaults=True):
    """What a factory pin makes."""

    schematic_id: int


class PlacedPin(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A pin as ESI nests it."""

    pin_id: int
    type_id: int
    latitude: Radians
    longitude: Radians
    extractor_details: Extractor | None = None
    factory_details: Factory | None = None
    schematic_id: int | None = None
    install_time: datetime | None = None
    last_cycle_start: datetime | None = None
    expiry_time: datetime | None = None


class Layout(Record, frozen=True, kw_only=True, omit_defaults=True):
    """The part of `/characters/{character_id}/planets/{planet_id}` that eveobs keeps."""

    pins: tuple[PlacedPin, ...] = ()


def flat(pin: PlacedPin) -> Pin:
    """`pin` as a row."""
    drill = pin.extractor_details or Extractor()
    made = pin.factory_details.schematic_id if pin.factory_details else None
    return Pin(
        pin_id=pin.pin_id,
        type_id=pin.type_id,
        latitude=pin.latitude,
        longitude=pin.longitude,
        product_type_id=drill.product_type_id,
        qty_per_cycle=drill.qty_per_cycle,
        cycle_time=drill.cycle_time,
        head_radius=drill.head_radius,
        heads=len(drill.heads) if pin.extractor_details else None,
        schematic_id=made if pin.schematic_id is None else pin.schematic_id,
        install_time=pin.install_time,
        last_cycle_start=pin.last_cycle_start,
        expiry_time=pin.expiry_time,
    )


def summarise_pins(pins: Sequence[Mapping[str, Any]]) -> str:
    """What is extracted, each product once."""
    products = (pin.get("product_type_name") or pin["product_type_id"] for pin in pins)
    return ", ".join(dict.fromkeys(str(product) for product in products if product))


PINS = Detail(
    name="pins",
    record=Pin,
    key="pin_id",
    current=True,
    names={"type_id": "type_name", "product_type_id": "product_type_name"},
    summary=summarise_pins,
    columns=(
        Column("type_name", "Pin", flexible=True),
        Column("product_type_name", "Extracts", flexible=True),
        Column("qty_per_cycle", "A cycle", Kind.NUMBER, rank=2),
        Column("schematic_id", "Schematic", Kind.ID, rank=3),
        Column("expiry_time", "Ends", Kind.TIME),
    ),
)

PLANETS = Schema(
    name="planets",
    singular="colony",
    subjects=(SubjectKind.CHARACTER,),
    record=Colony,
    key="planet_id",
    names={"owner_id": "owner_name", "solar_system_id": "solar_system_name"},
    details=(PINS,),
    filters=(
        Filter("character", "owner_id", Match.EQUALS, "Of this character.", names=True),
        Filter(
            "system",
            "solar_system_id",
            Match.CONTAINS,
            "Solar system: id, or part of its name.",
            names=True,
        ),
        Filter("type", "planet_type", Match.CONTAINS, "Type of planet, such as barren or gas."),
        Filter(
            "extracts",
            "product_type_id",
            Match.CONTAINS,
            "Extracts this: type id, or part of its name.",
            detail="pins",
            names=True,
        ),
        Filter(
            "ends-before",
            "extractors_end",
            Match.BEFORE,
            "An extractor ends before this: a date, a time, or a span from now such as 12h or 3d.",
            Kind.TIME,
        ),
    ),
    columns=(
        Column("planet_id", "Planet", Kind.ID, rank=4),
        Column("solar_system_name", "System", flexible=True),
        Column("planet_type", "Type"),
        Column("upgrade_level", "Level", Kind.NUMBER, rank=5),
        Column("num_pins", "Pins", Kind.NUMBER, rank=6),
        Column("extractors", "Extractors", Kind.NUMBER, rank=3),
        Column("pins_summary", "Extracts", rank=3, flexible=True),
        Column("extractors_end", "Ends", Kind.TIME),
        Column("owner_name", "Owner", rank=2, flexible=True),
        Column("last_update", "Updated", Kind.TIME, rank=7),
    ),
    sort="extractors_end",
)
