"""Running `eveobs fetch … --plan`: what a run would ask, and what it would cost."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from eveobs.cli.output import Format, write_rows
from eveobs.records.schema import Column, Kind

if TYPE_CHECKING:
    from eveobs.cli.context import Run
    from eveobs.observation.plan import Forecast

SECONDS_A_REQUEST = 0.1
"""What an answer of ESI takes, roughly; as many are asked at once as esi.concurrency says."""

COLUMNS = (
    Column("subject", "Subject"),
    Column("route", "Route", flexible=True),
    Column("requests", "Requests", Kind.NUMBER),
    Column("conditional", "Conditional", Kind.NUMBER, rank=3),
    Column("tokens", "Tokens", Kind.NUMBER, rank=2),
    Column("seconds", "Seconds", Kind.NUMBER, rank=4),
    Column("at_least", "At least", Kind.FLAG, rank=2),
)
FIELDS = tuple(column.field for column in COLUMNS)


def plan_and_tell(
    name: str,
    run: Run,
    words: Sequence[str] | None,
    details: tuple[str, ...],
    shape: Format,
    fields: list[str] | None,
) -> None:
    """Print what the run would ask. `at_least`: the answers may lead to more."""
    import asyncio

    rows = asyncio.run(_rows(name, run, words, details))
    write_rows(
        rows,
        columns=COLUMNS,
        format=shape,
        fields=fields,
        stream=sys.stdout,
        width=run.width(),
        colour=run.colour(sys.stdout.isatty()),
        now=run.now(),
        all_fields=FIELDS,
    )
    total = sum(int(str(row["requests"])) for row in rows)
    more = ", or more" if any(row["at_least"] for row in rows) else ""
    noun = "request" if total == 1 else "requests"
    run.remark(f"{total:,} {noun}{more}; nothing was sent")


async def _rows(
    name: str, run: Run, words: Sequence[str] | None, details: tuple[str, ...]
) -> list[dict[str, object]]:
    from eveobs.esi.planning import NotAskedError, Plan
    from eveobs.observation.plan import Forecast, forecast
    from eveobs.observation.regions import all_regions, find_regions, open_regions
    from eveobs.observation.unit import Unit
    from eveobs.observation.warm import nothing_to_do
    from eveobs.processors.registry import processor
    from eveobs.telemetry.progress import Silence

    concurrency = run.loaded().settings.esi.concurrency
    found = processor(name)
    rows: list[dict[str, object]] = []
    with run.store() as store:
        plan = Plan()
        async with run.planning_client(plan) as client:
            tools = {"client": client, "store": store, "now": run.now(), "progress": Silence()}
            try:
                subjects = (
                    open_regions(await all_regions(**tools))  # type: ignore[arg-type]
                    if words is None
                    else await find_regions(words, **tools)  # type: ignore[arg-type]
                )
            except NotAskedError:
                for _ in words or ("",):
                    plan.add(found.routes[0], conditional=False)
                whose = ", ".join(words) if words else "all"
                return _told(whose, Forecast(plan, at_least=True), concurrency)
        for subject in subjects:
            unit = Unit(
                processor=name, subject_id=subject.id, subject_name=subject.name, details=details
            )
            if nothing_to_do(unit, found.schema, run.loaded().store_url(), run.now()):
                rows.append(_nothing(subject.name))
                continue
            plan = Plan()
            async with run.planning_client(plan) as client:
                told = await forecast(unit, found, plan, client=client, store=store, now=run.now())
            rows += _told(subject.name, told, concurrency)
    return rows


def _nothing(subject: str) -> dict[str, object]:
    nothing = dict.fromkeys(("requests", "conditional", "tokens", "seconds"), 0)
    return {"subject": subject, "route": "", **nothing, "at_least": False}


def _told(subject: str, told: Forecast, concurrency: int) -> list[dict[str, object]]:
    return [
        {
            "subject": subject,
            "route": route,
            "requests": asked.requests,
            "conditional": asked.conditional,
            "tokens": asked.tokens,
            "seconds": round(asked.requests * SECONDS_A_REQUEST / concurrency, 1),
            "at_least": told.at_least,
        }
        for route, asked in told.plan.routes.items()
    ] or [_nothing(subject)]
