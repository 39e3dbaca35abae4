"""Take in an archive of EVE Ref: what it saw of public contracts, and never asked of ESI again.

What it means, and why:

- Items never change: where an archive has them they are known for good, also of contracts that ESI
  would say no more of today. Where it has none nothing is known, and ESI is asked as ever. A
  thousand items or more may lack a page, and are asked for again, too.
- A contract was there when its row says (`http_last_modified`). That may be earlier than it was
  first seen, or later than it was last seen, and is written down; what was seen later stays.
- An archive may have holes, so nothing is gone because it is not in it. A contract is gone that a
  whole reading of ours, later than the archive, did not show.
- It says nothing of the list as it is now: a following fetch asks for that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eveobs.archives import layout
from eveobs.archives.reading import Archive
from eveobs.archives.unpacking import broken
from eveobs.records.contracts import BIDS, CONTRACTS, ITEMS, PublicContract
from eveobs.records.schema import Detail
from eveobs.store.taking_in import Hanging, Intake, Seen, TakenIn
from eveobs.telemetry.progress import Progress

if TYPE_CHECKING:
    from eveobs.store.store import Store

FIELDS = PublicContract.__struct_fields__
MODIFIED = layout.MODIFIED.name
TABLES = ((ITEMS, layout.ITEMS), (BIDS, layout.BIDS))


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of an import. `status`: complete or unchanged; `contracts` the archive has, `new`
    of them, `known_better` those seen earlier or later than we had; new `items` and `bids`.
    """

    archive: str
    status: str
    moment: datetime
    contracts: int
    new: int
    known_better: int
    items: int
    bids: int
    settled: int


def import_archive(
    store: Store, path: Path, name: str, *, folder: Path, progress: Progress, now: datetime
) -> Imported:
    """Take in the archive at `path`, which messages call `name`, all or nothing.

    `folder` has the room for what is unpacked. Raises EveobsError for an archive that is not whole,
    not in EVE Ref's layout, or says what cannot be.
    """
    with Archive(path, name, folder=folder, now=now) as archive:
        told = _Contents(archive, name)
        intake = Intake(
            schema=CONTRACTS,
            listed=told.contracts(),
            details={detail.name: told.hanging(detail, table) for detail, table in TABLES},
            moment=archive.moment or now,
            now=now,
            advance=lambda steps: progress.advance("rows", steps),
        )
        done = store.take_in(intake)
        return _imported(name, archive.moment or now, done)


def _imported(name: str, moment: datetime, done: TakenIn) -> Imported:
    return Imported(
        archive=name,
        status="complete" if done.differs else "unchanged",
        moment=moment,
        contracts=done.rows,
        new=done.new,
        known_better=done.known_better,
        items=done.details[ITEMS.name],
        bids=done.details[BIDS.name],
        settled=done.settled,
    )


@dataclass(frozen=True, slots=True)
class _Contents:
    """The rows of an archive as the store takes them in."""

    archive: Archive
    name: str

    def contracts(self) -> Iterator[Seen]:
        names = (*FIELDS, "region_id", MODIFIED)
        for *values, region_id, modified in self.archive.rows(layout.CONTRACTS, names):
            record = PublicContract(**dict(zip(FIELDS, values, strict=True)))
            yield Seen(region_id, modified or self._moment(), record)

    def hanging(self, detail: Detail, table: layout.Table) -> Iterator[Hanging]:
        names = (MODIFIED, CONTRACTS.key, *detail.record.__struct_fields__)
        for row in self.archive.rows(table, names):
            yield Hanging(row[0] or self._moment(), row[1:])

    def _moment(self) -> Any:
        if self.archive.moment is None:
            raise broken(self.name, "it does not say when it was made")
        return self.archive.moment
