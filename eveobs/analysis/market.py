"""Offers from the store: one's own, and everybody's of the same wares."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from eveobs.analysis.competition import Competition, Ours, Scope, Standing
from eveobs.analysis.offer import Kind, Offer, Unfit, next_bid, offer_of, offer_of_sold
from eveobs.analysis.pasting import Found
from eveobs.records.contracts import CONTRACTS
from eveobs.records.own_contracts import OWN_CONTRACTS
from eveobs.store.chunks import chunks
from eveobs.store.query import Query

if TYPE_CHECKING:
    from eveobs.store.store import Store

BLUEPRINT = 9
"""The category of blueprints in the static data."""
ENDINGS = (" Blueprint", " Formula", " Formulas")
"""How blueprints are called where no static data tells."""

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Own:
    """An offer of one's own, with the words for it; or why it is compared with nothing. `things`
    are what a bundle is of; `next_bid` is the lowest that an auction takes.
    """

    contract_id: int
    words: str
    offer: Offer | None
    unfit: Unfit | None = None
    things: Sequence[Found] = ()
    next_bid: float | None = None


@dataclass(slots=True)
class Market:
    """What the store knows at the moment `now`. `ours`: whose offers are no rivals."""

    store: Store
    now: datetime
    ours: Ours

    def ours_on_offer(self) -> list[Own]:
        """Contracts that one of ours has issued and that anybody may accept: from the lists of own
        contracts, and from the public ones those of a character whose own list is not stored.
        """
        asked = Query(values={"status": ["outstanding"], "availability": ["public"]})
        rows = self.store.records(OWN_CONTRACTS, asked)
        found = self._own(row for row in rows if is_ours(row, self.ours))
        issuers = [str(one) for one in sorted(self.ours.characters)]
        if not issuers:
            return found
        # An own list knows sooner that a contract was accepted than the public one.
        listed = {*self.store.keys(OWN_CONTRACTS, Query(gone_too=True))}
        public = self.issued_by(issuers)
        return found + [one for one in public if one.contract_id not in listed]

    def issued_by(self, names: Sequence[str]) -> list[Own]:
        """Public contracts of the issuers of these names (in part) or ids."""
        asked = Query(values={"issuer": list(names)})
        return self._own(self.store.records(CONTRACTS, asked))

    def of_ids(self, ids: Sequence[int]) -> list[Own]:
        """Contracts by id, public or own; what is not stored is left out."""
        everything = Query(gone_too=True)
        found = {
            row["contract_id"]: row
            for schema in (OWN_CONTRACTS, CONTRACTS)  # public items tell more
            for some in chunks(ids)
            for row in self.store.records(schema, everything, some)
        }
        return self._own(found.values())

    def compare(self, own: Sequence[Own], scope: Scope) -> list[Standing]:
        """How each of `own` that can be compared stands among all offers there are."""
        offers = [one.offer for one in own if one.offer is not None]
        if not offers:
            return []
        others = list(self._others(offers))
        competition = Competition(self.ours, scope, self.now, self._systems(offers + others))
        return competition.standings(self._placed(offers, others), others)

    def _own(self, rows: Iterable[Row]) -> list[Own]:
        read = [row for row in rows if row["date_expired"] > self.now and not row["gone_at"]]
        names = {item["type_id"]: item.get("type_name") for row in read for item in row["items"]}
        blueprints = blueprints_of(self.store, names)
        found = []
        for row in read:
            bid = max((one["amount"] for one in row["bids"]), default=None)
            offer = offer_of(row, row["items"], blueprints, bid)
            words = row.get("items_summary") or ""
            fits = offer if isinstance(offer, Offer) else None
            bundle = fits is not None and fits.ware.kind is Kind.BUNDLE
            found.append(
                Own(
                    row["contract_id"],
                    words,
                    fits,
                    None if isinstance(offer, Offer) else offer,
                    _things(row["items"]) if bundle else (),
                    _next_bid(row, bid),
                )
            )
        return found

    def _others(self, own: Sequence[Offer]) -> Iterator[Offer]:
        """Public offers of a type of `own`, and of the same runs, that lived when the oldest of
        these did; bundles are like no other.
        """
        since = min((self.now, *(one.issued for one in own)))
        alone = [one for one in own if one.ware.kind is not Kind.BUNDLE]
        types = {one.ware.type_id for one in alone}
        runs = {one.ware.runs for one in alone}
        blueprints = frozenset(
            one.ware.type_id for one in own if one.ware.kind in {"copy", "original"}
        )
        for sold in self.store.selling(types, alive_after=since, runs=runs):
            offer = offer_of_sold(sold, blueprints)
            if offer is not None:
                yield offer

    def _placed(self, own: Sequence[Offer], others: Sequence[Offer]) -> list[Offer]:
        """`own` with their regions: a list of one's own contracts does not tell them."""
        public = {one.contract_id: one.region_id for one in others}
        of_station = {one.station_id: one.region_id for one in others}
        return [
            one
            if one.region_id is not None
            else replace(
                one, region_id=public.get(one.contract_id) or of_station.get(one.station_id)
            )
            for one in own
        ]

    def _systems(self, offers: Sequence[Offer]) -> Any:
        ids = {one.station_id for one in offers if one.station_id is not None}
        known = self.store.static_places(ids)
        return lambda station: known[station]["system"] if station in known else None


def _next_bid(row: Row, highest: float | None) -> float | None:
    if row["type"] != "auction":
        return None
    return next_bid(row["price"] or 0.0, highest, row["buyout"])


def _things(items: Iterable[Row]) -> list[Found]:
    return [
        Found(item["type_id"], item["quantity"], bool(item.get("is_blueprint_copy")))
        for item in items
    ]


def blueprints_of(store: Store, names: Mapping[int, str | None]) -> frozenset[int]:
    """Those types that are blueprints, of ids with their names: by the static data, or their name
    where there is none.
    """
    known = store.static_types(names)
    told = {number for number, one in known.items() if one["category_id"] == BLUEPRINT}
    named = {
        number
        for number, name in names.items()
        if number not in known and (name or "").endswith(ENDINGS)
    }
    return frozenset(told | named)


def is_ours(row: Row, ours: Ours) -> bool:
    """Whether the contract of a stored row is one's own."""
    return ours.issued(row["issuer_id"], row["issuer_corporation_id"], row["for_corporation"])


def ours_of(store: Store, signed_in: Iterable[int], me: Sequence[str]) -> Ours:
    """Whose contracts are one's own: the characters that signed in, those and the corporations
    whose contracts are observed, and `me` (the setting me.characters) by name or id.
    """
    characters = {*signed_in, *(int(one) for one in me if one.isdecimal())}
    names = [one for one in me if not one.isdecimal()]
    if names:
        characters |= {one.id for one in store.named("character", names)}
    corporations: set[int] = set()
    for one in store.standings():
        if one.processor == OWN_CONTRACTS.name:
            (corporations if one.subject_kind == "corporation" else characters).add(one.subject_id)
    return Ours(frozenset(characters), frozenset(corporations))
