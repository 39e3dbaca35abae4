"""`eveobs publish`: from the store to a website; `check` and `plugin` are about WordPress sites."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from eveobs.cli.by_default import HERE, ByDefault
from eveobs.cli.options import YES, Output, prints_rows

if TYPE_CHECKING:
    from eveobs.cli.context import Run

app = typer.Typer(
    cls=ByDefault,
    rich_markup_mode=None,
    help="Make a website of what is stored, or fill a WordPress site.",
)


@app.command(
    HERE,
    hidden=True,
    epilog="Of a WordPress site: `eveobs publish check` says what it offers and lacks, "
    "`eveobs publish plugin` prints the plugin for it.",
)
@prints_rows
def publish(
    context: typer.Context,
    kinds: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[KIND]...",
            help="contract, blueprint, character, corporation, market (a page a region), type (a "
            "page for each that is offered often); all of them if none is named.",
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
            "--prune",
            help="Remove the pages of what is gone (WordPress: into the trash), instead of marking "
            "them so.",
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
        typer.Option("--target", metavar="NAME", help="Where to: site (a folder), or wordpress."),
    ] = None,
    folder: Annotated[
        str | None,
        typer.Option("--folder", metavar="PATH", help="The folder of the site, for this run."),
    ] = None,
    images: Annotated[
        str | None,
        typer.Option(
            "--images",
            metavar="link|upload",
            help="WordPress: link to EVE's image server, or take each picture to the site, once.",
        ),
    ] = None,
    yes: YES = False,
    *,
    output: Output,
) -> None:
    """Make a website of what is stored, or fill a WordPress site.

    There is a page for each contract, blueprint, character and corporation of yours, pages that sum
    them up, and, of the types that you sell, what the market says. A site is a folder with an index
    to search and sort, and needs nothing installed.

    What is new is created, what differs is updated, and the rest is left as it is: run it as often
    as you like. What is gone is marked so on its page, or removed with --prune, which asks first
    on a terminal. Asks ESI nothing.
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
        images=images,
        output=output,
        yes=yes,
    )
    publish_and_tell(context.obj, request)


@app.command("check")
@prints_rows
def check(
    context: typer.Context,
    *,
    output: Output,
) -> None:
    """Say what the WordPress site of the settings offers, what is missing, and how to get it.

    Looks whether it can be reached and the user may publish, at the plugin, REST and XML-RPC, the
    clock and the permalinks. Writes nothing. Exit code 0: `eveobs publish` will work.
    """
    from eveobs.cli.publish_check import check_and_tell

    run: Run = context.obj
    check_and_tell(run, output)


@app.command("verify")
@prints_rows
def verify(
    context: typer.Context,
    kinds: Annotated[
        list[str] | None,
        typer.Argument(metavar="[KIND]...", help="Kinds to verify; all of them if none is named."),
    ] = None,
    records: Annotated[
        list[str] | None,
        typer.Option(
            "--from",
            metavar="RECORDS",
            help="Records that were published (repeatable). Default: publish.records of the "
            "settings.",
        ),
    ] = None,
    repair: Annotated[
        bool, typer.Option("--repair", help="Write again what differs; keep what people edited.")
    ] = False,
    *,
    output: Output,
) -> None:
    """Compare the WordPress site with what is stored.

    Reads every post with its fields, terms and entry in the index, and prints those that are not as
    `eveobs publish` writes them. Needs the plugin on the site. Exit code 7: something differs.
    """
    from eveobs.cli.publishing import Request, verify_and_print

    request = Request(
        kinds=tuple(kinds or ()),
        records=tuple(records or ()),
        target="wordpress",
        output=output,
    )
    verify_and_print(context.obj, request, repair=repair)


@app.command("plugin")
def plugin(context: typer.Context) -> None:
    """Print the plugin for WordPress, one PHP file: `eveobs publish plugin > eveobs.php`.

    It knows the kinds of your templates. On the site it goes into wp-content/plugins or
    wp-content/mu-plugins, or, as a zip, to Plugins, Add, Upload.
    """
    from eveobs.cli.publish_check import print_plugin

    print_plugin(context.obj)
