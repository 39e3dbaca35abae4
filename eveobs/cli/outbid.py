"""`eveobs outbid`: who undercuts one's contracts."""

from __future__ import annotations

from typing import Annotated

import typer

from eveobs.analysis.competition import Scope
from eveobs.cli.options import Output, prints_rows

app = typer.Typer(help="See who undercuts your contracts, and by how much.")


@app.command()
@prints_rows
def outbid(
    context: typer.Context,
    contract: Annotated[
        list[int] | None,
        typer.Option("--contract", metavar="ID", help="This contract, anybody's. Again for more."),
    ] = None,
    issuer: Annotated[
        list[str] | None,
        typer.Option("--issuer", metavar="NAME|ID", help="The public contracts of this issuer."),
    ] = None,
    scope: Annotated[
        Scope, typer.Option("--scope", help="How far away a rival may be.")
    ] = Scope.REGION,
    check: Annotated[
        bool, typer.Option("--check", help="Exit code 1 if any of them is undercut; for scripts.")
    ] = False,
    history: Annotated[
        bool, typer.Option("--history", help="A line an undercut instead, past ones too.")
    ] = False,
    undercut_only: Annotated[
        bool, typer.Option("--undercut", help="Only those that are undercut.")
    ] = False,
    *,
    output: Output,
) -> None:
    """See who undercuts your contracts, by how much and since when, and what price is best again.

    Like is compared with like: things by the piece; copies of the same runs by the run; blueprints
    only with those whose research is at least as good. Of a bundle it says what its parts are worth
    on the market, if `fetch market-orders` has read that; auctions count by their buyout. What is
    asked for, free, or yours is no competition: whoever signed in, and me.characters. Where neither
    says who you are, it ends with 4; for an issuer that is not stored, with 1.

    Works on what is stored: `eveobs fetch contracts` and `own-contracts` come first.
    """
    from eveobs.cli.outbidding import Wanted, outbid_and_tell

    wanted = Wanted(contract or (), issuer or (), scope, history, undercut_only, check)
    outbid_and_tell(context.obj, wanted, output)
