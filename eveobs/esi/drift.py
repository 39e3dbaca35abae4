"""What answers of ESI have that eveobs was not written for: counted, and kept for `eveobs health`.

ESI adds fields and values of enumerations without a new compatibility date. Neither is an error:
the row is kept as it is. What was seen is kept in the state folder, in a small SQLite file that all
eveobs processes of the machine add to; `seen` reads it.

The names and values come from outside, so what is kept is bounded: MAX_ENTRIES entries in all,
MAX_VALUES of one field, MAX_LENGTH printable characters each.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from eveobs.files import private_folder

FILE = "drift.sqlite3"
MAX_ENTRIES = 400
MAX_VALUES = 20
MAX_LENGTH = 80
OTHERS = "(others)"
"""Stands for the values of a field beyond MAX_VALUES, and for the fields beyond MAX_ENTRIES."""
FIRST_SAMPLES = 32
TIMEOUT = 2.0
"""Seconds to wait for other processes, which hold the file for some milliseconds."""
_TABLE = """
CREATE TABLE IF NOT EXISTS drift (
    route TEXT NOT NULL, field TEXT NOT NULL, value TEXT NOT NULL, is_value INTEGER NOT NULL,
    first_seen REAL NOT NULL, last_seen REAL NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (route, field, value, is_value)
)
"""
_ADD = """
INSERT INTO drift VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET last_seen = excluded.last_seen, count = count + excluded.count
"""


@dataclass(frozen=True, slots=True)
class Sighting:
    """An undocumented field of the answers of `route` (`value` is None), or an undocumented value
    of an enumerated field.

    `route` is such as `GET /contracts/public/{region_id}`; a field of a nested object has a dotted
    name. Times in seconds since the epoch; `count`: rows for a value, sampled rows for a field.
    """

    route: str
    field: str
    value: str | None
    first_seen: float
    last_seen: float
    count: int

    @property
    def text(self) -> str:
        """What was seen, in a few words."""
        if self.value is None:
            return f"field {self.field} of {self.route}"
        return f"value {self.value} of {self.field} of {self.route}"


class DriftRecorder:
    """Counts undocumented fields and values, and adds them to the file in `folder` with `flush`.

    Each new one is passed to `warn` once a run. Without a folder, or where it cannot be written,
    what was seen is only said.
    """

    def __init__(
        self,
        folder: Path | None,
        *,
        clock: Callable[[], float] = time.time,
        warn: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._folder = folder
        self._clock = clock
        self._warn = warn
        self._warned: set[tuple[str, str]] = set()
        self._samples: dict[str, int] = {}
        self._seen: dict[tuple[str, str, str | None], Sighting] = {}

    def note(self, route: str, field: str, value: str | None = None, count: int = 1) -> None:
        """Count `count` rows with the undocumented `field`, or with this `value` of it."""
        key = self._key(route, field, value)
        now = self._clock()
        before = self._seen.get(key)
        first, counted = (before.first_seen, before.count) if before else (now, 0)
        self._seen[key] = Sighting(*key, first, now, counted + count)
        if (route, field) not in self._warned and len(self._warned) < MAX_VALUES:
            self._warned.add((route, field))
            self._warn(
                f"ESI sends a {self._seen[key].text} that this version of eveobs does not know; "
                "the row is kept as it is"
            )

    def wants_sample(self, route: str) -> bool:
        """Whether the fields of one more answer of `route` are worth looking at: of the first
        FIRST_SAMPLES, and of every eighth after that. Looking takes some microseconds.
        """
        count = self._samples.get(route, 0)
        self._samples[route] = count + 1
        return count < FIRST_SAMPLES or count % 8 == 0

    def flush(self) -> None:
        """Add what was counted to the file, in one transaction."""
        seen, self._seen = self._seen, {}
        if not seen or self._folder is None:
            return
        try:
            private_folder(self._folder)
            file = self._folder / FILE
            os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
            with closing(sqlite3.connect(file, TIMEOUT, isolation_level=None)) as database:
                database.execute("BEGIN IMMEDIATE")
                _add(database, [*seen.values()])
                database.execute("COMMIT")
        except (OSError, sqlite3.Error):  # it is only a count; the next run sees the same again
            return

    def _key(self, route: str, field: str, value: str | None) -> tuple[str, str, str | None]:
        key = (route, printable(field), None if value is None else printable(value))
        if key in self._seen or len(self._seen) < MAX_ENTRIES:
            return key
        return (route, OTHERS, None if value is None else OTHERS)


def seen(folder: Path) -> list[Sighting]:
    """All that was counted and not flushed away, by route, field and value; nothing where the file
    does not exist or cannot be read.
    """
    file = folder / FILE
    if not file.is_file():
        return []
    try:
        with closing(
            sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", TIMEOUT, uri=True)
        ) as database:
            rows = database.execute(
                "SELECT route, field, CASE WHEN is_value THEN value END,"
                " first_seen, last_seen, count FROM drift ORDER BY route, field, value LIMIT ?",
                (MAX_ENTRIES,),
            ).fetchall()
    except sqlite3.Error:
        return []
    return [_sighting(*row) for row in rows]


def printable(text: str) -> str:
    """At most MAX_LENGTH characters of `text`, each that is not printable ASCII replaced."""
    kept = "".join(one if " " <= one <= "~" else "?" for one in text[:MAX_LENGTH])
    return kept + ("..." if len(text) > MAX_LENGTH else "")


def _add(database: sqlite3.Connection, sightings: list[Sighting]) -> None:
    database.execute(_TABLE)
    for one in sightings:
        field, value = _place(database, one)
        values = (one.route, field, value or "", value is not None)
        database.execute(_ADD, (*values, one.first_seen, one.last_seen, one.count))


def _place(database: sqlite3.Connection, one: Sighting) -> tuple[str, str | None]:
    """The field and value to count `one` under: its own, or OTHERS where there are too many."""
    is_value = one.value is not None
    here = "FROM drift WHERE route = ? AND field = ? AND is_value = ?"
    known = database.execute(
        f"SELECT 1 {here} AND value = ?",
        (one.route, one.field, is_value, one.value or ""),
    ).fetchone()
    if known:
        return one.field, one.value
    (entries,) = database.execute("SELECT count(*) FROM drift").fetchone()
    if entries >= MAX_ENTRIES:
        # One entry for all that is beyond the bound, whichever route it came from.
        return OTHERS, OTHERS if is_value else None
    (values,) = database.execute(
        f"SELECT count(*) {here}", (one.route, one.field, is_value)
    ).fetchone()
    return one.field, OTHERS if is_value and values >= MAX_VALUES else one.value


def _sighting(
    route: object, field: object, value: object, first: object, last: object, count: object
) -> Sighting:
    """A row of the file, which somebody may have altered: texts made safe, numbers made numbers."""
    return Sighting(
        printable(str(route)),
        printable(str(field)),
        None if value is None else printable(str(value)),
        float(first) if isinstance(first, int | float) else 0.0,
        float(last) if isinstance(last, int | float) else 0.0,
        count if isinstance(count, int) else 0,
    )
