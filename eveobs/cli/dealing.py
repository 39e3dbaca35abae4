"""Running `eveobs deals`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eveobs.analysis.book import Basis
from eveobs.analysis.deals import Bargains, Deal, Terms
from eveobs.cli.amounts import isk
from eveobs.cli.finding import regions_named
from eveobs.cli.listing import screenful
from eveobs.cli.options import chosen_format
from eveobs.cli.outbidding import open_market
from eveobs.cli.output import Format
from eveobs.cli.places import place_named
from eveobs.errors import UsageError
from eveobs.records.market_orders import MARKET_ORDERS
from eveobs.records.schema import Column, Kind

if TYPE_CHECKING:
    from eveobs.cli.context import Run
    from eveobs.store.store import Store

COLUMNS = (
    Column("contract_id", "Contract", Kind.ID),
    Column("largest_name", "Most of it", flexible=True),
    Column("cost", "Cost", Kind.ISK),
    Column("value", "Value", Kind.ISK, rank=2),
    Column("profit", "Profit", Kind.ISK),
    Column("margin_percent", "%", Kind.NUMBER, rank=3),
    Column("warnings", "Beware", rank=1, flexible=True),
    Column("volume", "m³", Kind.VOLUME, rank=6),
    Column("location_name", "Where", rank=4, flexible=True),
    Column("date_expired", "Ends", Kind.TIME, rank=5),
)
FIELDS = (
    *("contract_id", "type", "title", "price", "reward", "cost", "value", "profit"),
    *("margin_percent", "warnings", "largest_id", "largest_name", "parts", "volume", "region_id"),
    *("region_name", "location_id", "location_name", "issuer_id", "date_expired"),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks for."""

    at: str
    market: str | None
    regions: Sequence[str]
    margin: float
    min_profit: str
    limit: int | None
    sound: bool = False


def find_and_tell(run: Run, asked: Asked, output: Mapping[str, Any]) -> None:
    """Print the deals, the largest profit first."""
    shape = chosen_format(output)
    least = isk(asked.min_profit, "min-profit")
    rates = run.loaded().settings.market
    terms = Terms(Basis(asked.at), rates.sales_tax / 100, rates.broker_fee / 100)
    if not 0 <= asked.margin <= 1e9:
        raise UsageError(f"--margin {asked.margin}: that is no share", hint="A percentage.")
    with run.store() as store:
        place = place_named(run, store, asked.market, None)
        _check_market(store, place.region_id)
        bargains = Bargains(
            store,
            terms,
            market=place.region_id,
            now=run.now(),
            margin=asked.margin / 100,
            least=least,
            regions=regions_named(store, asked.regions),
        )
        limit = screenful(asked.limit, shape)
        ours = open_market(run, store).ours

        def wanted(deal: Deal) -> bool:
            one = deal.contract
            own = ours.issued(one.issuer_id, one.issuer_corporation_id, one.for_corporation)
            return not own and not (asked.sound and deal.traps)

        deals = bargains.best(limit, wanted)
        rows = _rows(deals[:limit] if limit else deals, store)
    run.write(rows, COLUMNS, format=shape, all_fields=FIELDS)
    if not deals:
        run.remark("no contract costs so much less than its parts bring")
    elif shape is Format.TABLE and limit and len(rows) == limit:
        run.remark(f"the best {len(rows):,}; --limit 0 shows all")


def _check_market(store: Store, region_id: int) -> None:
    read = (one for one in store.standings() if one.processor == MARKET_ORDERS.name)
    if region_id not in {one.subject_id for one in read}:
        raise UsageError(
            "no orders of that market are stored, so nothing has a price",
            hint="`eveobs fetch market-orders` gets them.",
        )


def _rows(deals: Sequence[Deal], store: Store) -> list[dict[str, Any]]:
    ids = {number for deal in deals for number in _ids(deal)}
    names = store.names_of(ids)
    return [_row(deal, names) for deal in deals]


def _ids(deal: Deal) -> set[int]:
    place = deal.contract.start_location_id
    return {_largest(deal), deal.contract.region_id} | ({place} if place else set())


def _largest(deal: Deal) -> int:
    return max(deal.parts, key=lambda part: part.isk).type_id


def _row(deal: Deal, names: Mapping[int, str]) -> dict[str, Any]:
    one, largest = deal.contract, _largest(deal)
    return {
        **one._asdict(),
        "cost": deal.cost,
        "value": deal.value,
        "profit": deal.profit,
        "margin_percent": round(deal.margin * 100, 1) if deal.cost > 0 else None,
        "warnings": "; ".join(deal.traps) or None,
        "largest_id": largest,
        "largest_name": names.get(largest),
        "parts": len(deal.parts),
        "region_name": names.get(one.region_id),
        "location_id": one.start_location_id,
        "location_name": names.get(one.start_location_id or 0),
    }
