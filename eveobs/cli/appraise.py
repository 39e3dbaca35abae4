"""`eveobs appraise`: what a list of things is worth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(help="Value what you paste, or what a contract holds.")


@app.command()
def appraise(
    context: typer.Context,
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FILE|-]",
            show_default="what is pasted or piped in",
            help="A list as the game copies it; - for standard input.",
        ),
    ] = None,
    contract: Annotated[
        int | None,
        typer.Option("--contract", metavar="ID", help="The items of this stored contract instead."),
    ] = None,
    region: Annotated[
        str | None,
        typer.Option(
            "--region",
            metavar="NAME|ID",
            show_default="the first of observe.regions",
            help="Prices of this region.",
        ),
    ] = None,
    station: Annotated[
        str | None,
        typer.Option("--station", metavar="NAME|ID", help="Only orders at this station."),
    ] = None,
    total: Annotated[
        bool, typer.Option("--total", help="One row: the sums, and nothing else.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="A JSON list, an object a row.")] = False,
    ndjson: Annotated[bool, typer.Option("--ndjson", help="A JSON object a line.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="CSV with a header.")] = False,
) -> None:
    """Value a list of things at what buyers offer, sellers ask, half way, and the percentile.

    Reads what the game copies: inventories, contracts, multibuy, fittings (EFT), cargo scans, and
    lists typed by hand, with tabs and thousands separators of any language. A line that cannot be
    read is named, and the exit code is 7. The percentile is the average of the cheapest 5 % that
    is for sale. Copies of blueprints have no market price.

    Works on what is stored: `eveobs fetch market-orders` comes first.
    """
    from eveobs.cli.appraising import Asked, appraise_and_tell

    output: dict[str, Any] = {"json": json, "ndjson": ndjson, "csv": csv}
    asked = Asked(file, contract, region, station, total_only=total)
    appraise_and_tell(context.obj, asked, output)
