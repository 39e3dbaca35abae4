"""`eveobs audit`: what was done with eveobs, and whether that record is as it was written."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from eveobs.cli.options import PRINT_JSON, Output, prints_rows
from eveobs.errors import EveobsError

if TYPE_CHECKING:
    from eveobs.cli.context import Run
    from eveobs.telemetry.audit_verify import Finding, Verdict

app = typer.Typer(
    help="See what was changed with eveobs, by whom, and whether that record is whole.",
    no_args_is_help=True,
)
FIELDS = ("n", "time", "user", "run", "action", "subject", "character", "result", "facts")
MOST = 1000
"""Findings that are shown; a file of garbage has one a line."""


@app.command("tail")
@prints_rows
def tail(
    context: typer.Context,
    number: Annotated[
        int, typer.Option("--lines", "-n", metavar="N", help="How many lines.", min=1)
    ] = 20,
    *,
    output: Output,
) -> None:
    """Show what was changed last, the newest below."""
    from eveobs.cli.options import chosen_format
    from eveobs.cli.output import Format
    from eveobs.records.schema import Column, Kind

    run: Run = context.obj
    form = chosen_format(output)
    nested = form in {Format.JSON, Format.NDJSON}
    rows, unreadable = _rows(_file(run), number, nested=nested)
    run.write(
        rows,
        (
            Column("time", "Time", Kind.TIME),
            Column("user", "User", rank=3),
            Column("action", "Action"),
            Column("subject", "Subject", flexible=True),
            Column("character", "Character", rank=2),
            Column("result", "Result"),
            Column("facts", "Facts", rank=4, flexible=True),
        ),
        format=form,
        all_fields=FIELDS,
    )
    if not rows and not unreadable:
        run.remark("nothing was written down yet")
    if unreadable:
        run.remark(f"{unreadable:,} of these lines are not as they were written")
        run.remark("hint: `eveobs audit verify` says more.")


@app.command("verify")
def verify(
    context: typer.Context,
    as_json: PRINT_JSON = False,
) -> None:
    """Check every line: was one altered, removed or put in? Exit code 1 if so.

    To be sure of the end too, keep the last hash that this prints in another place.
    """
    run: Run = context.obj
    path = _file(run)
    found, verdict = _verified(path)
    if as_json:
        _write_verdict(path, found, verdict)
    else:
        _write_findings(run, found)
    if verdict.findings > len(found):
        run.remark(f"{verdict.findings - len(found):,} more are not shown")
    if verdict.damages:
        raise EveobsError(
            f"the audit {path} is not as it was written",
            hint="Somebody changed it by hand, or the disk is failing. Nothing repairs it: "
            "move it away, with the .head beside it, to begin a new one.",
        )
    if not verdict.lines:
        run.remark("nothing was written down yet")
        return
    whole = "1 line, as it was" if verdict.lines == 1 else f"{verdict.lines:,} lines, as they were"
    run.remark(f"{whole} written; the last has the hash")
    run.remark(verdict.hash)


@app.command("path")
def path_(context: typer.Context) -> None:
    """Print the path of the audit."""
    sys.stdout.write(f"{_file(context.obj)}\n")


def _file(run: Run) -> Path:
    from eveobs.settings.paths import find_places
    from eveobs.telemetry.audit import FILE

    return find_places(run.environ, run.cwd).state / FILE


def _rows(path: Path, number: int, *, nested: bool) -> tuple[list[dict[str, Any]], int]:
    """The last lines as rows, and how many of them are not as they were written."""
    from eveobs.telemetry.audit_line import AlteredError, NoLineError, read
    from eveobs.telemetry.audit_reading import last_lines

    rows: list[dict[str, Any]] = []
    wrong = 0
    for line in last_lines(path, number) if path.exists() else ():
        try:
            rows.append(_row(read(line).fields, nested=nested))
        except AlteredError as error:
            wrong += 1
            rows.append(_row(error.link.fields, nested=nested))
        except NoLineError:
            wrong += 1
    return rows, wrong


def _row(fields: Mapping[str, Any], *, nested: bool) -> dict[str, Any]:
    row = {name: fields.get(name) for name in FIELDS}
    try:
        row["time"] = datetime.fromisoformat(str(row["time"]))
    except ValueError:
        row["time"] = None
    if not nested and isinstance(facts := row["facts"], dict):
        row["facts"] = ", ".join(f"{name}={value}" for name, value in facts.items())
    return row


def _verified(path: Path) -> tuple[list[Finding], Verdict]:
    from eveobs.telemetry import audit_verify

    found: list[Finding] = []

    def keep(finding: Finding) -> None:
        if len(found) < MOST:
            found.append(finding)

    try:
        return found, audit_verify.verify(path, keep)
    except OSError as error:
        raise EveobsError(
            f"the audit {path} cannot be read: {error.strerror or error}",
            hint="It belongs to the user who ran eveobs.",
        ) from error


def _write_verdict(path: Path, found: list[Finding], verdict: Verdict) -> None:
    from eveobs.cli.output.machine import json_text

    shown = {
        "file": str(path),
        "lines": verdict.lines,
        "hash": verdict.hash,
        "damages": verdict.damages,
        "findings": [_finding(one) for one in found],
    }
    sys.stdout.write(json_text(shown, indent=2) + "\n")


def _write_findings(run: Run, found: list[Finding]) -> None:
    from eveobs.records.schema import Column, Kind

    columns = (
        Column("line", "Line", Kind.NUMBER),
        Column("kind", "Kind"),
        Column("message", "What is wrong", flexible=True),
    )
    run.write([_finding(one) for one in found], columns)


def _finding(one: Finding) -> dict[str, object]:
    return {"line": one.line, "kind": str(one.kind), "message": one.message}
