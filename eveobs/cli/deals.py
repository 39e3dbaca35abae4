"""`eveobs deals`: contracts under their parts' value."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from eveobs.cli.options import Output, prints_rows

app = typer.Typer(help="Find contracts that cost less than what is in them.")


class At(StrEnum):
    """What the parts are valued at."""

    BUY = "buy"
    SELL = "sell"


@app.command()
@prints_rows
def deals(
    context: typer.Context,
    at: Annotated[
        At,
        typer.Option(
            "--at",
            help="Sell the parts at once to those who offer most, or put them up for sale at the "
            "least that is asked.",
        ),
    ] = At.BUY,
    market: Annotated[
        str | None,
        typer.Option(
            "--market",
            metavar="NAME|ID",
            show_default="the first of observe.regions",
            help="Prices of this region.",
        ),
    ] = None,
    region: Annotated[
        list[str] | None,
        typer.Option(
            "--region", metavar="NAME|ID", help="Contracts in this region. Again for more."
        ),
    ] = None,
    margin: Annotated[
        float,
        typer.Option("--margin", metavar="PERCENT", help="Profit of at least so much of the cost."),
    ] = 10.0,
    min_profit: Annotated[
        str, typer.Option("--min-profit", metavar="ISK", help="Profit of at least: 1.5m, 2b.")
    ] = "1m",
    sound: Annotated[bool, typer.Option("--sound", help="Only those without a warning.")] = False,
    couriers: Annotated[
        bool, typer.Option("--couriers", help="Courier contracts instead, by their reward.")
    ] = False,
    limit: Annotated[
        int | None,
        typer.Option("--limit", metavar="N", min=0, help="At most this many; 0 for all."),
    ] = None,
    *,
    output: Output,
) -> None:
    """Find contracts that cost less than their parts bring, after sales tax and broker's fee.

    Parts are valued one order after the other, so that what nobody wants is worth nothing. What may
    be wrong is named: things asked for in return (their price is counted), a value that is all one
    thing, few orders, prices that nobody means, structures. Copies of blueprints count for nothing.
    What your skills make of tax and fee is market.sales_tax and market.broker_fee. Of couriers it
    names collateral that is out of proportion, and places where nobody may let you dock.

    Works on what is stored: `eveobs fetch contracts` and `market-orders` come first.
    """
    from eveobs.cli.dealing import Asked, find_and_tell
    from eveobs.cli.hauling import couriers_and_tell

    asked = Asked(at.value, market, region or (), margin, min_profit, limit, sound=sound)
    (couriers_and_tell if couriers else find_and_tell)(context.obj, asked, output)
