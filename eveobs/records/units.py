"""Units of the figures in records.

A record declares what its figure is measured in, in its type: `tax_rate: Percent | None`. Columns,
pages and the tests against ESI's OpenAPI document read that declaration with `units_of`, so that a
share and a percentage cannot be confused silently again.

Source of every unit: the description and the example of the field in the OpenAPI document of
compatibility date 2026-08-18, as far as it has them (`tests/data/esi-facts.json` names the JSON
pointer of each); where it says nothing, the source stands beside the alias.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, get_args, get_type_hints

import msgspec

from eveobs.records.schema import Kind, Record


class Unit(StrEnum):
    """Unit of a figure as ESI sends it."""

    ISK = "isk"
    PERCENT = "percent"
    SHARE = "share"
    SECONDS = "seconds"
    DAYS = "days"
    CUBIC_METRES = "m3"
    SECURITY = "security"
    RADIANS = "radians"
    OF_ATTRIBUTE = "attribute"


RANGES: Mapping[Unit, tuple[float, float]] = {
    Unit.PERCENT: (0.0, 100.0),
    Unit.SHARE: (0.0, 1.0),
    Unit.SECONDS: (0.0, 2**40),
    Unit.DAYS: (0.0, 10_000.0),
    Unit.CUBIC_METRES: (0.0, 1e12),
    Unit.SECURITY: (-10.0, 10.0),
    Unit.RADIANS: (-7.0, 7.0),
}
"""Least and greatest value that a figure of a unit can have; units without limits are absent."""

KINDS: Mapping[Unit, Kind] = {
    Unit.ISK: Kind.ISK,
    Unit.PERCENT: Kind.PERCENT,
    Unit.SHARE: Kind.SHARE,
    Unit.CUBIC_METRES: Kind.VOLUME,
}
"""How a column shows a figure of a unit; Kind.NUMBER for the others."""


def _unit(unit: Unit) -> msgspec.Meta:
    meta: msgspec.Meta = msgspec.Meta(extra={"unit": unit})
    return meta


Isk = Annotated[float, _unit(Unit.ISK)]
"""An amount of ISK. `price`, `buyout`, `reward`, `balance` and the like are all ISK in the game."""
Percent = Annotated[float, _unit(Unit.PERCENT)]
"""A percentage from 0 to 100, not a share of 1."""
Share = Annotated[float, _unit(Unit.SHARE)]
"""A share from 0 to 1: the chance that an invention succeeds. The document gives no range; the
static data export has the same figure as 0.34 and the like (blueprints.jsonl, `probability`).
"""
Seconds = Annotated[int, _unit(Unit.SECONDS)]
"""A whole number of seconds."""
Days = Annotated[int, _unit(Unit.DAYS)]
"""A whole number of days."""
CubicMetres = Annotated[float, _unit(Unit.CUBIC_METRES)]
"""A volume in m³, which is the only unit of volume in the game."""
Security = Annotated[float, _unit(Unit.SECURITY)]
"""A security status: a character's from -10 to 10 (the document's example is 5)."""
Radians = Annotated[float, _unit(Unit.RADIANS)]
"""An angle on a planet; the document names no unit."""
OfAttribute = Annotated[float, _unit(Unit.OF_ATTRIBUTE)]
"""A figure whose unit the dogma attribute beside it defines."""


@cache
def units_of(record: type[Record]) -> Mapping[str, Unit]:
    """The declared unit of each field of `record` that has one, by the field's name."""
    hints = get_type_hints(record, include_extras=True)
    found = {name: _declared(hints[name]) for name in record.__struct_fields__}
    return {name: unit for name, unit in found.items() if unit is not None}


def kind_of_unit(unit: Unit) -> Kind:
    """The kind of column that shows a figure of `unit`."""
    return KINDS.get(unit, Kind.NUMBER)


def _declared(hint: Any) -> Unit | None:
    """The unit that a type is annotated with, also inside a union such as `Isk | None`."""
    for meta in getattr(hint, "__metadata__", ()):
        unit = (getattr(meta, "extra", None) or {}).get("unit")
        if isinstance(unit, Unit):
            return unit
    return next(filter(None, map(_declared, get_args(hint))), None)
