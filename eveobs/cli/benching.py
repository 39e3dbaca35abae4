"""Running `eveobs bench`: from options to cases, measuring them, telling what came of it."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from eveobs.bench import saving
from eveobs.bench.comparison import Change, broken, undecided
from eveobs.bench.courtesy import MOST_A_SECOND, Pace
from eveobs.bench.criterion import Criterion, criterion
from eveobs.bench.measuring import Result, Series
from eveobs.bench.sample import Sample
from eveobs.bench.servers import ServerProcess, new_eden
from eveobs.bench.standard import reading, standard_cases, stock
from eveobs.bench.target import Case, Mode
from eveobs.bench.workshop import Tools, Workshop
from eveobs.cli import bench_cases, bench_remarks, bench_results
from eveobs.cli.bench_cases import Request
from eveobs.errors import EveobsError, UsageError
from eveobs.esi.cache import ResponseCache
from eveobs.esi.shared_limits import SharedLimits

if TYPE_CHECKING:
    from eveobs.cli.context import Run
    from eveobs.esi.access import Access
    from eveobs.store.store import Store

FAILED = 0.5
"""Share of the requests of a row that may fail before the row says nothing about the server."""
LOOKS = 3
"""How often what seems worse is measured before it is called so."""

Worse = list[tuple[Result, Criterion, Change]]


@dataclass(slots=True)
class _Plan:
    """What there is to do, checked before anything is asked."""

    request: Request
    limits: Sequence[Criterion]
    before: Mapping[str, Sequence[Sample]] | None
    cases: Sequence[Case] = ()
    accesses: Mapping[str, Access | None] = field(default_factory=dict)

    def worse(self, results: Sequence[Result], *, for_certain: bool = True) -> Worse:
        """What the limits find in `results`; not `for_certain`: also what may be noise."""
        found: Worse = []
        for result in results:
            before = self.before.get(result.case.key) if self.before is not None else None
            found += [
                (result, limit, change)
                for limit, change in broken(
                    self.limits, before, result.rounds, for_certain=for_certain
                )
            ]
        return found

    def undecided(self, results: Sequence[Result]) -> Worse:
        """The limits of which noise hides whether `results` break them."""
        before = self.before or {}
        return [
            (result, limit, change)
            for result in results
            for limit, change in undecided(self.limits, before.get(result.case.key), result.rounds)
        ]


def bench_and_tell(run: Run, request: Request) -> None:
    """Measure what was asked for, and print it; end with 1 where a limit is broken."""
    run.loaded()
    limits = [criterion(text) for text in request.fail_if]
    if request.compare is None and any(limit.compares for limit in limits):
        raise UsageError("a limit on a change needs a saved run", hint="--compare FILE.")
    if request.fail_on_undecided and not any(limit.compares for limit in limits):
        raise UsageError(
            "--fail-on-undecided needs a limit on a change", hint="Such as --fail-if 'p99>+10%'."
        )
    if request.plot is not None:
        from eveobs.cli.plotting import check_plot

        check_plot(request.plot)
    for path in (request.save, request.plot):
        if path is not None:
            saving.check_place(path)
    before = saving.load(request.compare) if request.compare is not None else None
    plan = _Plan(request, limits, before)
    with ExitStack() as stack:
        series = _measure(run, plan, stack)
    _tell(run, plan, series)


def _measure(run: Run, plan: _Plan, stack: ExitStack) -> Series:
    """Start what is needed, and measure. The sandbox ends with `stack`."""
    request, store = plan.request, _LateStore(run, stack)
    if request.routes:
        plan.cases = bench_cases.cases_of(request, run.loaded().settings.esi.base_url)
        plan.accesses = bench_cases.accesses_of(run, plan.cases, request.name)
    else:
        base = stack.enter_context(ServerProcess(new_eden)).url
        plan.cases = standard_cases(base, request.modes(), request.loads())
        if any(case.mode is Mode.STORE for case in plan.cases):
            store.url = _stocked(run, base, stack)
    bench_cases.check_courtesy(run, request, plan.cases)
    run.remark(bench_remarks.beginning(plan.cases, request))
    warm_up, rounds = request.warm_up, request.rounds
    series = Series(plan.cases, rounds=rounds, warm_up=warm_up)
    asyncio.run(_run(series, plan, _tools(run, request, plan, store)))
    return series


async def _run(series: Series, plan: _Plan, tools: Tools) -> None:
    """Measure; and what seems worse again, until all rounds together say so, or not."""
    async with Workshop(tools) as workshop:
        await series.run(workshop)
        for _ in range(LOOKS - 1):
            if series.interrupted:
                return
            suspects = plan.worse(series.results, for_certain=False)
            local = {
                id(one): one for one, limit, _ in suspects if limit.compares and one.case.local
            }
            if not local:
                return
            await series.again(series.rounds, list(local.values()))


def _tools(run: Run, request: Request, plan: _Plan, store: _LateStore) -> Tools:
    loaded = run.loaded()
    settings = loaded.settings

    def shared(kind: type[ResponseCache]) -> ResponseCache:
        folder = loaded.places.cache / "esi" if settings.cache.enabled else None
        return kind(folder, size_mb=settings.cache.size_mb, warn=run.remark)

    return Tools(
        settings=settings.esi,
        limits=lambda base: SharedLimits(loaded.places.state, base, warn=run.remark),
        shared=shared,
        pace=Pace(MOST_A_SECOND if request.reason is None else 0.0),
        read=lambda name: reading(store(), name),
        accesses=plan.accesses,
    )


class _LateStore:
    """The store that is read: this user's, unless `url` is another one; opened once."""

    def __init__(self, run: Run, stack: ExitStack) -> None:
        self._run = run
        self._stack = stack
        self._store: Store | None = None
        self.url = ""

    def __call__(self) -> Store:
        if self._store is None:
            from eveobs.store.store import Store

            opened = Store(self.url) if self.url else self._run.store()
            self._store = self._stack.enter_context(opened)
        return self._store


def _stocked(run: Run, base: str, stack: ExitStack) -> str:
    """A store of the sandbox's contracts, gone with `stack`; its URL."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="eveobs-bench-")))
    return asyncio.run(stock(base, run.loaded().settings.esi, folder))


def _tell(run: Run, plan: _Plan, series: Series) -> None:
    request = plan.request
    results = [one for one in series.results if one.whole().requests]
    worse = plan.worse(results)
    changes = bench_results.changes_of(results, plan.before, plan.limits)
    unsure = plan.undecided(results)
    bench_results.write(run, request, results, changes, unsure)
    bench_remarks.remark(run, request, series, plan.before)
    for told in bench_remarks.undecided(unsure):
        run.remark(told)
    if request.plot is not None and results:
        from eveobs.cli.plotting import draw

        draw(request.plot, [(one.case.key, one.whole().latencies) for one in results])
    if request.save is not None and results:
        saving.save(request.save, results, run.now())
    _end(series, results, worse, run)
    if unsure and request.fail_on_undecided:
        number = len(unsure)
        raise EveobsError(
            f"{number} {'limit is' if number == 1 else 'limits are'} undecided",
            hint="A longer --duration, for both runs, tells more.",
        )


def _end(series: Series, results: Sequence[Result], worse: Worse, run: Run) -> None:
    """The exit code. Raises what says it."""
    if series.interrupted:
        raise KeyboardInterrupt
    for one in series.results:
        if one.stopped is not None:
            raise one.stopped
        if one.error is not None and not one.whole().latencies.count:
            raise one.error
    if not results:
        raise bench_remarks.nothing(series)
    if worse:
        bench_results.complain(run, worse)
        number = len(worse)
        raise EveobsError(f"{number} {'limit is' if number == 1 else 'limits are'} broken")
    _check_answers(results)


def _check_answers(results: Sequence[Result]) -> None:
    """Raise EveobsError for a row of failures: it says nothing about the server."""
    for one in results:
        whole = one.whole()
        if whole.errors > whole.requests * FAILED:
            raise EveobsError(
                f"{whole.errors:,} of {whole.requests:,} requests failed: {one.case.key}",
                hint=f"Answered with: {', '.join(sorted(whole.statuses))}.",
            )
