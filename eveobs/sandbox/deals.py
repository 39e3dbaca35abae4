"""What a contract is: its row and its bids, as a pure function of the seed and its id."""

from __future__ import annotations

from enum import Enum, auto
from random import Random
from typing import NamedTuple

from eveobs.records.contracts import ContractBid, PublicContract
from eveobs.sandbox.calendar import Calendar, moment
from eveobs.sandbox.draw import dice, happens
from eveobs.sandbox.people import People
from eveobs.sandbox.structures import PER_REGION, structure_id
from eveobs.sandbox.succession import (
    EXPIRES_NOW,
    LINGERS_NOW,
    LISTED_NOW,
    TAKEN_NOW,
    Ending,
    Slot,
)
from eveobs.sandbox.titles import HOSTILE, title
from eveobs.sandbox.universe import BLUEPRINTS, SHIP, THINGS, Type, stations_in

_TERMS, _BIDS = 3, 4
_MOST_BIDS = 8


class Trouble(Enum):
    """Why ESI does not show the items of some listed contracts."""

    NONE = auto()
    NOT_PUBLIC = auto()
    ACCEPTED = auto()
    NOT_FOUND = auto()


class Cargo(Enum):
    """What is in it, apart from the usual."""

    USUAL = auto()
    BULK = auto()
    """More items than fit on a page."""
    SWAP = auto()
    """Asks for items in return."""
    COPY = auto()
    ORIGINAL = auto()
    BARE_ORIGINAL = auto()
    """A blueprint original without efficiencies, which ESI leaves out now and then."""


class Terms(NamedTuple):
    """Everything about a contract that chance decides, apart from its items and bids."""

    kind: str = "item_exchange"
    cargo: Cargo = Cargo.USUAL
    trouble: Trouble = Trouble.NONE
    title: str | None = None
    buyout: bool = True
    bids: int | None = None
    in_structure: bool = False
    slot: Slot | None = None
    """When it is listed, where that matters."""


CURIOSITIES: tuple[Terms, ...] = (
    Terms(slot=LINGERS_NOW),
    Terms(slot=EXPIRES_NOW),
    Terms(slot=TAKEN_NOW),
    Terms(trouble=Trouble.NOT_PUBLIC),
    Terms(trouble=Trouble.ACCEPTED),
    Terms(trouble=Trouble.NOT_FOUND),
    Terms(cargo=Cargo.BULK),
    Terms(cargo=Cargo.SWAP),
    Terms(cargo=Cargo.COPY),
    Terms(cargo=Cargo.ORIGINAL),
    Terms(cargo=Cargo.BARE_ORIGINAL),
    Terms("auction", bids=0),
    Terms("auction", bids=_MOST_BIDS),
    Terms("auction", bids=_MOST_BIDS, buyout=False, slot=LISTED_NOW),
    Terms("courier"),
    Terms("courier", in_structure=True),
    Terms(in_structure=True),
    *(Terms(title=hostile) for hostile in HOSTILE),
)
"""In every region the first slots hold one of each, so that a small world has them all too."""


class Deal(NamedTuple):
    """One contract, first listed in the cycle `born`."""

    contract_id: int
    region_id: int
    born: int
    slot: Slot
    terms: Terms
    primary: Type
    quantity: int
    price: float

    @property
    def first_cycle_after(self) -> int:
        """The cycle in which it is listed no more."""
        return self.born + self.slot.life

    def is_over(self, cycle: int) -> bool:
        """Whether it has expired when `cycle` starts, listed or not."""
        lingering = self.slot.ending is Ending.LINGERS
        return cycle >= self.first_cycle_after - lingering


def deal(seed: int, contract_id: int, region_id: int, index: int, born: int, slot: Slot) -> Deal:
    """The contract of that id, in the slot of that index in its region."""
    chance = dice(seed, _TERMS, contract_id)
    terms = CURIOSITIES[index] if index < len(CURIOSITIES) else _terms(chance)
    primary = chance.choice(BLUEPRINTS if _is_blueprint(terms, chance) else THINGS)
    quantity = quantity_of(primary, chance)
    price = round(primary.price * quantity * chance.uniform(0.7, 1.6)) + 0.01
    return Deal(contract_id, region_id, born, slot, terms, primary, quantity, price)


def _terms(chance: Random) -> Terms:
    kind = chance.choices(("item_exchange", "courier", "auction"), (80, 12, 8))[0]
    cargo = chance.choices(tuple(Cargo), (9_497, 3, 100, 300, 95, 5))[0]
    trouble = chance.choices(tuple(Trouble), (9_985, 5, 5, 5))[0]
    return Terms(
        kind,
        cargo,
        trouble,
        buyout=happens(chance, 0.7),
        in_structure=happens(chance, 0.15),
    )


def _is_blueprint(terms: Terms, chance: Random) -> bool:
    if terms.cargo in {Cargo.COPY, Cargo.ORIGINAL, Cargo.BARE_ORIGINAL}:
        return True
    return terms.cargo is Cargo.USUAL and happens(chance, 0.5)


def quantity_of(kind: Type, chance: Random) -> int:
    """Blueprints and ships come singly, cheap things by the thousand."""
    if kind in BLUEPRINTS or kind.category_id == SHIP:
        return 1
    return max(1, int(chance.random() ** 3 * 5e9 / kind.price) // 100 or chance.randint(1, 5))


def row(seed: int, people: People, calendar: Calendar, deal: Deal) -> PublicContract:
    """The contract as the region's list shows it. The same as long as it is listed."""
    chance = dice(seed, _TERMS, -deal.contract_id)
    issued = calendar.start(deal.born) - int(chance.random() * calendar.cycle)
    issuer_id, corporation_id = people.issuer(chance)
    places = _places(deal, chance)
    price, kind = deal.price, deal.terms.kind
    courier, auction = kind == "courier", kind == "auction"
    return PublicContract(
        contract_id=deal.contract_id,
        type=kind,
        issuer_id=issuer_id,
        issuer_corporation_id=corporation_id,
        date_issued=moment(issued),
        date_expired=moment(issued + deal.slot.duration * calendar.cycle),
        for_corporation=happens(chance, 0.1) or None,
        title=title(chance) if deal.terms.title is None else deal.terms.title,
        price=0.0 if courier else price,
        reward=round(price / 100, 2) if courier else 0.0,
        collateral=None if auction else price if courier else 0.0,
        buyout=round(price * chance.uniform(2, 5), 2) if auction and deal.terms.buyout else None,
        volume=round(deal.primary.volume * deal.quantity, 4),
        days_to_complete=chance.choice((1, 3, 7)) if courier else 0,
        start_location_id=places[0],
        end_location_id=places[1] if courier else places[0],
    )


def issuer(seed: int, people: People, contract_id: int) -> int:
    """Who issued the contract of that id; the same as its row says."""
    chance = dice(seed, _TERMS, -contract_id)
    chance.random()
    return people.issuer(chance)[0]


def _places(deal: Deal, chance: Random) -> tuple[int, int]:
    """Where it starts and, for a courier, ends: mostly the trade hub."""
    stations = [station.id for station in stations_in(deal.region_id)]
    start = stations[0] if happens(chance, 0.7) else chance.choice(stations)
    if deal.terms.in_structure:
        start = structure_id(deal.region_id, chance.randrange(PER_REGION))
    return start, chance.choice(stations)


def bids(seed: int, calendar: Calendar, deal: Deal, until: int) -> list[ContractBid]:
    """The bids on an auction that were placed by `until`; none of them is ever withdrawn."""
    chance = dice(seed, _BIDS, deal.contract_id)
    number = chance.randint(0, _MOST_BIDS) if deal.terms.bids is None else deal.terms.bids
    amount = deal.price
    placed = []
    for order, date in enumerate(_bid_dates(calendar, deal, chance, number)):
        amount = round(amount * chance.uniform(1.02, 1.08), 2)
        if date <= until:
            bid_id = deal.contract_id * 16 + order
            placed.append(ContractBid(bid_id=bid_id, amount=amount, date_bid=moment(date)))
    return placed


def _bid_dates(calendar: Calendar, deal: Deal, chance: Random, number: int) -> list[int]:
    """Spread over the time it is listed; close together where there is something to see at once."""
    start, cycle = calendar.start(deal.born), calendar.cycle
    if deal.slot is LISTED_NOW:
        return [start + cycle * (2 * order) // 5 for order in range(number)]
    return sorted(start + int(chance.random() * deal.slot.life * cycle) for _ in range(number))
