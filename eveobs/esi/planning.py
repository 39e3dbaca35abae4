"""What a run would ask, found out without asking: the client's own logic over a sender that counts.

What has expired in the cache is taken to be unchanged: such a request counts, and what is kept is
gone on with. What was never asked cannot be gone on with; there the plan ends, and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING, NamedTuple

from eveobs.errors import EveobsError
from eveobs.esi.answers import Reply, Usage
from eveobs.esi.cache import Entry, ResponseCache
from eveobs.esi.limits import cost
from eveobs.esi.route import Route

if TYPE_CHECKING:
    from eveobs.esi.access import Access


class NotAskedError(EveobsError):
    """This would have to be asked to know more."""


@dataclass(slots=True)
class Asked:
    """What would be asked of one route, and the `tokens` that such answers usually cost."""

    requests: int = 0
    conditional: int = 0
    tokens: int = 0


class Need(NamedTuple):
    """`tokens` of a bucket that has `limit` of them, which come back after `window` seconds."""

    tokens: int
    limit: int
    window: float

    @property
    def windows(self) -> int:
        """In how many windows they can be spent."""
        return max(ceil(self.tokens / self.limit), 1)

    @property
    def seconds(self) -> float:
        """How long at least one has to wait for tokens to come back."""
        return (self.windows - 1) * self.window


@dataclass(slots=True)
class Plan:
    """What would be asked, by route, in the order it was met; and what it needs of each rate-limit
    group, at the limits that ESI documents.
    """

    routes: dict[str, Asked] = field(default_factory=dict)
    needs: dict[str, Need] = field(default_factory=dict)

    def add(self, route: Route, *, conditional: bool, requests: int = 1) -> None:
        """`requests` of `route`."""
        asked = self.routes.setdefault(route.path, Asked())
        asked.requests += requests
        asked.conditional += requests if conditional else 0
        if route.group:
            tokens = requests * cost(304 if conditional else 200)
            asked.tokens += tokens
            before = self.needs.get(route.group, Need(0, route.tokens, route.window))
            self.needs[route.group] = before._replace(tokens=before.tokens + tokens)


class CountingSender:
    """Stands where a client's Sender stands, and counts into `plan` instead of sending."""

    def __init__(self, base_url: str, plan: Plan) -> None:
        self.base = base_url.rstrip("/")
        self.usage = Usage()
        self._plan = plan

    async def ask(
        self,
        route: Route,
        url: str,
        headers: Mapping[str, str],
        content: bytes = b"",  # noqa: ARG002
        accept: frozenset[int] = frozenset(),  # noqa: ARG002
        access: Access | None = None,  # noqa: ARG002
    ) -> Reply:
        """A 304 where something is kept. Raises NotAskedError where nothing is."""
        conditional = "if-none-match" in headers
        self._plan.add(route, conditional=conditional)
        if not conditional:
            raise NotAskedError(f"{route.method} {url} would be asked")
        return Reply(url, 304, {}, b"")

    async def close(self) -> None:
        """Nothing was opened."""


class ReadOnlyCache(ResponseCache):
    """The cache as it is: nothing is added to it or counted."""

    def put(self, key: str, entry: Entry) -> None:
        """Keep nothing."""

    def drop(self, key: str) -> None:
        """Drop nothing."""

    def batch(self) -> Callable[[], None]:
        """Write nothing, count nothing."""
        self.statistics.take()
        return lambda: None
