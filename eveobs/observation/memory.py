"""What the store remembers, as a processor may ask it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eveobs.records.dynamic_items import DynamicItem
from eveobs.records.schema import Schema

if TYPE_CHECKING:
    from eveobs.store.store import Store


@dataclass(frozen=True, slots=True)
class StoreMemory:
    """The processors' `Memory` over a store."""

    store: Store
    schema: Schema

    def settled(self, detail: str, parents: Sequence[int]) -> Collection[int]:
        """Those of `parents` whose `detail` must not be asked for again."""
        return self.store.answered(self.schema, detail, parents)

    def newest_whole(self, subject_id: int) -> int | None:
        """The highest key up to which the ledger of a subject has no gap; None for none yet."""
        return self.store.newest_whole(self.schema, subject_id)

    def dynamic_items(self, region_id: int) -> Sequence[DynamicItem] | None:
        """Items on offer in a region that are dynamic by their type; None for "nobody knows"."""
        return self.store.dynamic_items_on_offer(region_id)
