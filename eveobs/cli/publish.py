"""`eveobs publish`: from the store to a website."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(rich_markup_mode=None, help="Make a website of what is stored.")


@app.command()
def publish(
    context: typer.Context,
    kinds: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[KIND]...",
            help="contract, blueprint, character, corporation; all of them if none is named.",
        ),
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(
            "--where",
            metavar="[KIND.]OPTION=VALUE",
            help="Only these: options of `eveobs list`, as in status=outstanding. Again for more.",
        ),
    ] = None,
    records: Annotated[
        list[str] | None,
        typer.Option(
            "--from",
            metavar="RECORDS",
            help="Whose records: own-contracts, contracts (the public ones), blueprints, … Again "
            "for more. Default: publish.records of the settings, without the public contracts.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show the plan: a line a change.")
    ] = False,
    prune: Annotated[
        bool,
        typer.Option(
            "--prune", help="Remove the pages of what is gone, instead of marking them so."
        ),
    ] = False,
    max_prune: Annotated[
        str | None,
        typer.Option(
            "--max-prune",
            metavar="PERCENT",
            help="Remove nothing of a kind where that would be more than this. Default: 10%.",
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option("--limit", metavar="N", min=1, help="At most this many of each kind."),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option("--target", metavar="NAME", help="Where to: site (a folder)."),
    ] = None,
    folder: Annotated[
        str | None,
        typer.Option("--folder", metavar="PATH", help="The folder of the site, for this run."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="A JSON list, an object a row.")] = False,
    ndjson: Annotated[bool, typer.Option("--ndjson", help="A JSON object a line.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="CSV with a header.")] = False,
) -> None:
    """Make a website of what is stored.

    It has a page for each contract, blueprint, character and corporation of yours, pages that sum
    them up, and an index to search and sort. It is a folder, and needs nothing installed.

    What is new is created, what differs is updated, and the rest is left as it is: run it as often
    as you like. What is gone is marked so on its page, or removed with --prune. Asks ESI nothing.
    """
    from eveobs.cli.publishing import Request, publish_and_tell

    request = Request(
        kinds=tuple(kinds or ()),
        where=tuple(where or ()),
        records=tuple(records or ()),
        dry_run=dry_run,
        prune=prune,
        max_prune=max_prune,
        limit=limit or 0,
        target=target,
        folder=folder,
        output={"json": json, "ndjson": ndjson, "csv": csv, "fields": None},
    )
    publish_and_tell(context.obj, request)
