"""Running `eveobs alerts`, and the same for a watch."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from eveobs.cli.options import Output, chosen_format
from eveobs.cli.output import Format
from eveobs.errors import ConfigError, UnreachableError
from eveobs.operate.alerts.alerting import Alerting
from eveobs.operate.alerts.digest import Message
from eveobs.operate.alerts.ground import Ground
from eveobs.operate.alerts.rules import chosen
from eveobs.operate.alerts.sinks import Sink, ids, sinks
from eveobs.records.schema import Column, Kind

if TYPE_CHECKING:
    from eveobs.cli.context import Run
    from eveobs.operate.health.finding import Examined
    from eveobs.store.notices import Noted, Notice

COLUMNS = (
    Column("rule", "Rule"),
    Column("text", "What", flexible=True),
    Column("at", "When", Kind.TIME, rank=2),
)
FIELDS = ("rule", "key", "text", "at")
BASELINE_SHOWN = 10
CHECKED = ("configuration", "cache", "store", "esi", "limits", "sso", "static-data")
"""The health checks that an alert may be about."""


def alert_and_tell(run: Run, output: Output, *, dry_run: bool) -> None:
    """Print what is new and send it; or with `dry_run` print what the next run would send."""
    shape = chosen_format(output)
    with _alerting(run, run.now(), [] if dry_run else _sinks(run)) as alerting:
        if dry_run:
            foreseen = alerting.foresee(ids(run.loaded().settings.alerts.to))
            _print(run, foreseen, shape)
            _explain_baseline(run, foreseen, "would not be sent")
            run.remark("dry run: nothing was noted or sent")
            return
        noted = alerting.notice()
        _print(run, noted, shape)
        _explain_baseline(run, noted)
        sent = alerting.tell()
        run.remark(_sent(sent, len(alerting.sinks)) if sent else "no new events")


def _sent(events: int, targets: int) -> str:
    """`sent 16 events to 1 target`."""
    return f"sent {events:,} event{'s' * (events != 1)} to {targets} target{'s' * (targets != 1)}"


def _explain_baseline(run: Run, noted: Noted, what: str = "were not sent") -> None:
    """Say what a first run holds back, and why."""
    if not noted.baseline:
        return
    run.remark(f"first run: {len(noted.baseline):,} earlier events are the baseline and {what}")
    for one in noted.baseline[:BASELINE_SHOWN]:
        run.remark(f"  {one.rule}: {one.text}")
    if len(noted.baseline) > BASELINE_SHOWN:
        run.remark(f"  … and {len(noted.baseline) - BASELINE_SHOWN:,} more")


def tell(run: Run, now: datetime) -> int:
    """Look and tell; how many notices were told."""
    with _alerting(run, now, _sinks(run)) as alerting:
        _explain_baseline(run, alerting.notice())
        return alerting.tell()


def try_out(run: Run) -> None:
    """Send a message to each; raises UnreachableError where one did not take it."""
    refused = []
    for sink in _sinks(run):
        taken = sink.send(Message("eveobs: a test", "This is how eveobs will tell you of things."))
        run.remark(f"{sink.kind}://…: {'delivered' if taken else 'failed'}")
        if not taken:
            refused.append(sink.kind)
    if refused:
        raise UnreachableError(
            f"{' and '.join(refused)}: delivery failed",
            hint="Is the address right, and can this machine reach it? -v says more.",
        )


def _sinks(run: Run) -> list[Sink]:
    found = sinks(run.loaded().settings.alerts.to)
    if not found:
        raise ConfigError(
            "no notification target configured",
            hint="Set alerts.to, for example EVEOBS_ALERTS__TO=discord://ID/TOKEN; "
            "--dry-run shows what would be sent.",
        )
    return found


@contextmanager
def _alerting(run: Run, now: datetime, told: Sequence[Sink]) -> Iterator[Alerting]:
    loaded = run.loaded()
    names = chosen(loaded.settings.alerts.rules)
    examined = _examined(run) if "health" in names else ()
    # Whoever is signed in is no rival, so that every rule about contracts needs to know.
    entries = run.sign_ins().vault.entries()
    with run.store() as store:
        me = loaded.settings.me.characters
        ground = Ground(store, loaded.settings.alerts, now, entries, examined, me)
        yield Alerting(ground, names, told)


def _examined(run: Run) -> Sequence[Examined]:
    from eveobs.operate.health.home import Home
    from eveobs.operate.health.roster import look_at

    return asyncio.run(look_at(Home(run.loaded()), CHECKED))


def _print(run: Run, notices: Sequence[Notice], shape: Format) -> None:
    run.write(
        [one._asdict() for one in notices],
        COLUMNS,
        format=shape,
        all_fields=FIELDS,
        id_field="key",
    )
