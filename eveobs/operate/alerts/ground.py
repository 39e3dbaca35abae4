"""What rules look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from eveobs.publish.text import readable, short_isk

if TYPE_CHECKING:
    from eveobs.esi.vault import Entry
    from eveobs.operate.health.finding import Examined
    from eveobs.settings.tree import Alerts
    from eveobs.store.store import Store


@dataclass(frozen=True, slots=True)
class Ground:
    """The store, who signed in, and what health checks found, at the moment `now`. `me`: other
    characters of one's own, by name or id.
    """

    store: Store
    settings: Alerts
    now: datetime
    entries: Sequence[Entry] = ()
    examined: Sequence[Examined] = ()
    me: Sequence[str] = ()


def contract_in_words(row: dict[str, Any]) -> str:
    """A contract of one's own on a line: `3 × Rifter for 12.5M ISK (contract 222000016)`."""
    what = readable(row.get("items_summary") or "") or row["type"].replace("_", " ")
    price = f" for {short_isk(row['price'])}" if row.get("price") else ""
    return f"{what}{price} (contract {row['contract_id']})"


def by(name: object) -> str:
    """` by NAME`, or nothing."""
    return f" by {readable(str(name))}" if name else ""


def place(name: object) -> str:
    """` in NAME`, or nothing."""
    return f" in {readable(str(name))}" if name else ""
