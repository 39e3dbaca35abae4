"""SQLite files that several processes write: readers and the writer do not wait for each other."""

from __future__ import annotations

import sqlite3
import time

MOMENT = 0.02
"""Seconds between two tries."""


def write_ahead(database: sqlite3.Connection, patience: float) -> None:
    """WAL mode. SQLite does not wait by itself while another process switches a new file to it, so
    for `patience` seconds it is tried again. Raises sqlite3.OperationalError.
    """
    until = time.monotonic() + patience
    while True:
        try:
            database.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() >= until:
                raise
            time.sleep(MOMENT)
        else:
            return
