"""Taking in what another observer saw: rows of a list, and what hangs on them, with its moments.

All inside one transaction of the caller, in portions, so that memory stays flat. What is taken in
twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import NamedTuple, TypeVar

from sqlalchemy import Connection, delete, insert, select, update

from eveobs.records.collected import Meaning
from eveobs.records.schema import Detail, Record, Schema
from eveobs.store.bulk import Row, add_rows
from eveobs.store.chunks import chunks
from eveobs.store.life_cycle import Sighting
from eveobs.store.past import merge
from eveobs.store.tables import ANSWERS, ARCHIVE, OBSERVATIONS, tables_of

T = TypeVar("T")

PORTION = 5000
"""Rows in memory at a time."""
FULL_PAGE = 1000
"""Rows of a page of ESI. A detail that fills one may lack the next: it is not taken for all."""


class Seen(NamedTuple):
    """A row of the list of a subject, and when it was seen there."""

    subject_id: int
    at: datetime
    record: Record


class Hanging(NamedTuple):
    """A row of a detail, its record's key first, then by field; and when it was seen."""

    at: datetime
    row: Row


@dataclass(frozen=True, slots=True)
class Intake:
    """What is to be taken in; `details` by name. Of the records `not_found` (keys) there are none,
    which is known for good. `moment` is when it was observed, `now` when it is taken in. `advance`
    is told how many rows are done.
    """

    schema: Schema
    listed: Iterable[Seen]
    details: Mapping[str, Iterable[Hanging]]
    moment: datetime
    now: datetime
    advance: Callable[[int], object] = lambda _: None
    not_found: Iterable[int] = ()


@dataclass(slots=True)
class TakenIn:
    """How many rows there were, how many were new, of how many records more is known than before;
    new rows of details by name, and how many records have details now that need not be asked for.
    """

    rows: int = 0
    new: int = 0
    known_better: int = 0
    details: dict[str, int] = field(default_factory=dict)
    settled: int = 0

    @property
    def differs(self) -> bool:
        """Whether the store is another than before."""
        return any((self.new, self.known_better, self.settled, *self.details.values()))


def take_in(connection: Connection, intake: Intake) -> TakenIn:
    """Write `intake`. It is an observation too, which is neither whole nor fresh."""
    done = TakenIn()
    number = _begin(connection, intake)
    for portion in _portions(intake.listed):
        _merge(connection, intake.schema, portion, number, done)
        intake.advance(len(portion))
    for detail in intake.schema.details:
        rows = intake.details.get(detail.name, ())
        keep = _keep_final if detail.final else _keep_more
        done.details[detail.name] = keep(connection, intake, detail, rows, done)
    for keys in _portions(intake.not_found):
        done.settled += _settle_as_not_found(connection, intake, keys)
        intake.advance(len(keys))
    _end(connection, number, done)
    return done


def _begin(connection: Connection, intake: Intake) -> int:
    values = {
        "processor": intake.schema.name,
        "subject_kind": ARCHIVE,
        "subject_id": 0,
        "details": ",".join(intake.details),
        "status": "partial",
        "whole": False,
        "started_at": intake.now,
        "finished_at": intake.now,
        "moment": intake.moment,
    }
    key = connection.execute(insert(OBSERVATIONS).values(values)).inserted_primary_key
    return int(key[0]) if key else 0


def _end(connection: Connection, number: int, done: TakenIn) -> None:
    """Say what came of it; where nothing did, there was nothing."""
    this = OBSERVATIONS.c.id == number
    if done.differs:
        values = {"rows": done.rows, "new": done.new, "status": "complete"}
        connection.execute(update(OBSERVATIONS).where(this).values(values))
    else:
        connection.execute(delete(OBSERVATIONS).where(this))


def _merge(
    connection: Connection, schema: Schema, portion: Sequence[Seen], number: int, done: TakenIn
) -> None:
    lists: dict[tuple[int, datetime], dict[int, Record]] = {}
    for subject_id, at, record in portion:
        lists.setdefault((subject_id, at), {})[getattr(record, schema.key)] = record
    for (subject_id, at), rows in sorted(lists.items(), key=lambda one: one[0]):
        merged = merge(connection, Sighting(schema, subject_id, rows, at, number))
        done.new += merged.new
        done.known_better += merged.known_better
    done.rows += len(portion)


def _keep_more(
    connection: Connection, intake: Intake, detail: Detail, rows: Iterable[Hanging], _: TakenIn
) -> int:
    """Add what is not there yet; more may come."""
    new = 0
    for portion in _portions(rows):
        new += _add(connection, intake.schema, detail, [one.row for one in portion])
        intake.advance(len(portion))
    return new


def _keep_final(
    connection: Connection, intake: Intake, detail: Detail, rows: Iterable[Hanging], done: TakenIn
) -> int:
    """Add the rows of records that have none yet, and remember that they are all there are."""
    new = 0
    numbers: dict[int, int] = {}
    seen: dict[int, datetime] = {}
    for portion in _portions(rows):
        known = _given(connection, intake.schema, detail, {one.row[0] for one in portion})
        lacking = [one for one in portion if one.row[0] not in known]
        for at, row in lacking:
            numbers[row[0]] = numbers.get(row[0], 0) + 1
            seen[row[0]] = at
        new += _add(connection, intake.schema, detail, [one.row for one in lacking])
        intake.advance(len(portion))
    whole = {key: at for key, at in seen.items() if numbers[key] < FULL_PAGE}
    done.settled += _settle(connection, intake.schema, detail, whole)
    return new


def _add(connection: Connection, schema: Schema, detail: Detail, rows: list[Row]) -> int:
    names = (schema.key, *detail.record.__struct_fields__)
    return add_rows(connection, tables_of(schema).details[detail.name], names, rows)


def _given(
    connection: Connection, schema: Schema, detail: Detail, parents: Iterable[int]
) -> set[int]:
    """Those of `parents` whose rows are all there."""
    found: set[int] = set()
    for some in chunks(sorted(parents)):
        found.update(
            connection.execute(
                select(ANSWERS.c.parent).where(
                    ANSWERS.c.processor == schema.name,
                    ANSWERS.c.detail == detail.name,
                    ANSWERS.c.parent.in_(some),
                    ANSWERS.c.meaning == str(Meaning.GIVEN),
                )
            ).scalars()
        )
    return found


def _settle(
    connection: Connection, schema: Schema, detail: Detail, seen: Mapping[int, datetime]
) -> int:
    """These are answered for good, also where we came too late and were told that they are over."""
    for some in chunks(list(seen)):
        connection.execute(
            delete(ANSWERS).where(
                ANSWERS.c.processor == schema.name,
                ANSWERS.c.detail == detail.name,
                ANSWERS.c.parent.in_(some),
            )
        )
    names = ("processor", "detail", "parent", "meaning", "asked_at")
    given = str(Meaning.GIVEN)
    rows: list[Row] = [(schema.name, detail.name, key, given, at) for key, at in seen.items()]
    return add_rows(connection, ANSWERS, names, rows)


def _settle_as_not_found(connection: Connection, intake: Intake, keys: Sequence[int]) -> int:
    """These have no details, unless it is known that they have."""
    names = ("processor", "detail", "parent", "meaning", "asked_at")
    rows: list[Row] = [
        (intake.schema.name, detail.name, key, str(Meaning.NOT_FOUND), intake.moment)
        for detail in intake.schema.details
        for key in keys
    ]
    return add_rows(connection, ANSWERS, names, rows)


def _portions(rows: Iterable[T]) -> Iterator[list[T]]:
    left = iter(rows)
    while portion := list(islice(left, PORTION)):
        yield portion
