"""Public contracts of a region, with their items and bids.

What ESI does here, by its documentation and tracker: items never change, so they are asked for once
in a lifetime; 204, 403 and 404 are answers about the contract (esi-issues#1236, #1242) and are
remembered too; only auctions have bids; couriers have no items; a list may still show contracts
that have ended, and pages may repeat a row.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eveobs.errors import EveobsError
from eveobs.esi.routes import BY_PATH
from eveobs.processors.interface import Needs, Task
from eveobs.processors.reading import Failures, collected, moment_of
from eveobs.records.collected import Collected, DetailAnswer, Meaning
from eveobs.records.contracts import CONTRACTS, ContractBid, ContractItem, PublicContract
from eveobs.records.schema import Record, SubjectKind

if TYPE_CHECKING:
    from eveobs.esi.answers import Listing
    from eveobs.esi.client import EsiClient

LIST = BY_PATH["GET", "/contracts/public/{region_id}"]
ITEMS = BY_PATH["GET", "/contracts/public/items/{contract_id}"]
BIDS = BY_PATH["GET", "/contracts/public/bids/{contract_id}"]
ENDED = frozenset((403, 404))
"""Statuses that may say something about the contract instead of the request."""
OF_THE_CONTRACT = "contract"
"""In ESI's words where they do: "Contract not public", "Contract accepted by player, requires
authorization", "Contract not found!"; a ban or a dead route speaks of none.
"""


@dataclass(frozen=True)
class PublicContracts:
    """The processor `contracts`."""

    schema = CONTRACTS
    routes = (LIST, ITEMS, BIDS)

    def needs(self, kind: SubjectKind) -> Needs:  # noqa: ARG002 - all regions are public
        """Nothing."""
        return Needs()

    async def collect(
        self, client: EsiClient, task: Task
    ) -> AsyncGenerator[DetailAnswer[Record] | Collected[Record], None]:
        """See Processor.collect."""
        listing = await client.pages(
            LIST, {"region_id": task.subject_id}, shape=list[PublicContract], stage="pages"
        )
        contracts = list({row.contract_id: row for row in listing.rows}.values())
        failures = Failures()
        failures.note(listing)
        if "items" in task.details:
            wanted = _unsettled(task, "items", (c for c in contracts if c.type != "courier"))
            async with aclosing(_items(client, task, wanted, failures)) as answers:
                async for answer in answers:
                    yield answer
        if "bids" in task.details:
            wanted = _unsettled(task, "bids", (c for c in contracts if c.type == "auction"))
            async with aclosing(_bids(client, task, wanted, failures)) as answers:
                async for answer in answers:
                    yield answer
        yield collected(contracts, (listing,), failures)


PROCESSOR = PublicContracts()


def _unsettled(task: Task, detail: str, contracts: Iterable[PublicContract]) -> list[int]:
    ids = [contract.contract_id for contract in contracts]
    settled = task.memory.settled(detail, ids)
    return [number for number in ids if number not in settled]


async def _items(
    client: EsiClient, task: Task, wanted: Sequence[int], failures: Failures
) -> AsyncGenerator[DetailAnswer[Record], None]:
    async def ask(contract_id: int) -> Listing[ContractItem]:
        of = {"contract_id": contract_id}
        return await client.pages(ITEMS, of, shape=list[ContractItem], keep=False, accept=ENDED)

    task.progress.expect("items", len(wanted))
    async with aclosing(client.each(wanted, failures.while_allowed(ask))) as answers:
        async for contract_id, found in answers:
            task.progress.advance("items")
            if isinstance(found, EveobsError):
                failures.add(f"items of contract {contract_id}", found, stage="items")
            elif why := _why_not(found):
                failures.add(f"items of contract {contract_id}", EveobsError(why), stage="items")
            else:
                rows = [*{row.record_id: row for row in found.rows}.values()]
                yield DetailAnswer(
                    "items",
                    contract_id,
                    _meaning(found),
                    settled=True,
                    rows=rows,
                    modified=moment_of(found.last_modified),
                )


async def _bids(
    client: EsiClient, task: Task, wanted: Sequence[int], failures: Failures
) -> AsyncGenerator[DetailAnswer[Record], None]:
    async def ask(contract_id: int) -> Listing[ContractBid]:
        of = {"contract_id": contract_id}
        return await client.pages(BIDS, of, shape=list[ContractBid], accept=ENDED)

    task.progress.expect("bids", len(wanted))
    async with aclosing(client.each(wanted, failures.while_allowed(ask))) as answers:
        async for contract_id, found in answers:
            task.progress.advance("bids")
            if isinstance(found, EveobsError):
                failures.add(f"bids of contract {contract_id}", found, stage="bids")
            elif (answer := _bids_of(contract_id, found, failures)) is not None:
                yield answer


def _bids_of(
    contract_id: int, found: Listing[ContractBid], failures: Failures
) -> DetailAnswer[Record] | None:
    if why := _why_not(found):
        failures.add(f"bids of contract {contract_id}", EveobsError(why), stage="bids")
        if not found.rows:
            return None
    meaning = _meaning(found)
    over = meaning is not Meaning.GIVEN
    if not over:
        failures.expires = min(failures.expires, found.expires)
    rows = [*{row.bid_id: row for row in found.rows}.values()]
    return DetailAnswer("bids", contract_id, meaning, settled=over, rows=rows)


def _why_not(found: Listing[Any]) -> str:
    """Why this is not all that ESI has to say; "" when it is.

    A refusal that does not speak of the contract (a proxy's, a ban's) says nothing about it.
    """
    if found.status in ENDED and OF_THE_CONTRACT not in found.detail.lower():
        return f"answered {found.status}: {found.detail or 'not in words of ESI'}"
    return "" if found.whole else found.why


def _meaning(found: Listing[Any]) -> Meaning:
    if found.status == 204:
        return Meaning.OVER
    if found.status == 404:
        return Meaning.NOT_FOUND
    if found.status == 403:
        return Meaning.ACCEPTED if "accepted" in found.detail else Meaning.NOT_PUBLIC
    return Meaning.GIVEN
