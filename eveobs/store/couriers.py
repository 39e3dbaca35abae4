"""Public courier contracts that nobody has taken yet."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from eveobs.records.contracts import CONTRACTS
from eveobs.store.tables import tables_of


class Courier(NamedTuple):
    """A courier contract. `reward` and `collateral` in ISK, `volume` in m³. ESI's own names."""

    contract_id: int
    title: str | None
    reward: float
    collateral: float
    volume: float
    days_to_complete: int | None
    start_location_id: int | None
    end_location_id: int | None
    region_id: int
    issuer_id: int
    date_expired: datetime


def couriers(
    connection: Connection, *, now: datetime, least: float, regions: Collection[int] = ()
) -> list[Courier]:
    """Those with a reward of at least `least`, the largest reward first."""
    listed = tables_of(CONTRACTS).listed.c
    amounts = ("reward", "collateral", "volume")
    fields: list[Any] = [
        func.coalesce(listed[name], 0.0).label(name) if name in amounts else listed[name]
        for name in Courier._fields
    ]
    wanted = (
        select(*fields)
        .where(
            listed.type == "courier",
            listed.gone_at.is_(None),
            listed.date_expired > now,
            listed.reward >= least,
            listed.reward > 0,
        )
        .order_by(listed.reward.desc(), listed.contract_id)
    )
    if regions:
        wanted = wanted.where(listed.region_id.in_(regions))
    return [Courier(*row) for row in connection.execute(wanted)]
