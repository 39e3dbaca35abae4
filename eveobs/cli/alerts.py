"""`eveobs alerts`: be told of what happened."""

from __future__ import annotations

from typing import Annotated

import typer

from eveobs.cli.by_default import HERE, ByDefault
from eveobs.cli.options import Output, prints_rows

app = typer.Typer(
    cls=ByDefault, rich_markup_mode=None, help="Be told of what happened, once, in one message."
)


@app.command(
    HERE,
    hidden=True,
    epilog="`eveobs alerts test` sends a message to try the addresses. `eveobs watch` does all of "
    "it by itself.",
)
@prints_rows
def alerts(
    context: typer.Context,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Show what the next run would send; nothing is noted or sent."
        ),
    ] = False,
    *,
    output: Output,
) -> None:
    """Look at what is stored, and tell the addresses of alerts.to what happened.

    Your contracts accepted, undercut or ending; industry jobs done; extractors ending; lists that
    are not whole; sign-ins about to die; health. All of it in one message, and each thing once,
    also after a crash. Asks ESI nothing but how it is.

    The first run is the baseline: what happened before it is listed and not sent. --dry-run shows
    what the next run would send, and says how many events the baseline would hold back.

    Prints what is new. Exit code 5 where an address did not take it: the next run tries again.
    """
    from eveobs.cli.alerting import alert_and_tell

    alert_and_tell(context.obj, output, dry_run=dry_run)


@app.command("test")
def test(context: typer.Context) -> None:
    """Send a message to every address of alerts.to, and say which took it."""
    from eveobs.cli.alerting import try_out

    try_out(context.obj)
