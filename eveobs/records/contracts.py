"""Public contracts, their items and bids.

Shapes: ESI's routes `/contracts/public/{region_id}`, `…/items/{contract_id}`,
`…/bids/{contract_id}` at compatibility date 2026-08-18. ISK is a double, times are UTC.
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
from eveobs.records.units import CubicMetres, Days, Isk

TYPES = ("item_exchange", "auction", "courier", "loan", "unknown")
"""What ESI documents; it adds values without notice, so any text is a type."""


class PublicContract(Record, frozen=True, kw_only=True, omit_defaults=True):
    """An outstanding public contract, one row of a region's list.

    `buyout` is for auctions, `collateral`, `reward`, `days_to_complete` and `end_location_id` for
    couriers. There is no status: being in the list is the status.
    """

    contract_id: int
    type: str
    issuer_id: int
    issuer_corporation_id: int
    date_issued: datetime
    date_expired: datetime
    for_corporation: bool | None = None
    title: str | None = None
    price: Isk | None = None
    reward: Isk | None = None
    collateral: Isk | None = None
    buyout: Isk | None = None
    volume: CubicMetres | None = None
    days_to_complete: Days | None = None
    start_location_id: int | None = None
    end_location_id: int | None = None


class ContractItem(Record, frozen=True, kw_only=True, omit_defaults=True):
    """One stack that a contract offers (`is_included`) or asks for (then without `item_id`).

    A blueprint original has neither `is_blueprint_copy` nor `runs`, though the documentation says
    its runs are -1 (esi-issues#1241).
    """

    record_id: int
    type_id: int
    quantity: int
    is_included: bool
    item_id: int | None = None
    is_blueprint_copy: bool | None = None
    material_efficiency: int | None = None
    time_efficiency: int | None = None
    runs: int | None = None


class ContractBid(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A bid on an auction; who bids is not told."""

    bid_id: int
    amount: Isk
    date_bid: datetime


def summarise_items(items: Sequence[Mapping[str, Any]]) -> str:
    """What a contract offers in a few words: the first stack, and how many more.

    A contract that offers nothing (it buys, or brings) is told by what it asks for.
    """
    offered = [item for item in items if item["is_included"]]
    told = offered or items
    if not told:
        return ""
    first = told[0]
    name = first.get("type_name") or f"type {first['type_id']}"
    count = f"{first['quantity']:,} × " if first["quantity"] > 1 else ""
    more = f" + {len(told) - 1} more" if len(told) > 1 else ""
    return ("" if offered else "wants ") + count + name + more


ITEMS = Detail(
    name="items",
    summary=summarise_items,
    side="is_included",
    record=ContractItem,
    key="record_id",
    final=True,
    names={"type_id": "type_name"},
    columns=(
        Column("is_included", "Offered", Kind.FLAG, rank=2),
        Column("quantity", "Quantity", Kind.NUMBER),
        Column("type_name", "Type", flexible=True),
        Column("is_blueprint_copy", "Copy", Kind.FLAG, rank=3),
        Column("material_efficiency", "ME", Kind.NUMBER, rank=3),
        Column("time_efficiency", "TE", Kind.NUMBER, rank=3),
        Column("runs", "Runs", Kind.NUMBER, rank=3),
    ),
)

BIDS = Detail(
    name="bids",
    record=ContractBid,
    key="bid_id",
    columns=(
        Column("bid_id", "Bid", Kind.ID, rank=2),
        Column("amount", "Amount", Kind.ISK),
        Column("date_bid", "When", Kind.TIME),
    ),
)

CONTRACTS = Schema(
    name="contracts",
    singular="contract",
    subjects=(SubjectKind.REGION,),
    record=PublicContract,
    key="contract_id",
    expires="date_expired",
    names={
        "region_id": "region_name",
        "issuer_id": "issuer_name",
        "issuer_corporation_id": "issuer_corporation_name",
        "start_location_id": "start_location_name",
        "end_location_id": "end_location_name",
    },
    details=(ITEMS, BIDS),
    filters=(
        Filter("region", "region_id", Match.EQUALS, "Region, by name or id.", names=True),
        Filter(
            "type",
            "type",
            Match.EQUALS,
            "Type of contract.",
            choices=TYPES,
        ),
        Filter(
            "item",
            "type_id",
            Match.CONTAINS,
            "Offers or asks for this item: type id, or part of its name.",
            detail="items",
            names=True,
        ),
        Filter(
            "issuer",
            "issuer_id",
            Match.CONTAINS,
            "Issuer: character id, or part of the name.",
            names=True,
        ),
        Filter("title", "title", Match.CONTAINS, "Part of the title."),
        Filter("min-price", "price", Match.AT_LEAST, "Price of at least this.", Kind.ISK),
        Filter("max-price", "price", Match.AT_MOST, "Price of at most this.", Kind.ISK),
        Filter(
            "expires-before",
            "date_expired",
            Match.BEFORE,
            "Ends before this: a date, a time, or a span from now such as 12h or 3d.",
            Kind.TIME,
        ),
    ),
    columns=(
        Column("contract_id", "Contract", Kind.ID),
        Column("type", "Type", rank=3),
        Column("price", "Price", Kind.ISK),
        Column("items_summary", "Items", flexible=True),
        Column("title", "Title", rank=4, flexible=True),
        Column("start_location_name", "Where", rank=6, flexible=True),
        Column("issuer_name", "Issuer", rank=5, flexible=True),
        Column("date_expired", "Ends", Kind.TIME, rank=2),
        Column("reward", "Reward", Kind.ISK, rank=7),
        Column("end_location_name", "To", rank=8, flexible=True),
    ),
    views={
        ("type", "courier"): (
            Column("contract_id", "Contract", Kind.ID),
            Column("reward", "Reward", Kind.ISK),
            Column("collateral", "Collateral", Kind.ISK, rank=3),
            Column("volume", "Volume m³", Kind.NUMBER, rank=2),
            Column("start_location_name", "From", flexible=True),
            Column("end_location_name", "To", flexible=True),
            Column("days_to_complete", "Days", Kind.NUMBER, rank=4),
            Column("title", "Title", rank=6, flexible=True),
            Column("issuer_name", "Issuer", rank=5, flexible=True),
            Column("date_expired", "Ends", Kind.TIME, rank=2),
        )
    },
    sort="-date_issued",
    gone_early="taken_or_withdrawn",
)
