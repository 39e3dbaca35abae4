"""The ledger of limits, shared by all eveobs processes of a machine through the state folder.

A row an ESI in a small SQLite file; each change is one short transaction, so that a process killed
in the middle leaves the ledger as it was. Where the folder cannot be used, this process keeps a
ledger of its own and says so once.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

from eveobs.errors import StoreError
from eveobs.esi.bounds import Clamped, whole_number
from eveobs.esi.limits import (
    COSTLIEST,
    EVERYTHING,
    Circuit,
    Ledger,
    bucket_key,
    cost,
)
from eveobs.esi.route import Route
from eveobs.esi.write_ahead import write_ahead
from eveobs.files import private_database

T = TypeVar("T")

FILE = "limits.sqlite3"
NOT_SENT = -1
"""In place of a status: the request never left this machine."""
PATIENCE = 5.0
"""Seconds to wait for other processes, which hold the file for a fraction of a millisecond."""

REASON_TOLERANCE = 0.5
"""Seconds by which a pause may be shorter than a wait that it is the reason of."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How many requests that may fail may be under way, and for how many seconds none at all."""

    allowance: int
    closed: float


class SharedLimits:
    """What one ESI (`name`, its base URL) allows all processes together. Use one a process."""

    def __init__(
        self,
        folder: Path | None,
        name: str,
        *,
        clock: Callable[[], float] = time.time,
        warn: Callable[[str], None] = lambda _: None,
        clamped: Callable[[str, Iterable[Clamped]], None] = lambda *_: None,
    ) -> None:
        """`warn` is told what is wrong with the file, `clamped` which values of it were out of
        their bounds.
        """
        self._clamped = clamped
        self._folder = folder
        self._name = name
        self._clock = clock
        self._warn = warn
        self._own = Ledger()
        self._database: sqlite3.Connection | None = None
        self.holder = f"{os.getpid()}-{time.monotonic_ns()}"

    def renew(self, want: int, under_way: int) -> Standing:
        """Take part in the error limit, as often as something may have changed."""
        now = self._clock()

        def ask(ledger: Ledger) -> Standing:
            allowance = ledger.allow(self.holder, want, under_way, now)
            spent = not ledger.errors_left(now)
            closed = max(ledger.window_ends - now, 0.001) if spent else 0.0
            return Standing(allowance, max(closed, ledger.paused(EVERYTHING, now)))

        return self._change(ask)

    def failed(self, headers: Mapping[str, str]) -> None:
        """An answer counted against the error limit; its headers say what ESI counted."""
        now = self._clock()

        def count(ledger: Ledger) -> None:
            ledger.failed(self.holder, now)
            _learn_errors(ledger, headers, now)

        self._change(count)

    def learn_errors(self, headers: Mapping[str, str]) -> None:
        """Take in what an answer says of the error limit."""
        self._change(lambda ledger: _learn_errors(ledger, headers, self._clock()))

    def reserve(self, route: Route, owner: str = "", *, paced: bool = True) -> float:
        """Take the tokens that asking `route` may cost; or the seconds to wait before trying.

        `owner` is the id of the character that asks; not `paced`: they are not spread.
        """
        now = self._clock()

        def take(ledger: Ledger) -> float:
            ledger.tidy(now)
            bucket = ledger.bucket(route, owner)
            paused = ledger.paused(bucket_key(route.group, owner), now)
            delay = max(paused, bucket.delay(COSTLIEST, now, paced=paced))
            if not delay:
                bucket.take(COSTLIEST, now)
            return delay

        return self._change(take)

    def settle(
        self, route: Route, status: int, headers: Mapping[str, str], under_way: int, owner: str = ""
    ) -> None:
        """Give back what an answer did not cost, and take in what it says. Status 0: none came, and
        what it cost is not known; NOT_SENT: it cost nothing.
        """

        def correct(ledger: Ledger) -> None:
            bucket = ledger.bucket(route, owner)
            if status:
                bucket.give_back(COSTLIEST - cost(status))
            if limit := headers.get("x-ratelimit-limit"):
                remaining = headers.get("x-ratelimit-remaining")
                bucket.learn(limit, remaining, self._clock(), under_way * COSTLIEST)

        self._change(correct)

    def pause(self, what: str, seconds: float, reason: str = "") -> None:
        """Let nobody ask `what` (a `bucket_key`, or EVERYTHING) for `seconds`, because of `reason`
        ("": its limit).
        """
        self._change(lambda ledger: ledger.pause(what, self._clock() + seconds, reason))

    def pause_reason(self, what: str, delay: float) -> str:
        """Reason of the pause that makes requests of `what` wait `delay` seconds; "" where none was
        given, or where it is a limit and not a pause that takes so long.
        """
        now = self._clock()

        def find(ledger: Ledger) -> str:
            # The clock went on since `delay` was found: a pause may seem shorter by some moments.
            is_pause = ledger.paused(what, now) >= delay - REASON_TOLERANCE
            return ledger.pause_reason(what, now) if is_pause else ""

        return self._change(find)

    def note_circuit(self, circuit: Circuit | None) -> None:
        """Let others know that this process has stopped asking, or asks again (None)."""

        def note(ledger: Ledger) -> None:
            ledger.circuit = circuit

        self._change(note)

    def look(self) -> Ledger:
        """The ledger as it is now."""
        return self._change(lambda ledger: ledger)

    def reset(self) -> None:
        """Forget what is known of the limits of every ESI, for all processes of the machine.

        A file that is damaged is removed. Raises StoreError where that is not possible.
        """
        if self._folder is None:
            return
        folder = self._folder
        if (database := self._open()) is not None:
            try:
                database.execute("DELETE FROM ledgers")
            except sqlite3.Error as error:
                self._degrade(error)
            else:
                return
        try:
            for file in (FILE, f"{FILE}-wal", f"{FILE}-shm"):
                (folder / file).unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(f"{folder / FILE} cannot be removed: {error.strerror}") from error

    def close(self) -> None:
        """This process asks no more."""
        if self._database is not None:
            self._change(lambda ledger: ledger.leave(self.holder))
        if self._database is not None:
            self._database.close()
            self._database = None

    def _change(self, act: Callable[[Ledger], T]) -> T:
        """`act` on the ledger in one transaction; on this process's own where that fails."""
        if (database := self._open()) is not None:
            try:
                with database:
                    database.execute("BEGIN IMMEDIATE")
                    ledger = self._load(database)
                    result = act(ledger)
                    row = (self._name, msgspec.msgpack.encode(ledger))
                    database.execute("INSERT OR REPLACE INTO ledgers VALUES (?, ?)", row)
            except sqlite3.Error as error:
                self._degrade(error)
            else:
                return result
        return act(self._own)

    def _load(self, database: sqlite3.Connection) -> Ledger:
        row = database.execute("SELECT data FROM ledgers WHERE name = ?", (self._name,)).fetchone()
        if row is not None:
            try:
                ledger = msgspec.msgpack.decode(row[0], type=Ledger)
                if clamped := ledger.bound(self._clock()):
                    self._clamped("limits kept on disk", clamped)
            except (msgspec.DecodeError, TypeError, RecursionError):
                self._warn("what was known of ESI's limits is damaged and begins anew")
            else:
                return ledger
        return Ledger()

    def _open(self) -> sqlite3.Connection | None:
        if self._database is None and self._folder is not None:
            try:
                private_database(self._folder / FILE)
                self._database = sqlite3.connect(
                    self._folder / FILE, timeout=PATIENCE, isolation_level=None
                )
                write_ahead(self._database, PATIENCE)
                self._database.execute("PRAGMA synchronous=OFF")
                self._database.execute(
                    "CREATE TABLE IF NOT EXISTS ledgers (name TEXT PRIMARY KEY, data BLOB NOT NULL)"
                )
            except (OSError, sqlite3.Error) as error:
                self._degrade(error)
        return self._database

    def _degrade(self, error: Exception) -> None:
        self._warn(
            f"the limits of ESI cannot be shared with other eveobs through {self._folder} ({error})"
        )
        self._folder = None
        if self._database is not None:
            self._database.close()
            self._database = None


def _learn_errors(ledger: Ledger, headers: Mapping[str, str], now: float) -> None:
    remain = whole_number(headers.get("x-esi-error-limit-remain"))
    reset = whole_number(headers.get("x-esi-error-limit-reset"))
    if remain is not None and reset is not None:
        ledger.learn_errors(remain, float(reset), now)
