"""Wallet transactions: from the newest back to where the ledger has no gap.

A reading that breaks off leaves a gap below what it brought, so the next one goes back to the same
entry as this one; what has not expired by then is not asked for again.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec.structs import asdict

from eveobs.processors.interface import Needs, Task
from eveobs.processors.listed import STRUCTURES, once
from eveobs.processors.reading import collected
from eveobs.processors.wallets import (
    Division,
    divisions_of,
    parameters_of,
    read_wallets,
    wallet_routes,
)
from eveobs.records.collected import Collected, DetailAnswer
from eveobs.records.schema import Record, SubjectKind
from eveobs.records.wallet_journal import ledger_key, ledger_number
from eveobs.records.wallet_transactions import (
    WALLET_TRANSACTIONS,
    Transaction,
    TransactionLine,
    side_of,
)

if TYPE_CHECKING:
    from eveobs.esi.answers import Listing
    from eveobs.esi.client import EsiClient

ROUTES = wallet_routes("transactions")
DRIFT = 100_000
"""Ids that the market gives out in three hours (in the spring of 2020 it was 29,000 an hour). The
divisions of a corporation are cached for an hour, each from a moment of its own: what one of them
had not told yet lies that far behind the newest entry of all at most.
"""


@dataclass(frozen=True)
class WalletTransactions:
    """The processor `wallet-transactions`."""

    schema = WALLET_TRANSACTIONS
    routes = tuple(ROUTES.values())

    def needs(self, kind: SubjectKind) -> Needs:
        """The scope of the wallet; of a corporation, a role of its accountants."""
        route = ROUTES[kind]
        return Needs(scopes=(route.scope,), roles=route.roles, useful=(STRUCTURES,))

    async def collect(
        self, client: EsiClient, task: Task
    ) -> AsyncGenerator[DetailAnswer[Record] | Collected[Record], None]:
        """See Processor.collect."""
        until = _until(task)

        async def read(division: Division) -> Listing[TransactionLine]:
            return await client.walk(
                ROUTES[task.subject_kind],
                parameters_of(task, division),
                shape=list[TransactionLine],
                id_field="transaction_id",
                until=until,
                stage="pages" if division is None else "",
                access=task.access,
            )

        books, failures = await read_wallets(client, task, read)
        entries = [_entry(line, division) for division, book in books for line in book.rows]
        yield collected(
            once(entries, "entry_id"),
            [book for _, book in books],
            failures,
            of=len(divisions_of(task)),
        )


PROCESSOR = WalletTransactions()


def _until(task: Task) -> int | None:
    """The transaction from which on back there is nothing new."""
    key = task.memory.newest_whole(task.subject_id)
    if key is None or task.subject_kind is SubjectKind.CHARACTER:
        return key
    return ledger_number(key, divided=True) - DRIFT


def _entry(line: TransactionLine, division: Division) -> Transaction:
    return Transaction(
        **asdict(line),
        entry_id=ledger_key(line.transaction_id, division),
        side=side_of(is_buy=line.is_buy),
        total=line.quantity * line.unit_price,
        division=division,
    )
