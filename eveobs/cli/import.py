"""`eveobs import`: what others observed, into the store."""  # noqa: N999 - the command's name

from __future__ import annotations

from typing import Annotated

import typer

from eveobs.cli.options import Output, prints_rows

app = typer.Typer(help="Take in what others observed.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Take in what others observed."""


@app.command("everef")
@prints_rows
def everef(
    context: typer.Context,
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE|URL...", help="Public-contracts archives, .tar.bz2, in any order."
        ),
    ],
    *,
    output: Output,
) -> None:
    """Take in EVE Ref's archives of public contracts, so that ESI need not be asked for them.

    Items are known for good then; contracts were there when the archive says. What was seen later
    stays, and nothing is gone because an archive lacks it. An archive is taken in as a whole or not
    at all; one that was taken in already changes nothing.

    They are listed at https://data.everef.net/public-contracts/
    """
    from eveobs.cli.importing import import_and_tell

    import_and_tell(context.obj, sources, output)
