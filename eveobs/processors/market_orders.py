"""Market orders of a region, read as a stream: The Forge has some 400 pages of a thousand."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eveobs.esi.routes import BY_PATH
from eveobs.processors.interface import Needs, Task
from eveobs.processors.reading import Failures, collected
from eveobs.records.collected import Collected, DetailAnswer
from eveobs.records.market_orders import MARKET_ORDERS, MarketOrder
from eveobs.records.schema import Record, SubjectKind

if TYPE_CHECKING:
    from eveobs.esi.client import EsiClient

LIST = BY_PATH["GET", "/markets/{region_id}/orders"]


@dataclass(frozen=True)
class MarketOrders:
    """The processor `market-orders`."""

    schema = MARKET_ORDERS
    routes = (LIST,)

    def needs(self, kind: SubjectKind) -> Needs:  # noqa: ARG002 - all regions are public
        """Nothing."""
        return Needs()

    async def collect(
        self, client: EsiClient, task: Task
    ) -> AsyncGenerator[DetailAnswer[Record] | Collected[Record], None]:
        """See Processor.collect. The rows are packed: a page is unpacked when it is written."""
        listing = await client.pages(
            LIST,
            {"region_id": task.subject_id, "order_type": "all"},
            shape=list[MarketOrder],
            stage="pages",
            packed=True,
        )
        failures = Failures()
        failures.note(listing)
        yield collected(listing.rows, (listing,), failures)


PROCESSOR = MarketOrders()
