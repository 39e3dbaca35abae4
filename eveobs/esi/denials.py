"""What ESI refuses for lasting reasons, remembered between runs: it is not asked again each run.

Two kinds. A list of a corporation that a character lacks the role for (403): each such answer
counts against a limit, and a role is given seldom. A character or corporation that does not exist
(404): deleted characters stay so. Both are asked again after a day, then after two, four, … 32
days, and a role at once when the character signs in again.

A small SQLite file in the state folder; where it cannot be used, nothing is remembered.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eveobs.errors import AnswerError, EveobsError
from eveobs.esi.bounds import DAY
from eveobs.esi.signing import RoleError
from eveobs.files import private_folder

if TYPE_CHECKING:
    from eveobs.esi.access import Access
    from eveobs.esi.route import Route

FILE = "denials.sqlite3"
MAX_ENTRIES = 10_000
MAX_DOUBLINGS = 5
"""The last back-off is 2^5 days."""
TIMEOUT = 2.0
"""Seconds to wait for other processes, which hold the file for some milliseconds."""
SHEETS = frozenset(("/characters/{character_id}", "/corporations/{corporation_id}"))
"""Routes whose 404 says that there is no such character or corporation."""
_TABLE = """
CREATE TABLE IF NOT EXISTS denials (
    subject TEXT NOT NULL, character_id INTEGER NOT NULL, status INTEGER NOT NULL,
    why TEXT NOT NULL, times INTEGER NOT NULL, until REAL NOT NULL,
    PRIMARY KEY (subject, character_id)
)
"""


@dataclass(frozen=True, slots=True)
class Denial:
    """One refusal: how often in a row, until when (seconds since the epoch) it is believed."""

    status: int
    why: str
    times: int
    until: float


class Denials:
    """Those of one ESI, `base`. Without a `folder` nothing is remembered."""

    def __init__(
        self, folder: Path | None, base: str, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._file = None if folder is None else folder / FILE
        self._base = base.rstrip("/")
        self._clock = clock
        self._known: dict[tuple[str, int], Denial] | None = None

    def check(self, route: Route, url: str, access: Access | None) -> None:
        """Raise what ESI answered before, where that still holds."""
        if (key := self._key(route, url, access)) is None:
            return
        denial = self._load().get(key)
        now = self._clock()
        # A clock that was wrong, or an altered file, must not shut anything out for longer.
        if denial is None or not now < denial.until <= now + DAY * 2**MAX_DOUBLINGS:
            return
        again = datetime.fromtimestamp(denial.until, UTC)
        why = f"{denial.why} (remembered; ESI is asked again after {again:%Y-%m-%d %H:%M} UTC)"
        if denial.status == 403:
            raise RoleError(why, hint="`eveobs auth login` signs the character in and asks again.")
        raise AnswerError(why, status=denial.status, hint="There is no such thing, or no longer.")

    def note(self, route: Route, url: str, access: Access | None, error: EveobsError) -> None:
        """Remember `error`, if it is one that lasts."""
        key = self._key(route, url, access)
        if key is None or not (isinstance(error, RoleError) or _is_gone(route, error)):
            return
        before = self._load().get(key)
        now = self._clock()
        if before is not None and before.until > now:
            return  # of another run: no second refusal
        times = 1 if before is None else min(before.times + 1, MAX_DOUBLINGS + 1)
        status = 403 if isinstance(error, RoleError) else 404
        denial = Denial(status, error.message[:300], times, now + DAY * 2 ** (times - 1))
        self._load()[key] = denial
        row = (*key, denial.status, denial.why, denial.times, denial.until)
        self._execute("INSERT OR REPLACE INTO denials VALUES (?, ?, ?, ?, ?, ?)", row)
        self._execute(
            "DELETE FROM denials WHERE rowid IN "
            "(SELECT rowid FROM denials ORDER BY until DESC LIMIT -1 OFFSET ?)",
            (MAX_ENTRIES,),
        )

    def admitted(self, route: Route, url: str, access: Access | None) -> None:
        """ESI answered: the next refusal is a first one again."""
        if self._known and (key := self._key(route, url, access)) in self._known:
            del self._known[key]
            self._execute("DELETE FROM denials WHERE subject = ? AND character_id = ?", key)

    def forget(self, character_id: int) -> None:
        """The character signed in again: what it was refused is asked again."""
        self._known = None
        if self._file is not None and self._file.exists():
            self._execute("DELETE FROM denials WHERE character_id = ?", (character_id,))

    def _key(self, route: Route, url: str, access: Access | None) -> tuple[str, int] | None:
        if self._file is None:
            return None
        if route.path in SHEETS:
            return f"{self._base}{url.partition('?')[0]}", 0
        if access is None or not route.path.startswith("/corporations/"):
            return None
        corporation = url.split("/", 3)[2]
        return f"{self._base}{route.path}|{corporation}", access.character_id

    def _load(self) -> dict[tuple[str, int], Denial]:
        if self._known is None:
            self._known = {}
            if self._file is not None and self._file.is_file():
                rows = self._execute(
                    "SELECT subject, character_id, status, why, times, until FROM denials"
                )
                for subject, character_id, *facts in rows:
                    if _is_sound(*facts):
                        self._known[subject, character_id] = Denial(*facts)
        return self._known

    def _execute(self, statement: str, values: Sequence[Any] = ()) -> list[Any]:
        """The rows of `statement`, in a transaction of its own; none where the file cannot be used,
        which costs what is remembered and no more.
        """
        if self._file is None:
            return []
        try:
            private_folder(self._file.parent)
            os.close(os.open(self._file, os.O_CREAT | os.O_RDWR, 0o600))
            with closing(sqlite3.connect(self._file, TIMEOUT)) as database, database:
                database.execute(_TABLE)
                return database.execute(statement, values).fetchall()
        except (OSError, sqlite3.Error):
            self._file = None
            return []


def _is_gone(route: Route, error: EveobsError) -> bool:
    return route.path in SHEETS and isinstance(error, AnswerError) and error.status == 404


def _is_sound(status: object, why: object, times: object, until: object) -> bool:
    """Whether a row is as it was written; somebody may have altered the file."""
    return (
        status in {403, 404}
        and isinstance(why, str)
        and isinstance(times, int)
        and 1 <= times <= MAX_DOUBLINGS + 1
        and isinstance(until, float)
    )
