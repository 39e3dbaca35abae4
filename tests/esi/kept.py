"""Cache folders with something in them, made by hand."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from eveobs.esi.cache import Entry, ResponseCache
from eveobs.esi.decompress import compress
from tests.esi.fakes import START, Time


def entry(body: bytes = b"[1, 2]", *, route: str = "/status", expires: float = START + 60) -> Entry:
    return Entry(route, 200, compress(body), 'W/"e"', START - 5, expires, 3, START)


def database(folder: Path) -> closing[sqlite3.Connection]:
    return closing(sqlite3.connect(folder / "cache.db", isolation_level=None))


def reopened(folder: Path) -> ResponseCache:
    return ResponseCache(folder, clock=Time(), warn=pytest.fail)


def filled(folder: Path, **entries: Entry) -> None:
    cache = reopened(folder)
    for key, kept in entries.items():
        cache.put(key, kept)
    cache.close()
