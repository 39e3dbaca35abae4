"""The tables of `eveobs bench`, and its bars."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from eveobs.bench.comparison import Change, change
from eveobs.bench.criterion import Criterion
from eveobs.bench.measuring import Result
from eveobs.bench.sample import FIGURES, Sample
from eveobs.cli.output import Format, write_rows
from eveobs.cli.plain import encodable, plain
from eveobs.records.schema import Column, Kind

if TYPE_CHECKING:
    from eveobs.bench.histogram import Histogram
    from eveobs.cli.bench_cases import Request
    from eveobs.cli.context import Run

COLUMNS = (
    Column("case", "Measured", flexible=True),
    Column("mode", "Mode", rank=3),
    Column("concurrency", "At once", Kind.NUMBER, rank=2),
    Column("throughput", "Req/s", Kind.NUMBER),
    Column("p50", "p50 µs", Kind.NUMBER),
    Column("p90", "p90", Kind.NUMBER, rank=4),
    Column("p99", "p99", Kind.NUMBER, rank=2),
    Column("p99_9", "p99.9", Kind.NUMBER, rank=4),
    Column("max", "Max", Kind.NUMBER, rank=3),
    Column("requests", "Requests", Kind.NUMBER, rank=4),
    Column("errors", "Errors", Kind.NUMBER, rank=2),
    Column("status", "Status", rank=6),
    Column("bytes", "Bytes", Kind.ISK, rank=6),
    Column("tokens", "Tokens", Kind.NUMBER, rank=7),
    Column("cpu", "CPU µs", Kind.NUMBER, rank=5),
    Column("overhead", "Own µs", Kind.NUMBER, rank=5),
)
FIELDS = (
    *("case", "mode", "concurrency", "rate", "requests", "seconds", "throughput"),
    *("p50", "p90", "p99", "p99_9", "max", "errors", "statuses", "bytes", "tokens"),
    *("cpu", "overhead"),
)
CHANGES = (
    Column("case", "Measured", flexible=True),
    Column("mode", "Mode", rank=3),
    Column("concurrency", "At once", Kind.NUMBER, rank=3),
    Column("figure", "Figure"),
    Column("before", "Before", Kind.NUMBER, rank=2),
    Column("now", "Now", Kind.NUMBER, rank=2),
    Column("change", "Change"),
    Column("noise", "Noise", rank=2),
    Column("limit", "Limit", rank=2),
)
COMPARED = ("throughput", "p50", "p90", "p99")
"""Figures whose change is shown where no limit names others."""
BARS, WIDTH, NARROWEST = 12, 72, 10
Changes = Mapping[str, Sequence[Change]]


def write(
    run: Run,
    request: Request,
    results: Sequence[Result],
    changes: Changes,
    undecided: Sequence[tuple[Result, Criterion, Change]],
) -> None:
    """All that was measured, to stdout; `undecided` are limits that noise hides."""
    rows = [_row(one) for one in results]
    if request.json:
        for row, one in zip(rows, results, strict=True):
            if one.case.key in changes:
                row["changes"] = [_plain(told) for told in changes[one.case.key]]
                row["undecided"] = [limit.text for of, limit, _ in undecided if of is one]
        compared = any("changes" in row for row in rows)
        _table(
            run, rows, (), Format.JSON, (*FIELDS, *(["changes", "undecided"] if compared else []))
        )
        return
    _table(run, rows, COLUMNS, Format.TABLE, tuple(column.field for column in COLUMNS))
    if changes:
        sys.stdout.write("\n")
        lines = [_changed(one, told) for one in results for told in changes.get(one.case.key, ())]
        shown = CHANGES[:-1]
        _table(run, lines, shown, Format.TABLE, tuple(column.field for column in shown))
    width = run.width()
    if request.histogram or (request.histogram is None and width and len(results) <= 2):
        for one in results:
            sys.stdout.write("\n")
            sys.stdout.writelines(_bars(one, min(width or WIDTH, WIDTH)))
    sys.stdout.flush()


def changes_of(
    results: Iterable[Result],
    before: Mapping[str, Sequence[Sample]] | None,
    limits: Sequence[Criterion],
) -> Changes:
    """What changed of each case that was saved, in the figures that matter."""
    if before is None:
        return {}
    names = dict.fromkeys((*COMPARED, *(limit.figure.name for limit in limits)))
    return {
        one.case.key: [change(FIGURES[name], before[one.case.key], one.rounds) for name in names]
        for one in results
        if one.case.key in before
    }


def complain(run: Run, worse: Iterable[tuple[Result, Criterion, Change]]) -> None:
    """The table of what got worse, to stderr: stdout has its rows already."""
    rows = [{**_changed(one, told), "limit": limit.text} for one, limit, told in worse]
    _table(
        run, rows, CHANGES, Format.TABLE, tuple(column.field for column in CHANGES), to=sys.stderr
    )


def _table(
    run: Run,
    rows: Sequence[Mapping[str, object]],
    columns: Sequence[Column],
    shape: Format,
    fields: Sequence[str],
    to: Any = None,
) -> None:
    stream = to or sys.stdout
    write_rows(
        rows,
        columns=columns,
        format=shape,
        fields=None,
        stream=stream,
        width=run.width(),
        colour=run.colour(stream.isatty()),
        now=run.now(),
        all_fields=fields,
    )


def _row(result: Result) -> dict[str, object]:
    case, whole = result.case, result.whole()
    figures: dict[str, float | None] = {
        name.replace(".", "_"): one.value(whole) for name, one in FIGURES.items()
    }
    if not whole.latencies.count:
        figures |= dict.fromkeys(("p50", "p90", "p99", "p99_9", "max"))
    statuses = dict(sorted(whole.statuses.items()))
    return {
        "case": case.name,
        "mode": str(case.mode),
        "concurrency": case.load.concurrency,
        "rate": case.load.rate or None,
        "requests": whole.requests,
        "seconds": round(whole.seconds, 3),
        **{
            name: _short(value) if isinstance(value, float) else value
            for name, value in figures.items()
        },
        "statuses": statuses,
        "status": " ".join(f"{status}:{number}" for status, number in statuses.items()),
    }


def _short(value: float) -> float:
    """Three figures and more: what is behind them is noise."""
    return round(value) if value >= 1000 else float(f"{value:.3g}")


def _plain(told: Change) -> dict[str, object]:
    noise = told.noise if told.noise < float("inf") else None
    percent = told.percent if abs(told.percent) < float("inf") else None
    return {
        "figure": told.figure.name,
        "before": told.before,
        "now": told.now,
        "percent": percent,
        "noise": noise,
    }


def _changed(result: Result, told: Change) -> dict[str, object]:
    case = result.case
    return {
        "case": case.name,
        "mode": str(case.mode),
        "concurrency": case.load.concurrency,
        "figure": told.figure.name,
        "before": _short(told.before),
        "now": _short(told.now),
        "change": f"{told.percent:+.1f}%",
        "noise": f"±{told.noise:.1f}%" if told.noise < float("inf") else "unknown",
    }


def _bars(result: Result, width: int) -> Iterator[str]:
    """A picture of the latencies up to p99; in the last line is all that is above."""
    latencies: Histogram = result.whole().latencies
    bars = latencies.bars(BARS)
    most = max((count for _, count in bars), default=0)
    encoding = sys.stdout.encoding
    yield encodable(f"{plain(result.case.key)}, µs", encoding) + "\n"
    block = "█" if encodable("█", encoding) == "█" else "#"
    labels = [f"{end / 1000:,.0f}" if end >= 10_000 else f"{end / 1000:.2f}" for end, _ in bars]
    left = max(map(len, labels), default=0)
    counts = [f"{count:,}" for _, count in bars]
    room = max(width - left - max(map(len, counts), default=0) - 5, NARROWEST)
    for label, count, (_, number) in zip(labels, counts, bars, strict=True):
        length = -(-number * room // most) if number else 0
        line = f"<={label:>{left}} {block * length} {count}"
        yield line + "\n"
