"""Market orders: the open ones, and those that history has of the last 90 days.

The two lists are of different moments: an order may be in both, or for up to an hour in neither.
What is in neither is closed; when history tells of it, it is there again, with its end.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec.structs import asdict

from eveobs.errors import EveobsError
from eveobs.processors.interface import Needs, Task
from eveobs.processors.listed import STRUCTURES, routes_by_kind, subject_of
from eveobs.processors.reading import Failures, collected, read_list
from eveobs.records.collected import Collected, DetailAnswer
from eveobs.records.orders import CLOSED, OPEN, ORDERS, SIDES, Order, OrderLine
from eveobs.records.schema import Record, SubjectKind

if TYPE_CHECKING:
    from eveobs.esi.answers import Listing
    from eveobs.esi.client import EsiClient
    from eveobs.esi.route import Route


OPEN_ORDERS = routes_by_kind(ORDERS, "/orders")
HISTORY = routes_by_kind(ORDERS, "/orders/history")


@dataclass(frozen=True)
class Orders:
    """The processor `orders`."""

    schema = ORDERS
    routes = (*OPEN_ORDERS.values(), *HISTORY.values())

    def needs(self, kind: SubjectKind) -> Needs:
        """The scope of its orders; of a corporation, the role of an accountant or trader."""
        route = OPEN_ORDERS[kind]
        return Needs(scopes=(route.scope,), roles=route.roles, useful=(STRUCTURES,))

    async def collect(
        self, client: EsiClient, task: Task
    ) -> AsyncGenerator[DetailAnswer[Record] | Collected[Record], None]:
        """See Processor.collect."""
        failures = Failures()
        listings = [await _read(client, task, OPEN_ORDERS)]
        failures.note(listings[0])
        orders = {line.order_id: _order(line, OPEN) for line in listings[0].rows}
        try:
            history = await failures.while_allowed(lambda _: _read(client, task, HISTORY))(0)
        except EveobsError as error:
            failures.add("the history of orders", error, stage="page of history")
        else:
            failures.note(history)
            listings.append(history)
            orders |= {line.order_id: _order(line, line.state or CLOSED) for line in history.rows}
        yield collected([*orders.values()], listings, failures, of=2)


PROCESSOR = Orders()


async def _read(
    client: EsiClient, task: Task, routes: Mapping[SubjectKind, Route]
) -> Listing[OrderLine]:
    return await read_list(
        client,
        routes[task.subject_kind],
        subject_of(task),
        shape=list[OrderLine],
        access=task.access,
        stage="pages",
    )


def _order(line: OrderLine, state: str) -> Order:
    side = SIDES[not line.is_buy_order]
    return Order(**asdict(line) | {"state": state, "side": side})
