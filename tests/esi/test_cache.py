"""What was kept comes back as it was, or not at all: a cache that cannot be used is one warning and
a slower run, never a wrong answer and never a long wait.
"""

from __future__ import annotations

import os
import pickle
import random
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import diskcache
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eveobs.esi.cache import BATCH, SPELL, ResponseCache
from eveobs.esi.cache_folder import CacheFolder
from eveobs.esi.decompress import compress
from eveobs.esi.disk import FILE_FROM, DiskLevel
from eveobs.esi.route import Route
from tests.esi.fakes import LIST, START, Server, Time, client, ok
from tests.esi.kept import database, entry, filled, reopened

pytestmark = pytest.mark.unit

NOISE = random.Random(7)  # noqa: S311 - the same noise every time
LARGE = NOISE.randbytes(FILE_FROM + 1000)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "cache"


# -- what is kept ---------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [b"[]", b"[1, 2]", b" " * 5_000_000, LARGE])
def test_what_was_kept_comes_back_as_it_was(folder: Path, body: bytes) -> None:
    filled(folder, a=entry(body))
    cache = reopened(folder)
    found = cache.get("a")
    assert found == entry(body)
    assert found.text() == body
    assert cache.get("b") is None
    cache.close()


@given(st.floats(0, 4e9), st.floats(0, 4e9), st.floats(0, 4e9))
def test_what_is_fresh(stored: float, expires: float, now: float) -> None:
    kept = msgspec.structs.replace(entry(), stored=stored, expires=expires)
    if now >= expires:
        assert not kept.is_fresh(now)
    elif stored <= now:
        assert kept.is_fresh(now)
    elif stored - now > 3600:
        assert not kept.is_fresh(now)


def test_what_was_written_but_not_flushed_is_there_all_the_same(folder: Path) -> None:
    cache = ResponseCache(folder, memory_mb=0, clock=Time())
    cache.put("a", entry())
    assert cache.get("a") == entry()
    cache.flush()
    assert cache.get("a") == entry()
    cache.close()


def test_a_batch_is_due_when_it_is_worth_a_transaction(folder: Path) -> None:
    cache = reopened(folder)
    due = []
    for number in range(BATCH):
        due.append(cache.due)
        cache.put(str(number), entry())
    due.append(cache.due)
    cache.flush()
    due.append(cache.due)
    assert due == [*[False] * BATCH, True, False]
    cache.close()


def test_without_a_folder_memory_is_all_there_is(tmp_path: Path) -> None:
    cache = ResponseCache(None, clock=Time(), warn=pytest.fail)
    for number in range(2 * BATCH):
        cache.put(str(number), entry())
        assert not cache.due
    assert cache.get("0") == entry()
    cache.close()
    assert not list(tmp_path.iterdir())


def test_memory_has_a_size_and_the_least_used_give_way() -> None:
    cache = ResponseCache(None, memory_mb=1)
    for name in "abc":
        cache.put(name, entry(os.urandom(300_000)))
    assert cache.get("a")
    cache.put("d", entry(os.urandom(300_000)))
    assert [name for name in "abcd" if cache.get(name)] == ["a", "c", "d"]
    cache.put("a", entry(b"[]"))
    cache.put("e", entry(os.urandom(300_000)))
    assert [name for name in "acde" if cache.get(name)] == ["a", "c", "d", "e"]


def test_the_folder_has_a_size_and_the_oldest_give_way(folder: Path) -> None:
    cache = ResponseCache(folder, size_mb=2, memory_mb=0, warn=pytest.fail)
    for number in range(60):
        cache.put(str(number), entry(os.urandom(100_000)))
        cache.flush()
    assert cache.get("59")
    assert not cache.get("0")
    cache.close()
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    assert size < 4 * 1024 * 1024


def test_a_memory_that_gives_way_leaves_the_folder_alone(folder: Path) -> None:
    cache = ResponseCache(folder, memory_mb=0, clock=Time(), warn=pytest.fail)
    cache.put("a", entry())
    cache.put("a", entry(b"[3]"))
    cache.flush()
    assert cache.get("a") == entry(b"[3]")
    cache.drop("a")
    assert cache.get("a") is None
    cache.close()
    assert reopened(folder).get("a") is None


def test_what_expired_long_ago_is_forgotten(folder: Path) -> None:
    cache = ResponseCache(folder, memory_mb=0, clock=lambda: START + 15 * 86400)
    cache.put("old", entry(expires=-9e9))
    cache.flush()
    with database(folder) as connection:
        ((until,),) = connection.execute("SELECT expire_time - store_time FROM Cache")
    assert until == 14 * 86400
    cache.close()


# -- damage ---------------------------------------------------------------------------------------


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_a_byte_that_changed_anywhere_makes_it_a_miss(tmp_path: Path, data: st.DataObject) -> None:
    folder = tmp_path / "cache"
    filled(folder, a=entry(b'[{"contract_id": 1}]'))
    with database(folder) as connection:
        ((value,),) = connection.execute("SELECT value FROM Cache")
        damaged = bytearray(value)
        damaged[data.draw(st.integers(0, len(value) - 1))] ^= data.draw(st.integers(1, 255))
        connection.execute("UPDATE Cache SET value = ?", (bytes(damaged),))
    told: list[str] = []
    cache = ResponseCache(folder, clock=Time(), warn=told.append)
    assert cache.get("a") is None
    assert cache.get("a") is None
    assert len(told) == 1
    cache.close()


@pytest.mark.parametrize("junk", [b"", b"x", b"\x93\x01\x02", NOISE.randbytes(300)])
def test_bytes_that_are_no_entry_are_a_miss(folder: Path, junk: bytes) -> None:
    with DiskLevel(folder) as disk:
        disk.set_many([("a", junk, None)])
    told: list[str] = []
    cache = ResponseCache(folder, clock=Time(), warn=told.append)
    assert cache.get("a") is None
    cache.put("a", entry())
    cache.close()
    assert reopened(folder).get("a") == entry()
    assert len(told) == 1


def test_a_large_entry_whose_file_is_gone_is_a_miss(folder: Path) -> None:
    filled(folder, a=entry(LARGE))
    (file,) = folder.rglob("*.val")
    file.unlink()
    assert reopened(folder).get("a") is None


async def test_damaged_bodies_are_asked_for_again(folder: Path, time: Time) -> None:
    server = Server(ok([1]), lambda _: ok([2]))
    async with client(server, time, cache=reopened(folder)) as esi:
        await esi.get(LIST, {"region_id": 1}, shape=list[int])
    with database(folder) as connection:
        connection.execute("UPDATE Cache SET value = substr(value, 1, length(value) - 2)")
    told: list[str] = []
    cache = ResponseCache(folder, clock=time, warn=told.append)
    async with client(server, time, cache=cache) as esi:
        assert (await esi.get(LIST, {"region_id": 1}, shape=list[int])).value == [2]
    assert server.validators == [None, None]
    assert len(told) == 1


async def test_an_entry_that_is_one_but_holds_no_body_is_asked_for_again(
    folder: Path, time: Time
) -> None:
    server = Server(ok([1]))
    cache = reopened(folder)
    async with client(server, time, cache=cache) as esi:
        await esi.get(LIST, {"region_id": 1}, shape=list[int])
        (key,) = cache._memory
        for body in (b"no zstd", compress(b"no json"), b""):
            cache.put(key, msgspec.structs.replace(cache._memory[key], body=body))
            assert (await esi.get(LIST, {"region_id": 1}, shape=list[int])).value == [1]
    assert server.validators == [None] * 4


# -- pickles --------------------------------------------------------------------------------------


class Bomb:
    """Leaves a mark where it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Callable[..., None], tuple[str, ...]]:
        return os.mkdir, (str(self.mark),)


def test_a_planted_pickle_is_not_run(folder: Path, tmp_path: Path) -> None:
    mark = tmp_path / "executed"
    filled(folder, a=entry(), b=entry())
    bomb = pickle.dumps(Bomb(mark))
    with closing(diskcache.Cache(str(folder), disk=diskcache.Disk)) as planted:
        planted["a"] = Bomb(mark)
        planted[("a", "tuple")] = b"a pickled key"
        planted["large"] = [Bomb(mark)] * 100_000
    with database(folder) as connection:
        connection.execute(
            "INSERT INTO Cache (key, raw, mode, value) VALUES (?, 0, 4, ?)", (bomb, bomb)
        )
        connection.execute(
            "INSERT INTO Cache (key, raw, mode, value) VALUES ('c', 1, 4, ?)", (bomb,)
        )
        connection.execute("INSERT INTO Cache (key, raw, mode, value) VALUES ('d', 1, 1, 'text')")
        connection.execute("INSERT INTO Cache (key, raw, mode, value) VALUES ('e', 1, 3, 'text')")
        connection.execute("INSERT INTO Cache (key, raw, mode, value) VALUES ('f', 1, 1, 17)")
    assert not mark.exists()
    told: list[str] = []
    cache = ResponseCache(folder, size_mb=1, memory_mb=0, clock=Time(), warn=told.append)
    assert [cache.get(key) for key in ("a", "large", "c", "d", "e", "f")] == [None] * 6
    assert cache.get("b") == entry()
    for number in range(40):  # until the planted ones have to give way
        cache.put(str(number), entry(os.urandom(50_000)))
        cache.flush()
    cache.close()
    with DiskLevel(folder) as disk:
        disk.clear()
    assert not mark.exists()
    assert len(told) == 1


# -- how well it works ----------------------------------------------------------------------------

ITEMS = Route("GET", "/contracts/public/items/{contract_id}", 3600)


async def test_statistics_say_what_was_answered_from_where(folder: Path, time: Time) -> None:
    from eveobs.esi.cache_statistics import CacheStatistics

    server = Server(ok([1]), lambda r: ok([1], now=time.now, etag='"two"'))
    for _ in range(2):
        async with client(server, time, cache=ResponseCache(folder, clock=time)) as esi:
            for _ in range(3):
                await esi.get(LIST, {"region_id": 1}, shape=list[int])
    saved = CacheStatistics.load(folder)
    assert saved.counts == {
        LIST.path: {
            "absent": 1,
            "missed": 1,
            "stored": 1,
            "memory": 4,
            "disk": 1,
            "fresh": 5,
            "bytes_saved": 5 * len(b"[1]"),
        }
    }
    assert saved.since is not None
    assert list(saved.hits.values()) == [5]


async def test_a_long_run_is_counted_while_it_lasts(folder: Path, time: Time) -> None:
    from eveobs.esi.cache_statistics import CacheStatistics

    server = Server(ok([1]))
    async with client(server, time, cache=ResponseCache(folder, clock=time)) as esi:
        for _ in range(3):
            await esi.get(LIST, {"region_id": 1}, shape=list[int])
        assert CacheStatistics.load(folder).counts == {}
        time.now += SPELL
        await esi.get(LIST, {"region_id": 1}, shape=list[int])
        assert esi._flushing
        await esi._flushing
        counts = CacheStatistics.load(folder).counts[LIST.path]
        assert (counts["missed"], counts["fresh"]) == (1, 3)
        assert reopened(folder).get(next(iter(CacheStatistics.load(folder).hits)))


async def test_what_is_kept_does_not_wait_for_more_that_is(folder: Path, time: Time) -> None:
    server = Server(ok([1]))
    async with client(server, time, cache=ResponseCache(folder, clock=time)) as esi:
        await esi.get(LIST, {"region_id": 1}, shape=list[int])
        time.now += SPELL
        await esi.get(LIST, {"region_id": 2}, shape=list[int], keep=False)
        assert esi._flushing
        await esi._flushing
        assert len(list(CacheFolder(folder).entries())) == 1


def test_counts_that_cannot_be_kept_are_one_warning_and_the_cache_works(folder: Path) -> None:
    filled(folder, a=entry())
    (folder / "statistics.db").unlink()
    (folder / "statistics.db").mkdir()
    told: list[str] = []
    cache = ResponseCache(folder, clock=Time(), warn=told.append)
    for _ in range(3):
        assert cache.get("a") == entry()
        cache.put("b", entry())
        cache.flush()
    cache.close()
    assert len(told) == 1
    assert "cannot be counted" in told[0]
    assert reopened(folder).get("b") == entry()
