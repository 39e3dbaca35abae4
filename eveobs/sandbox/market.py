"""The market of public contracts, as a function of the cycle, over whatever wire it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from eveobs.records.contracts import ContractBid, ContractItem, PublicContract
from eveobs.sandbox.calendar import Calendar


class Refusal(NamedTuple):
    """Instead of rows: an HTTP status, and the error's text (204 has none)."""

    status: int
    error: str = ""


EXPIRED_OR_ACCEPTED = Refusal(204)
NOT_PUBLIC = Refusal(403, "Contract not public")
ACCEPTED = Refusal(403, "Contract accepted by player, requires authorization")
NOT_FOUND = Refusal(404, "Contract not found!")
NOT_AN_AUCTION = Refusal(404, "Contract is not an auction!")


class Issued(NamedTuple):
    """A public contract that is listed or has ended lately.

    `ends`: the cycle in which it is listed no more. `taken`: it was accepted or withdrawn before;
    else it runs out.
    """

    row: PublicContract
    ends: int
    taken: bool


class Market(Protocol):
    """A value: what it holds depends on nothing but how it was made and on the arguments."""

    @property
    def regions(self) -> frozenset[int]:
        """The regions that exist; some have no contract."""

    def contracts(self, region_id: int, calendar: Calendar, cycle: int) -> Sequence[PublicContract]:
        """A region's list in a cycle, by ascending id."""

    def items(
        self, contract_id: int, calendar: Calendar, cycle: int
    ) -> Sequence[ContractItem] | Refusal:
        """The items of a contract as they are shown in a cycle."""

    def bids(
        self, contract_id: int, calendar: Calendar, cycle: int, until: int
    ) -> Sequence[ContractBid] | Refusal:
        """The bids shown in a cycle, of those placed by `until` (seconds since the epoch)."""

    def issued_by(
        self, issuers: frozenset[int], calendar: Calendar, cycle: int
    ) -> Sequence[Issued]:
        """The contracts of these characters that are listed in a cycle or ended not long before."""

    def contents(self, contract_id: int, cycle: int) -> Sequence[ContractItem]:
        """Its items, whether ESI shows them to everybody or not."""

    def offers(
        self, contract_id: int, calendar: Calendar, cycle: int, until: int
    ) -> Sequence[ContractBid]:
        """Its bids that were placed by `until`, whether ESI shows them to everybody or not."""
