"""Running `eveobs fetch`: which units there are, doing them, telling what came of them."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from eveobs.cli.endings import complain
from eveobs.cli.options import chosen_fields, chosen_format
from eveobs.cli.reports import end
from eveobs.errors import SignInError, UsageError
from eveobs.observation.unit import Outcome, Report
from eveobs.records.schema import Column, Kind, SubjectKind
from eveobs.telemetry.progress import Rounds

if TYPE_CHECKING:
    from eveobs.cli.context import Run
    from eveobs.cli.office import LateStore, Office
    from eveobs.cli.wishes import Wish
    from eveobs.esi.access import Access
    from eveobs.esi.client import EsiClient
    from eveobs.observation.order import Due

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
OF_SEVERAL = (Column("processor", "Processor"), *COLUMNS)
NOTABLE = 30
"""Seconds that a run takes at least where an estimate is worth a line."""


def fetch_and_tell(names: Sequence[str] | None, run: Run, values: Mapping[str, Any]) -> None:
    """Do what `eveobs fetch` was asked to with the processors `names`, or with those of the
    settings; print the outcomes, end with their exit code.
    """
    run.loaded()
    shape = chosen_format(values)
    fields = chosen_fields(values)
    run.patient = not values["no_wait"]
    wishes = _orders(names, run, values)
    several = names is None or len(names) > 1
    if values["plan"]:
        from eveobs.cli.planning import plan_and_tell

        plan_and_tell(wishes, run, shape, fields, several=several)
        return
    run.check_source()
    absent: Sequence[SignInError] = ()
    reports = _warm(wishes, run)
    if reports is None:
        import asyncio

        done = Done()
        try:
            reports, absent = asyncio.run(_fetch_all(wishes, run, done, estimate=names is None))
        except KeyboardInterrupt:
            done.tell(run)
            raise
    run.write(
        [_row(report.outcome) for report in reports],
        OF_SEVERAL if several else COLUMNS,
        format=shape,
        fields=fields,
        all_fields=Outcome.__struct_fields__,
    )
    end(reports, absent, run, several=several)


def _orders(names: Sequence[str] | None, run: Run, values: Mapping[str, Any]) -> list[Wish]:
    from eveobs.cli.wishes import wish

    for kind in SubjectKind:
        if values.get(kind) and values.get("everywhere"):
            raise UsageError(f"--{kind} and --all-{kind}s exclude each other")
    if names is None:
        from eveobs.processors.registry import usual

        names = run.loaded().settings.observe.processors or usual()
    return [wish(name, run, values) for name in names]


def _row(outcome: Outcome) -> dict[str, object]:
    return {name: getattr(outcome, name) for name in outcome.__struct_fields__}


def _warm(wishes: Sequence[Wish], run: Run) -> list[Report] | None:
    """The outcomes when nothing has to be asked, found without network, SQLAlchemy or sign-in."""
    from eveobs.observation.warm import known_unit, nothing_to_do

    url = run.loaded().store_url()
    reports = []
    for wish in wishes:
        schema = wish.processor.schema
        words = wish.words.get(SubjectKind.REGION)
        if schema.owned or schema.by_type or not words:
            return None
        for word in words:
            unit = known_unit(wish.name, schema, word, wish.details, url)
            report = nothing_to_do(unit, schema, url, run.now()) if unit else None
            if report is None:
                return None
            reports.append(report)
    for report in reports:
        run.note_outcome(report.outcome)
    return reports


@dataclass(slots=True)
class Done:
    """How far a run is: `number` of `total` lists, for who interrupts it."""

    number: int = 0
    total: int = 0

    def tell(self, run: Run) -> None:
        """Say what is kept."""
        if self.total:
            noun = "list is" if self.total == 1 else "lists are"
            run.remark(
                f"stopped: {self.number:,} of {self.total:,} {noun} stored, and what arrived of "
                "details; the next run requests only the rest"
            )


async def _fetch_all(
    wishes: Sequence[Wish], run: Run, done: Done, *, estimate: bool
) -> tuple[list[Report], list[SignInError]]:
    from eveobs.cli.office import LateStore, Office
    from eveobs.observation.order import spread

    accesses = signed_in(wishes, run)
    with run.progress() as bars, LateStore(run) as store:
        progress = Rounds(bars)
        async with run.client(progress) as client:
            office = Office(run, client, store, progress, accesses)
            dues = await office.dues(wishes)
            absent = tell_lacks(office, run, left=bool(dues), once=estimate)
            done.total = len(dues)
            if estimate and len(dues) > 1:
                await _tell_estimate(dues, run, store)
            observer = Observer(run, client, store, progress, accesses)
            ordered = _counted(spread(dues), progress)
            reports = []
            for due in ordered:
                reports.append(await observer.report(due))
                done.number = len(reports)
                run.note_outcome(reports[-1].outcome)
    return reports, absent


async def _tell_estimate(dues: Sequence[Due], run: Run, store: LateStore) -> None:
    """Say what a long run will ask and how long that takes, before it begins."""
    from eveobs.cli.planning import estimate

    found = await estimate(dues, run, store)
    if found.seconds < NOTABLE and not (found.open and sys.stderr.isatty()):
        return
    run.remark(f"{len(dues):,} lists: {found.words}")
    for sentence in found.sentences:
        run.remark(sentence)


def signed_in(wishes: Sequence[Wish], run: Run) -> Sequence[Access]:
    """Who signed in, where that matters to `wishes`."""
    if not any(wish.processor.schema.owned for wish in wishes):
        return ()
    return run.sign_ins().accesses()


@dataclass(slots=True)
class Observer:
    """Observes what is due with the same client and store."""

    run: Run
    client: EsiClient
    store: LateStore
    progress: Rounds
    accesses: Sequence[Access]
    mentioned: bool = False

    async def report(self, due: Due) -> Report:
        """Observe what is due, unless it turns out to be fresh."""
        from eveobs.observation.turns import turn
        from eveobs.observation.warm import nothing_to_do

        if due.report is not None:
            return due.report
        loaded = self.run.loaded()
        url, schema = loaded.store_url(), due.processor.schema
        async with turn(due.unit, loaded.places.state / "units", self.progress):
            report = nothing_to_do(due.unit, schema, url, self.run.now())
            return report or await self._observe(due)

    async def _observe(self, due: Due) -> Report:
        from eveobs.observation.observe import observe

        if not self.mentioned:
            self.mentioned = True
            _mention_contact(self.run)
        return await observe(
            due.unit,
            due.processor,
            client=self.client,
            store=self.store(),
            progress=self.progress,
            access=due.access,
            accesses=self.accesses,
            batch=self.run.loaded().settings.store.batch_size,
        )


def tell_lacks(office: Office, run: Run, *, left: bool, once: bool = False) -> list[SignInError]:
    """Say on one line what nobody may read; what the settings name all the same is returned.

    With `once` it is said when it differs from what the run before said, or with -v. Raises
    SignInError when nothing is `left` to do.
    """
    from eveobs.observation.permission import refusals
    from eveobs.observation.subjects import nobody

    for name in office.of_npcs:
        run.remark(f"skipped: {name} is an NPC corporation; ESI has only its public sheet")
    absent = list(office.absent.values())
    refused = refusals(office.lacks)
    if office.signed_out:
        if not left or run.loaded().settings.observe.processors:
            absent.append(nobody())
        else:
            run.remark(f"only public lists: {nobody().message}; {nobody().hint}")
    if not left and (absent or refused):
        for error in (absent + refused)[:-1]:
            complain(error)
        raise (absent + refused)[-1]
    _tell_skipped(refused, run, once=once)
    return absent


def _tell_skipped(refused: Sequence[SignInError], run: Run, *, once: bool) -> None:
    """What is not read for want of a scope or a role, on one line, and what mends it."""
    from eveobs.cli.said_before import said_before

    if not refused:
        if once:
            said_before(run, "")
        return
    hints = {error.hint for error in refused}
    mends = (
        hints.pop() if len(hints) == 1 else "`eveobs auth list` shows what sign-ins are used for."
    )
    line = f"skipped: {'; '.join(error.message for error in refused)}. {mends}"
    if not once or not said_before(run, line) or run.verbose:
        run.remark(line)


def _counted(dues: Sequence[Due], progress: Rounds) -> Iterator[Due]:
    """`dues` one after the other; of more than one, progress tells how many are done."""
    kinds = {due.unit.subject_kind for due in dues}
    stage = f"{kinds.pop()}s" if kinds == {SubjectKind.REGION} else "lists"
    if len(dues) > 1:
        progress.expect(stage, len(dues))
    for due in dues:
        progress.begin()
        yield due
        if len(dues) > 1:
            progress.advance(stage)


def _mention_contact(run: Run) -> None:
    esi = run.loaded().settings.esi
    if urlsplit(esi.base_url).hostname == REAL_HOST and not esi.contact:
        run.remark(
            "note: CCP asks who is calling; tell it with "
            "`eveobs config set esi.contact you@your.domain`"
        )
