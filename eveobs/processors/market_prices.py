"""What the game itself holds types for: one list for all of New Eden."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eveobs.esi.routes import BY_PATH
from eveobs.processors.interface import Needs, Task
from eveobs.processors.reading import Failures, collected, read_list
from eveobs.records.collected import Collected, DetailAnswer
from eveobs.records.market_prices import MARKET_PRICES, MarketPrice
from eveobs.records.schema import Record, SubjectKind

if TYPE_CHECKING:
    from eveobs.esi.client import EsiClient

LIST = BY_PATH["GET", "/markets/prices"]


@dataclass(frozen=True)
class MarketPrices:
    """The processor `market-prices`."""

    schema = MARKET_PRICES
    routes = (LIST,)

    def needs(self, kind: SubjectKind) -> Needs:  # noqa: ARG002 - there is but one kind
        """Nothing."""
        return Needs()

    async def collect(
        self,
        client: EsiClient,
        task: Task,  # noqa: ARG002 - there is but one subject
    ) -> AsyncGenerator[DetailAnswer[Record] | Collected[Record], None]:
        """See Processor.collect."""
        listing = await read_list(client, LIST, {}, shape=list[MarketPrice], access=None)
        yield collected(listing.rows, (listing,), Failures())


PROCESSOR = MarketPrices()
