"""Switching a file to WAL while others do the same."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from eveobs.esi.write_ahead import write_ahead

pytestmark = pytest.mark.unit


class Contended:
    """Is locked twice."""

    tries = 0

    def execute(self, statement: str) -> None:
        self.tries += 1
        if self.tries < 3:
            raise sqlite3.OperationalError("database is locked")


def test_switching_to_wal_waits_for_others() -> None:
    """SQLite itself gives up at once where two switch a new file at the same time."""
    contended: Any = Contended()
    write_ahead(contended, 5.0)
    assert contended.tries == 3
    hopeless: Any = Contended()
    with pytest.raises(sqlite3.OperationalError):
        write_ahead(hopeless, 0.0)


def test_what_is_no_lock_is_told_at_once() -> None:
    class Broken:
        tries = 0

        def execute(self, statement: str) -> None:
            self.tries += 1
            raise sqlite3.OperationalError("disk I/O error")

    broken: Any = Broken()
    with pytest.raises(sqlite3.OperationalError):
        write_ahead(broken, 5.0)
    assert broken.tries == 1
