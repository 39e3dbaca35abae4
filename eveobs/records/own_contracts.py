"""Contracts of a character or corporation: what it issued, was assigned, or accepted.

Shapes: ESI's routes `/characters/{character_id}/contracts`, `…/{contract_id}/items`, `…/bids` and
those of corporations at compatibility date 2026-08-18. The enumerations are kept as text: a value
that ESI adds must not cost the row.
"""

from __future__ import annotations

from datetime import datetime

from eveobs.records.contracts import summarise_items
from eveobs.records.schema import (
    Borrowed,
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

BLUEPRINT_COPY = -2
"""The `raw_quantity` of a blueprint copy."""


class OwnContract(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A contract of the last 30 days, or one in progress.

    `acceptor_id` and `assignee_id` are 0 for nobody. `buyout` is for auctions, `collateral`,
    `reward`, `days_to_complete` and `end_location_id` for couriers. One that ran out without being
    accepted stays `outstanding`.
    """

    contract_id: int
    type: str
    status: str
    availability: str
    issuer_id: int
    issuer_corporation_id: int
    assignee_id: int
    acceptor_id: int
    date_issued: datetime
    date_expired: datetime
    for_corporation: bool = False
    date_accepted: datetime | None = None
    date_completed: datetime | None = None
    title: str | None = None
    price: Isk | None = None
    reward: Isk | None = None
    collateral: Isk | None = None
    buyout: Isk | None = None
    volume: CubicMetres | None = None
    days_to_complete: Days | None = None
    start_location_id: int | None = None
    end_location_id: int | None = None


class OwnContractItem(Record, frozen=True, kw_only=True, omit_defaults=True):
    """One stack that a contract offers (`is_included`) or asks for.

    `raw_quantity` is -1 for what does not stack, of a blueprint for an original, -2 for a copy, of
    which `is_blueprint_copy` is made. ESI has no efficiencies, runs and item ids here
    (esi-issues#827, #578): they are borrowed.
    """

    record_id: int
    type_id: int
    quantity: int
    is_included: bool
    is_singleton: bool
    raw_quantity: int | None = None
    is_blueprint_copy: bool | None = None


class OwnContractBid(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A bid on an auction."""

    bid_id: int
    bidder_id: int
    amount: Isk
    date_bid: datetime


ITEMS = Detail(
    name="items",
    summary=summarise_items,
    side="is_included",
    record=OwnContractItem,
    key="record_id",
    final=True,
    shared=True,
    names={"type_id": "type_name"},
    borrows=(
        Borrowed(
            table="contract_items",
            mine="record_id",
            theirs="record_id",
            fields={
                "item_id": "item_id",
                "is_blueprint_copy": "is_blueprint_copy",
                "material_efficiency": "material_efficiency",
                "time_efficiency": "time_efficiency",
                "runs": "runs",
            },
        ),
        Borrowed(
            table="blueprints",
            mine="item_id",
            theirs="item_id",
            fields={
                "is_blueprint_copy": "is_copy",
                "material_efficiency": "material_efficiency",
                "time_efficiency": "time_efficiency",
                "runs": "runs",
            },
        ),
    ),
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
    record=OwnContractBid,
    key="bid_id",
    shared=True,
    names={"bidder_id": "bidder_name"},
    columns=(
        Column("bid_id", "Bid", Kind.ID, rank=2),
        Column("bidder_name", "Bidder", flexible=True),
        Column("amount", "Amount", Kind.ISK),
        Column("date_bid", "When", Kind.TIME),
    ),
)

OWN_CONTRACTS = Schema(
    name="own-contracts",
    singular="own-contract",
    subjects=(SubjectKind.CHARACTER, SubjectKind.CORPORATION),
    record=OwnContract,
    key="contract_id",
    expires="date_expired",
    names={
        "owner_id": "owner_name",
        "issuer_id": "issuer_name",
        "issuer_corporation_id": "issuer_corporation_name",
        "assignee_id": "assignee_name",
        "acceptor_id": "acceptor_name",
    },
    places={
        "start_location_id": "start_location_name",
        "end_location_id": "end_location_name",
    },
    details=(ITEMS, BIDS),
    filters=(
        Filter("character", "owner_id", Match.EQUALS, "Of this character.", names=True),
        Filter("corporation", "owner_id", Match.EQUALS, "Of this corporation.", names=True),
        Filter(
            "status",
            "status",
            Match.EQUALS,
            "What became of it.",
            choices=(
                *("outstanding", "in_progress", "finished", "finished_issuer"),
                *("finished_contractor", "cancelled", "rejected", "failed", "deleted", "reversed"),
            ),
        ),
        Filter(
            "availability",
            "availability",
            Match.EQUALS,
            "Who may accept it.",
            choices=("public", "personal", "corporation", "alliance"),
        ),
        Filter(
            "type",
            "type",
            Match.EQUALS,
            "Type of contract.",
            choices=("item_exchange", "auction", "courier", "loan", "unknown"),
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
        Column("status", "Status"),
        Column("price", "Price", Kind.ISK),
        Column("items_summary", "Items", flexible=True),
        Column("type", "Type", rank=3),
        Column("availability", "For", rank=4),
        Column("assignee_name", "Assignee", rank=6, flexible=True),
        Column("title", "Title", rank=7, flexible=True),
        Column("start_location_name", "Where", rank=8, flexible=True),
        Column("issuer_name", "Issuer", rank=5, flexible=True),
        Column("owner_name", "Owner", rank=5, flexible=True),
        Column("date_expired", "Ends", Kind.TIME, rank=2),
        Column("reward", "Reward", Kind.ISK, rank=9),
        Column("end_location_name", "To", rank=10, flexible=True),
    ),
    views={
        ("type", "courier"): (
            Column("contract_id", "Contract", Kind.ID),
            Column("status", "Status"),
            Column("reward", "Reward", Kind.ISK),
            Column("collateral", "Collateral", Kind.ISK, rank=4),
            Column("volume", "Volume m³", Kind.NUMBER, rank=3),
            Column("start_location_name", "From", flexible=True),
            Column("end_location_name", "To", flexible=True),
            Column("days_to_complete", "Days", Kind.NUMBER, rank=5),
            Column("issuer_name", "Issuer", rank=6, flexible=True),
            Column("acceptor_name", "Acceptor", rank=7, flexible=True),
            Column("owner_name", "Owner", rank=6, flexible=True),
            Column("date_expired", "Ends", Kind.TIME, rank=2),
        )
    },
    sort="-date_issued",
)
