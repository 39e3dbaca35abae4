"""Running `eveobs deals --couriers`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from eveobs.analysis.hauling import traps
from eveobs.cli.amounts import isk
from eveobs.cli.finding import regions_named
from eveobs.cli.listing import screenful
from eveobs.cli.options import chosen_format
from eveobs.cli.output import Format, write_rows
from eveobs.records.schema import Column, Kind
from eveobs.store.couriers import Courier

if TYPE_CHECKING:
    from eveobs.cli.context import Run
    from eveobs.cli.dealing import Asked

COLUMNS = (
    Column("contract_id", "Contract", Kind.ID),
    Column("reward", "Reward", Kind.ISK),
    Column("collateral", "Collateral", Kind.ISK),
    Column("volume", "m³", Kind.VOLUME, rank=2),
    Column("reward_per_m3", "ISK/m³", Kind.ISK, rank=3),
    Column("start_location_name", "From", rank=4, flexible=True),
    Column("end_location_name", "To", rank=4, flexible=True),
    Column("warnings", "Beware", rank=1, flexible=True),
    Column("date_expired", "Ends", Kind.TIME, rank=5),
)
FIELDS = (
    *Courier._fields,
    *("reward_per_m3", "warnings", "start_location_name", "end_location_name", "region_name"),
)


def couriers_and_tell(run: Run, asked: Asked, output: Mapping[str, Any]) -> None:
    """Print courier contracts, the largest reward first."""
    shape = chosen_format(output)
    least = isk(asked.min_profit, "min-profit")
    with run.store() as store:
        regions = regions_named(store, asked.regions)
        found = store.couriers(now=run.now(), least=least, regions=regions)
        fit = [one for one in found if not (asked.sound and any(traps(one)))]
        limit = screenful(asked.limit, shape)
        shown = fit[:limit] if limit else fit
        names = store.names_of({number for one in shown for number in _ids(one)})
    write_rows(
        [_row(one, names) for one in shown],
        columns=COLUMNS,
        format=shape,
        fields=None,
        stream=sys.stdout,
        width=run.width(),
        colour=run.colour(sys.stdout.isatty()),
        now=run.now(),
        all_fields=FIELDS,
    )
    if not fit:
        run.remark("no courier contract is like that")
    elif shape is Format.TABLE and len(shown) < len(fit):
        run.remark(f"{len(shown):,} of {len(fit):,}; --limit 0 shows all")


def _ids(one: Courier) -> set[int]:
    return {one.region_id, one.start_location_id or 0, one.end_location_id or 0} - {0}


def _row(one: Courier, names: Mapping[int, str]) -> dict[str, Any]:
    return {
        **one._asdict(),
        "reward_per_m3": round(one.reward / one.volume, 2) if one.volume else None,
        "warnings": "; ".join(traps(one)) or None,
        "start_location_name": names.get(one.start_location_id or 0),
        "end_location_name": names.get(one.end_location_id or 0),
        "region_name": names.get(one.region_id),
    }
