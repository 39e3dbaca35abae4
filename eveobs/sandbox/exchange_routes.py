"""ESI's routes of the regional markets."""

from __future__ import annotations

from eveobs.esi.routes import BY_PATH
from eveobs.sandbox.answers import Answer, Body, Call, Handlers, RefusedError, page_of
from eveobs.sandbox.calendar import DAY, Calendar, static_data_since
from eveobs.sandbox.exchange import Exchange

ORDERS = "/markets/{region_id}/orders"
HISTORY = "/markets/{region_id}/history"
PRICES = "/markets/prices"
TYPES = "/markets/{region_id}/types"
_MOST_KEPT = 1_000
_SIDES = {"all": (True, False), "buy": (True,), "sell": (False,)}


class ExchangeRoutes:
    """Shows the markets, and keeps encoded the pages it has shown."""

    def __init__(self, exchange: Exchange, regions: frozenset[int], calendar: Calendar) -> None:
        self._exchange = exchange
        self._regions = regions
        self._calendar = calendar
        self._kept: dict[tuple[int, str, int], tuple[int, Body]] = {}
        self._ttl = {
            path: calendar.ttl(BY_PATH["GET", path].cache_age) for path in (ORDERS, PRICES, TYPES)
        }

    @property
    def handlers(self) -> Handlers:
        """What this room answers."""
        return {
            ("GET", ORDERS): self.orders,
            ("GET", HISTORY): self.history,
            ("GET", PRICES): self.prices,
            ("GET", TYPES): self.types,
        }

    def orders(self, call: Call) -> Answer:
        """A page; all pages are of the same moment. With `type_id` or for one side, one page."""
        region_id, asked = self._region(call), call.parameters
        side = asked.get("order_type", "all")
        if side not in _SIDES:
            raise RefusedError(400, "order_type must be one of: buy, sell, all")
        since = self._calendar.tick(call.now, self._ttl[ORDERS])
        expires = since + self._ttl[ORDERS]
        if side == "all" and "type_id" not in asked:
            return self._page(region_id, call.page, since, expires)
        wanted = asked.get("type_id")
        rows = [
            row
            for row in self._exchange.orders(region_id, self._calendar, since)
            if row.is_buy_order in _SIDES[side] and wanted in {None, str(row.type_id)}
        ]
        body = [Body(rows)]
        return page_of(body, call.page, last_modified=since, expires=expires, hit=False)

    def _page(self, region_id: int, number: int, since: int, expires: int) -> Answer:
        pages = self._exchange.pages(region_id)
        if number > pages:
            raise RefusedError(404, "Requested page does not exist!")
        key = (region_id, ORDERS, number)
        kept = self._kept.get(key)
        hit = kept is not None and kept[0] == since
        if kept is None or not hit:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            rows = self._exchange.page(region_id, number, self._calendar, since)
            kept = self._kept[key] = (since, Body(rows))
        return Answer(200, kept[1], since, expires, pages, hit, cache_control="public")

    def history(self, call: Call) -> Answer:
        """The days of a type."""
        region_id, asked = self._region(call), call.parameters.get("type_id", "")
        if not asked.isdecimal():
            raise RefusedError(400, "type_id is required")
        since = static_data_since(call.now)
        days = self._exchange.history(region_id, int(asked), since)
        if days is None:
            raise RefusedError(404, "Type not found!")
        return Answer(200, Body(days), since, since + DAY, cache_control="public")

    def prices(self, call: Call) -> Answer:
        """Of all types."""
        since = self._calendar.tick(call.now, self._ttl[PRICES])
        body = Body(self._exchange.prices(since))
        return Answer(200, body, since, since + self._ttl[PRICES], cache_control="public")

    def types(self, call: Call) -> Answer:
        """Those with orders in a region."""
        region_id = self._region(call)
        since = self._calendar.tick(call.now, self._ttl[TYPES])
        body = [Body(self._exchange.types(region_id))]
        return page_of(
            body, call.page, last_modified=since, expires=since + self._ttl[TYPES], hit=False
        )

    def _region(self, call: Call) -> int:
        region_id = call.number()
        if region_id not in self._regions:
            raise RefusedError(404, "Region not found!")
        return region_id
