"""`eveobs static-data`: CCP's static data export in the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from eveobs.cli.options import Output, chosen_format, prints_rows

if TYPE_CHECKING:
    from eveobs.cli.context import Run
    from eveobs.cli.output import Format

app = typer.Typer(
    help="Names of types, systems and stations, from CCP's export.", no_args_is_help=True
)


@app.command("update")
@prints_rows
def update(context: typer.Context, *, output: Output) -> None:
    """Fetch the static data of the latest build, if it is another than the one that is here.

    Types, groups, blueprints, regions, systems, NPC stations and corporations: some 100 MB of
    download, replaced as a whole. Without it names are asked of ESI.
    """
    from eveobs.observation.static_update import update as bring_up_to_date
    from eveobs.static_data.download import Export

    run: Run = context.obj
    shape = chosen_format(output)
    loaded = run.loaded()
    with run.progress() as progress, run.store() as store:
        done = bring_up_to_date(
            store,
            Export(loaded.settings.static_data.base_url),
            folder=loaded.places.cache,
            language=loaded.settings.esi.language,
            progress=progress,
            now=run.now(),
        )
    _print(run, [{name: getattr(done, name) for name in done.__slots__}], shape)


@app.command("status")
@prints_rows
def status(context: typer.Context, *, output: Output) -> None:
    """Show which build is here, since when, and how much of what. Asks nobody."""
    run: Run = context.obj
    shape = chosen_format(output)
    with run.store() as store:
        found, counts = store.static_loaded(), store.static_counts()
    if found is None:
        _print(run, [], shape)
        run.remark("there is no static data yet; `eveobs static-data update` fetches it")
        return
    row: dict[str, Any] = {
        "build": found.build,
        "released": found.released,
        "language": found.language,
        "loaded_at": found.loaded_at,
        "age_days": (run.now() - found.loaded_at).days,
        "rows": found.rows,
    }
    if shape != "table":
        _print(run, [{**row, **counts}], shape)
    else:
        _print(run, [row], shape)
        run.remark(
            ", ".join(f"{count:,} {kind.replace('_', ' ')}" for kind, count in counts.items())
        )


def _print(run: Run, rows: list[dict[str, Any]], shape: Format) -> None:
    from eveobs.records.schema import Column, Kind

    names = list(rows[0]) if rows else ["build"]
    kinds = {"loaded_at": Kind.TIME, "rows": Kind.NUMBER, "build": Kind.ID}
    columns = tuple(
        Column(name, name.replace("_", " ").capitalize(), kinds.get(name, Kind.TEXT))
        for name in names
    )
    run.write(rows, columns, format=shape, all_fields=tuple(names), id_field="build")
