"""Metrics in Prometheus' text format: for who asks for them, and in a file for node_exporter."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from eveobs import files
from eveobs.telemetry.metrics import BOUNDS, BY_NAME, Durations, Kind, Meter, Metric

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric as Family
    from prometheus_client.samples import Sample

LARGEST = 16_000_000
"""Bytes of a file that is read; ours are far smaller."""
PREFIX = "eveobs_"


class ForeignError(ValueError):
    """The file is not one of ours, or damaged."""


def exposition(meter: Meter) -> str:
    """Everything in `meter`, as Prometheus reads it."""
    from prometheus_client import CollectorRegistry, generate_latest

    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Families(meter))
    return generate_latest(registry).decode()


class _Families:
    """What prometheus-client collects from."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter

    def collect(self) -> Iterator[Family]:
        """A family for each metric that has a value."""
        for name in sorted(self._meter.numbers):
            yield _numbers(BY_NAME[name], self._meter)
        for name in sorted(self._meter.durations):
            yield _durations(BY_NAME[name], self._meter)


def _numbers(metric: Metric, meter: Meter) -> Family:
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    family: type[CounterMetricFamily | GaugeMetricFamily] = GaugeMetricFamily
    if metric.kind is Kind.COUNTER:
        family = CounterMetricFamily
    found = family(PREFIX + metric.name, metric.help, labels=metric.labels)
    for labels, value in sorted(meter.numbers[metric.name].items()):
        found.add_metric(labels, value)
    return found


def _durations(metric: Metric, meter: Meter) -> Family:
    from prometheus_client.core import HistogramMetricFamily

    found = HistogramMetricFamily(PREFIX + metric.name, metric.help, labels=metric.labels)
    for labels, value in sorted(meter.durations[metric.name].items()):
        total = 0
        buckets = []
        for bound, number in zip((*map(str, BOUNDS), "+Inf"), value.buckets, strict=True):
            total += number
            buckets.append((bound, total))
        found.add_metric(labels, buckets, value.seconds)
    return found


def add_text(meter: Meter, text: str) -> None:
    """Add what an earlier run wrote: counters go on, gauges stay where this run sets none.

    Raises ForeignError for what no eveobs wrote.
    """
    from prometheus_client.parser import text_string_to_metric_families

    try:
        families = list(text_string_to_metric_families(text))
    except Exception as error:  # the parser raises whatever it trips over
        raise ForeignError("it is not in Prometheus' text format") from error
    for family in families:
        if not family.name.startswith(PREFIX):
            raise ForeignError("it has metrics that are not ours")
    for family in families:
        metric = BY_NAME.get(family.name.removeprefix(PREFIX))
        if metric is None:
            continue  # of another version
        with suppress(KeyError, ValueError):  # of another version, with other labels
            _add_family(meter, metric, family.samples)


def _add_family(meter: Meter, metric: Metric, samples: Iterable[Sample]) -> None:
    if metric.kind is Kind.HISTOGRAM:
        _add_histogram(meter, metric, samples)
        return
    for sample in samples:
        labels = tuple(sample.labels[name] for name in metric.labels)
        if metric.kind is Kind.COUNTER:
            meter.add(metric.name, *labels, by=sample.value)
        elif labels not in meter.numbers.get(metric.name, {}) and metric.name != "build_info":
            meter.set(metric.name, *labels, to=sample.value)


def _add_histogram(meter: Meter, metric: Metric, samples: Iterable[Sample]) -> None:
    """Buckets are written as sums of all that are smaller."""
    sums: dict[tuple[str, ...], dict[str, float]] = {}
    seconds: dict[tuple[str, ...], float] = {}
    for sample in samples:
        labels = tuple(sample.labels[name] for name in metric.labels)
        if sample.name.endswith("_bucket"):
            sums.setdefault(labels, {})[sample.labels["le"]] = sample.value
        elif sample.name.endswith("_sum"):
            seconds[labels] = sample.value
    for labels, of in sums.items():
        cumulated = [of[bound] for bound in (*map(str, BOUNDS), "+Inf")]
        buckets = [int(b - a) for a, b in zip([0.0, *cumulated], cumulated, strict=False)]
        some = Durations(buckets, seconds.get(labels, 0.0))
        meter.add_durations(metric.name, *labels, some=some)


def write_file(path: Path, meter: Meter, warn: Callable[[str], None]) -> None:
    """Add `meter` to the file `path` of earlier runs: read, added to and replaced under a lock.

    A file that is damaged is begun anew, with a word to `warn`; one that is not ours is left alone.
    Raises OSError where it cannot be written, ForeignError where it must not be.
    """
    if path.exists() and not path.is_file():
        raise ForeignError("it is no file")
    with _alone(path):
        if path.exists():
            try:
                _add_file(path, meter)
            except ForeignError as error:
                if not _began_as_ours(path):
                    raise
                warn(f"the metrics in {path} are damaged ({error}) and begin anew")
        _replace(path, exposition(meter))


def _add_file(path: Path, meter: Meter) -> None:
    with path.open("rb") as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise ForeignError("it is too large")
    try:
        add_text(meter, data.decode())
    except UnicodeDecodeError as error:
        raise ForeignError("it is not text") from error


def _began_as_ours(path: Path) -> bool:
    with path.open("rb") as file:
        start = file.read(64)
    return not start or start.startswith(b"# HELP " + PREFIX.encode())


def _replace(path: Path, text: str) -> None:
    """node_exporter never sees half of it; it only looks at files that end in .prom."""
    with files.atomic_write(path, private=False) as out:
        out.write(text.encode())
        if files.POSIX:
            os.fchmod(out.fileno(), 0o644)  # node_exporter is another user


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold the file's lock. Its folder is for others, too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with files.locked(path.with_name(f"{path.name}.lock")):
        yield
