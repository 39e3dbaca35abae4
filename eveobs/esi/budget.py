"""What ESI still allows: a state machine that takes headers and a clock and says how long to wait.

Two regimes (see the route's `group`): routes without a rate-limit group share the error limit, a
hundred failed answers a minute, after which *every* route answers 420; routes with a group spend
tokens. Whatever a limit says to wait for is remembered here, so that no request runs into it twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from eveobs.esi.route import Route

ERROR_LIMIT = 100
EVERYTHING = ""
"""The pause that holds for all routes."""
UNTOLD_WINDOW = 60.0
"""Seconds to wait where a limit does not say how long."""


def tokens(route: Route, status: int) -> int:
    """What an answer costs of the route's bucket: 2xx 2, 3xx 1, 4xx 5 (429 free), 5xx 0."""
    if not route.group or status == 429:
        return 0
    return {2: 2, 3: 1, 4: 5}.get(status // 100, 0)


@dataclass(slots=True)
class Budget:
    """What is left, by the last answers. `reserve` is how many requests may be in flight at once:
    each of them may still fail, so asking stops that many errors before the edge.
    """

    reserve: int = 20
    errors_left: int = ERROR_LIMIT
    errors_reset: float = 0.0
    pauses: dict[str, float] = field(default_factory=dict)

    def learn(self, route: Route, headers: Mapping[str, str], now: float) -> None:
        """Take in the limit headers of one answer."""
        remain = headers.get("x-esi-error-limit-remain")
        if remain is not None:
            self.errors_left = _number(remain, self.errors_left)
            self.errors_reset = now + _number(headers.get("x-esi-error-limit-reset"), 60)
        left = headers.get("x-ratelimit-remaining")
        if route.group and left is not None and _number(left, 1) <= 0:
            self.pause(route.group, now + UNTOLD_WINDOW)

    def pause(self, what: str, until: float) -> None:
        """Ask nothing of `what` (a rate-limit group, or EVERYTHING) before `until`."""
        self.pauses[what] = max(until, self.pauses.get(what, 0.0))

    def delay(self, route: Route, now: float) -> float:
        """Seconds until `route` may be asked; 0.0 for at once."""
        until = 0.0
        if self.pauses:
            until = max(self.pauses.get(EVERYTHING, 0.0), self.pauses.get(route.group, 0.0))
        if self.errors_left <= self.reserve and not route.group:
            until = max(until, self.errors_reset)
            if now >= self.errors_reset:
                self.errors_left = ERROR_LIMIT
        return max(until - now, 0.0)


def _number(text: str | None, default: int) -> int:
    try:
        return int(float(text)) if text is not None else default
    except (ValueError, OverflowError):
        return default
