"""Observe one subject with one processor, and say what came of it."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any

from msgspec import structs

from eveobs.errors import ConfigError, EveobsError, LimitError, StoreError
from eveobs.esi.answers import Usage
from eveobs.esi.threads import in_thread
from eveobs.observation.memory import StoreMemory
from eveobs.observation.names import remember_names
from eveobs.observation.places import of_the_universe, places, structures
from eveobs.observation.unit import Outcome, Report, Unit
from eveobs.processors.interface import Processor, Task
from eveobs.records.collected import Collected, DetailAnswer
from eveobs.records.schema import Record, Schema
from eveobs.store.applying import Applied, Draft
from eveobs.telemetry.about import about
from eveobs.telemetry.progress import Progress

if TYPE_CHECKING:
    from eveobs.esi.access import Access
    from eveobs.esi.client import EsiClient
    from eveobs.store.store import Store

LOG = logging.getLogger(__name__)
LOG.addHandler(logging.NullHandler())  # where nobody listens it says nothing
SAVED_EVERY = 1.0
EMPTY: Collected[Record] = Collected(
    (), 0, whole=False, missing="", moment=None, expires=None, fresh_until=None
)


@dataclass(slots=True)
class _Keeper:
    """Takes details as they come: those that are final go to the store in batches, at least every
    SAVED_EVERY seconds, so that a run that is killed asks hardly any of them again; the others
    wait for the observation.
    """

    store: Store
    schema: Schema
    batch: int
    now: Callable[[], datetime]
    final: list[DetailAnswer[Record]] = field(default_factory=list)
    waiting: list[DetailAnswer[Record]] = field(default_factory=list)
    ids: set[int] = field(default_factory=set)
    kept: int = 0
    saved: float = field(default_factory=monotonic)

    async def add(self, answer: DetailAnswer[Record]) -> None:
        detail = self.schema.detail(answer.detail)
        self.ids.update(_ids(answer.rows, detail.names))
        if not detail.final:
            self.waiting.append(answer)
            return
        self.final.append(answer)
        if len(self.final) >= self.batch or monotonic() - self.saved > SAVED_EVERY:
            await self.flush()

    async def flush(self) -> None:
        answers, self.final = self.final, []
        self.saved = monotonic()
        if answers:
            kept = await in_thread(self.store.keep_answers, self.schema, answers, self.now())
            self.kept += kept


async def observe(
    unit: Unit,
    processor: Processor,
    *,
    client: EsiClient,
    store: Store,
    progress: Progress,
    access: Access | None = None,
    accesses: Sequence[Access] = (),
    batch: int = 1000,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Report:
    """Run `unit`. What ESI does wrong is in the report; StoreError and ConfigError are raised.

    `access` reads its lists; any of `accesses` may know the name of a structure.
    """
    with about(unit.subject_name):
        schema = processor.schema
        started = now()
        before = replace(client.usage)
        keeper = _Keeper(store, schema, batch, now)
        task = Task(
            unit.subject_id,
            unit.subject_kind,
            unit.details,
            StoreMemory(store, schema),
            progress,
            access,
        )
        collected, error = await _collect(processor, client, task, keeper)
        namer = _Namer(unit, keeper, client, progress, accesses)
        unnamed = await namer.name(collected.rows)
        draft = Draft(
            schema=schema,
            subject_kind=unit.subject_kind,
            subject_id=unit.subject_id,
            rows=collected.rows,
            pages=collected.pages,
            whole=collected.whole,
            error=collected.missing or (error.message if error else None),
            details=unit.details,
            answers=keeper.waiting,
            moment=collected.moment,
            expires=collected.expires,
            fresh_until=None if unnamed or error or collected.missing else collected.fresh_until,
            started_at=started,
            finished_at=now(),
            costs=_costs(before, client.usage),
            kept_before=keeper.kept,
        )
        applied = await in_thread(store.apply, draft)
        outcome = _outcome(unit, draft, applied, error)
        LOG.info("observed", extra=structs.asdict(outcome))
        return Report(outcome, error, draft.expires)


async def _collect(
    processor: Processor, client: EsiClient, task: Task, keeper: _Keeper
) -> tuple[Collected[Record], EveobsError | None]:
    collected = EMPTY
    problem: EveobsError | None = None
    try:
        async with aclosing(processor.collect(client, task)) as parts:
            async for part in parts:
                if isinstance(part, Collected):
                    collected, problem = part, part.stopped
                else:
                    await keeper.add(part)
    except (StoreError, ConfigError):
        raise
    except EveobsError as error:
        problem = error
    except BaseException:  # Ctrl-C, or a defect of a processor: what was answered is kept
        await keeper.flush()
        raise
    await keeper.flush()
    return collected, problem


@dataclass(frozen=True, slots=True)
class _Namer:
    """Asks for the names of what a reading met."""

    unit: Unit
    keeper: _Keeper
    client: EsiClient
    progress: Progress
    accesses: Sequence[Access]

    async def name(self, rows: Sequence[Record]) -> EveobsError | None:
        """Keep the names; the error that left some unknown."""
        if not rows:
            return None
        schema, store = self.keeper.schema, self.keeper.store
        ids = self.keeper.ids | _ids(rows, schema.names) | {self.unit.subject_id}
        ids |= await in_thread(store.never_asked, schema, self.unit.details)
        there = places(rows, schema)
        error = await self._remember(remember_names, ids | of_the_universe(there))
        if schema.owned:
            owner = self.unit.subject_id
            wanted = await in_thread(structures, there, rows, schema, owner, store)
            error = await self._structures(wanted) or error
        if error is not None:
            self.progress.warn(f"some names are not known yet: {error.message}")
        return error

    async def _structures(self, ids: set[int]) -> EveobsError | None:
        if not ids:
            return None
        from eveobs.observation.structures import remember_structures

        return await self._remember(partial(remember_structures, accesses=self.accesses), ids)

    async def _remember(
        self, remember: Callable[..., Awaitable[EveobsError | None]], ids: set[int]
    ) -> EveobsError | None:
        return await remember(
            ids,
            client=self.client,
            store=self.keeper.store,
            now=self.keeper.now(),
            progress=self.progress,
        )


def _ids(rows: Sequence[Record], names: Any) -> set[int]:
    fields = [name for name in names if rows and name in rows[0].__struct_fields__]
    found = {getattr(row, name) for row in rows for name in fields}
    found.discard(None)
    return found


def _costs(before: Usage, after: Usage) -> dict[str, int]:
    return {
        name: getattr(after, name) - getattr(before, name)
        for name in ("requests", "not_modified", "cached", "tokens", "bytes")
    }


def _outcome(unit: Unit, draft: Draft, applied: Applied, error: EveobsError | None) -> Outcome:
    expires = draft.fresh_until or draft.expires
    arrived = draft.rows or draft.answers or draft.kept_before or draft.pages
    # A limit is no failure: the rest is left for the next run.
    failed = error is not None and not arrived and not isinstance(error, LimitError)
    return Outcome(
        processor=unit.processor,
        subject=unit.subject_name,
        status="failed" if failed else applied.status,
        rows=len(draft.rows),
        new=applied.new,
        changed=applied.changed,
        gone=applied.gone,
        **draft.costs,
        seconds=round((draft.finished_at - draft.started_at).total_seconds(), 3),
        expires=expires.strftime("%Y-%m-%dT%H:%M:%SZ") if expires else None,
        error=draft.error,
    )
