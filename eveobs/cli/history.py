"""`eveobs history`: what became of a contract, and of all that sold something."""

from __future__ import annotations

from typing import Annotated, Any

import typer

app = typer.Typer(
    rich_markup_mode=None, no_args_is_help=True, help="See what became of contracts over time."
)
JSON = Annotated[bool, typer.Option("--json", help="A JSON list, an object a row.")]
NDJSON = Annotated[bool, typer.Option("--ndjson", help="A JSON object a line.")]
CSV = Annotated[bool, typer.Option("--csv", help="CSV with a header.")]


@app.callback()
def history() -> None:
    """See what became of contracts over time, from what was observed. Asks ESI nothing."""


@app.command("contract")
def contract(
    context: typer.Context,
    number: Annotated[int, typer.Argument(metavar="ID", help="The contract.")],
    json: JSON = False,
    ndjson: NDJSON = False,
    csv: CSV = False,
) -> None:
    """Tell the life of a contract: issued, seen, bid on, undercut, accepted, gone."""
    from eveobs.cli.histories import tell_contract

    output: dict[str, Any] = {"json": json, "ndjson": ndjson, "csv": csv}
    tell_contract(context.obj, number, output)


@app.command("type")
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
    json: JSON = False,
    ndjson: NDJSON = False,
    csv: CSV = False,
) -> None:
    """Tell, a line a day, how many sold something, how many were taken, and the lowest price.

    Begins with the first observation: what was gone before that nobody saw. Taken or withdrawn is
    one thing to ESI. Prices are a piece, of blueprint copies a run.
    """
    from eveobs.cli.histories import tell_type

    output: dict[str, Any] = {"json": json, "ndjson": ndjson, "csv": csv}
    tell_type(context.obj, item, last, region or (), output)
