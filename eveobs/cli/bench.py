"""`eveobs bench`: measuring endpoints."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from eveobs.cli.options import JSON

app = typer.Typer(rich_markup_mode=None, help="Measure endpoints, and catch what got slower.")


@app.command()
def bench(
    context: typer.Context,
    routes: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ROUTE|URL]...",
            show_default=False,
            help="Such as /universe/types/587, or a list with --mode store. None: the standard "
            "set against a sandbox that is started for it.",
        ),
    ] = None,
    requests: Annotated[
        int | None,
        typer.Option(
            "--requests", "-n", min=1, max=1_000_000_000, help="Requests in all, for each row."
        ),
    ] = None,
    duration: Annotated[
        str | None,
        typer.Option(
            "--duration",
            "-d",
            metavar="SECONDS",
            help="Instead, how long to measure each row: 10, 30s, 2m. Default: 5s.",
        ),
    ] = None,
    concurrency: Annotated[
        str,
        typer.Option(
            "--concurrency",
            "-c",
            metavar="N,...",
            help="Requests under way at once; 1,10,50 sweeps.",
        ),
    ] = "10",
    rate: Annotated[
        float,
        typer.Option(
            min=0,
            metavar="PER-SECOND",
            show_default=False,
            help="Ask so often whatever comes back, and count latency from when a request was due.",
        ),
    ] = 0,
    mode: Annotated[
        str,
        typer.Option(
            metavar="MODE,...",
            show_default="network; all in the standard set",
            help="Who answers: network, revalidate (304), memory, disk (the caches), store.",
        ),
    ] = "",
    warm_up: Annotated[
        int, typer.Option("--warm-up", min=0, max=1_000_000, help="Requests that do not count.")
    ] = 100,
    rounds: Annotated[
        int, typer.Option(min=1, max=1000, help="Rounds in which all rows are measured in turn.")
    ] = 50,
    save: Annotated[
        Path | None, typer.Option("--save", metavar="FILE", help="Keep what was measured.")
    ] = None,
    compare: Annotated[
        Path | None,
        typer.Option("--compare", metavar="FILE", help="Show what changed since it was saved."),
    ] = None,
    fail_if: Annotated[
        list[str] | None,
        typer.Option(
            "--fail-if",
            metavar="LIMIT",
            help="End with 1 where this is so, such as 'p99>+10%' or 'errors>0'. Again for more.",
        ),
    ] = None,
    fail_on_undecided: Annotated[
        bool,
        typer.Option(
            "--fail-on-undecided",
            help="End with 1 also where noise hides whether a limit of --fail-if is broken.",
        ),
    ] = False,
    plot: Annotated[
        Path | None,
        typer.Option(
            "--plot",
            metavar="FILE",
            help="Draw the latencies, as PNG or SVG (needs eveobs[plots]).",
        ),
    ] = None,
    histogram: Annotated[
        bool | None,
        typer.Option(
            "--histogram/--no-histogram",
            show_default="on a terminal, for one or two rows",
            help="Draw the latencies below the table.",
        ),
    ] = None,
    allow_remote_load: Annotated[
        str | None,
        typer.Option(
            "--allow-remote-load",
            metavar="REASON",
            help="Ask what is not on this machine more than 5 times a second; this is written "
            "into the audit.",
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(
            "--as", metavar="NAME|ID", help="The character to ask as, where the path names none."
        ),
    ] = None,
    json: JSON = False,
) -> None:
    """Measure endpoints, and catch what got slower.

    Shows requests a second and latencies in microseconds, what was answered and what it cost;
    "CPU" is what eveobs itself used for a request, "Own" what a request to a server that does
    nothing takes: what is not well above that says more about eveobs than about the server.

    What is not on this machine is asked at most 5 times a second, within its limits, and never
    before it has expired.

    "Change" is that from "Before" to "Now"; below "Noise" it means nothing. A limit of --fail-if on
    a change is broken beyond the noise, undecided within it. Ends with 1 where a limit is broken,
    and where most requests of a row failed.

    Examples: `eveobs bench`, `eveobs bench /universe/types/587 -c 1,10,50`,
    `eveobs bench --save before.json`, `eveobs bench --compare before.json --fail-if 'p99>+10%'`.
    """
    from eveobs.cli.bench_cases import Request
    from eveobs.cli.benching import bench_and_tell

    request = Request(
        routes=tuple(routes or ()),
        requests=requests or 0,
        duration=duration,
        concurrency=concurrency,
        rate=rate,
        mode=mode,
        warm_up=warm_up,
        rounds=rounds,
        save=save,
        compare=compare,
        fail_if=tuple(fail_if or ()),
        fail_on_undecided=fail_on_undecided,
        plot=plot,
        histogram=histogram,
        reason=allow_remote_load,
        name=name,
        json=json,
    )
    bench_and_tell(context.obj, request)
