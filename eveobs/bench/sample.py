"""What was measured, and the figures made of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

from eveobs.bench.histogram import Histogram

MICRO = 1_000_000
NANOS = 1000


@dataclass(slots=True)
class Sample:
    """One round of one case, or several merged. `seconds` and `cpu` (also seconds, of this process
    alone) are those of the whole; `bytes` of unpacked bodies; `tokens` of rate-limit buckets.
    `overhead` are latencies of the same load with nobody to wait for: what eveobs adds itself.
    """

    latencies: Histogram = field(default_factory=Histogram)
    overhead: Histogram = field(default_factory=Histogram)
    statuses: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    cpu: float = 0.0
    bytes: int = 0
    tokens: int = 0

    def add(self, status: str, nanoseconds: int) -> None:
        """Count one request. What got no answer has no latency, but the time went by."""
        self.statuses[status] += 1
        if status.isdecimal():
            self.latencies.add(nanoseconds)

    @property
    def requests(self) -> int:
        """How many there were, whatever came of them."""
        return self.statuses.total()

    @property
    def errors(self) -> int:
        """Those that were not answered with what was asked for: neither 2xx nor 3xx."""
        return sum(n for status, n in self.statuses.items() if status[0] not in "23")

    def merge(self, other: Sample) -> None:
        """Add another round."""
        self.latencies.merge(other.latencies)
        self.overhead.merge(other.overhead)
        self.statuses.update(other.statuses)
        self.seconds += other.seconds
        self.cpu += other.cpu
        self.bytes += other.bytes
        self.tokens += other.tokens

    def as_json(self) -> dict[str, Any]:
        """For a file."""
        return {
            "latencies": self.latencies.as_json(),
            "overhead": self.overhead.as_json(),
            "statuses": dict(self.statuses),
            "seconds": self.seconds,
            "cpu": self.cpu,
            "bytes": self.bytes,
            "tokens": self.tokens,
        }

    @classmethod
    def of(cls, saved: Mapping[str, Any]) -> Self:
        """What `as_json` wrote. Raises KeyError, TypeError or ValueError."""
        return cls(
            Histogram.of(saved["latencies"]),
            Histogram.of(saved["overhead"]),
            Counter({str(status): int(n) for status, n in saved["statuses"].items() if status}),
            float(saved["seconds"]),
            float(saved["cpu"]),
            int(saved["bytes"]),
            int(saved["tokens"]),
        )


def merged(samples: Iterable[Sample]) -> Sample:
    """All of them as one."""
    whole = Sample()
    for sample in samples:
        whole.merge(sample)
    return whole


class Figure(NamedTuple):
    """A number that is shown. `each` is what rounds of different length are compared by: that of a
    count is its share of a request. `more_is_better` says which way is worse.
    """

    name: str
    unit: str
    value: Callable[[Sample], float]
    each: Callable[[Sample], float]
    more_is_better: bool = False


def _percentile(name: str, percent: float) -> Figure:
    def value(sample: Sample) -> float:
        return sample.latencies.percentile(percent) / NANOS

    return Figure(name, "µs", value, value)


def _throughput(sample: Sample) -> float:
    return (sample.requests - sample.errors) / sample.seconds if sample.seconds else 0.0


def _cpu(sample: Sample) -> float:
    return sample.cpu * MICRO / max(sample.requests, 1)


def _overhead(sample: Sample) -> float:
    return sample.overhead.percentile(50) / NANOS


def _count(name: str, value: Callable[[Sample], int]) -> Figure:
    return Figure(name, "", value, lambda sample: value(sample) / max(sample.requests, 1))


FIGURES = {
    one.name: one
    for one in (
        Figure("throughput", "/s", _throughput, _throughput, more_is_better=True),
        _percentile("p50", 50),
        _percentile("p90", 90),
        _percentile("p99", 99),
        _percentile("p99.9", 99.9),
        _percentile("max", 100),
        _count("errors", lambda sample: sample.errors),
        _count("bytes", lambda sample: sample.bytes),
        _count("tokens", lambda sample: sample.tokens),
        Figure("cpu", "µs", _cpu, _cpu),
        Figure("overhead", "µs", _overhead, _overhead),
    )
}
"""By the name a person says."""

TAIL = frozenset({"p90", "p99", "p99.9", "max"})
"""Figures that few requests decide."""
