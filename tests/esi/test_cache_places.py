"""A folder that cannot be used is one warning and a slower run: never a wrong answer, never a long wait."""

from __future__ import annotations

import asyncio
import os
import sys
import time as real_time
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import PIPE, Popen

import diskcache
import pytest

from eveobs.esi.cache import BATCH, ResponseCache
from tests.esi.fakes import LIST, Server, Time, Warnings, client, ok
from tests.esi.kept import database, entry, filled, reopened

pytestmark = pytest.mark.unit


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "cache"


def a_file(folder: Path) -> None:
    folder.parent.mkdir(parents=True)
    folder.write_text("not a folder")


def below_a_file(folder: Path) -> None:
    folder.parent.parent.mkdir(exist_ok=True)
    folder.parent.write_text("not a folder")


def garbage(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "cache.db").write_bytes(b"SQLite format 3\x00" + os.urandom(5000))


def another_database(folder: Path) -> None:
    folder.mkdir(parents=True)
    with database(folder) as connection:
        connection.execute("CREATE TABLE Settings (unexpected TEXT)")
        connection.execute("CREATE TABLE Cache (unexpected TEXT)")


def another_program(folder: Path) -> None:
    diskcache.Cache(str(folder), disk=diskcache.JSONDisk, disk_compress_level=6).close()


def a_folder_for_a_database(folder: Path) -> None:
    (folder / "cache.db").mkdir(parents=True)


def read_only(folder: Path) -> None:
    filled(folder, a=entry())
    with database(folder) as connection:
        connection.execute("PRAGMA journal_mode = delete")
    (folder / "cache.db-journal").mkdir()  # where SQLite would have to write first


PLACES = [
    a_file,
    below_a_file,
    garbage,
    another_database,
    another_program,
    a_folder_for_a_database,
    read_only,
]


@pytest.mark.parametrize("make", PLACES)
async def test_a_folder_that_cannot_be_used_is_one_warning_and_a_slower_run(
    folder: Path, time: Time, make: Callable[[Path], None]
) -> None:
    make(folder)
    server, seen = Server(lambda _: ok([1])), Warnings()
    cache = ResponseCache(folder, memory_mb=0, clock=time, warn=seen.warn)
    async with client(server, time, cache=cache) as esi:
        for region in range(3 * BATCH):
            answer = await esi.get(LIST, {"region_id": region}, shape=list[int])
            assert answer.value == [1]
        await esi.get(LIST, {"region_id": 1}, shape=list[int])
    assert len(server.requests) == 3 * BATCH + 1
    assert len(seen.messages) == 1, seen.messages
    assert str(folder) in seen.messages[0]
    assert "goes on without it" in seen.messages[0]


LOCK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1] + "/cache.db", isolation_level=None)
connection.execute(sys.argv[2])
connection.execute("BEGIN EXCLUSIVE")
connection.execute("UPDATE Settings SET value = value")
print("locked", flush=True)
sys.stdin.read()
"""


@pytest.fixture(params=["SELECT 1", "PRAGMA locking_mode = exclusive"])
def locked(folder: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """By another process: for writing, or altogether."""
    filled(folder, a=entry())
    arguments = [sys.executable, "-c", LOCK, str(folder), request.param]
    with Popen(arguments, stdin=PIPE, stdout=PIPE, text=True) as other:
        assert other.stdout
        assert other.stdout.readline() == "locked\n"
        yield folder
        other.terminate()


async def test_a_folder_that_another_process_holds_is_given_up_soon(
    locked: Path, time: Time
) -> None:
    seen = Warnings()
    cache = ResponseCache(locked, clock=time, warn=seen.warn, patience=0.1)
    server = Server(ok([1]))
    before = real_time.monotonic()
    async with client(server, time, cache=cache) as esi:
        for region in range(5):
            assert (await esi.get(LIST, {"region_id": region}, shape=list[int])).value == [1]
    assert real_time.monotonic() - before < 2
    assert len(seen.messages) == 1, seen.messages


def test_a_folder_that_is_held_later_is_given_up_then(folder: Path) -> None:
    told: list[str] = []
    cache = ResponseCache(folder, clock=Time(), warn=told.append, patience=0.05)
    cache.put("a", entry())
    cache.flush()
    with database(folder) as other:
        other.execute("BEGIN IMMEDIATE")
        cache.put("b", entry())
        cache.flush()
        assert len(told) == 1
        assert cache.get("b") == entry()
    cache.close()
    assert len(told) == 1
    assert reopened(folder).get("a") == entry()


FULL = """
import os, resource, sys
from pathlib import Path
from eveobs.esi.cache import Entry, ResponseCache
from eveobs.esi.decompress import compress
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
cache = ResponseCache(Path(sys.argv[1]), memory_mb=0, warn=print)
for number in range(30):
    body = compress(os.urandom(100_000))
    cache.put(str(number), Entry("/status", 200, body, "", None, 9e9, 1, 0.0))
    cache.flush()
cache.close()
"""


@pytest.mark.integration
def test_a_full_disk_is_one_warning(folder: Path) -> None:
    with Popen([sys.executable, "-c", FULL, str(folder)], stdout=PIPE, text=True) as process:
        assert process.stdout
        told = process.stdout.read().splitlines()
    assert process.returncode == 0
    assert len(told) == 1
    assert "goes on without it" in told[0]


async def test_writing_beside_reading_loses_nothing(folder: Path) -> None:
    cache = ResponseCache(folder, memory_mb=0, clock=Time(), warn=pytest.fail)
    for number in range(2000):
        cache.put(str(number), entry(str(number).encode()))
    writing = asyncio.create_task(asyncio.to_thread(cache.flush))
    await asyncio.sleep(0)
    for number in range(2000, 2300):
        cache.put(str(number), entry(str(number).encode()))
        await asyncio.sleep(0)
    await writing
    cache.close()
    again = reopened(folder)
    for number in range(2300):
        found = again.get(str(number))
        assert found
        assert found.text() == str(number).encode()
    again.close()
