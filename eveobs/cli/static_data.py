"""`eveobs static-data`: CCP's static data export in the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from eveobs.cli.options import PRINT_JSON

if TYPE_CHECKING:
    from eveobs.cli.context import Run

app = typer.Typer(
    help="Names of types, systems and stations, from CCP's export.", no_args_is_help=True
)


@app.command("update")
def update(context: typer.Context, as_json: PRINT_JSON = False) -> None:
    """Fetch the static data of the latest build, if it is another than the one that is here.

    Types, groups, blueprints, regions, systems, NPC stations and corporations: some 100 MB of
    download, replaced as a whole. Without it names are asked of ESI.
    """
    from eveobs.observation.static_update import update as bring_up_to_date
    from eveobs.static_data.download import Export

    run: Run = context.obj
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
    _print(run, [{name: getattr(done, name) for name in done.__slots__}], as_json=as_json)


@app.command("status")
def status(context: typer.Context, as_json: PRINT_JSON = False) -> None:
    """Show which build is here, since when, and how much of what. Asks nobody."""
    run: Run = context.obj
    with run.store() as store:
        found, counts = store.static_loaded(), store.static_counts()
    if found is None:
        _print(run, [], as_json=as_json)
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
    if as_json:
        _print(run, [{**row, **counts}], as_json=True)
    else:
        _print(run, [row], as_json=False)
        run.remark(
            ", ".join(f"{count:,} {kind.replace('_', ' ')}" for kind, count in counts.items())
        )


def _print(run: Run, rows: list[dict[str, Any]], *, as_json: bool) -> None:
    from eveobs.cli.output import Format
    from eveobs.records.schema import Column, Kind

    names = list(rows[0]) if rows else ["build"]
    kinds = {"loaded_at": Kind.TIME, "rows": Kind.NUMBER, "build": Kind.ID}
    columns = tuple(
        Column(name, name.replace("_", " ").capitalize(), kinds.get(name, Kind.TEXT))
        for name in names
    )
    run.write(
        rows, columns, format=Format.JSON if as_json else Format.TABLE, all_fields=tuple(names)
    )
