"""What the cache's database may hold: the tables, triggers, settings and rows of diskcache 5.6.

A database that was planted or altered can hold anything that SQLite runs by itself: triggers, views
in place of tables, computed columns. And diskcache runs each setting that it finds as a PRAGMA, and
sets it as an attribute. So whatever is not exactly what diskcache makes is refused, before it is
used.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from eveobs.esi.entry_files import MAX_SIZE, EntryFiles, RefusedEntryError

RAW, BINARY = 1, 2
"""diskcache's modes of values that are bytes, in the row or in a file."""
PRAGMAS = {
    "sqlite_auto_vacuum": 1,
    "sqlite_cache_size": 8192,
    "sqlite_journal_mode": "wal",
    "sqlite_mmap_size": 67_108_864,
    "sqlite_synchronous": 1,
}
NUMBERS = {
    "count",
    "cull_limit",
    "disk_min_file_size",
    "disk_pickle_protocol",
    "hits",
    "misses",
    "size",
    "size_limit",
    "statistics",
    "tag_index",
}
POLICY = "least-recently-stored"


def _trigger(name: str, event: str, change: str, key: str) -> str:
    what = f'Settings SET value = value {change} WHERE key = "{key}"'
    return f"CREATE TRIGGER {name} AFTER {event} ON Cache FOR EACH ROW BEGIN UPDATE {what}; END"


OBJECTS = {
    "Settings": "CREATE TABLE Settings ( key TEXT NOT NULL UNIQUE, value)",
    "sqlite_autoindex_Settings_1": "",
    "Cache": (
        "CREATE TABLE Cache ( rowid INTEGER PRIMARY KEY, key BLOB, raw INTEGER, store_time REAL, "
        "expire_time REAL, access_time REAL, access_count INTEGER DEFAULT 0, tag BLOB, "
        "size INTEGER DEFAULT 0, mode INTEGER DEFAULT 0, filename TEXT, value BLOB)"
    ),
    "Cache_key_raw": "CREATE UNIQUE INDEX Cache_key_raw ON Cache(key, raw)",
    "Cache_expire_time": "CREATE INDEX Cache_expire_time ON Cache (expire_time)",
    "Cache_store_time": "CREATE INDEX Cache_store_time ON Cache (store_time)",
    "Settings_count_insert": _trigger("Settings_count_insert", "INSERT", "+ 1", "count"),
    "Settings_count_delete": _trigger("Settings_count_delete", "DELETE", "- 1", "count"),
    "Settings_size_insert": _trigger("Settings_size_insert", "INSERT", "+ NEW.size", "size"),
    "Settings_size_update": _trigger(
        "Settings_size_update", "UPDATE", "+ NEW.size - OLD.size", "size"
    ),
    "Settings_size_delete": _trigger("Settings_size_delete", "DELETE", "- OLD.size", "size"),
}
"""Names of what diskcache makes, and how: SQLite keeps the statement, here with single spaces."""


class SchemaError(sqlite3.DatabaseError):
    """The database has something in it that eveobs did not put there."""


def check_objects(database: sqlite3.Connection, expected: Mapping[str, str]) -> None:
    """Raise SchemaError for anything but the `expected` tables, indexes and triggers.

    Some may be missing: whoever made them was killed, and the next one goes on.
    """
    for name, sql in database.execute("SELECT name, sql FROM sqlite_master"):
        if name not in expected or " ".join(str(sql or "").split()) != expected[name]:
            raise SchemaError(f"something unexpected is in its database ({str(name)[:40]!r})")


def check_cache(database: sqlite3.Connection) -> None:
    """Raise SchemaError for a database that is not as diskcache makes it, ForeignError for one of
    another program.
    """
    check_objects(database, OBJECTS)
    if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'Settings'").fetchone():
        return
    for key, value in database.execute("SELECT key, value FROM Settings"):
        try:
            check_setting(key, value)
        except ValueError as error:
            foreign = isinstance(key, str) and key.startswith("disk_")
            raise (ForeignError if foreign else SchemaError)(str(error)) from error


class ForeignError(Exception):
    """Another program's diskcache, which keeps settings of a disk that is not BytesDisk."""


def check_setting(key: object, value: object) -> None:
    """Raise ValueError for a setting that eveobs would not have written."""
    if not isinstance(key, str):
        right = False
    elif key in PRAGMAS:
        right = value == PRAGMAS[key]
    elif key == "eviction_policy":
        right = value == POLICY
    else:
        right = key in NUMBERS and isinstance(value, int)
    if not right:
        raise ValueError(f"an unexpected setting ({str(key)[:40]!r})")


def content(files: EntryFiles, mode: object, filename: object, value: object) -> bytes:
    """The bytes of a row with these columns: inline, or in a file of `files`.

    Raises RefusedEntryError for a row of any other kind, and OSError for a file that is gone.
    """
    if mode == BINARY and value is None:
        return files.read(filename)
    if mode != RAW or not isinstance(value, bytes):
        raise RefusedEntryError("it is not bytes")
    if filename is not None:
        raise RefusedEntryError("it is a row that also names a file")
    if len(value) > MAX_SIZE:
        raise RefusedEntryError("it is larger than any entry")
    return value
