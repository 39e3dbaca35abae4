"""Running `eveobs find`: offers as rows, the cheapest a piece first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from eveobs.analysis.market import blueprints_of
from eveobs.analysis.offer import Kind as WareKind
from eveobs.analysis.offer import Offer
from eveobs.analysis.search import Wish, search
from eveobs.cli.amounts import isk
from eveobs.cli.listing import screenful
from eveobs.cli.options import chosen_format
from eveobs.cli.output import Format
from eveobs.errors import NotFoundError, UsageError, did_you_mean, nearest
from eveobs.records.contracts import CONTRACTS
from eveobs.records.schema import Column, Kind
from eveobs.records.universe import Name
from eveobs.store.query import Query

if TYPE_CHECKING:
    from eveobs.cli.context import Run
    from eveobs.store.store import Store

COLUMNS = (
    Column("contract_id", "Contract", Kind.ID),
    Column("type_name", "Item", flexible=True),
    Column("unit_price", "Unit price", Kind.ISK),
    Column("price", "Price", Kind.ISK),
    Column("quantity", "Quantity", Kind.NUMBER, rank=3),
    Column("material_efficiency", "ME", Kind.NUMBER, rank=2),
    Column("time_efficiency", "TE", Kind.NUMBER, rank=2),
    Column("runs", "Runs", Kind.NUMBER, rank=2),
    Column("kind", "Kind", rank=6),
    Column("region_name", "Region", rank=4, flexible=True),
    Column("issuer_name", "Issuer", rank=6, flexible=True),
    Column("date_expired", "Ends", Kind.TIME, rank=3),
)
FIELDS = (
    *("contract_id", "type_id", "type_name", "kind", "quantity", "runs", "material_efficiency"),
    *("time_efficiency", "price", "unit_price", "auction", "region_id", "region_name"),
    *("station_id", "issuer_id", "issuer_name", "date_issued", "date_expired"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the command line asks for."""

    item: str
    copies: bool = False
    originals: bool = False
    min_me: int = 0
    min_te: int = 0
    min_runs: int = 0
    max_price: str | None = None
    regions: Sequence[str] = ()
    limit: int | None = None

    def wish(self, regions: frozenset[int]) -> Wish:
        """The same with amounts read. Raises UsageError."""
        if self.copies and self.originals:
            raise UsageError("--bpc and --bpo exclude each other")
        kind = WareKind.COPY if self.copies or self.min_runs else None
        price = None if self.max_price is None else isk(self.max_price, "max-price-per-run")
        return Wish(
            kind=WareKind.ORIGINAL if self.originals else kind,
            min_me=self.min_me,
            min_te=self.min_te,
            min_runs=self.min_runs,
            max_unit_price=price,
            regions=regions,
        )


def find_and_tell(run: Run, asked: Asked, output: Mapping[str, Any]) -> None:
    """Print who sells it."""
    shape = chosen_format(output)
    with run.store() as store:
        types = types_named(store, asked.item)
        wish = asked.wish(regions_named(store, asked.regions))
        names = {one.id: one.name for one in types}
        are = blueprints_of(store, names)
        found = list(search(store, {one.id: one.id in are for one in types}, wish, run.now()))
        found.sort(key=lambda one: (one.unit_price, one.contract_id))
        limit = screenful(asked.limit, shape)
        rows = _rows(found[:limit] if limit else found, store)
        holding = store.count(CONTRACTS, Query(values={"item": [str(one) for one in names]}))
    run.write(rows, _columns(rows), format=shape, all_fields=FIELDS)
    if shape is Format.TABLE:
        _remark(run, asked, len(rows), len(found), holding)


def _columns(rows: Sequence[Mapping[str, Any]]) -> list[Column]:
    """The columns, that of the price for one headed by what one is: a run of a copy, or a piece."""
    copies = {row["kind"] == WareKind.COPY for row in rows}
    title = {(True,): "Per run", (False,): "Unit price"}.get((*copies,), "Unit/run price")
    return [replace(one, title=title) if one.field == "unit_price" else one for one in COLUMNS]


def _remark(run: Run, asked: Asked, shown: int, found: int, holding: int) -> None:
    if shown < found:
        run.remark(f"{shown:,} of {found:,}; --limit 0 shows all")
    if holding > found:
        run.remark(
            f"{holding:,} contracts have it in them, also among other things: "
            f"`eveobs list contracts --item {asked.item!r}`"
        )
    elif not found:
        run.remark("nobody sells it, as far as is stored")


def types_named(store: Store, item: str) -> list[Name]:
    """What `item` names. Raises NotFoundError for nothing that was ever met, UsageError for ""."""
    asked = item.strip()
    if not asked:
        raise UsageError("an item needs a name or an id", hint="Such as Rifter, or 587.")
    if asked.isdecimal() and len(asked) < 12:
        name = store.names_of([int(asked)]).get(int(asked))
        return [Name(id=int(asked), name=name or asked, category="inventory_type")]
    found = store.names_like("inventory_type", asked)
    if not found:
        raise NotFoundError(
            f"nothing that is stored is called {item!r}",
            hint="`eveobs fetch contracts` meets names; `eveobs static-data update` has all.",
        )
    return found


def regions_named(store: Store, words: Sequence[str]) -> frozenset[int]:
    """The ids of these regions, by name or id. Raises UsageError for one that was never met."""
    known = store.named("region") if words else []
    by_word = {one.name.casefold(): one.id for one in known} | {
        str(one.id): one.id for one in known
    }
    for word in words:
        if word.strip().casefold() not in by_word:
            place = store.find_place(word)
            names = [one.name for one in known]
            hint = f"{place}." if place else did_you_mean(nearest(word, names))
            raise UsageError(
                f"nothing is stored of a region {word!r}",
                hint=hint or "Fetch it first, with --region.",
            )
    return frozenset(by_word[word.strip().casefold()] for word in words)


def _rows(offers: Sequence[Offer], store: Store) -> list[dict[str, Any]]:
    ids = {one.issuer_id for one in offers} | {one.ware.type_id for one in offers}
    ids |= {one.region_id for one in offers if one.region_id is not None}
    names = store.names_of(ids)
    return [_row(one, names) for one in offers]


def _row(one: Offer, names: Mapping[int, str]) -> dict[str, Any]:
    blueprint = one.ware.kind in {WareKind.COPY, WareKind.ORIGINAL} and one.research is not None
    return {
        "contract_id": one.contract_id,
        "type_id": one.ware.type_id,
        "type_name": names.get(one.ware.type_id),
        "kind": str(one.ware.kind),
        "quantity": one.units // (one.ware.runs or 1),
        "runs": one.ware.runs or None,
        "material_efficiency": one.research.me if blueprint and one.research else None,
        "time_efficiency": one.research.te if blueprint and one.research else None,
        "price": one.price,
        "unit_price": one.unit_price,
        "auction": one.bid is not None,
        "region_id": one.region_id,
        "region_name": names.get(one.region_id or 0),
        "station_id": one.station_id,
        "issuer_id": one.issuer_id,
        "issuer_name": names.get(one.issuer_id),
        "date_issued": one.issued,
        "date_expired": one.expires,
    }
