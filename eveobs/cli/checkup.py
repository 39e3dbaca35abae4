"""Running `eveobs health`: rounds of checks, and how they look."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import typer

from eveobs.cli.output import Format
from eveobs.errors import ConfigError, UsageError
from eveobs.operate.health.finding import Examined, State, worst
from eveobs.records.schema import Column, Kind

if TYPE_CHECKING:
    from eveobs.cli.context import Run
    from eveobs.cli.health import HealthFormat
    from eveobs.operate.health.checking import Repeatedly

COLUMNS = (
    Column("check", "Check"),
    Column("subject", "Of", rank=2),
    Column("state", "State"),
    Column("figure", "Figure", flexible=True),
    Column("seconds", "Seconds", Kind.NUMBER, rank=3),
)
FIELDS = ("check", "subject", "state", "figure", "seconds", "hint", "values")
CLEAR = "\x1b[H\x1b[2J\x1b[3J"
"""Empties a terminal, for the next round."""


def check_and_tell(
    run: Run, names: Collection[str], *, every: int | None, shape: HealthFormat
) -> None:
    """Look once, and end with how it is; or look `every` so many seconds, until interrupted."""
    from eveobs.operate.health.checking import Repeatedly
    from eveobs.operate.health.roster import chosen

    as_json = shape == "json"
    if shape == "nagios":
        from eveobs.cli.nagios import check_once

        if every is not None:
            raise UsageError("--format nagios and --watch cannot be used together")
        raise typer.Exit(check_once(lambda: _look(run, chosen(names), Repeatedly())))
    wanted = chosen(names)
    rounds = Repeatedly()
    while True:
        examined = _look(run, wanted, rounds)
        if every is not None and as_json:
            _print_line(run, examined)
        else:
            if every is not None and sys.stdout.isatty():
                sys.stdout.write(CLEAR)
            _print(run, examined, as_json=as_json)
        if every is None:
            raise typer.Exit(worst(examined).number)
        run.remark(f"looked at {run.now():%H:%M:%S} UTC, and again every {every} s")
        time.sleep(every)


def _look(run: Run, wanted: Sequence[str], rounds: Repeatedly) -> list[Examined]:
    """One round. Settings that cannot be read leave nothing else to be looked at."""
    from eveobs.operate.health import configuration
    from eveobs.operate.health.home import Home
    from eveobs.operate.health.roster import look_at

    try:
        home = Home(run.loaded())
    except ConfigError as error:
        return [Examined(configuration.NAME, configuration.broken(error), 0.0)]
    return asyncio.run(look_at(home, wanted, rounds))


def _rows(examined: Sequence[Examined]) -> list[dict[str, Any]]:
    return [
        {
            "check": one.check,
            "subject": one.finding.subject,
            "state": str(one.finding.state),
            "figure": one.finding.figure,
            "seconds": one.seconds,
            "hint": one.finding.hint,
            "values": dict(one.finding.values),
        }
        for one in examined
    ]


def _print(run: Run, examined: Sequence[Examined], *, as_json: bool) -> None:
    run.write(
        _rows(examined), COLUMNS, format=Format.JSON if as_json else Format.TABLE, all_fields=FIELDS
    )
    if not as_json:
        for row in _rows(examined):
            _explain(run, row)


def _explain(run: Run, row: Mapping[str, Any]) -> None:
    """What is wrong in full, since a table may have cut it, and what to do about it."""
    whose = f"{row['check']} of {row['subject']}" if row["subject"] else row["check"]
    if row["state"] == State.HEALTHY:
        return
    run.remark(f"{row['state']}: {whose}: {row['figure']}")
    if row["hint"]:
        run.remark(f"hint: {row['hint']}")


def _print_line(run: Run, examined: Sequence[Examined]) -> None:
    from eveobs.cli.output.machine import json_text

    told = {"at": run.now(), "state": str(worst(examined)), "checks": _rows(examined)}
    escape = (sys.stdout.encoding or "utf-8").lower() != "utf-8"
    sys.stdout.write(json_text(told, escape_all=escape) + "\n")
    sys.stdout.flush()
