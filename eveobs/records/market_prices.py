"""Prices of types in all of New Eden, as the game itself reckons with them.

Shape: ESI's route `/markets/prices` at compatibility date 2026-08-18, renewed every hour. The
average is the one the client shows as estimated value; the adjusted one is what industry fees are
reckoned by. Neither is what somebody would pay.
"""

from __future__ import annotations

from eveobs.records.schema import Column, Filter, Kind, Match, Record, Schema, SubjectKind
from eveobs.records.units import Isk


class MarketPrice(Record, frozen=True, kw_only=True, omit_defaults=True):
    """What the game holds one unit of a type for, in ISK. Both prices may be missing."""

    type_id: int
    average_price: Isk | None = None
    adjusted_price: Isk | None = None


MARKET_PRICES = Schema(
    name="market-prices",
    singular="market-price",
    subjects=(SubjectKind.UNIVERSE,),
    record=MarketPrice,
    key="type_id",
    names={"type_id": "type_name"},
    filters=(
        Filter("type", "type_id", Match.CONTAINS, "Type id, or part of its name.", names=True),
        Filter(
            "min-price", "average_price", Match.AT_LEAST, "Of at least this price.", kind=Kind.ISK
        ),
        Filter(
            "max-price", "average_price", Match.AT_MOST, "Of at most this price.", kind=Kind.ISK
        ),
    ),
    columns=(
        Column("type_id", "Id", Kind.ID, rank=2),
        Column("type_name", "Type", flexible=True),
        Column("average_price", "Average", Kind.ISK),
        Column("adjusted_price", "Adjusted", Kind.ISK, rank=3),
    ),
    sort="type_id",
    fleeting=True,
)
