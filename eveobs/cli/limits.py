"""`eveobs limits`: what ESI still allows, as all eveobs of this machine know it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated

import typer

from eveobs.cli.by_default import HERE, ByDefault
from eveobs.cli.options import Output, chosen_format, prints_rows
from eveobs.errors import EveobsError, ExitCode, UsageError

if TYPE_CHECKING:
    from eveobs.cli.context import Run
    from eveobs.esi.limits import Ledger

app = typer.Typer(cls=ByDefault, rich_markup_mode=None, help="See what ESI still allows.")


@app.command(
    HERE,
    hidden=True,
    epilog="`eveobs limits reset` forgets what is known of them, where that is wrong.",
)
@prints_rows
def limits(
    context: typer.Context,
    *,
    output: Output,
) -> None:
    """Show what ESI still allows, as all eveobs processes of this machine know it.

    The error limit counts failed answers in a minute, for routes without a rate-limit group; the
    others spend tokens of their group, each character its own. eveobs stops before either is used
    up.
    """
    from eveobs.esi.shared_limits import SharedLimits
    from eveobs.records.schema import Column, Kind

    run: Run = context.obj
    loaded = run.loaded()
    shared = SharedLimits(loaded.places.state, loaded.settings.esi.base_url, warn=run.remark)
    now = time.time()
    rows = limit_rows(shared.look(), now, _names(run))
    shared.close()
    columns = (
        Column("limit", "Limit"),
        Column("character", "Character", flexible=True),
        Column("left", "Left", Kind.NUMBER),
        Column("of", "Of", Kind.NUMBER),
        Column("window", "Window s", Kind.NUMBER, rank=3),
        Column("anew_in", "Anew in s", Kind.NUMBER, rank=2),
        Column("paused", "Paused s", Kind.NUMBER, rank=2),
    )
    run.write(rows, columns, format=chosen_format(output))


@app.command("reset")
def reset(
    context: typer.Context,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")] = False,
) -> None:
    """Forget what is known of ESI's limits, for all eveobs processes of this machine.

    Use it where a wrong header or a wrong clock keeps eveobs waiting. ESI's own count does not
    change by that: what it still refuses is learnt from its next answers, each of which counts,
    and a program that goes on against its limits is banned.
    """
    from eveobs.esi.shared_limits import SharedLimits

    run: Run = context.obj
    loaded = run.loaded()
    run.remark(
        "warning: ESI's own count of errors and tokens does not change; "
        "sending more than it allows gets your address or application banned"
    )
    if not yes:
        if not run.may_ask():
            raise UsageError("limits reset needs confirmation", hint="Give --yes.")
        if not typer.confirm("Forget the limits known on this machine?", err=True):
            raise typer.Exit(ExitCode.FAILED)
    shared = SharedLimits(loaded.places.state, loaded.settings.esi.base_url, warn=run.remark)
    with run.audit().watch("limits.reset", str(loaded.places.state)):
        shared.reset()
    shared.close()
    run.remark("limits reset")


def _names(run: Run) -> dict[str, str]:
    """Who signed in, by id; nobody where that cannot be known."""
    try:
        return {str(one.character_id): one.name for one in run.sign_ins().accesses()}
    except EveobsError:
        return {}


def limit_rows(
    ledger: Ledger, now: float, names: Mapping[str, str] = MappingProxyType({})
) -> list[dict[str, object]]:
    """A row for the error limit and one for each bucket that was met; seconds are whole.

    `character` is the one whose bucket it is, by the `names` of ids, or "" for the machine.
    """
    from eveobs.esi.limits import ERROR_LIMIT, ERROR_WINDOW, EVERYTHING

    left = ERROR_LIMIT - (ledger.errors if now < ledger.window_ends else 0)
    rows: list[dict[str, object]] = [
        {
            "limit": "errors",
            "character": "",
            "left": left,
            "of": ERROR_LIMIT,
            "window": int(ERROR_WINDOW),
            "anew_in": max(round(ledger.window_ends - now), 0),
            "paused": round(ledger.paused(EVERYTHING, now)),
        }
    ]
    for key, bucket in sorted(ledger.buckets.items()):
        group, _, owner = key.partition("|")
        used = bucket.used(now)
        rows.append(
            {
                "limit": group,
                "character": names.get(owner, owner),
                "left": bucket.limit - used,
                "of": bucket.limit,
                "window": int(bucket.window),
                "anew_in": round(bucket.spent[-1][0] + bucket.window - now) if used else 0,
                "paused": round(ledger.paused(key, now)),
            }
        )
    return rows
