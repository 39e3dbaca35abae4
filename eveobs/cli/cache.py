"""`eveobs cache`: what the cache holds, how well it works, and putting it right."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from eveobs.cli.options import YES, Output, prints_rows
from eveobs.errors import UsageError

if TYPE_CHECKING:
    from eveobs.cli.context import Run

app = typer.Typer(
    help="See what the cache holds and how well it works, and put it right.", no_args_is_help=True
)
Words = Annotated[
    str | None,
    typer.Option("--route", metavar="WORDS", help="Only routes or addresses with these words."),
]
Private = Annotated[bool, typer.Option("--private", help="Only what was asked as a character.")]


@app.command("stats")
@prints_rows
def stats(context: typer.Context, *, output: Output) -> None:
    """Show how well the cache works, in all and by route, over all runs since it was cleared.

    Hit: answered without a request. 304: requests that found nothing new. Memory: found there;
    disk: found there where memory had nothing. Saved: bytes that did not have to come.
    """
    from eveobs.cli.cache_summary import DETAILS, SUMMARY, summary
    from eveobs.cli.options import chosen_fields, chosen_format

    run: Run = context.obj
    shape = chosen_format(output)
    found = summary(run)
    run.write_one(
        found,
        SUMMARY,
        DETAILS,
        format=shape,
        fields=chosen_fields(output),
        all_fields=tuple(found),
    )


@app.command("ls")
@prints_rows
def list_(
    context: typer.Context,
    route: Words = None,
    private: Private = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Only what is still good.")] = False,
    expired: Annotated[bool, typer.Option("--expired", help="Only what has to be asked again.")] = (
        False
    ),
    sort: Annotated[
        str,
        typer.Option(
            "--sort", metavar="FIELD", help="By this field; -FIELD for the largest first."
        ),
    ] = "url",
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", min=0, help="At most N; 0 for all.")
    ] = None,
    *,
    output: Output,
) -> None:
    """List what is kept: a line an address."""
    from eveobs.cli.cache_listing import list_and_tell
    from eveobs.cli.caching import Wanted
    from eveobs.cli.options import chosen_fields, chosen_format

    if fresh and expired:
        raise UsageError("--fresh and --expired exclude each other")
    wanted = Wanted(route or "", private=private, fresh=fresh, expired=expired)
    shape = chosen_format(output)
    chosen = chosen_fields(output)
    list_and_tell(context.obj, wanted, sort=sort, limit=limit, shape=shape, fields=chosen)


@app.command("show")
@prints_rows
def show(
    context: typer.Context,
    url: Annotated[
        str, typer.Argument(metavar="URL", help="As `ls` lists it, or a path such as /status.")
    ],
    body: Annotated[bool, typer.Option("--body", help="Print the answer itself.")] = False,
    *,
    output: Output,
) -> None:
    """Show what is kept of an address: for whom, since when, until when. Asks nobody.

    It may be kept more than once: for several characters, or in several languages.
    """
    from eveobs.cli.cache_listing import show_and_tell
    from eveobs.cli.options import chosen_fields, chosen_format
    from eveobs.cli.output import Format

    shape, fields = chosen_format(output), chosen_fields(output)
    if body and (shape is not Format.TABLE or fields is not None):
        raise UsageError(
            "--body cannot be used together with another form of output",
            hint="The body is JSON by itself.",
        )
    show_and_tell(context.obj, url, body=body, shape=shape, fields=fields)


@app.command("prune")
def prune(
    context: typer.Context,
    older: Annotated[
        str | None,
        typer.Option(
            "--older-than",
            metavar="SPAN",
            help="Also what has expired and was of no use for so long, such as 12h or 3d.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be forgotten.")
    ] = False,
) -> None:
    """Forget what is of no more use: expired two weeks ago, damaged, or beyond cache.size_mb."""
    from eveobs.cli.cache_upkeep import prune_and_tell

    prune_and_tell(context.obj, older, dry_run=dry_run)


@app.command("clear")
def clear(
    context: typer.Context,
    route: Words = None,
    private: Private = False,
    everything: Annotated[
        bool,
        typer.Option("--all", help="Also the addresses of the sign-in and unfinished downloads."),
    ] = False,
    yes: YES = False,
) -> None:
    """Forget all answers and counts, or some answers. What is stored (`eveobs list`) stays.

    What is cleared before it expires has to be asked again, which ESI does not like to see often.
    On a terminal it asks first.
    """
    from eveobs.cli.cache_upkeep import clear_and_tell
    from eveobs.cli.caching import Wanted

    if everything and (route is not None or private):
        raise UsageError("--all leaves nothing to choose with --route or --private")
    some = Wanted(route or "", private=private) if route is not None or private else None
    run: Run = context.obj
    what = "these entries of" if some else "all entries of"
    run.confirm(f"Remove {what} the cache? They are requested again when needed.", yes=yes)
    clear_and_tell(run, some, everything=everything)


@app.command("verify")
@prints_rows
def verify(
    context: typer.Context,
    repair: Annotated[
        bool, typer.Option("--repair", help="Drop what is damaged; it is asked anew.")
    ] = False,
    *,
    output: Output,
) -> None:
    """Read every entry, and list what is damaged. Exit code 1 where something is, and stays so."""
    from eveobs.cli.cache_upkeep import verify_and_tell

    verify_and_tell(context.obj, output, repair=repair)


@app.command("path")
def path(context: typer.Context) -> None:
    """Print the folder of the cache."""
    from eveobs.cli.caching import folder_of

    sys.stdout.write(f"{folder_of(context.obj)}\n")


@app.command("size")
def size(context: typer.Context) -> None:
    """Print how many bytes the cache takes on disk."""
    from eveobs.cli.caching import size_of

    sys.stdout.write(f"{size_of(context.obj)}\n")
