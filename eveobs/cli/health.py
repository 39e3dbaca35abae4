"""`eveobs health`: how everything is that eveobs needs."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from eveobs.errors import UsageError


class HealthFormat(StrEnum):
    """For people, programs, or a monitoring plugin's caller."""

    TABLE = "table"
    JSON = "json"
    NAGIOS = "nagios"


app = typer.Typer(help="Check everything that eveobs needs.")


@app.command()
def health(
    context: typer.Context,
    names: Annotated[
        list[str] | None,
        typer.Option("--check", metavar="NAME", help="Only this check. Again for more."),
    ] = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Look again and again, until Ctrl-C.")
    ] = False,
    every: Annotated[
        int, typer.Option("--every", metavar="SECONDS", min=5, help="How often to --watch.")
    ] = 30,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="A JSON list, an object a check; with --watch a line a round."),
    ] = False,
    shape: Annotated[
        HealthFormat,
        typer.Option("--format", help="How to write it: nagios is one line with perfdata."),
    ] = HealthFormat.TABLE,
) -> None:
    """Check everything that eveobs needs, all at once: what is wrong, and what to do about it.

    configuration, cache, store, audit; esi (players, latency, downtime), its routes and the clock;
    limits and the circuit breaker; sso and each sign-in; static-data; process (memory, CPU).

    Only when named: contract, which reads ESI's changelog and OpenAPI document, and names what
    changes there of the routes that eveobs uses, and what responses had that eveobs does not know.

    Exit codes are those of monitoring plug-ins, and differ from those of other commands: 0 healthy,
    1 degraded (something is missing, the rest works), 2 unhealthy. A wrong command line is 2, too,
    and prints nothing on stdout.

    --format nagios prints one line for Nagios, Icinga and others, `EVEOBS OK - … | perfdata`; there
    3 (UNKNOWN) is for what could not be examined at all.

    ESI is asked for /status and /meta/status, through the cache; neither costs error budget.
    """
    from eveobs.cli.checkup import check_and_tell

    if as_json and shape not in {HealthFormat.TABLE, HealthFormat.JSON}:
        raise UsageError(f"--json and --format {shape} cannot be used together")
    chosen = HealthFormat.JSON if as_json else shape
    check_and_tell(context.obj, names or (), every=every if watch else None, shape=chosen)
