"""What a run measures about itself, for --metrics-file, for --profile, and for who serves it."""

from __future__ import annotations

import asyncio
import os
import sys
from collections import Counter
from collections.abc import Iterable
from contextlib import ExitStack
from copy import deepcopy
from datetime import datetime
from pathlib import Path
from time import perf_counter, time
from typing import TYPE_CHECKING

from eveobs import __version__
from eveobs.errors import EveobsError
from eveobs.esi.cache_statistics import CacheStatistics
from eveobs.esi.routes import ROUTES
from eveobs.telemetry.metrics import Meter
from eveobs.telemetry.stages import Stage, Stages, loading, measuring, timed
from eveobs.telemetry.traffic import Traffic

if TYPE_CHECKING:
    from eveobs.cli.context import Run
    from eveobs.esi.cache import ResponseCache
    from eveobs.observation.unit import Outcome
    from eveobs.publish.publishing import Report
    from eveobs.store.store import Store


class Measures:
    """Hands counters to the client, the cache and the store of a `run`, and reads them.

    `before`: seconds that the run took to get here.
    """

    def __init__(self, run: Run, *, profile: bool, before: float) -> None:
        self._run = run
        self._began = perf_counter()
        self._before = before
        self._rows: Counter[str] = Counter()
        self.stages = Stages() if profile else None
        self._total = 0.0
        self.traffic = Traffic(self.stages)
        self.statistics = CacheStatistics()
        self.meter = Meter(routes={route.path for route in ROUTES})
        self.meter.set("build_info", __version__, to=1)
        self._profiling = ExitStack()
        if self.stages is not None:
            self.stages.add(Stage.START, before)
            self._profiling.enter_context(loading(self.stages))
            self._profiling.enter_context(measuring(self.stages))

    async def sleep(self, seconds: float) -> None:
        """In place of asyncio's: for limits, and before a request is tried again."""
        if self.stages is not None:
            self.stages.begin(Stage.WAITING)
        began = perf_counter()
        try:
            await asyncio.sleep(seconds)
        finally:
            self.traffic.waited(perf_counter() - began)
            if self.stages is not None:
                self.stages.end(Stage.WAITING)

    def cache(self, cache: ResponseCache) -> ResponseCache:
        """`cache`, timed if this is a profile."""
        return cache if self.stages is None else timed(cache, self.stages, Stage.CACHE)

    def store(self, store: Store) -> Store:
        """`store`, timed if this is a profile."""
        return store if self.stages is None else timed(store, self.stages, Stage.STORE)

    def observed(self, outcomes: Iterable[Outcome]) -> None:
        """Take in what came of observations."""
        for one in outcomes:
            self._rows[one.processor] += one.rows
            changes = {"new": one.new, "changed": one.changed, "gone": one.gone}
            self.meter.count_observation(one.processor, one.status, **changes)

    def published(self, report: Report) -> None:
        """Take in what became of a plan."""
        done = {
            kind: {str(action): number for action, number in actions.items()}
            for kind, actions in report.done.items()
        }
        failed = Counter((change.key.kind, str(change.action)) for change, _ in report.failed)
        self.meter.count_published(done, failed)

    def now(self) -> Meter:
        """Everything that was counted up to now."""
        meter = deepcopy(self.meter)
        self.traffic.into(meter)
        meter.count_cache(self.statistics.of_run())
        meter.set_last_rows(self._rows)
        self._read_ages(meter)
        return meter

    def text(self) -> str:
        """The same in Prometheus' text format, for who serves it."""
        from eveobs.telemetry.exposition import exposition

        return exposition(self.now())

    def stop(self) -> None:
        """The run is over; what comes now is not part of its profile."""
        if self.stages is not None:
            self._total = self.stages.total()
        self._profiling.close()

    def write(self, path: Path, command: str, code: int) -> None:
        """Add everything to the file `path`, and how the run ended. What is in the way is a
        warning: the run did what it was for.
        """
        from eveobs.telemetry.exposition import ForeignError, write_file

        warn = self._run.progress().warn
        meter = self.now()
        seconds = self._before + perf_counter() - self._began
        meter.set_run(command, ended=time(), seconds=seconds, exit_code=code)
        try:
            write_file(path, meter, warn)
        except OSError as error:
            warn(f"the metrics {path} cannot be written: {error.strerror or error}")
        except ForeignError as error:
            warn(f"the metrics are not written to {path}: {error}")

    def tell_profile(self) -> None:
        """A table on stderr: where the time went."""
        if self.stages is None:
            return
        from eveobs.cli.output import Format, write_rows
        from eveobs.records.schema import Column, Kind

        total = self._total
        rows = [
            {
                "stage": str(stage),
                "seconds": f"{seconds:.3f}",
                "share": f"{seconds / total:.0%}",
                "times": None if stage is Stage.START else self.stages.times[stage] or None,
            }
            for stage, seconds in self.stages.seconds.items()
            if seconds >= 0.0005 or self.stages.times[stage]
        ]
        rows.append({"stage": "all of it", "seconds": f"{total:.3f}", "share": "100%"})
        columns = (
            Column("stage", "Where the time went"),
            Column("seconds", "Seconds", Kind.NUMBER),
            Column("share", "Share", Kind.NUMBER),
            Column("times", "Times", Kind.NUMBER, rank=2),
        )
        write_rows(
            rows,
            columns=columns,
            format=Format.TABLE,
            fields=None,
            stream=sys.stderr,
            width=os.get_terminal_size(2).columns if sys.stderr.isatty() else None,
            colour=self._run.colour(sys.stderr.isatty()),
            now=self._run.now(),
            all_fields=tuple(column.field for column in columns),
        )

    def _read_ages(self, meter: Meter) -> None:
        """When each list was last observed, if the store can be read without opening it."""
        from eveobs.store.glance import observed

        try:
            ages = observed(self._run.loaded().store_url())
        except EveobsError:  # the settings cannot be read, which the command has said by itself
            return
        for processor, oldest, newest in ages:
            meter.set_observed(processor, oldest=_seconds(oldest), newest=_seconds(newest))


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
