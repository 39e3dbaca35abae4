"""What a run needs to know to find that it has nothing to do, without loading SQLAlchemy.

Reads the SQLite file with the standard library, read-only. Whatever is in the way (no file, another
database, an older schema, a lock) is "don't know", and the run goes the ordinary way.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from eveobs.esi.bounds import LONG_LIFETIME
from eveobs.records.schema import Schema, SubjectKind


@dataclass(frozen=True, slots=True)
class Fresh:
    """The last observation of a subject, while nothing of it needs to be asked again: until
    `expires`. The list itself may last longer than some of what hangs on it: until `list_expires`.
    """

    rows: int
    expires: str
    cached: int
    list_expires: str | None = None


def fresh(
    url: str, schema: Schema, kind: SubjectKind, subject_id: int, details: tuple[str, ...], now: str
) -> Fresh | None:
    """The last observation, if it is whole, has these details and is fresh at `now` (UTC text)."""
    found = _one(
        url,
        "SELECT rows, fresh_until, details, status, pages, expires FROM observations "
        "WHERE processor = ? AND subject_kind = ? AND subject_id = ? ORDER BY id DESC LIMIT 1",
        (schema.name, str(kind), subject_id),
    )
    if found is None or found[3] == "partial" or not found[1] or found[1] <= now:
        return None
    if found[1] > _latest(now):
        return None  # kept by a version that believed every header: it would never be read again
    if not set(details) <= set(found[2].split(",")):
        return None
    return Fresh(rows=found[0], expires=found[1], cached=found[4], list_expires=found[5])


def _latest(now: str) -> str:
    """The latest that an answer of ESI can be good until, seen from `now` (both UTC text)."""
    moment = datetime.fromisoformat(now) + timedelta(seconds=LONG_LIFETIME)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def name_to_id(url: str, category: str, name: str) -> int | None:
    """The id of a name that was met before, in any case."""
    found = _one(
        url,
        "SELECT id FROM names WHERE category = ? AND lower(name) = lower(?)",
        (category, name),
    )
    return None if found is None else int(found[0])


def id_to_name(url: str, number: int, category: str) -> str | None:
    """The name of an id that was met before, as that of a `category`: a station is no region."""
    query = "SELECT name FROM names WHERE id = ? AND category = ?"
    found = _one(url, query, (number, category))
    return None if found is None or found[0] is None else str(found[0])


def corporation_of(url: str, character_id: int) -> str | None:
    """The name of the corporation a character was last seen in."""
    found = _one(
        url,
        "SELECT names.name FROM characters JOIN names ON names.id = characters.corporation_id "
        "WHERE characters.character_id = ? ORDER BY characters.last_seen DESC LIMIT 1",
        (character_id,),
    )
    return None if found is None else found[0]


def source(url: str) -> tuple[str, str] | None:
    """Base URL and tenant of the ESI that the store belongs to; None where that is not known."""
    found = _one(url, "SELECT base_url, tenant FROM store_source", ())
    return None if found is None else (str(found[0]), str(found[1]))


def observed(url: str) -> list[tuple[str, str, str]]:
    """Of each processor, when a subject was last observed as a whole: the longest ago, and the
    latest (UTC text). Empty for a database that is not read this way.
    """
    return _all(
        url,
        "SELECT processor, min(last), max(last) FROM (SELECT processor, max(finished_at) AS last "
        "FROM observations WHERE whole GROUP BY processor, subject_kind, subject_id) "
        "GROUP BY processor ORDER BY processor",
    )


def _one(url: str, statement: str, values: tuple[object, ...]) -> tuple[Any, ...] | None:
    found = _all(url, statement, values)
    return found[0] if found else None


def _all(url: str, statement: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
    path = sqlite_path(url)
    if path is None or not path.is_file():
        return []
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as database:
            return database.execute(statement, values).fetchall()
    except (sqlite3.Error, OverflowError):  # the latter for a number of more than 64 bits
        return []


def sqlite_path(url: str) -> Path | None:
    """The file of a plain SQLite URL; None for any other database."""
    prefix, found, path = url.partition(":///")
    if not found or prefix.split("+")[0] != "sqlite" or not path or "?" in path:
        return None
    return Path(path)
