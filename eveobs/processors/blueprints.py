"""Blueprints of characters and corporations."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec.structs import replace

from eveobs.processors.listed import OwnedList, routes_by_kind
from eveobs.records.blueprints import BLUEPRINTS, COPY, Blueprint


@dataclass(frozen=True, kw_only=True)
class Blueprints(OwnedList[Blueprint]):
    """The processor `blueprints`."""

    def compose(self, row: Blueprint) -> Blueprint:
        """ESI tells copies by their quantity."""
        return replace(row, is_copy=row.quantity == COPY)


PROCESSOR = Blueprints(
    schema=BLUEPRINTS,
    lists=routes_by_kind(BLUEPRINTS, "/blueprints"),
    shape=list[Blueprint],
)
