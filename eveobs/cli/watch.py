"""`eveobs watch`: observe and publish for as long as it runs."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(help="Observe and publish, for as long as it runs.")


@app.command()
def watch(
    context: typer.Context,
    once: Annotated[
        bool, typer.Option("--once", help="One round of what is due now; for cron and timers.")
    ] = False,
    listen: Annotated[
        str | None,
        typer.Option(
            "--listen",
            metavar="HOST:PORT",
            help="Serve /metrics, /healthz and /readyz there. Default: watch.listen.",
        ),
    ] = None,
    publish: Annotated[
        bool | None,
        typer.Option(
            "--publish/--no-publish",
            show_default=False,
            help="Publish what [publish] lists when it changed. Default: watch.publish.",
        ),
    ] = None,
    ndjson: Annotated[
        bool, typer.Option("--ndjson", help="Print what came of each, a JSON object a line.")
    ] = False,
) -> None:
    """Observe what [observe] lists and publish what [publish] lists, for as long as it runs.

    Each list is asked when it expires, not before; what fails is tried again, later each time. It
    sleeps through the daily downtime, and one home has one watch. Says a line an observation on
    stderr; --quiet says only what is wrong.

    SIGTERM ends it within seconds, whatever it does; SIGHUP has it read its settings again. Killed
    in any other way it loses nothing, and starts again where it was.
    """
    from eveobs.cli.watching import Request, watch_and_tell

    watch_and_tell(context.obj, Request(once, listen, publish, ndjson))
