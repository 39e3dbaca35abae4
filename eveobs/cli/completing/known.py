"""Values from the store, read with the standard library: it is there in milliseconds, or not."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from eveobs.cli.completing.words import Source

MOST = 200
"""Names that a shell is given at once."""
WAIT = 0.05
"""Seconds to wait for a database that is being written."""
OF_CATEGORY = "SELECT DISTINCT name FROM names WHERE category = ? AND name LIKE ? ESCAPE '\\' "
OF_SUBJECTS = (
    "SELECT DISTINCT names.name FROM observations JOIN names ON names.id = subject_id "
    "WHERE subject_kind = ? AND names.name LIKE ? ESCAPE '\\' "
)


def values(source: Source, start: str, store: Path | None) -> Iterable[str]:
    """The values of `source` that begin with `start`, in any case."""
    if "list" in source:
        return [one for one in source["list"] if one.casefold().startswith(start.casefold())]
    if store is None or not store.is_file():
        return []
    asked = OF_SUBJECTS if "subjects" in source else OF_CATEGORY
    kind = source.get("subjects") or source.get("names")
    like = "".join(f"\\{c}" if c in "\\%_" else c for c in start) + "%"
    try:
        with closing(
            sqlite3.connect(f"file:{quote(str(store))}?mode=ro", uri=True, timeout=WAIT)
        ) as database:
            rows = database.execute(f"{asked}ORDER BY names.name LIMIT {MOST}", (kind, like))
            return [name for (name,) in rows if name and name.isprintable()]
    except sqlite3.Error:
        return []
