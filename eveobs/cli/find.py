"""`eveobs find`: who sells something."""

from __future__ import annotations

from typing import Annotated

import typer

from eveobs.cli.options import Output, prints_rows
from eveobs.errors import UsageError

app = typer.Typer(help="Find who sells something, and for how much.")


@app.command()
@prints_rows
def find(
    context: typer.Context,
    item: Annotated[
        str, typer.Argument(metavar="NAME|ID", help="What: its name, a part of it, or its type id.")
    ],
    copies: Annotated[
        bool, typer.Option("--bpc", "--copies", help="Only blueprint copies.")
    ] = False,
    originals: Annotated[
        bool, typer.Option("--bpo", "--originals", help="Only blueprint originals.")
    ] = False,
    min_me: Annotated[
        int, typer.Option("--min-me", metavar="N", min=0, help="Material efficiency of at least.")
    ] = 0,
    min_te: Annotated[
        int, typer.Option("--min-te", metavar="N", min=0, help="Time efficiency of at least.")
    ] = 0,
    min_runs: Annotated[
        int, typer.Option("--min-runs", metavar="N", min=0, help="Runs of each copy, at least.")
    ] = 0,
    max_price: Annotated[
        str | None,
        typer.Option(
            "--max-price-per-run",
            metavar="ISK",
            help="ISK a run, of what is no copy a piece, at most: 1.5m, 2b.",
        ),
    ] = None,
    region: Annotated[
        list[str] | None,
        typer.Option("--region", metavar="NAME|ID", help="In this region. Again for more."),
    ] = None,
    all_regions: Annotated[
        bool,
        typer.Option("--all-regions", help="In every region that is stored: the default."),
    ] = False,
    limit: Annotated[
        int | None,
        typer.Option("--limit", metavar="N", min=0, help="At most this many; 0 for all."),
    ] = None,
    *,
    output: Output,
) -> None:
    """Find who sells something among the stored public contracts, the cheapest a piece first.

    Of copies the price counts by the run. Looks in every region that is stored, unless --region is
    given; contracts that sell it among other things are counted, not listed.
    """
    from eveobs.cli.finding import Asked, find_and_tell

    if all_regions and region:
        raise UsageError("--region and --all-regions exclude each other")
    asked = Asked(
        item=item,
        copies=copies,
        originals=originals,
        min_me=min_me,
        min_te=min_te,
        min_runs=min_runs,
        max_price=max_price,
        regions=region or (),
        limit=limit,
    )
    find_and_tell(context.obj, asked, output)
