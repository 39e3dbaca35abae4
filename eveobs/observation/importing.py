"""Take in an archive of EVE Ref: what it saw of public contracts, and never asked of ESI again.

What it means, and why:

- Items never change: where an archive has them they are known for good, also of contracts that ESI
  would say no more of today. Where it has none nothing is known, and ESI is asked as ever. A
  thousand items or more may lack a page, and are asked for again, too.
- A contract was there when its row says (`http_last_modified`). That may be earlier than it was
  first seen, or later than it was last seen, and is written down; what was seen later stays.
- An archive may have holes, so nothing is gone because it is not in it. A contract is gone that a
  whole reading of ours, later than the archive, did not show.
- Items that ESI told it are not dynamic (`contract_non_dynamic_items.csv`) are never asked about.
- It says nothing of the list as it is now: a following fetch asks for that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eveobs.archives import layout
from eveobs.archives.reading import Archive
from eveobs.archives.unpacking import broken
from eveobs.records.contracts import BIDS, CONTRACTS, ITEMS, PublicContract
from eveobs.records.dynamic_items import ATTRIBUTES, DYNAMIC_ITEMS, EFFECTS, ORIGINS, DynamicItem
from eveobs.records.schema import Detail, Schema
from eveobs.store.taking_in import Hanging, Intake, Seen, TakenIn
from eveobs.telemetry.progress import Progress

if TYPE_CHECKING:
    from eveobs.store.store import Store

MODIFIED = layout.MODIFIED.name
Parts = tuple[tuple[Detail, layout.Table], ...]
OF_CONTRACTS: Parts = ((ITEMS, layout.ITEMS), (BIDS, layout.BIDS))
OF_DYNAMIC_ITEMS: Parts = (
    (ORIGINS, layout.DYNAMIC_ITEMS),
    (ATTRIBUTES, layout.DOGMA_ATTRIBUTES),
    (EFFECTS, layout.DOGMA_EFFECTS),
)


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of an import. `status`: complete or unchanged; `contracts` the archive has, `new`
    of them, `known_better` those seen earlier or later than we had; new `items`, `bids` and
    `dynamic_items`.
    """

    archive: str
    status: str
    moment: datetime
    contracts: int
    new: int
    known_better: int
    items: int
    bids: int
    dynamic_items: int


def import_archive(
    store: Store, path: Path, name: str, *, folder: Path, progress: Progress, now: datetime
) -> Imported:
    """Take in the archive at `path`, which messages call `name`, all or nothing.

    `folder` has the room for what is unpacked. Raises EveobsError for an archive that is not whole,
    not in EVE Ref's layout, or says what cannot be.
    """
    with Archive(path, name, folder=folder, now=now) as archive:
        contents = _Contents(archive, name)
        moment = archive.moment or now

        def intake(
            schema: Schema, listed: Iterator[Seen], parts: Parts, not_found: Iterable[int] = ()
        ) -> Intake:
            return Intake(
                schema=schema,
                listed=listed,
                details={of.name: contents.hanging(schema, of, table) for of, table in parts},
                moment=moment,
                now=now,
                advance=lambda steps: progress.advance("rows", steps),
                not_found=not_found,
            )

        contracts, dynamic = store.take_in(
            intake(CONTRACTS, contents.contracts(), OF_CONTRACTS),
            intake(
                DYNAMIC_ITEMS,
                contents.dynamic_items(),
                OF_DYNAMIC_ITEMS,
                (key for (key,) in archive.rows(layout.NON_DYNAMIC_ITEMS, ["item_id"])),
            ),
        )
        return _imported(name, moment, contracts, dynamic)


def _imported(name: str, moment: datetime, contracts: TakenIn, dynamic: TakenIn) -> Imported:
    return Imported(
        archive=name,
        status="complete" if contracts.differs or dynamic.differs else "unchanged",
        moment=moment,
        contracts=contracts.rows,
        new=contracts.new,
        known_better=contracts.known_better,
        items=contracts.details[ITEMS.name],
        bids=contracts.details[BIDS.name],
        dynamic_items=dynamic.new,
    )


@dataclass(frozen=True, slots=True)
class _Contents:
    """The rows of an archive as the store takes them in. Contracts come before dynamic items, which
    are in the region where their contract is.
    """

    archive: Archive
    name: str
    regions: dict[int, int] = field(default_factory=dict)

    def contracts(self) -> Iterator[Seen]:
        fields = PublicContract.__struct_fields__
        for region_id, modified, *values in self._rows(layout.CONTRACTS, "region_id", fields):
            record = PublicContract(**dict(zip(fields, values, strict=True)))
            self.regions[record.contract_id] = region_id
            yield Seen(region_id, modified or self._moment(), record)

    def dynamic_items(self) -> Iterator[Seen]:
        """Their type is told by the items of contracts alone."""
        types: dict[int, int] | None = None
        for item_id, modified, contract_id in self._rows(
            layout.DYNAMIC_ITEMS, "item_id", ("contract_id",)
        ):
            types = self._types() if types is None else types
            if contract_id in self.regions:
                item = DynamicItem(
                    item_id=item_id, contract_id=contract_id, type_id=types.get(item_id)
                )
                yield Seen(self.regions[contract_id], modified or self._moment(), item)

    def hanging(self, schema: Schema, detail: Detail, table: layout.Table) -> Iterator[Hanging]:
        fields = detail.record.__struct_fields__
        for key, modified, *values in self._rows(table, schema.key, fields):
            yield Hanging(modified or self._moment(), (key, *values))

    def _rows(
        self, table: layout.Table, first: str, fields: Sequence[str]
    ) -> Iterator[tuple[Any, ...]]:
        return self.archive.rows(table, (first, MODIFIED, *fields))

    def _types(self) -> dict[int, int]:
        """The types of those items that are dynamic."""
        dynamic = {item_id for (item_id,) in self.archive.rows(layout.DYNAMIC_ITEMS, ["item_id"])}
        items = self.archive.rows(layout.ITEMS, ("item_id", "type_id"))
        return {item_id: type_id for item_id, type_id in items if item_id in dynamic}

    def _moment(self) -> datetime:
        if self.archive.moment is None:
            raise broken(self.name, "it does not say when it was made")
        return self.archive.moment
