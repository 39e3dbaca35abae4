"""What eveobs measures about itself: the metrics by name, and the meter that holds their values.

Plain Python: prometheus-client is loaded only where values are written out (`exposition`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

OTHER = "other"
"""Stands for a label's value that is not one of the known ones."""
MOST = 2_000
"""Sets of labels that one metric may have; what comes after them is `other` in every label."""


class Kind(StrEnum):
    """What Prometheus calls its types."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: its name without the prefix, what it says, and its labels."""

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()

    @property
    def full_name(self) -> str:
        """As Prometheus knows it; a counter's samples end in _total."""
        return f"eveobs_{self.name}" + ("_total" if self.kind is Kind.COUNTER else "")


METRICS = (
    Metric("requests", Kind.COUNTER, "Requests sent to ESI.", ("method", "route", "status")),
    Metric(
        "request_duration_seconds",
        Kind.HISTOGRAM,
        "Seconds from a request to its whole answer.",
        ("route",),
    ),
    Metric("tokens", Kind.COUNTER, "Rate-limit tokens spent.", ("group",)),
    Metric("received_bytes", Kind.COUNTER, "Bytes of bodies received from ESI, unpacked."),
    Metric("waited_seconds", Kind.COUNTER, "Seconds that requests waited for limits and back-off."),
    Metric(
        "cache_answers",
        Kind.COUNTER,
        "Answers by what the cache did: fresh, revalidated, missed.",
        ("route", "result"),
    ),
    Metric("cache_hits", Kind.COUNTER, "Entries found, by level: memory or disk.", ("level",)),
    Metric("cache_saved_bytes", Kind.COUNTER, "Bytes that did not have to be fetched."),
    Metric(
        "observations",
        Kind.COUNTER,
        "Observations by status: complete, unchanged, partial, failed.",
        ("processor", "status"),
    ),
    Metric(
        "rows",
        Kind.COUNTER,
        "Rows by what observations found of them: new, changed, gone.",
        ("processor", "change"),
    ),
    Metric("last_rows", Kind.GAUGE, "Rows in the lists that were read last.", ("processor",)),
    Metric(
        "observation_newest_timestamp_seconds",
        Kind.GAUGE,
        "When a subject was last observed as a whole: that of the latest.",
        ("processor",),
    ),
    Metric(
        "observation_oldest_timestamp_seconds",
        Kind.GAUGE,
        "When a subject was last observed as a whole: that of the longest ago.",
        ("processor",),
    ),
    Metric(
        "published",
        Kind.COUNTER,
        "Pages by kind, action (create, update, remove) and result (done, failed).",
        ("kind", "action", "result"),
    ),
    Metric("run_timestamp_seconds", Kind.GAUGE, "When a command last ended.", ("command",)),
    Metric("run_duration_seconds", Kind.GAUGE, "Seconds that it took.", ("command",)),
    Metric("run_exit_code", Kind.GAUGE, "Its exit code; 0 is good.", ("command",)),
    Metric("build_info", Kind.GAUGE, "The version; always 1.", ("version",)),
)
BY_NAME: Mapping[str, Metric] = {metric.name: metric for metric in METRICS}
BOUNDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Upper bounds of the buckets of a duration, in seconds; beyond them is one more."""

Labels = tuple[str, ...]


@dataclass(slots=True)
class Durations:
    """How many took how long: `buckets` as in BOUNDS, each on its own, and the seconds in all."""

    buckets: list[int]
    seconds: float = 0.0


class Meter:
    """Values of METRICS, by name and labels. Adds up what it is told; sets what is a gauge."""

    def __init__(self, *, routes: Collection[str] = ()) -> None:
        self.numbers: dict[str, dict[Labels, float]] = {}
        self.durations: dict[str, dict[Labels, Durations]] = {}
        self._routes = frozenset(routes)

    def add(self, name: str, *labels: str, by: float = 1) -> None:
        """Add to a counter."""
        values = self.numbers.setdefault(name, {})
        key = self._bounded(name, labels, values)
        values[key] = values.get(key, 0) + by

    def set(self, name: str, *labels: str, to: float) -> None:
        """Set a gauge."""
        values = self.numbers.setdefault(name, {})
        values[self._bounded(name, labels, values)] = to

    def add_durations(self, name: str, *labels: str, some: Durations) -> None:
        """Add to a histogram."""
        values = self.durations.setdefault(name, {})
        key = self._bounded(name, labels, values)
        there = values.setdefault(key, Durations([0] * (len(BOUNDS) + 1)))
        there.buckets = [a + b for a, b in zip(there.buckets, some.buckets, strict=True)]
        there.seconds += some.seconds

    def _bounded(self, name: str, labels: Labels, known: Collection[Labels]) -> Labels:
        metric = BY_NAME[name]
        if len(labels) != len(metric.labels):
            raise ValueError(f"{name} has the labels {metric.labels}, not {labels}")
        if "route" in metric.labels:
            at = metric.labels.index("route")
            if labels[at] not in self._routes:
                labels = (*labels[:at], OTHER, *labels[at + 1 :])
        if len(known) >= MOST and labels not in known:
            return (OTHER,) * len(labels)
        return labels

    # -- what the rooms of eveobs count ------------------------------------------------------------

    def count_cache(self, counts: Mapping[str, Mapping[str, int]]) -> None:
        """Take in what the cache counted, by route."""
        for route, of_route in counts.items():
            for result in ("fresh", "revalidated", "missed"):
                if number := of_route.get(result):
                    self.add("cache_answers", route, result, by=number)
            for level in ("memory", "disk"):
                if number := of_route.get(level):
                    self.add("cache_hits", level, by=number)
            if number := of_route.get("bytes_saved"):
                self.add("cache_saved_bytes", by=number)

    def count_observation(
        self, processor: str, status: str, *, new: int, changed: int, gone: int
    ) -> None:
        """Take in what came of an observation."""
        self.add("observations", processor, status)
        for change, number in (("new", new), ("changed", changed), ("gone", gone)):
            self.add("rows", processor, change, by=number)

    def set_last_rows(self, rows: Mapping[str, int]) -> None:
        """Take in how many rows the lists of each processor had that a run read."""
        for processor, number in rows.items():
            self.set("last_rows", processor, to=number)

    def count_published(
        self, done: Mapping[str, Mapping[str, int]], failed: Mapping[tuple[str, str], int]
    ) -> None:
        """Take in what became of a plan: done by kind and action, failed by both."""
        for kind, actions in done.items():
            for action, number in actions.items():
                self.add("published", kind, str(action), "done", by=number)
        for (kind, action), number in Counter(failed).items():
            self.add("published", kind, str(action), "failed", by=number)

    def set_observed(self, processor: str, *, oldest: float, newest: float) -> None:
        """Take in when subjects were last observed as a whole (seconds since the epoch)."""
        self.set("observation_oldest_timestamp_seconds", processor, to=oldest)
        self.set("observation_newest_timestamp_seconds", processor, to=newest)

    def set_run(self, command: str, *, ended: float, seconds: float, exit_code: int) -> None:
        """Take in how a run ended, and when."""
        self.set("run_timestamp_seconds", command, to=ended)
        self.set("run_duration_seconds", command, to=round(seconds, 3))
        self.set("run_exit_code", command, to=exit_code)
