"""How a fetch ends: what is missing, in words, and the exit code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from eveobs.cli.endings import complain
from eveobs.errors import EveobsError, ExitCode
from eveobs.observation.unit import Report

if TYPE_CHECKING:
    from eveobs.cli.context import Run


def end(
    reports: Sequence[Report], absent: Sequence[EveobsError], run: Run, *, several: bool
) -> None:
    """Say what is missing, and end with the code of it; see `_code`.

    `absent`: errors of subjects that there is no report of. `several` processors took part.
    """
    for error in absent:
        complain(error)
    for (subject, text), some in _alike(reports).items():
        whose = f"{subject}: {_and(some)}" if several else subject
        _tell_missing(whose, text, some[0], run)
    code = _code(reports, absent)
    if code is not ExitCode.DONE:
        raise typer.Exit(code)


WORST_FIRST = (ExitCode.UNREACHABLE, ExitCode.LIMITED, ExitCode.SIGN_IN, ExitCode.CONFIGURATION)


def _code(reports: Sequence[Report], absent: Sequence[EveobsError]) -> ExitCode:
    """0 for all; 6 where nothing but a limit kept the rest, whatever arrived before it; the code of
    what stopped every subject, of several such the first of WORST_FIRST if nothing arrived; else 7.
    """
    codes = {report.exit_code for report in reports} | {error.exit_code for error in absent}
    codes.discard(ExitCode.DONE)
    if not codes:
        return ExitCode.DONE
    if codes == {ExitCode.LIMITED}:
        return ExitCode.LIMITED
    stopped = all(report.error is not None for report in reports)
    if stopped and (len(codes) == 1 or not any(map(_arrived, reports))):
        return next((code for code in WORST_FIRST if code in codes), min(codes))
    return ExitCode.PARTIAL


def _arrived(report: Report) -> bool:
    return report.outcome.status != "failed" and report.outcome.rows > 0


def _alike(reports: Sequence[Report]) -> dict[tuple[str, str], list[Report]]:
    """Reports of partial observations that say the same of the same subject."""
    alike: dict[tuple[str, str], list[Report]] = {}
    for report in reports:
        if report.unfinished:
            text = report.error.message if report.error else report.outcome.error or ""
            alike.setdefault((report.outcome.subject, text), []).append(report)
    return alike


def _and(reports: Sequence[Report]) -> str:
    return ", ".join(report.outcome.processor for report in reports)


def _tell_missing(whose: str, text: str, report: Report, run: Run) -> None:
    if report.error is not None:
        report.error.message = f"{whose}: {text}"
        complain(report.error)
        report.error.message = text  # it may be that of another report, too
    else:
        run.remark(f"partial: {whose}: {text}")
        run.remark("hint: What arrived is kept. Run it again to get the rest.")
