"""Contracts as those see them who have to do with them: with a status, and with private ones.

Public contracts come from the market; private ones are made like those, in slots of each issuer,
and stay listed for a while after they have ended. Whoever accepts one is its assignee; a public one
is accepted by its issuer's partner, so that every contract is in the lists it belongs in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any, NamedTuple

from msgspec.structs import replace

from eveobs.records.contracts import ContractBid, ContractItem, PublicContract
from eveobs.sandbox import cargo, deals
from eveobs.sandbox.calendar import Calendar, moment
from eveobs.sandbox.capsuleers.census import Census, Owner
from eveobs.sandbox.deals import Deal
from eveobs.sandbox.draw import dice, happens
from eveobs.sandbox.market import Market
from eveobs.sandbox.people import SIGNED_IN, alliance_id, character_id, corporation_id
from eveobs.sandbox.succession import Ending, Slot
from eveobs.sandbox.universe import BLUEPRINT, TYPE_BY_ID

CORPORATION_CONTRACTS = 60
"""Those the first corporation issues; members, partners and the market add about as many."""
_LIVES, _FATE = 43, 44
_FIRST_ID = 1_500_000_000
_KNOWN, _OTHERS = 24, 4
_OTHER_CORPORATIONS = 8
_SLOTS = 32
"""Ids set aside for each owner in a cycle; the first corporation's come after all others'."""
_DURATIONS = (48, 144, 336, 672)
_WAYS = 4


class Agreement(NamedTuple):
    """A contract and who may see it. `deal` is None for a public one: the market knows its items.

    `ends` (seconds since the epoch): when it was accepted, withdrawn or expired, or will be.
    """

    row: PublicContract
    deal: Deal | None
    availability: str
    assignee_id: int
    acceptor_id: int
    ends: int
    taken: bool


class Agreements:
    """All contracts of characters and corporations. `size`: how many private ones the first has."""

    def __init__(self, census: Census, market: Market, calendar: Calendar, size: int) -> None:
        self._census = census
        self._market = market
        self._calendar = calendar
        self._size = size
        self._kept: dict[tuple[int, int], dict[int, Agreement]] = {}

    def rows(self, owner: Owner, at: int) -> list[dict[str, Any]]:
        """Rows of ESI's contracts of a character or corporation, by ascending id."""
        seen = self.seen(owner, at)
        return [self._shown(seen[number], at) for number in sorted(seen)]

    def items(self, owner: Owner, contract_id: int, at: int) -> list[dict[str, Any]] | None:
        """Rows of ESI's items; None: no such contract in its list."""
        found = self.seen(owner, at).get(contract_id)
        if found is None:
            return None
        if found.deal is None:
            items = self._market.contents(contract_id, self._calendar.number(at))
        else:
            items = cargo.items(self._seed, found.deal)
        return [_item(item) for item in items]

    def bids(
        self, owner: Owner, contract_id: int, at: int, until: int
    ) -> list[dict[str, Any]] | None:
        """Rows of ESI's bids that were placed by `until`; None: not in its list, or no auction."""
        found = self.seen(owner, at).get(contract_id)
        if found is None or found.row.type != "auction":
            return None
        return [self._bid(bid) for bid in self._bids(found, min(until, found.ends))]

    def seen(self, owner: Owner, at: int) -> dict[int, Agreement]:
        """What it issued, was assigned or accepted, by id."""
        key = (owner.id, at)
        if key not in self._kept:
            if len(self._kept) >= _SLOTS:
                self._kept.clear()
            self._kept[key] = {
                one.row.contract_id: one
                for one in self._candidates(owner, at)
                if self._concerns(one, owner, at)
            }
        return self._kept[key]

    @property
    def _seed(self) -> int:
        return self._census.people.seed

    def _concerns(self, one: Agreement, owner: Owner, at: int) -> bool:
        mine = one.row.issuer_id == owner.id
        if owner.is_corporation:
            mine = bool(one.row.for_corporation) and one.row.issuer_corporation_id == owner.id
        accepted = one.acceptor_id == owner.id and self._is_accepted(one, at)
        return mine or one.assignee_id == owner.id or accepted

    def _candidates(self, owner: Owner, at: int) -> Iterator[Agreement]:
        """More than it may see: of itself, its members or corporation, and its partner."""
        census, cycle = self._census, self._calendar.number(at)
        partner = census.partner(owner)
        if owner.is_corporation:
            people = [census.character(number) for number in census.members(owner.number)]
            sources = [owner, *people]
        else:
            corporation = census.people.corporation_of(owner.number)
            people = [owner, *([] if partner is None else [partner])]
            leads = census.ceo(corporation) == owner.number
            sources = [owner, *([census.corporation(corporation)] if leads else [])]
        for source in [*sources, *([] if partner is None else [partner])]:
            yield from self._private(source, cycle)
        yield from self._public(frozenset(one.id for one in people), cycle)

    def _public(self, issuers: frozenset[int], cycle: int) -> Iterator[Agreement]:
        for row, ends, taken in self._market.issued_by(issuers, self._calendar, cycle):
            issuer = self._census.owner(row.issuer_id)
            partner = None if issuer is None else self._census.partner(issuer)
            acceptor = row.issuer_corporation_id if partner is None else partner.id
            end = self._calendar.start(ends) - self._calendar.cycle // 2
            yield Agreement(row, None, "public", 0, acceptor, end, taken)

    def _private(self, owner: Owner, cycle: int) -> Iterator[Agreement]:
        issuer = self._issuer(owner)
        if issuer is None:
            return
        for index in range(self._count(owner)):
            place = self._place(owner, index)
            slot = _slot(dice(self._seed, _LIVES, place))
            born = cycle - (cycle + slot.phase) % (slot.life + slot.rest)
            contract_id = _FIRST_ID + born * self._stride + place
            region_id = owner.region_id
            deal = deals.deal(self._seed, contract_id, region_id, index, born, slot)
            row = deals.row(self._seed, self._census.people, self._calendar, deal)
            corporation = self._census.people.corporation_of(issuer)
            row = _issued(row, issuer, corporation, for_corporation=owner.is_corporation)
            availability, assignee, acceptor = self._parties(owner, corporation, index)
            end = self._calendar.start(born + slot.life)
            taken = slot.ending is Ending.TAKEN
            yield Agreement(row, deal, availability, assignee, acceptor, end, taken)

    def _issuer(self, owner: Owner) -> int | None:
        """A corporation's contracts are its chief executive's work."""
        return self._census.ceo(owner.number) if owner.is_corporation else owner.number

    def _count(self, owner: Owner) -> int:
        if owner.is_corporation:
            return _OTHER_CORPORATIONS if owner.number else self._size
        return _KNOWN if owner.number < SIGNED_IN else _OTHERS

    def _place(self, owner: Owner, index: int) -> int:
        if owner.is_corporation and owner.number == 0:
            return self._stride - self._size + index
        return owner.place * _SLOTS + index

    @property
    def _stride(self) -> int:
        people = self._census.people
        return 2 * max(people.characters, people.corporations) * _SLOTS + self._size

    def _parties(self, owner: Owner, corporation: int, index: int) -> tuple[str, int, int]:
        """Availability, assignee, and who accepts it: the partner, the own corporation or both."""
        own, partner = corporation_id(corporation), self._census.partner(owner)
        alliance = self._census.people.alliance_of(corporation)
        way = index % _WAYS
        if way == 3 and alliance is not None:
            return "alliance", alliance_id(alliance), own
        if way == 1 or partner is None:
            return "corporation", own, own
        if way == 2 and not owner.is_corporation:
            return "personal", own, own
        return "personal", partner.id, partner.id

    def _is_accepted(self, one: Agreement, at: int) -> bool:
        return self._fate(one, at).accepted

    def _shown(self, one: Agreement, at: int) -> dict[str, Any]:
        row, fate = one.row, self._fate(one, at)
        found = {
            "acceptor_id": one.acceptor_id if fate.accepted else 0,
            "assignee_id": one.assignee_id,
            "availability": one.availability,
            "buyout": row.buyout,
            "collateral": row.collateral,
            "contract_id": row.contract_id,
            "date_accepted": moment(one.ends) if fate.accepted else None,
            "date_completed": None if fate.completed is None else moment(fate.completed),
            "date_expired": row.date_expired,
            "date_issued": row.date_issued,
            "days_to_complete": row.days_to_complete,
            "end_location_id": row.end_location_id,
            "for_corporation": bool(row.for_corporation),
            "issuer_corporation_id": row.issuer_corporation_id,
            "issuer_id": row.issuer_id,
            "price": row.price,
            "reward": row.reward,
            "start_location_id": row.start_location_id,
            "status": fate.status,
            "title": row.title,
            "type": row.type,
            "volume": row.volume,
        }
        return {name: value for name, value in found.items() if value is not None}

    def _fate(self, one: Agreement, at: int) -> Fate:
        """What has become of it. One that ran out stays outstanding, as on ESI."""
        if not one.taken or at < one.ends:
            return _OUTSTANDING
        chance = dice(self._seed, _FATE, one.row.contract_id)
        unwanted = one.row.type == "auction" and not self._bids(one, one.ends)
        if happens(chance, 0.12) or unwanted:
            return Fate("deleted", accepted=False, completed=one.ends)
        if happens(chance, 0.12) and one.availability == "personal":
            return Fate("rejected", accepted=False, completed=one.ends)
        if one.row.type == "courier":
            return self._delivery(one, chance, at)
        return Fate("finished", accepted=True, completed=one.ends)

    def _delivery(self, one: Agreement, chance: Random, at: int) -> Fate:
        arrives = one.ends + chance.randint(2, 30) * self._calendar.cycle
        if at < arrives:
            return Fate("in_progress", accepted=True)
        return Fate(
            "finished" if happens(chance, 0.85) else "failed", accepted=True, completed=arrives
        )

    def _bids(self, one: Agreement, until: int) -> Sequence[ContractBid]:
        contract_id = one.row.contract_id
        if one.deal is not None:
            return deals.bids(self._seed, self._calendar, one.deal, until)
        cycle = self._calendar.number(until)
        return self._market.offers(contract_id, self._calendar, cycle, until)

    def _bid(self, bid: ContractBid) -> dict[str, Any]:
        bidder = dice(self._seed, _FATE, -bid.bid_id).randrange(self._census.people.characters)
        return {
            "amount": bid.amount,
            "bid_id": bid.bid_id,
            "bidder_id": character_id(bidder),
            "date_bid": bid.date_bid,
        }


class Fate(NamedTuple):
    """What became of a contract. `completed` in seconds since the epoch."""

    status: str
    accepted: bool
    completed: int | None = None


_OUTSTANDING = Fate("outstanding", accepted=False)


def _slot(chance: Random) -> Slot:
    """Like a market's, with a long rest: as long it is still listed when it has ended."""
    duration = chance.choice(_DURATIONS)
    ending = chance.choices((Ending.TAKEN, Ending.EXPIRES), (3, 1))[0]
    life = chance.randint(2, duration - 1) if ending is Ending.TAKEN else duration
    rest = chance.randint(10, 400)
    return Slot(duration, life, rest, chance.randrange(life + rest), ending)


def _issued(
    row: PublicContract, issuer: int, corporation: int, *, for_corporation: bool
) -> PublicContract:
    """The same by another issuer."""
    return replace(
        row,
        issuer_id=character_id(issuer),
        issuer_corporation_id=corporation_id(corporation),
        for_corporation=for_corporation or None,
    )


def _item(item: ContractItem) -> dict[str, Any]:
    """Without what ESI leaves out here: efficiencies, runs, item id (esi-issues#827, #578)."""
    row: dict[str, Any] = {
        "is_included": item.is_included,
        "is_singleton": False,
        "quantity": item.quantity,
        "record_id": item.record_id,
        "type_id": item.type_id,
    }
    kind = TYPE_BY_ID.get(item.type_id)
    if kind is not None and kind.category_id == BLUEPRINT and item.is_included:
        return row | {"is_singleton": True, "raw_quantity": -2 if item.is_blueprint_copy else -1}
    return row
