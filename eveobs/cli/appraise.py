"""`eveobs appraise`: what a list of things is worth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from eveobs.cli.options import Output, prints_rows

app = typer.Typer(help="Value what you paste, or what a contract holds.")


@app.command()
@prints_rows
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
    *,
    output: Output,
) -> None:
    """Value a list of things at what buyers offer, sellers ask, half way, and the percentile.

    Reads what the game copies: inventories, assets, contracts, multibuy, fittings (EFT, Pyfa, the
    fitting window), blueprints and materials of the industry window, cargo, directional and survey
    scans, wallets, ledgers, loot histories, planets, killmails, and lists typed by hand, with the
    thousands separators of any language. Each line is counted or named: one that cannot be read
    makes the exit code 7, one that is no item (a heading, a sum) does not. Of a fraction the whole
    units count; 1,000 and 1.000 are a thousand unless the list shows that the mark is its decimal
    mark. The percentile is the average of the cheapest 5 % that is for sale. Copies of blueprints
    have no market price.

    Works on what is stored: `eveobs fetch market-orders` comes first.
    """
    from eveobs.cli.appraising import Asked, appraise_and_tell

    asked = Asked(file, contract, region, station, total_only=total)
    appraise_and_tell(context.obj, asked, output)
