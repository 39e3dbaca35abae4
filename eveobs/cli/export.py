"""`eveobs export`: what is stored, in a file."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Write what is stored into a file.")


class As(StrEnum):
    """What kind of file."""

    CSV = "csv"
    NDJSON = "ndjson"
    JSON = "json"
    PARQUET = "parquet"
    SQLITE = "sqlite"
    EVEREF = "everef"


@app.command()
def export(
    context: typer.Context,
    kind: Annotated[
        str,
        typer.Argument(
            metavar="KIND[.DETAIL]",
            help="Records as `eveobs list` calls them, or what hangs on them: contracts.items.",
        ),
    ],
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE|-", help="Where to; - is stdout.")
    ] = "-",
    format_: Annotated[
        As | None,
        typer.Option("--format", help="Default: by the ending of the file, else csv."),
    ] = None,
    raw: Annotated[
        bool,
        typer.Option(
            "--raw", help="CSV for programs: nothing is put before what looks like a formula."
        ),
    ] = False,
    gone: Annotated[bool, typer.Option("--all", help="What is gone, too.")] = False,
) -> None:
    """Write all of a kind into a file: a row a record, columns in a stable order, values typed.

    A file appears when it is whole, in place of the one that was. Memory does not grow with it.
    """
    from eveobs.cli.exporting import export_and_tell

    path = None if output == "-" else Path(output)
    export_and_tell(context.obj, kind, path, format_, raw=raw, gone=gone)
