"""`eveobs cache`: what the cache holds and how well it works."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from eveobs.errors import StoreError

if TYPE_CHECKING:
    from pathlib import Path

    from eveobs.cli.context import Run

app = typer.Typer(help="See what the cache holds, and clear it.", no_args_is_help=True)


@app.command("stats")
def stats(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show how well the cache works, route by route, over all runs since it was made or cleared.

    fresh: answered without a request. revalidated: asked whether it changed, and it had not.
    missed: asked and fetched. saved: bytes that did not have to be fetched.
    """
    from eveobs.cli.output import Format, write_rows
    from eveobs.records.schema import Column, Kind

    run: Run = context.obj
    rows, total = _counted(run)
    if as_json:
        from eveobs.cli.output.machine import json_text

        sys.stdout.write(json_text({**total, "routes": rows}, indent=2) + "\n")
        return
    numbers = ("fresh", "revalidated", "missed", "saved")
    columns = (
        Column("route", "Route", flexible=True),
        *(Column(name, name.capitalize(), Kind.NUMBER) for name in numbers),
    )
    write_rows(
        rows,
        columns=columns,
        format=Format.TABLE,
        fields=None,
        stream=sys.stdout,
        width=run.width(),
        colour=run.colour(sys.stdout.isatty()),
        now=run.now(),
        all_fields=tuple(column.field for column in columns),
    )
    run.remark(
        f"{total['entries']:,} entries, {total['bytes']:,} bytes on disk; "
        f"counted since {total['since']}"
    )


@app.command("path")
def path(context: typer.Context) -> None:
    """Print the folder of the cache."""
    sys.stdout.write(f"{_folder(context.obj)}\n")


@app.command("clear")
def clear(context: typer.Context) -> None:
    """Forget all answers and counts. What is stored (`eveobs list`) stays."""
    from eveobs.esi.cache_statistics import FOLDER
    from eveobs.esi.disk import DiskError, DiskLevel

    folder = _folder(context.obj)
    try:
        with DiskLevel(folder) as entries, DiskLevel(folder / FOLDER) as counts:
            number = entries.clear()
            counts.clear()
    except DiskError as error:
        raise _unusable(folder, error) from error
    context.obj.remark(f"{number:,} entries forgotten")


def _folder(run: Run) -> Path:
    return run.loaded().places.cache / "esi"


def _unusable(folder: Path, error: Exception) -> StoreError:
    return StoreError(
        f"the cache in {folder} cannot be used: {error}",
        hint="Delete that folder; nothing but speed is lost.",
    )


def _counted(run: Run) -> tuple[list[dict[str, object]], dict[str, object]]:
    """The counts by route, most used first, and what there is in all."""
    from eveobs.esi.cache_statistics import CacheStatistics, Tally
    from eveobs.esi.disk import DiskError, DiskLevel

    folder = _folder(run)
    try:
        with DiskLevel(folder) as disk:
            entries, size = disk.size()
        saved = CacheStatistics.load(folder)
    except DiskError as error:
        raise _unusable(folder, error) from error
    rows: list[dict[str, object]] = [
        {
            "route": route,
            **{str(tally): counts.get(str(tally), 0) for tally in Tally},
            "saved": counts.get(str(Tally.BYTES_SAVED), 0),
        }
        for route, counts in sorted(saved.counts.items(), key=lambda one: -sum(one[1].values()))
    ]
    since = datetime.fromtimestamp(saved.since, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return rows, {"folder": str(folder), "entries": entries, "bytes": size, "since": since}
