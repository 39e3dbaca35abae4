"""What clients send, counted as it happens: cheaply, since there may be thousands a second."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from time import perf_counter

from eveobs.telemetry.metrics import BOUNDS, Durations, Meter
from eveobs.telemetry.stages import Stage, Stages

STATUSES = range(100, 600)


@dataclass(slots=True)
class _Route:
    statuses: dict[int, int] = field(default_factory=dict)
    buckets: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    seconds: float = 0.0


class Traffic:
    """The requests of all clients it is handed to. `stages` hear when the network is in use."""

    def __init__(self, stages: Stages | None = None) -> None:
        self._routes: dict[tuple[str, str], _Route] = {}
        self._tokens: dict[str, int] = {}
        self._bytes = 0
        self._waited = 0.0
        self._stages = stages

    def sent(self) -> float:
        """A request goes out now; give what this returns to `answered`."""
        if self._stages is not None:
            self._stages.begin(Stage.NETWORK)
        return perf_counter()

    def answered(self, method: str, path: str, status: int, sent: float) -> None:
        """Its answer is there; `status` 0: none came."""
        seconds = perf_counter() - sent
        if self._stages is not None:
            self._stages.end(Stage.NETWORK)
        of_route = self._routes.get((method, path))
        if of_route is None:
            of_route = self._routes[method, path] = _Route()
        of_route.statuses[status] = of_route.statuses.get(status, 0) + 1
        of_route.buckets[bisect_left(BOUNDS, seconds)] += 1
        of_route.seconds += seconds

    def cost(self, group: str, tokens: int, received: int) -> None:
        """What an answer cost: tokens of its rate-limit group, and bytes."""
        self._bytes += received
        if tokens:
            self._tokens[group] = self._tokens.get(group, 0) + tokens

    def waited(self, seconds: float) -> None:
        """A request waited, for a limit or before it was tried again."""
        self._waited += seconds

    def into(self, meter: Meter) -> None:
        """Add everything to `meter`."""
        for (method, path), of_route in self._routes.items():
            for status, number in of_route.statuses.items():
                meter.add("requests", method, path, _status(status), by=number)
            some = Durations(of_route.buckets, of_route.seconds)
            meter.add_durations("request_duration_seconds", path, some=some)
        for group, tokens in self._tokens.items():
            meter.add("tokens", group, by=tokens)
        meter.add("received_bytes", by=self._bytes)
        meter.add("waited_seconds", by=round(self._waited, 3))


def _status(status: int) -> str:
    """A label: the status, `none` where no answer came, `other` for what HTTP does not have."""
    if status in STATUSES:
        return str(status)
    return "other" if status else "none"
