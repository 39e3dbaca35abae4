"""Markets of given rows: recorded ones, or just those that a test needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from eveobs.records.contracts import ContractBid, ContractItem, PublicContract
from eveobs.records.schema import Record
from eveobs.sandbox.calendar import Calendar
from eveobs.sandbox.market import NOT_AN_AUCTION, NOT_FOUND, Issued, Market, Refusal
from eveobs.sandbox.universe import REGIONS

R = TypeVar("R", bound=Record)
Rows = Iterable[Record | Mapping[str, Any]]


class GivenMarket:
    """The same in every cycle."""

    def __init__(
        self,
        contracts: Mapping[int, Rows],
        items: Mapping[int, Rows | Refusal],
        bids: Mapping[int, Rows | Refusal],
    ) -> None:
        self._contracts = {
            region_id: sorted(records(rows, PublicContract), key=lambda row: row.contract_id)
            for region_id, rows in contracts.items()
        }
        self._kinds = {
            row.contract_id: row.type for rows in self._contracts.values() for row in rows
        }
        self._items = {key: _shown(rows, ContractItem) for key, rows in items.items()}
        self._bids = {key: _shown(rows, ContractBid) for key, rows in bids.items()}

    @property
    def regions(self) -> frozenset[int]:
        """Those that contracts are given for, and the sandbox's own."""
        return frozenset(self._contracts) | {region.id for region in REGIONS}

    def contracts(
        self, region_id: int, _calendar: Calendar, _cycle: int
    ) -> Sequence[PublicContract]:
        """See `Market`."""
        return self._contracts.get(region_id, [])

    def items(
        self, contract_id: int, _calendar: Calendar, _cycle: int
    ) -> Sequence[ContractItem] | Refusal:
        """See `Market`."""
        return self._items.get(contract_id, [] if contract_id in self._kinds else NOT_FOUND)

    def bids(
        self, contract_id: int, _calendar: Calendar, _cycle: int, _until: int
    ) -> Sequence[ContractBid] | Refusal:
        """See `Market`."""
        if contract_id in self._bids:
            return self._bids[contract_id]
        kind = self._kinds.get(contract_id)
        return NOT_FOUND if kind is None else [] if kind == "auction" else NOT_AN_AUCTION

    def issued_by(
        self, issuers: frozenset[int], _calendar: Calendar, cycle: int
    ) -> Sequence[Issued]:
        """See `Market`."""
        return [
            Issued(row, cycle + 1, taken=False)
            for rows in self._contracts.values()
            for row in rows
            if row.issuer_id in issuers
        ]

    def contents(self, contract_id: int, _cycle: int) -> Sequence[ContractItem]:
        """See `Market`."""
        found = self._items.get(contract_id, ())
        return () if isinstance(found, Refusal) else found

    def offers(
        self, contract_id: int, _calendar: Calendar, _cycle: int, _until: int
    ) -> Sequence[ContractBid]:
        """See `Market`."""
        found = self._bids.get(contract_id, ())
        return () if isinstance(found, Refusal) else found


class MarketsInTurn:
    """Another market in each cycle, from cycle 0; the last one stays."""

    def __init__(self, markets: Sequence[Market]) -> None:
        self._markets = markets

    @property
    def regions(self) -> frozenset[int]:
        """Those of all markets."""
        return frozenset().union(*(market.regions for market in self._markets))

    def contracts(self, region_id: int, calendar: Calendar, cycle: int) -> Sequence[PublicContract]:
        """See `Market`."""
        return self._at(cycle).contracts(region_id, calendar, cycle)

    def items(
        self, contract_id: int, calendar: Calendar, cycle: int
    ) -> Sequence[ContractItem] | Refusal:
        """See `Market`."""
        return self._at(cycle).items(contract_id, calendar, cycle)

    def bids(
        self, contract_id: int, calendar: Calendar, cycle: int, until: int
    ) -> Sequence[ContractBid] | Refusal:
        """See `Market`."""
        return self._at(cycle).bids(contract_id, calendar, cycle, until)

    def issued_by(
        self, issuers: frozenset[int], calendar: Calendar, cycle: int
    ) -> Sequence[Issued]:
        """See `Market`."""
        return self._at(cycle).issued_by(issuers, calendar, cycle)

    def contents(self, contract_id: int, cycle: int) -> Sequence[ContractItem]:
        """See `Market`."""
        return self._at(cycle).contents(contract_id, cycle)

    def offers(
        self, contract_id: int, calendar: Calendar, cycle: int, until: int
    ) -> Sequence[ContractBid]:
        """See `Market`."""
        return self._at(cycle).offers(contract_id, calendar, cycle, until)

    def _at(self, cycle: int) -> Market:
        return self._markets[min(max(cycle, 0), len(self._markets) - 1)]


def records(rows: Rows, record: type[R]) -> list[R]:
    """Rows as records, whether they come as such or as the JSON objects that ESI sends."""
    return [row if isinstance(row, record) else msgspec.convert(row, record) for row in rows]


def _shown(rows: Rows | Refusal, record: type[R]) -> list[R] | Refusal:
    return rows if isinstance(rows, Refusal) else records(rows, record)
