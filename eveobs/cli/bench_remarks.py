"""What `eveobs bench` says beside its table."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from math import isfinite
from typing import TYPE_CHECKING

from eveobs.bench.comparison import Change
from eveobs.bench.criterion import Criterion
from eveobs.bench.measuring import Result, Series
from eveobs.bench.sample import FIGURES, Sample
from eveobs.errors import EveobsError, LimitError

if TYPE_CHECKING:
    from eveobs.bench.target import Case
    from eveobs.cli.bench_cases import Request
    from eveobs.cli.context import Run

LIMITED = {"420", "429"}
BEHIND = 0.95
"""Share of the wanted rate that counts as reached."""
MUCH = 0.5
"""Share of a latency that may be eveobs's own without a word."""


def beginning(cases: Sequence[Case], request: Request) -> str:
    """What is going to happen: no bars are drawn meanwhile, which would be measured, too."""
    seconds = sum(case.load.seconds for case in cases) * 1.3
    about = f", about {seconds:.0f} seconds" if seconds else ""
    rows = f"{len(cases)} row" + ("s" if len(cases) > 1 else "")
    where = "" if request.routes else " against a sandbox of its own"
    return f"measuring {rows}{where}{about}; Ctrl-C shows what was measured so far"


def remark(
    run: Run, request: Request, series: Series, before: Mapping[str, Sequence[Sample]] | None
) -> None:
    """What the figures do not say of themselves."""
    for result in series.results:
        whole = result.whole()
        for told in (_errors(result, whole), _pace(result, whole), _own(result, whole)):
            if told:
                run.remark(f"{result.case.key}: {told}")
        if result.again is not None and whole.requests < result.case.load.requests:
            run.remark(
                f"{result.case.key}: {whole.requests} of {result.case.load.requests} requests; "
                f"nothing more of it may be asked before {_moment(result.again)}"
            )
    if before is not None:
        missing = [one.case.key for one in series.results if one.case.key not in before]
        if missing:
            run.remark(f"not compared, since {request.compare} does not have it: {missing[0]}")


def _errors(result: Result, whole: Sample) -> str:
    if not whole.errors:
        return ""
    told = f"{whole.errors:,} of {whole.requests:,} failed"
    if result.error is None:
        limited = LIMITED & whole.statuses.keys()
        return told + (
            ": a limit is used up, which the sandbox keeps as ESI does" if limited else ""
        )
    told += f"; the first: {result.error.message}"
    return told + ("" if not result.error.hint else f" ({result.error.hint})")


def _pace(result: Result, whole: Sample) -> str:
    rate, seconds = result.case.load.rate, whole.seconds
    if not rate or not seconds or whole.requests >= rate * seconds * BEHIND:
        return ""
    return (
        f"{whole.requests / seconds:,.0f} of {rate:,.0f} requests a second were possible; "
        "latencies tell how far it fell behind"
    )


def _own(result: Result, whole: Sample) -> str:
    own, p50 = FIGURES["overhead"].value(whole), FIGURES["p50"].value(whole)
    if not result.case.mode.asks or not whole.latencies.count or own <= MUCH * p50:
        return ""
    return (
        f"{min(own / p50, 1):.0%} of p50 is eveobs's own; fewer at once measure the server better"
    )


def undecided(worse: Iterable[tuple[Result, Criterion, Change]]) -> Iterator[str]:
    """What may have got worse, for all one can say."""
    for result, limit, change in worse:
        unknown = "the noise is not known: too few rounds, or the machine was too busy"
        noise = f"the noise is {change.noise:.1f}%" if isfinite(change.noise) else unknown
        yield (
            f"{result.case.key}: {limit.text} is undecided: {change.percent:+.1f}%, but "
            f"{noise}; a longer --duration, for both runs, tells more"
        )


def nothing(series: Series) -> EveobsError:
    """Why there is nothing to show."""
    moments = [one.again for one in series.results if one.again is not None]
    if not moments:
        return EveobsError("nothing was measured")
    soonest = min(moments)
    wait = max(soonest - time.time(), 1)
    return LimitError(
        "nothing was measured: what was named is in the cache, and has not expired",
        retry_at=soonest,
        hint=f"Try again in {wait:.0f} seconds; --duration waits, --mode memory does not ask.",
    )


def _moment(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"
