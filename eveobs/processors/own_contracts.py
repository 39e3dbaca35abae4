"""Contracts of characters and corporations, with their items and bids.

What ESI does here: items never change, so they are asked for once in a lifetime, whoever of its
parties asks; bids of an auction are final once it is over; couriers have no items, deleted
contracts no details. The rate limits are small (600 tokens in 15 minutes, 2 an answer), so what can
still change is asked first, and a limit ends the asking with the rest left for the next run.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from eveobs.errors import EveobsError
from eveobs.processors.contracts import OF_THE_CONTRACT
from eveobs.processors.interface import Needs, Task
from eveobs.processors.listed import STRUCTURES, routes_by_kind, subject_of
from eveobs.processors.reading import Failures, collected, read_list
from eveobs.records.collected import Collected, DetailAnswer, Meaning
from eveobs.records.own_contracts import (
    BLUEPRINT_COPY,
    OWN_CONTRACTS,
    OwnContract,
    OwnContractBid,
    OwnContractItem,
)
from eveobs.records.schema import Record, SubjectKind

if TYPE_CHECKING:
    from eveobs.esi.answers import Listing
    from eveobs.esi.client import EsiClient

GONE = frozenset((404,))
"""What ESI answers for details of a contract that it has no more."""
OPEN = frozenset(("outstanding", "in_progress"))
SHAPES: dict[str, Any] = {"items": list[OwnContractItem], "bids": list[OwnContractBid]}


LISTS = routes_by_kind(OWN_CONTRACTS, "/contracts")
DETAILS = {
    "items": routes_by_kind(OWN_CONTRACTS, "/contracts/{contract_id}/items"),
    "bids": routes_by_kind(OWN_CONTRACTS, "/contracts/{contract_id}/bids"),
}


@dataclass(frozen=True, slots=True)
class _Question:
    """A detail of a contract that is to be asked for."""

    detail: str
    contract: OwnContract

    @property
    def what(self) -> str:
        return f"{self.detail} of contract {self.contract.contract_id}"


@dataclass(frozen=True)
class OwnContracts:
    """The processor `own-contracts`."""

    schema = OWN_CONTRACTS
    routes = tuple(route for by_kind in (LISTS, *DETAILS.values()) for route in by_kind.values())

    def needs(self, kind: SubjectKind) -> Needs:
        """The scope of its contracts; names of structures need another."""
        route = LISTS[kind]
        return Needs(scopes=(route.scope,), roles=route.roles, useful=(STRUCTURES,))

    async def collect(
        self, client: EsiClient, task: Task
    ) -> AsyncGenerator[DetailAnswer[Record] | Collected[Record], None]:
        """See Processor.collect."""
        listing = await read_list(
            client,
            LISTS[task.subject_kind],
            subject_of(task),
            shape=list[OwnContract],
            access=task.access,
            stage="pages",
        )
        contracts = list({row.contract_id: row for row in listing.rows}.values())
        failures = Failures()
        failures.note(listing)
        async with aclosing(_details(client, task, contracts, failures)) as answers:
            async for answer in answers:
                yield answer
        yield collected(contracts, (listing,), failures)


PROCESSOR = OwnContracts()


async def _details(
    client: EsiClient, task: Task, contracts: Sequence[OwnContract], failures: Failures
) -> AsyncGenerator[DetailAnswer[Record], None]:
    questions = _questions(task, contracts)
    for detail in task.details:
        task.progress.expect(detail, sum(one.detail == detail for one in questions))
    ask = failures.while_allowed(partial(_ask, client, task))
    async with aclosing(client.each(questions, ask)) as answers:
        async for question, found in answers:
            if isinstance(found, EveobsError):
                failures.add(question.what, found, stage=question.detail)
                continue
            task.progress.advance(question.detail)
            answer = _answer(question, found, failures)
            if answer is not None:
                yield answer


def _questions(task: Task, contracts: Sequence[OwnContract]) -> list[_Question]:
    """What is not known for good, what can change or go away first."""
    listed = [contract for contract in contracts if contract.status != "deleted"]
    wanted = {
        "items": [contract for contract in listed if contract.type != "courier"],
        "bids": [contract for contract in listed if contract.type == "auction"],
    }
    questions = []
    for detail in task.details:
        of_detail = wanted[detail]
        settled = task.memory.settled(detail, [one.contract_id for one in of_detail])
        questions += [_Question(detail, one) for one in of_detail if one.contract_id not in settled]
    return sorted(questions, key=_when_it_changes)


def _when_it_changes(question: _Question) -> tuple[bool, datetime]:
    contract = question.contract
    return contract.status not in OPEN, contract.date_expired


async def _ask(client: EsiClient, task: Task, question: _Question) -> Listing[Any]:
    return await read_list(
        client,
        DETAILS[question.detail][task.subject_kind],
        {**subject_of(task), "contract_id": question.contract.contract_id},
        shape=SHAPES[question.detail],
        access=task.access,
        keep=question.detail != "items",
        accept=GONE,
    )


def _answer(
    question: _Question, found: Listing[Any], failures: Failures
) -> DetailAnswer[Record] | None:
    detail, contract = question.detail, question.contract
    if found.status in GONE:
        if OF_THE_CONTRACT in found.detail.lower():
            return DetailAnswer(detail, contract.contract_id, Meaning.NOT_FOUND, settled=True)
        words = found.detail or "not in words of ESI"
        error = EveobsError(f"answered {found.status}: {words}")
        failures.add(question.what, error, stage=detail)
        return None
    failures.note(found)
    if not found.whole:
        failures.add(question.what, EveobsError(found.why), stage=detail)
    settled = found.whole and (detail == "items" or _is_over(contract, found.last_modified))
    if not settled:
        failures.expires = min(failures.expires, found.expires)
    key = OWN_CONTRACTS.detail(detail).key
    rows = [*{getattr(row, key): _telling_copies(row) for row in found.rows}.values()]
    return DetailAnswer(detail, contract.contract_id, Meaning.GIVEN, settled=settled, rows=rows)


def _telling_copies(row: Record) -> Record:
    if isinstance(row, OwnContractItem) and row.raw_quantity == BLUEPRINT_COPY:
        return replace(row, is_blueprint_copy=True)
    return row


def _is_over(contract: OwnContract, moment: float | None) -> bool:
    """Whether bids of that moment (seconds since the epoch) are the last ones of the auction."""
    if moment is None:
        return False
    ended = contract.date_expired
    if contract.status not in OPEN:
        ends = (contract.date_accepted, contract.date_completed)
        ended = max((end for end in ends if end is not None), default=contract.date_issued)
    return datetime.fromtimestamp(moment, UTC) >= ended
