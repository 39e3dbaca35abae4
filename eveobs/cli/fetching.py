"""Running `eveobs fetch`: which units there are, doing them, telling what came of them."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import typer

from eveobs.cli.endings import complain
from eveobs.cli.options import chosen_fields, chosen_format
from eveobs.cli.output import write_rows
from eveobs.errors import ExitCode, UsageError
from eveobs.observation.unit import Outcome, Report, Unit
from eveobs.records.schema import Column, Kind, Schema
from eveobs.telemetry.progress import Rounds

if TYPE_CHECKING:
    from eveobs.cli.context import Run
    from eveobs.records.universe import Name
    from eveobs.telemetry.progress import Progress

REAL_HOST = "esi.evetech.net"

COLUMNS = (
    Column("subject", "Subject"),
    Column("status", "Status"),
    Column("rows", "Rows", Kind.NUMBER),
    Column("new", "New", Kind.NUMBER, rank=2),
    Column("changed", "Changed", Kind.NUMBER, rank=3),
    Column("gone", "Gone", Kind.NUMBER, rank=2),
    Column("requests", "Requests", Kind.NUMBER, rank=4),
    Column("seconds", "Seconds", Kind.NUMBER, rank=5),
)


def fetch_and_tell(name: str, schema: Schema, run: Run, values: Mapping[str, Any]) -> None:
    """Do what `eveobs fetch <name>` was asked to, print the outcomes, end with their exit code."""
    loaded = run.loaded()
    shape = chosen_format(values)
    fields = chosen_fields(values)
    observe = loaded.settings.observe
    details = tuple(
        detail.name
        for detail in schema.details
        if getattr(observe, detail.name, True) and not values[f"no_{detail.name}"]
    )
    words = _words(schema, values, observe.regions)
    run.patient = not values["no_wait"]
    if values["plan"]:
        from eveobs.cli.planning import plan_and_tell

        plan_and_tell(name, run, words, details, shape, fields)
        return
    reports = _warm(name, schema, run, words, details)
    if reports is None:
        import asyncio

        reports = asyncio.run(_fetch_all(name, schema, run, words, details))
    write_rows(
        [_row(report.outcome) for report in reports],
        columns=COLUMNS,
        format=shape,
        fields=fields,
        stream=sys.stdout,
        width=run.width(),
        colour=run.colour(sys.stdout.isatty()),
        now=run.now(),
        all_fields=Outcome.__struct_fields__,
    )
    _end(reports, run)


def _words(schema: Schema, values: Mapping[str, Any], default: Sequence[str]) -> list[str] | None:
    """The subjects in the person's words; None for every one there is."""
    kind = schema.subjects[0]
    given = values[kind]
    if values["everywhere"]:
        if given:
            raise UsageError(f"--{kind} and --all-{kind}s exclude each other")
        return None
    return list(given or default)


def _row(outcome: Outcome) -> dict[str, object]:
    return {name: getattr(outcome, name) for name in outcome.__struct_fields__}


def _warm(
    name: str, schema: Schema, run: Run, words: list[str] | None, details: tuple[str, ...]
) -> list[Report] | None:
    """The outcomes when nothing has to be asked, found without network or SQLAlchemy."""
    from eveobs.observation.warm import known_unit, nothing_to_do

    if not words:
        return None
    url = run.loaded().store_url()
    reports = []
    for word in words:
        unit = known_unit(name, schema, word, details, url)
        outcome = nothing_to_do(unit, schema, url, run.now()) if unit else None
        if outcome is None:
            return None
        reports.append(Report(outcome))
    return reports


async def _fetch_all(
    name: str, schema: Schema, run: Run, words: list[str] | None, details: tuple[str, ...]
) -> list[Report]:
    from eveobs.observation.observe import observe
    from eveobs.observation.turns import turn
    from eveobs.observation.warm import nothing_to_do
    from eveobs.processors.registry import processor

    loaded = run.loaded()
    _mention_contact(run)
    reports: list[Report] = []
    with run.progress() as bars, run.store() as store:
        progress = Rounds(bars)
        async with run.client(progress) as client:
            for subject in _counted(await _subjects(words, run, client, store, progress), progress):
                unit = Unit(
                    processor=name,
                    subject_id=subject.id,
                    subject_name=subject.name,
                    details=details,
                )
                async with turn(unit, loaded.places.state / "units", progress):
                    outcome = nothing_to_do(unit, schema, loaded.store_url(), run.now())
                    reports.append(
                        Report(outcome)
                        if outcome
                        else await observe(
                            unit,
                            processor(name),
                            client=client,
                            store=store,
                            progress=progress,
                            batch=loaded.settings.store.batch_size,
                        )
                    )
    return reports


def _counted(subjects: Sequence[Name], progress: Rounds) -> Iterator[Name]:
    """`subjects` one after the other; of more than one, progress tells how many are done."""
    stage = f"{subjects[0].category}s" if len(subjects) > 1 else ""
    if stage:
        progress.expect(stage, len(subjects))
    for subject in subjects:
        progress.begin()
        yield subject
        if stage:
            progress.advance(stage)


async def _subjects(
    words: list[str] | None, run: Run, client: Any, store: Any, progress: Progress
) -> list[Name]:
    from eveobs.observation.regions import all_regions, find_regions, open_regions

    tools = {"client": client, "store": store, "now": run.now(), "progress": progress}
    if words is None:
        return open_regions(await all_regions(**tools))
    return await find_regions(words, **tools)


def _mention_contact(run: Run) -> None:
    esi = run.loaded().settings.esi
    if urlsplit(esi.base_url).hostname == REAL_HOST and not esi.contact:
        run.remark(
            "note: CCP asks who is calling; tell it with "
            "`eveobs config set esi.contact you@your.domain`"
        )


def _end(reports: Sequence[Report], run: Run) -> None:
    """Say what is missing, and end with the worst: one error's own code, 7 for partial."""
    errors = [report.error for report in reports if report.error is not None]
    for report in reports:
        if report.outcome.status == "partial":
            _tell_missing(report, run)
    codes = {report.exit_code for report in reports}
    if codes <= {ExitCode.DONE}:
        return
    if len(errors) == len(reports) and len(codes) == 1:
        raise typer.Exit(codes.pop())
    raise typer.Exit(ExitCode.PARTIAL)


def _tell_missing(report: Report, run: Run) -> None:
    outcome = report.outcome
    if report.error is not None:
        report.error.message = f"{outcome.subject}: {report.error.message}"
        complain(report.error)
    else:
        run.remark(f"partial: {outcome.subject}: {outcome.error}")
        run.remark("hint: What arrived is kept. Run it again to get the rest.")
