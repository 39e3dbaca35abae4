"""Measuring cases in rounds, in turn, so that a noisy minute of the machine meets all alike."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from eveobs.bench.load import Load, drive
from eveobs.bench.sample import Sample, merged
from eveobs.bench.target import Case
from eveobs.bench.workshop import Asked, Workshop
from eveobs.errors import EveobsError

CALIBRATION = 40
"""Requests to nobody in a round, at least; two for each worker."""
BRISK = 2000.0
"""A second, at least, where they are due at fixed moments: they are not to take long."""


@dataclass(slots=True)
class Result:
    """What was measured of a case, round by round. `error` is the first that an answer was;
    `stopped` what ended it early; `again` when more of it may be asked (seconds since the epoch);
    `over` says that this is too late.
    """

    case: Case
    rounds: list[Sample] = field(default_factory=list)
    error: EveobsError | None = None
    stopped: EveobsError | None = None
    again: float | None = None
    over: bool = False

    def whole(self) -> Sample:
        """All rounds as one."""
        return merged(self.rounds)


@dataclass(slots=True)
class _Bench:
    """A case and whom it asks."""

    result: Result
    question: Asked
    nobody: Asked
    rounds: int = 0


@dataclass(slots=True)
class Series:
    """Cases that are measured together in `rounds`, each after `warm_up` requests that do not
    count. What was measured is in `results`, also when it ended early (`interrupted`).
    """

    cases: Sequence[Case]
    rounds: int = 10
    warm_up: int = 100
    results: list[Result] = field(default_factory=list)
    interrupted: bool = False
    _benches: list[_Bench] = field(default_factory=list)

    async def run(self, workshop: Workshop) -> None:
        """Measure. An interruption (Ctrl-C cancels) ends this in order. Raises EveobsError for what
        cannot be asked at all.
        """
        try:
            for case in self.cases:
                self._benches.append(await self._set_up(case, workshop))
            await self.more(self.rounds)
        except asyncio.CancelledError:
            self.interrupted = True

    async def more(self, rounds: int, only: Sequence[Result] = ()) -> None:
        """Measure further rounds, of `only` some of the results."""
        for _ in range(rounds):
            for bench in self._benches:
                if not only or any(bench.result is one for one in only):
                    await self._round(bench)

    async def again(self, rounds: int, only: Sequence[Result]) -> None:
        """As `more`, after `run`; an interruption ends it in order."""
        try:
            await self.more(rounds, only)
        except asyncio.CancelledError:
            self.interrupted = True

    async def _set_up(self, case: Case, workshop: Workshop) -> _Bench:
        result = Result(case)
        self.results.append(result)
        bench = _Bench(result, await workshop.question(case), workshop.nobody(case))
        if self.warm_up and (case.local or not case.mode.asks):
            warm = Load(case.load.concurrency, requests=self.warm_up)
            await drive(warm, bench.question, Sample())
        await drive(_calibration(case.load), bench.nobody, Sample())
        return bench

    async def _round(self, bench: _Bench) -> None:
        result = bench.result
        load = result.case.load.share(self.rounds, bench.rounds)
        bench.rounds += 1
        if result.stopped is not None or result.over or load is None:
            return
        gc.collect()
        sample, idle = Sample(), Sample()
        await drive(_calibration(load), bench.nobody, idle)
        before = replace(bench.question.usage)
        result.rounds.append(sample)
        sample.overhead = idle.latencies
        try:
            await drive(load, bench.question, sample)
        finally:
            sample.bytes = bench.question.usage.bytes - before.bytes
            sample.tokens = bench.question.usage.tokens - before.tokens
            _note(result, bench.question)


def _note(result: Result, question: Any) -> None:
    """What a question knows beyond its answers."""
    result.error = getattr(question, "error", None)
    result.stopped = getattr(question, "stopped", None)
    turns = getattr(question, "turns", None)
    if turns is not None:
        result.again, result.over = turns.next, turns.over


def _calibration(load: Load) -> Load:
    """A few requests of the same kind; by number, since a moment may pass without any."""
    rate = max(load.rate, BRISK) if load.rate else 0.0
    return Load(load.concurrency, max(CALIBRATION, 2 * load.concurrency), rate=rate)
