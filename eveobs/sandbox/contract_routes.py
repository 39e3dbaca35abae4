"""ESI's routes of public contracts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from eveobs.esi.routes import BY_PATH
from eveobs.records.schema import Record
from eveobs.sandbox.answers import Answer, Body, Call, Handlers, RefusedError, page_of, paged
from eveobs.sandbox.calendar import Calendar
from eveobs.sandbox.market import Market, Refusal

LIST = "/contracts/public/{region_id}"
ITEMS = "/contracts/public/items/{contract_id}"
BIDS = "/contracts/public/bids/{contract_id}"
_MOST_DETAILS = 20_000

Detail = Sequence[Record] | Refusal


class _Kept(NamedTuple):
    """The pages of one answer, good for one `moment`: the cycle, and when it was last renewed."""

    moment: tuple[int, int]
    pages: list[Body] | Refusal


class ContractRoutes:
    """Shows a market, and keeps encoded what it has shown."""

    def __init__(self, market: Market, calendar: Calendar) -> None:
        self._market = market
        self._calendar = calendar
        self._lists: dict[int, _Kept] = {}
        self._details: dict[tuple[str, int], _Kept] = {}
        self._ttl = {
            path: calendar.ttl(BY_PATH["GET", path].cache_age) for path in (LIST, ITEMS, BIDS)
        }

    @property
    def handlers(self) -> Handlers:
        """What this room answers."""
        return {("GET", LIST): self.list, ("GET", ITEMS): self.items, ("GET", BIDS): self.bids}

    def list(self, call: Call) -> Answer:
        """All pages of a cycle are of the same moment and expire together."""
        region_id, cycle = call.number(), self._calendar.number(call.now)
        if region_id not in self._market.regions:
            raise RefusedError(404, "Region not found!")
        start = self._calendar.start(cycle)
        kept = self._lists.get(region_id)
        hit = kept is not None and kept.moment == (cycle, start)
        if kept is None or not hit:
            rows = self._market.contracts(region_id, self._calendar, cycle)
            kept = self._lists[region_id] = _Kept((cycle, start), paged(rows))
        return _shown(kept, call, self._ttl[LIST], hit=hit)

    def items(self, call: Call) -> Answer:
        """As they are in this cycle."""
        contract_id, cycle = call.number(), self._calendar.number(call.now)
        moment = (cycle, self._calendar.start(cycle))
        return self._detail(
            ITEMS, call, moment, lambda: self._market.items(contract_id, self._calendar, cycle)
        )

    def bids(self, call: Call) -> Answer:
        """Those that were placed when the answer was last renewed."""
        contract_id, cycle = call.number(), self._calendar.number(call.now)
        moment = (cycle, self._calendar.tick(call.now, self._ttl[BIDS]))
        return self._detail(
            BIDS,
            call,
            moment,
            lambda: self._market.bids(contract_id, self._calendar, cycle, moment[1]),
        )

    def _detail(
        self, path: str, call: Call, moment: tuple[int, int], look: Callable[[], Detail]
    ) -> Answer:
        key = (path, call.number())
        kept = self._details.get(key)
        hit = kept is not None and kept.moment == moment
        if kept is None or not hit:
            if len(self._details) >= _MOST_DETAILS:
                self._details.clear()
            rows = look()
            kept = _Kept(moment, rows if isinstance(rows, Refusal) else paged(rows))
            self._details[key] = kept
        return _shown(kept, call, self._ttl[path], hit=hit)


def _shown(kept: _Kept, call: Call, ttl: int, *, hit: bool) -> Answer:
    """204 has the headers of a cached answer, but neither pages nor an ETag (esi-issues#1237)."""
    since, pages = kept.moment[1], kept.pages
    if not isinstance(pages, Refusal):
        return page_of(pages, call.page, last_modified=since, expires=since + ttl, hit=hit)
    if pages.error:
        raise RefusedError(pages.status, pages.error)
    return Answer(pages.status, None, since, since + ttl, hit=hit, cache_control="public")
