"""The wallet journal: pages of the last 30 days, of a corporation those of every division."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec.structs import asdict

from eveobs.processors.interface import Needs, Task
from eveobs.processors.listed import once
from eveobs.processors.reading import collected, read_list
from eveobs.processors.wallets import (
    Division,
    divisions_of,
    parameters_of,
    read_wallets,
    wallet_routes,
)
from eveobs.records.collected import Collected, DetailAnswer
from eveobs.records.schema import Record, SubjectKind
from eveobs.records.wallet_journal import WALLET_JOURNAL, JournalEntry, JournalLine, ledger_key

if TYPE_CHECKING:
    from eveobs.esi.answers import Listing
    from eveobs.esi.client import EsiClient

ROUTES = wallet_routes("journal")


@dataclass(frozen=True)
class WalletJournal:
    """The processor `wallet-journal`."""

    schema = WALLET_JOURNAL
    routes = tuple(ROUTES.values())

    def needs(self, kind: SubjectKind) -> Needs:
        """The scope of the wallet; of a corporation, a role of its accountants."""
        return Needs(scopes=(ROUTES[kind].scope,), roles=ROUTES[kind].roles)

    async def collect(
        self, client: EsiClient, task: Task
    ) -> AsyncGenerator[DetailAnswer[Record] | Collected[Record], None]:
        """See Processor.collect."""

        async def read(division: Division) -> Listing[JournalLine]:
            return await read_list(
                client,
                ROUTES[task.subject_kind],
                parameters_of(task, division),
                shape=list[JournalLine],
                access=task.access,
                stage="pages" if division is None else "",
            )

        books, failures = await read_wallets(client, task, read)
        entries = [_entry(line, division) for division, book in books for line in book.rows]
        yield collected(
            once(entries, "entry_id"),
            [book for _, book in books],
            failures,
            of=len(divisions_of(task)),
        )


PROCESSOR = WalletJournal()


def _entry(line: JournalLine, division: Division) -> JournalEntry:
    key = ledger_key(line.id, division)
    return JournalEntry(**asdict(line), entry_id=key, division=division)
