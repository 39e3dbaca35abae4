"""Whether a figure got worse since a run that was saved, or whether the machine was just busy.

Others on the machine only ever make things slower, for moments. So what is compared is the quiet
part of both runs: of the figure in all rounds, that which a quarter of them did not exceed. What
lies in few requests (p90 and beyond) would be overlooked so: it is compared by the median of blocks
of rounds.

The change is that of these two figures, and nothing is taken out of it. It is compared with the
noise: three standard errors by the bootstrap over the rounds of both runs, plus what the machine
may have done. A machine that was busier all the time shows in the overhead of eveobs itself,
measured in each round against a server that does nothing. How overhead and figure move together
within a run says how much of the figure is work that a busy machine slows down (all of it: it moves
as much; a server that sleeps: not at all). Where the machine moved a figure much, nothing is
certain. All is done in logarithms: times err by factors.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import combinations
from random import Random
from statistics import median, pstdev
from typing import NamedTuple

from eveobs.bench.criterion import Criterion
from eveobs.bench.sample import TAIL, Figure, Sample, merged

SIGMAS = 3.0
QUIET = 0.25
"""Share of rounds that are taken for undisturbed."""
LEAST = 10
"""Answers of which a round needs so many to have percentiles; else it is taken with the next."""
BLOCK = 5
"""Rounds that are of the same moment, more or less."""
DRAWN = 200
TOO_FEW = 5
"""Rounds, or blocks, below which their noise is not known."""
TOO_CLOSE = 0.2
"""Rounds whose overhead differs by less than this (as a logarithm) say nothing about it."""
FEW_PAIRS = 20
TOO_BUSY = 0.25
"""How much the machine may have moved a figure (as a logarithm) before nothing is certain."""
MOST_ROUNDS = 200
"""Of a run whose pairs are looked at."""
OVERHEAD_AT = {"p90": 90, "p99": 98, "p99.9": 98, "max": 98}
"""Which percentile of the overhead suffers from what a figure suffers from, if not the median."""
MOST = 50.0
"""A logarithm that stands for without end."""

Points = Sequence[tuple[float, float]]
"""Overhead and figure of each round, as logarithms."""


class Change(NamedTuple):
    """What became of a figure: what is compared of both runs, the change from the first to the
    second in percent, and the noise in percent, below which a change means nothing.
    """

    figure: Figure
    before: float
    now: float
    percent: float
    noise: float

    @property
    def certain(self) -> bool:
        """Whether it is more than noise."""
        return abs(self.percent) > self.noise

    def breaks(self, limit: Criterion) -> bool:
        """Whether it is beyond `limit`, certain or not."""
        by = self.percent if limit.percent else self.before * self.percent / 100
        return limit.broken_by(by)


def change(figure: Figure, before: Sequence[Sample], now: Sequence[Sample]) -> Change:
    """How `figure` changed between the rounds of two runs."""
    if not figure.unit:
        return _counted(figure, merged(before), merged(now))
    before, now = _thick(figure, before), _thick(figure, now)
    if not before or not now:
        return Change(figure, 0.0, 0.0, 0.0, math.inf)
    runs = _logs(figure, before), _logs(figure, now)
    typical = _median if figure.name in TAIL else _quiet
    drifts = [of([x for x, _ in runs[1]]) - of([x for x, _ in runs[0]]) for of in (_quiet, _median)]
    slope, doubt = (0.0, 0.0) if figure.name == "overhead" else dependence(runs)
    levels = [typical([y for _, y in points]) for points in runs]
    moved = _way(figure) * (levels[1] - levels[0])
    noise = SIGMAS * math.hypot(*(_error(points, typical) for points in runs))
    machine = min(slope + doubt, 1.0) * max(map(abs, drifts))
    noise = noise + machine if machine < TOO_BUSY else math.inf
    then, here = (math.exp(_way(figure) * level) for level in levels)
    return Change(figure, then, here, _percent(moved), _percent(noise))


def dependence(runs: Iterable[Points]) -> tuple[float, float]:
    """How much of a change of the first is found in the second (0 to 1), and how far from the truth
    that may be: the median slope between rounds of one run (Theil and Sen).
    """
    slopes = []
    rounds = 0
    for points in runs:
        rounds += len(points)
        for (x, y), (x2, y2) in combinations(points[:MOST_ROUNDS], 2):
            if abs(x2 - x) > TOO_CLOSE:
                slopes.append((y2 - y) / (x2 - x))
    if len(slopes) < FEW_PAIRS:
        return 0.5, 0.5
    slope = median(slopes)
    spread = median(abs(one - slope) for one in slopes)
    return min(max(slope, 0.0), 1.0), SIGMAS * spread / math.sqrt(rounds)


def broken(
    limits: Iterable[Criterion],
    before: Sequence[Sample] | None,
    now: Sequence[Sample],
    *,
    for_certain: bool = True,
) -> list[tuple[Criterion, Change]]:
    """Those of `limits` that the rounds `now` break, with what changed; without a saved run, only
    those on the figures themselves can be. Not `for_certain`: also what may be noise.
    """
    found = []
    for limit in limits:
        if not limit.compares:
            value = limit.figure.value(merged(now))
            if limit.broken_by(value):
                told = change(limit.figure, before or (), now)
                found.append((limit, told._replace(now=value)))
        elif before is not None:
            told = change(limit.figure, before, now)
            if told.breaks(limit) and (told.certain or not for_certain):
                found.append((limit, told))
    return found


def undecided(
    limits: Iterable[Criterion], before: Sequence[Sample] | None, now: Sequence[Sample]
) -> list[tuple[Criterion, Change]]:
    """Those of `limits` on a change of which it cannot be said whether `now` breaks them: what is
    beyond them may be noise, or nothing is known of the noise.
    """
    if before is None:
        return []
    found = [(limit, change(limit.figure, before, now)) for limit in limits if limit.compares]
    return [
        (limit, told)
        for limit, told in found
        if not told.certain and (told.breaks(limit) or told.noise == math.inf)
    ]


def _thick(figure: Figure, rounds: Sequence[Sample]) -> list[Sample]:
    """Rounds of enough answers to tell `figure`, be they short or long."""
    wanted = BLOCK if figure.name in TAIL else 1
    found: list[Sample] = []
    parts: list[Sample] = []
    for one in rounds:
        parts.append(one)
        if len(parts) >= wanted and sum(part.latencies.count for part in parts) >= LEAST:
            if any(part.overhead.count for part in parts):
                found.append(merged(parts))
            parts = []
    return found


def _logs(figure: Figure, rounds: Sequence[Sample]) -> Points:
    """What a busy machine makes less, as a throughput, is turned round."""
    way, percent = _way(figure), OVERHEAD_AT.get(figure.name, 50)
    return [
        (_log(one.overhead.percentile(percent)), way * _log(figure.each(one))) for one in rounds
    ]


def _way(figure: Figure) -> int:
    return -1 if figure.more_is_better else 1


def _log(value: float) -> float:
    return math.log(max(value, 1e-9))


def _counted(figure: Figure, before: Sample, now: Sample) -> Change:
    """Counts are no times: errors come by chance (Poisson), bytes and tokens do not."""
    then, here = figure.each(before), figure.each(now)
    if not before.requests or then == here:
        return Change(figure, then, here, 0.0, 0.0)
    percent = (here - then) / then * 100 if then else math.inf
    if figure.name != "errors":
        return Change(figure, then, here, percent, 0.0)
    expected = max(then * now.requests, 1.0)
    noise = SIGMAS * math.sqrt(expected * (1 + now.requests / before.requests))
    if not then:
        return Change(figure, then, here, percent, 0.0 if now.errors > noise else math.inf)
    return Change(figure, then, here, percent, noise * 100 / expected)


def _median(values: Sequence[float]) -> float:
    return median(values)


def _quiet(values: Sequence[float]) -> float:
    return sorted(values)[int(len(values) * QUIET)]


def _error(points: Points, typical: Callable[[Sequence[float]], float]) -> float:
    """The standard error of `typical`, by drawing blocks of rounds again and again."""
    if len(points) < TOO_FEW:
        return math.inf
    values = [y for _, y in points]
    length = 1 if typical is _median else min(BLOCK, len(values) // TOO_FEW)
    blocks = [values[at : at + length] for at in range(len(values) - length + 1)]
    draw = Random(1)  # noqa: S311 - the same file gives the same answer
    wanted = -(-len(values) // length)
    found = [
        typical([value for block in draw.choices(blocks, k=wanted) for value in block])
        for _ in range(DRAWN)
    ]
    return pstdev(found)


def _percent(moved: float) -> float:
    if moved == math.inf:
        return math.inf
    return math.expm1(min(max(moved, -MOST), MOST)) * 100
