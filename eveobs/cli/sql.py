"""`eveobs sql`: a question in SQL about the store."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from eveobs.cli.options import Output, prints_rows
from eveobs.store.sql_bounds import MAX_ROWS, TIMEOUT

app = typer.Typer(help="Ask the store in SQL; nothing is changed.")


@app.command()
@prints_rows
def sql(
    context: typer.Context,
    statement: Annotated[
        str, typer.Argument(metavar="SELECT|-", help="The question; - reads it from stdin.")
    ],
    duckdb: Annotated[
        bool,
        typer.Option(
            "--duckdb", help="Have DuckDB answer: for large questions (needs eveobs[duckdb])."
        ),
    ] = False,
    timeout: Annotated[
        float,
        typer.Option(
            "--timeout", metavar="SECONDS", min=0.1, max=86_400, help="Time limit in the database."
        ),
    ] = TIMEOUT,
    limit: Annotated[
        int,
        typer.Option("--limit", metavar="N", min=0, help="Print at most N rows; 0 for all."),
    ] = MAX_ROWS,
    *,
    output: Output,
) -> None:
    """Ask the store in SQL. Only what reads is done; nothing can be changed.

    Tables are called as the records, with an underscore for a hyphen: contracts, own_contracts;
    what hangs on them is contract_items, contract_bids, …; names has the names of ids. Times are
    text in UTC.

    DuckDB answers from a copy in memory of the tables that the question names. That costs a second
    or two for half a million rows, after which windows, medians and joins that no index helps take
    a fraction of the time. Times are timestamps there, flags true and false.

    On PostgreSQL the role must not be a superuser: store.sql_url names one that only reads. Exit
    code 7 where --limit cut the answer.
    """
    from eveobs.cli.asking import ask_and_tell

    text = sys.stdin.read() if statement == "-" else statement
    ask_and_tell(context.obj, text, output, by_duckdb=duckdb, timeout=timeout, limit=limit)
