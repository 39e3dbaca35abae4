"""A market of chance: the same for the same seed, without playing the cycles before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate

from eveobs.records.contracts import ContractBid, ContractItem, PublicContract
from eveobs.sandbox import cargo, deals
from eveobs.sandbox.calendar import Calendar
from eveobs.sandbox.deals import CURIOSITIES, Deal, Trouble
from eveobs.sandbox.market import (
    ACCEPTED,
    EXPIRED_OR_ACCEPTED,
    NOT_AN_AUCTION,
    NOT_FOUND,
    NOT_PUBLIC,
    Issued,
    Refusal,
)
from eveobs.sandbox.people import People
from eveobs.sandbox.succession import FIRST_ID, Ending, Slot, slots
from eveobs.sandbox.universe import LARGEST, REGION_BY_ID, REGIONS

_DEFAULT_LARGEST = 2_500
_REMEMBERED_CYCLES = 48
"""For so long an accepted or expired contract is answered with 204 or 403, then with 404."""

_TROUBLES = {
    Trouble.NOT_PUBLIC: NOT_PUBLIC,
    Trouble.ACCEPTED: ACCEPTED,
    Trouble.NOT_FOUND: NOT_FOUND,
}


class GeneratedMarket:
    """Rows are made when asked for; those of a list are kept as long as they are listed."""

    def __init__(self, seed: int, sizes: Mapping[int, int]) -> None:
        """`sizes`: how many contracts each region has in cycle 0; later nearly as many."""
        self._seed = seed
        self._sizes = dict(sizes)
        given = [terms.slot for terms in CURIOSITIES]
        self._slots: list[tuple[int, int, Slot]] = [
            (region_id, index, slot)
            for region_id, size in self._sizes.items()
            for index, slot in enumerate(slots(seed, region_id, size, given[:size]))
        ]
        self._ends = dict(zip(self._sizes, accumulate(self._sizes.values()), strict=True))
        self.people = People.for_contracts(seed, len(self._slots))
        self._rows: dict[tuple[int, Calendar], dict[int, PublicContract]] = {}
        self._issuers: dict[int, int] = {}

    @property
    def regions(self) -> frozenset[int]:
        """All of the sandbox's, also those without contracts."""
        return frozenset(REGION_BY_ID)

    def contracts(self, region_id: int, calendar: Calendar, cycle: int) -> Sequence[PublicContract]:
        """See `Market`."""
        before = self._rows.get((region_id, calendar), {})
        rows = {}
        for contract_id, slot_number, born in self._listed(region_id, cycle):
            rows[contract_id] = before.get(contract_id) or deals.row(
                self._seed, self.people, calendar, self._deal(contract_id, slot_number, born)
            )
        self._rows = {key: kept for key, kept in self._rows.items() if key[1] == calendar}
        self._rows[region_id, calendar] = rows
        return list(rows.values())

    def items(
        self,
        contract_id: int,
        _calendar: Calendar,
        cycle: int,
    ) -> Sequence[ContractItem] | Refusal:
        """See `Market`."""
        found = self._shown(contract_id, cycle)
        return found if isinstance(found, Refusal) else cargo.items(self._seed, found)

    def bids(
        self, contract_id: int, calendar: Calendar, cycle: int, until: int
    ) -> Sequence[ContractBid] | Refusal:
        """See `Market`."""
        found = self._shown(contract_id, cycle)
        if isinstance(found, Refusal):
            return found
        if found.terms.kind != "auction":
            return NOT_AN_AUCTION
        return deals.bids(self._seed, calendar, found, until)

    def issued_by(
        self, issuers: frozenset[int], calendar: Calendar, cycle: int
    ) -> Sequence[Issued]:
        """See `Market`."""
        before, self._issuers = self._issuers, {}
        found = []
        for contract_id, number, born in self._remembered(cycle):
            issuer = before.get(contract_id)
            issuer = issuer or deals.issuer(self._seed, self.people, contract_id)
            self._issuers[contract_id] = issuer
            if issuer in issuers:
                deal = self._deal(contract_id, number, born)
                row = deals.row(self._seed, self.people, calendar, deal)
                taken = deal.slot.ending is Ending.TAKEN
                found.append(Issued(row, deal.first_cycle_after, taken))
        return found

    def contents(self, contract_id: int, _cycle: int) -> Sequence[ContractItem]:
        """See `Market`."""
        found = self._found(contract_id)
        return [] if found is None else cargo.items(self._seed, found)

    def offers(
        self, contract_id: int, calendar: Calendar, _cycle: int, until: int
    ) -> Sequence[ContractBid]:
        """See `Market`."""
        found = self._found(contract_id)
        return [] if found is None else deals.bids(self._seed, calendar, found, until)

    def _found(self, contract_id: int) -> Deal | None:
        """The contract of that id, if there ever is one."""
        born, number = divmod(contract_id - FIRST_ID, max(1, len(self._slots)))
        if not self._slots or not self._slots[number][2].is_birth(born):
            return None
        return self._deal(contract_id, number, born)

    def _remembered(self, cycle: int) -> Iterator[tuple[int, int, int]]:
        """As `_listed`, of all regions, and also those that ended not long ago."""
        for number, (_, _, slot) in enumerate(self._slots):
            period = slot.life + slot.rest
            born = cycle - (cycle + slot.phase) % period
            while cycle < born + slot.life + _REMEMBERED_CYCLES:
                yield FIRST_ID + born * len(self._slots) + number, number, born
                born -= period

    def _listed(self, region_id: int, cycle: int) -> list[tuple[int, int, int]]:
        """Of each contract in a list: its id, the number of its slot, and when it was born."""
        end = self._ends.get(region_id, 0)
        listed = []
        for number in range(end - self._sizes.get(region_id, 0), end):
            born = self._slots[number][2].born(cycle)
            if born is not None:
                listed.append((FIRST_ID + born * len(self._slots) + number, number, born))
        return sorted(listed)

    def _deal(self, contract_id: int, slot_number: int, born: int) -> Deal:
        region_id, index, slot = self._slots[slot_number]
        return deals.deal(self._seed, contract_id, region_id, index, born, slot)

    def _shown(self, contract_id: int, cycle: int) -> Deal | Refusal:
        """The contract, unless ESI would not show what is in it."""
        found = self._found(contract_id)
        if found is None or cycle < found.born:
            return NOT_FOUND
        if found.terms.trouble in _TROUBLES:
            return _TROUBLES[found.terms.trouble]
        if cycle >= found.first_cycle_after + _REMEMBERED_CYCLES:
            return NOT_FOUND
        return EXPIRED_OR_ACCEPTED if found.is_over(cycle) else found


def sizes(contracts: int | None, regions: Sequence[int]) -> dict[int, int]:
    """How many contracts each region has, in the order of REGIONS.

    `contracts` in total, spread by weight; without a number as many as make 2,500 in The Forge.
    """
    chosen = [region for region in REGIONS if not regions or region.id in regions]
    total = sum(region.weight for region in chosen)
    if contracts is None:
        contracts = total * _DEFAULT_LARGEST // LARGEST
    if not total:
        return {}
    ends = [contracts * part // total for part in accumulate(region.weight for region in chosen)]
    starts = [0, *ends[:-1]]
    return {region.id: end - start for region, start, end in zip(chosen, starts, ends, strict=True)}
