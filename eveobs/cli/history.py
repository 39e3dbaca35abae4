"""`eveobs history`: what became of a contract, and of all that sold something."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from eveobs.cli.options import Output, prints_rows

app = typer.Typer(
    rich_markup_mode=None, no_args_is_help=True, help="See what became of contracts over time."
)
CHART = Annotated[
    bool | None,
    typer.Option(
        "--chart/--no-chart",
        show_default=False,
        help="Draw it above the table. Default: on a terminal, with eveobs[plots].",
    ),
]
PLOT = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Draw it as PNG, SVG or HTML, too (needs eveobs[plots])."),
]


@app.callback()
def history() -> None:
    """See what became of contracts over time, from what was observed. Asks ESI nothing."""


@app.command("contract")
@prints_rows
def contract(
    context: typer.Context,
    number: Annotated[int, typer.Argument(metavar="ID", help="The contract.")],
    chart: CHART = None,
    plot: PLOT = None,
    *,
    output: Output,
) -> None:
    """Tell the life of a contract: issued, seen, bid on, undercut, accepted, gone."""
    from eveobs.cli.charts.showing import Pictures
    from eveobs.cli.histories import tell_contract

    tell_contract(context.obj, number, Pictures(chart, plot), output)


@app.command("type")
@prints_rows
def type_(
    context: typer.Context,
    item: Annotated[
        str, typer.Argument(metavar="NAME|ID", help="What: its name, a part of it, or its type id.")
    ],
    last: Annotated[
        int, typer.Option("--days", metavar="N", min=1, max=3650, help="The last so many days.")
    ] = 30,
    region: Annotated[
        list[str] | None,
        typer.Option("--region", metavar="NAME|ID", help="In this region. Again for more."),
    ] = None,
    chart: CHART = None,
    plot: PLOT = None,
    *,
    output: Output,
) -> None:
    """Tell, a line a day, how many sold something, how many were taken, and the lowest price.

    Begins with the first observation: what was gone before that nobody saw. Taken or withdrawn is
    one thing to ESI. Prices are a piece, of blueprint copies a run.
    """
    from eveobs.cli.charts.showing import Pictures
    from eveobs.cli.histories import tell_type

    tell_type(context.obj, item, last, region or (), Pictures(chart, plot), output)
