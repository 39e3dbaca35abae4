"""Running `eveobs history`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from eveobs.analysis.competition import Scope
from eveobs.analysis.history import Day, Event, days, life
from eveobs.analysis.market import blueprints_of
from eveobs.analysis.offer import Kind as WareKind
from eveobs.analysis.search import past
from eveobs.cli.charts.of_history import chart_of_days, chart_of_life
from eveobs.cli.charts.showing import Pictures
from eveobs.cli.finding import regions_named, types_named
from eveobs.cli.options import chosen_fields, chosen_format
from eveobs.cli.outbidding import open_market
from eveobs.errors import NotFoundError
from eveobs.records.contracts import CONTRACTS
from eveobs.records.own_contracts import OWN_CONTRACTS
from eveobs.records.schema import Column, Kind

if TYPE_CHECKING:
    from eveobs.cli.context import Run
    from eveobs.store.store import Store

EVENTS = (
    Column("at", "When", Kind.TIME),
    Column("what", "What"),
    Column("text", "More", flexible=True),
)
DAYS = (
    Column("day", "Day"),
    Column("kind", "Kind", rank=2),
    Column("on_offer", "On offer", Kind.NUMBER),
    Column("new", "New", Kind.NUMBER, rank=2),
    Column("taken", "Taken", Kind.NUMBER),
    Column("expired", "Expired", Kind.NUMBER, rank=3),
    Column("lowest", "Lowest", Kind.ISK),
)


def tell_contract(run: Run, number: int, pictures: Pictures, output: Mapping[str, Any]) -> None:
    """Print the life of a contract. Raises NotFoundError for one that is not stored."""
    shape = chosen_format(output)
    pictures.check(shape)
    with run.store() as store:
        row = store.row(OWN_CONTRACTS, number) or store.row(CONTRACTS, number)
        if row is None:
            raise NotFoundError(
                f"contract {number} is not stored", hint="`eveobs fetch contracts` fetches them."
            )
        market = open_market(run, store)
        standings = market.compare(market.of_ids([number]), Scope.REGION)
    events = life(row, standings[0] if standings else None)
    title = f"contract {number} {row['title'] or ''}"
    pictures.show(run, chart_of_life(title, row, events, run.now()), shape)
    rows = [{**one._asdict(), "text": one.text or None} for one in events]
    run.write(rows, EVENTS, format=shape, fields=chosen_fields(output), all_fields=Event._fields)


def tell_type(
    run: Run,
    item: str,
    last: int,
    regions: Sequence[str],
    pictures: Pictures,
    output: Mapping[str, Any],
) -> None:
    """Print a line a day."""
    shape = chosen_format(output)
    pictures.check(shape)
    now = run.now()
    with run.store() as store:
        names = {one.id: one.name for one in types_named(store, item)}
        wanted = regions_named(store, regions)
        begin = _first_whole(store)
        first = max(begin, now - timedelta(days=last - 1)) if begin else now
        are = blueprints_of(store, names)
        types = {number: number in are for number in names}
        since = first.replace(hour=0, minute=0, second=0, microsecond=0)
        found = days(past(store, types, wanted, since), first.date(), now)
    title = ", ".join(sorted(names.values()))
    pictures.show(run, chart_of_days(title, found), shape)
    rows = [{**one._asdict(), "day": str(one.day), "kind": str(one.kind)} for one in found]
    run.write(
        rows, _day_columns(rows), format=shape, fields=chosen_fields(output), all_fields=Day._fields
    )
    if not rows:
        run.remark("nobody sold it, as far as is stored")


def _day_columns(rows: Sequence[Mapping[str, Any]]) -> list[Column]:
    """The columns of days; the lowest price says of what it is: of copies it is that of a run."""
    copies = {row["kind"] == WareKind.COPY for row in rows}
    title = {(True,): "Lowest per run", (False,): "Lowest"}.get((*copies,), "Lowest (piece/run)")
    return [replace(one, title=title) if one.field == "lowest" else one for one in DAYS]


def _first_whole(store: Store) -> datetime | None:
    """When a list of public contracts was first read as a whole; None for never."""
    lists = [one for one in store.standings() if one.processor == CONTRACTS.name]
    return min((one.whole_since for one in lists if one.whole_since), default=None)
