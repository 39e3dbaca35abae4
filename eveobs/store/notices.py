"""What was noticed that somebody wants to be told, and who has been told of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Column, ColumnElement, Connection, Table, Text, insert, select, update

from eveobs.store.tables import METADATA, UtcTime

NOTICES = Table(
    "notices",
    METADATA,
    Column("rule", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("text", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("noted_at", UtcTime, nullable=False),
    Column("told_to", Text, nullable=False, default=""),
    Column("told_at", UtcTime),
    Column("ended_at", UtcTime),
)
"""One row a thing that happened, by the rule that saw it. `told_to`: those who know, as long as
`told_at`, when all did, is empty. A state that is over has `ended_at`, and may begin anew.
"""
FIRST = ("", "the first look")
"""The key of a row that is no notice: since when there are any."""


class Notice(NamedTuple):
    """Something that somebody wants to be told. `at`: when it happened, or will."""

    rule: str
    key: str
    text: str
    at: datetime


Mark = tuple[str, str]
"""Rule and key of a notice."""


class Noted(list[Notice]):
    """Notices that are new. `baseline`: those that a first look found and noted as told."""

    def __init__(self, new: Iterable[Notice], baseline: Iterable[Notice] = ()) -> None:
        super().__init__(new)
        self.baseline = [*baseline]


class Untold(NamedTuple):
    """A notice, and those who know of it already."""

    notice: Notice
    told_to: frozenset[str]


def looked_before(connection: Connection) -> bool:
    """Whether notices were ever looked for."""
    found = select(NOTICES.c.rule).where(NOTICES.c.rule == FIRST[0], NOTICES.c.key == FIRST[1])
    return connection.execute(found).first() is not None


class _Changes(NamedTuple):
    """What a look changes: notices to add, states that are over, and which of the new are sent."""

    first: bool
    new: Sequence[Notice]
    over: Collection[Mark]
    sent: Noted


def _changes_by(
    connection: Connection,
    notices: Iterable[Notice],
    states: Collection[str],
    old_before: datetime,
    always: Collection[str] | None,
) -> _Changes:
    """What `note` does with these arguments; only reads."""
    sent_anyway = states if always is None else always

    def is_old(one: Notice) -> bool:
        return first and one.rule not in sent_anyway and one.at < old_before

    first = not looked_before(connection)
    found = {(one.rule, one.key): one for one in notices}
    known, open_ = _known(connection, states)
    new = [one for mark, one in found.items() if mark not in known]
    sent = Noted((one for one in new if not is_old(one)), filter(is_old, new))
    return _Changes(first, new, open_ - found.keys(), sent)


def note(
    connection: Connection,
    notices: Iterable[Notice],
    states: Collection[str],
    now: datetime,
    *,
    old_before: datetime,
    always: Collection[str] | None = None,
) -> Noted:
    """Note `notices`, each once; returns those that are new.

    `states` are rules of what lasts: what they do not see any more is over, and new if it comes
    again. At the first look, what happened before `old_before` is the baseline: noted as told,
    except what the rules of `always` (None: those of `states`) found.
    """
    changes = _changes_by(connection, notices, states, old_before, always)
    if changes.first:
        _add(connection, Notice(*FIRST, "", now), now, told=True)
    for mark in changes.over:
        _change(connection, mark, ended_at=now)
    held_back = {(one.rule, one.key) for one in changes.sent.baseline}
    for one in changes.new:
        mark = (one.rule, one.key)
        connection.execute(NOTICES.delete().where(*_is(mark)))
        _add(connection, one, now, told=mark in held_back)
    return changes.sent


def foresee(
    connection: Connection,
    notices: Iterable[Notice],
    states: Collection[str],
    *,
    old_before: datetime,
    always: Collection[str] | None = None,
    receivers: Collection[str] = (),
) -> Noted:
    """What the next run would send if it found `notices`; nothing is noted.

    That is what `note` would return, and before it what an earlier run noted and could not send to
    every one of `receivers` (none: to anybody), the oldest first.
    """
    sent = _changes_by(connection, notices, states, old_before, always).sent
    again = {(one.rule, one.key) for one in sent}
    waiting = [
        one.notice
        for one in untold(connection)
        if (one.notice.rule, one.notice.key) not in again
        and not (receivers and one.told_to >= {*receivers})
    ]
    return Noted([*waiting, *sent], sent.baseline)


def untold(connection: Connection) -> list[Untold]:
    """What not everybody knows yet, the oldest first."""
    wanted = select(NOTICES).where(NOTICES.c.told_at.is_(None)).order_by(NOTICES.c.at)
    return [
        Untold(Notice(row.rule, row.key, row.text, row.at), frozenset(row.told_to.split()))
        for row in connection.execute(wanted)
    ]


def note_told(
    connection: Connection,
    told: Sequence[Untold],
    who: str,
    everybody: Collection[str],
    now: datetime,
) -> None:
    """`who` knows of `told`; of what all of `everybody` know, that is noted too."""
    for one in told:
        knowing = one.told_to | {who}
        done = now if knowing >= {*everybody} else None
        mark = (one.notice.rule, one.notice.key)
        _change(connection, mark, told_to=" ".join(sorted(knowing)), told_at=done)


def _known(connection: Connection, states: Collection[str]) -> tuple[set[Mark], set[Mark]]:
    """What was noted and has not begun anew, and of it the states that were not over."""
    rows = connection.execute(select(NOTICES.c.rule, NOTICES.c.key, NOTICES.c.ended_at)).all()
    known = {(row.rule, row.key) for row in rows if row.ended_at is None}
    return known, {mark for mark in known if mark[0] in states}


def _is(mark: Mark) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return NOTICES.c.rule == mark[0], NOTICES.c.key == mark[1]


def _change(connection: Connection, mark: Mark, **values: Any) -> None:
    connection.execute(update(NOTICES).where(*_is(mark)).values(**values))


def _add(connection: Connection, one: Notice, now: datetime, *, told: bool) -> None:
    connection.execute(
        insert(NOTICES).values(**one._asdict(), noted_at=now, told_at=now if told else None)
    )
