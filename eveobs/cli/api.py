"""`eveobs api`: any route of ESI, through the same cache and limits as everything else."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(help="Ask any route of ESI.")


@app.command()
def api(
    context: typer.Context,
    method: Annotated[
        str | None, typer.Argument(metavar="[METHOD]", help="GET unless said otherwise.")
    ] = None,
    path: Annotated[
        str | None, typer.Argument(metavar="PATH", help="Such as /universe/types/587.")
    ] = None,
    field: Annotated[
        list[str] | None,
        typer.Option("--field", "-f", metavar="KEY=VALUE", help="A parameter of the route."),
    ] = None,
    body: Annotated[
        str | None,
        typer.Option("--input", metavar="FILE|-", help="JSON to send; - reads it from stdin."),
    ] = None,
    paginate: Annotated[
        bool, typer.Option("--paginate", help="All pages of a list, as one.")
    ] = False,
    name: Annotated[
        str | None,
        typer.Option(
            "--as", metavar="NAME|ID", help="The character to ask as, where the path names none."
        ),
    ] = None,
    include: Annotated[
        bool, typer.Option("--include", "-i", help="First, what is known of the answer.")
    ] = False,
    routes: Annotated[
        bool, typer.Option("--list", help="List the routes instead; PATH is what to look for.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --list: a JSON list.")] = False,
) -> None:
    """Ask any route of ESI, through the same cache and limits as everything else.

    Prints the body as JSON. What has not expired is answered from the cache. Routes with a scope
    are asked as the character in the path, if it is signed in, or as the one that --as names.

    Examples: `eveobs api /status`, `eveobs api GET /universe/types/587`,
    `eveobs api /contracts/public/10000002 --paginate`, `eveobs api --list contracts`,
    `eveobs api /corporations/98000001/blueprints --as "Kara Ovessa"`.
    """
    from eveobs.cli import calling

    if routes:
        calling.list_routes(context.obj, path or method or "", as_json=as_json)
        return
    verb, target = calling.target_of(method, path, has_body=body is not None)
    calling.call(
        context.obj,
        verb,
        target,
        field or [],
        body,
        paginate=paginate,
        include=include,
        name=name,
    )
