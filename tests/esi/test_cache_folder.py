"""The folder can be read without being changed, every damage is found, and dropping it keeps the
rest.
"""

from __future__ import annotations

import os
import pickle
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import diskcache
import pytest
from msgspec.structs import replace

from eveobs.esi.cache import Entry, ResponseCache, pack
from eveobs.esi.cache_folder import UNDER_WAY, CacheFolder, View
from eveobs.esi.cache_pruning import useless
from eveobs.esi.cache_statistics import FILE as STATISTICS
from eveobs.esi.cache_statistics import CacheStatistics, Tally
from eveobs.esi.decompress import compress
from eveobs.esi.disk import FILE_FROM, DamagedError, DiskError, DiskLevel
from tests.esi.fakes import START, Time

pytestmark = pytest.mark.unit

KEY = "tranquility|en|2026-08-18|https://esi.test"
FILES = "[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]/*.val"
LARGE = os.urandom(FILE_FROM + 1000)


def entry(body: bytes = b"[1, 2]", *, stored: float = START, expires: float = 60) -> Entry:
    return Entry("/status", 200, compress(body), '"e"', START - 5, START + expires, 1, stored)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three small entries and a large one, which is a file of its own."""
    folder = tmp_path / "cache"
    cache = ResponseCache(folder, clock=Time(), warn=pytest.fail)
    for name in "abc":
        cache.put(f"{KEY}/{name}", entry())
    cache.put(f"{KEY}/large|90|a-scope", entry(b'"' + LARGE.hex().encode() + b'"'))
    cache.close()
    return folder


def database(folder: Path) -> closing[sqlite3.Connection]:
    return closing(sqlite3.connect(folder / "cache.db", isolation_level=None))


def change(folder: Path, statement: str, *values: object) -> None:
    with database(folder) as connection:
        connection.execute(statement, values)


def old(file: Path) -> None:
    before = file.stat().st_mtime - UNDER_WAY - 60
    os.utime(file, (before, before))


# -- reading --------------------------------------------------------------------------------------


def test_what_a_key_says() -> None:
    assert View.of(f"{KEY}/status?page=1") == View(
        "https://esi.test/status?page=1", "tranquility", "en", "2026-08-18"
    )
    private = View.of(f"{KEY}/x|90|scope")
    assert (private.url, private.character_id, private.scope) == ("https://esi.test/x", 90, "scope")
    for strange in ("", "x", "a|b|c", "a|b|c|d|e", "a|b|c|d|x|s"):
        assert View.of(strange).character_id is None


def test_everything_is_listed_as_it_was_kept(folder: Path) -> None:
    found = {kept.view.url: kept for kept in CacheFolder(folder).entries()}
    assert set(found) == {f"https://esi.test/{name}" for name in ("a", "b", "c", "large")}
    assert found["https://esi.test/a"].entry == entry()
    large = found["https://esi.test/large"]
    assert large.view.character_id == 90
    assert large.bytes > FILE_FROM
    assert not any(kept.damage for kept in found.values())


def test_looking_makes_nothing(tmp_path: Path) -> None:
    cache = CacheFolder(tmp_path / "none")
    assert not list(cache.entries())
    assert not cache.check()
    assert (cache.size(), cache.clear(), cache.forget([1])) == (0, 0, 0)
    assert not list(tmp_path.iterdir())


def test_size_is_that_of_the_files(folder: Path) -> None:
    files = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    assert CacheFolder(folder).size() == files > FILE_FROM


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, of 4 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("a file system of its own can be mounted by root only")
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.mark.integration
def test_a_folder_that_may_not_be_written_to_can_be_read(folder: Path, mounted: Path) -> None:
    shutil.copytree(folder, mounted / "cache")
    subprocess.run(["mount", "-o", "remount,ro", str(mounted)], check=True)
    cache = CacheFolder(mounted / "cache")
    assert len(list(cache.entries())) == 4
    assert not cache.check()
    assert CacheStatistics.load(cache.folder).counts == {"/status": {"stored": 4}}
    for act in (cache.clear, lambda: cache.forget([1])):
        with pytest.raises(DiskError, match=r"readonly|Read-only|unable to open"):
            act()
    assert len(list(cache.entries())) == 4


@pytest.mark.integration
def test_on_a_full_disk_it_can_be_read_and_cleared(folder: Path, mounted: Path) -> None:
    cache = CacheFolder(mounted / "cache")
    shutil.copytree(folder, cache.folder)
    with pytest.raises(OSError, match="No space"):
        (mounted / "fill").write_bytes(bytes(8_000_000))
    assert len(list(cache.entries())) == 4
    assert not cache.check()
    assert cache.clear() == 4
    assert not list(cache.entries())
    assert not cache.check()


def test_one_that_is_being_written_is_read_as_it_was(folder: Path) -> None:
    with database(folder) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("DELETE FROM Cache")
        cache = CacheFolder(folder, patience=0.05)
        assert len(list(cache.entries())) == 4
        with pytest.raises(DiskError, match="another process"):
            cache.clear()
        other.execute("ROLLBACK")
    assert len(list(CacheFolder(folder).entries())) == 4


# -- damage ---------------------------------------------------------------------------------------


def cut_off(folder: Path) -> None:
    change(folder, "UPDATE Cache SET value = substr(value, 1, length(value) - 2) WHERE rowid = 1")


def a_pickle(folder: Path) -> None:
    change(folder, "UPDATE Cache SET mode = 4, value = ? WHERE rowid = 1", pickle.dumps([1]))


def a_pickled_key(folder: Path) -> None:
    change(folder, "UPDATE Cache SET raw = 0, key = ? WHERE rowid = 1", pickle.dumps((1, 2)))


def text(folder: Path) -> None:
    change(folder, "UPDATE Cache SET mode = 3, value = 'text' WHERE rowid = 1")


def no_json(folder: Path) -> None:
    with DiskLevel(folder) as disk:
        disk.set_many([(f"{KEY}/a", pack(entry(b"{no json")), None)])


def a_body_of_another_kind(folder: Path) -> None:
    with DiskLevel(folder) as disk:
        disk.set_many([(f"{KEY}/a", pack(replace(entry(), body=b"no zstd")), None)])


def a_file_gone(folder: Path) -> None:
    next(folder.glob(FILES)).unlink()


def a_file_elsewhere(folder: Path) -> None:
    (folder.parent / "mine.txt").write_text("mine")
    change(folder, "UPDATE Cache SET filename = '../mine.txt' WHERE filename IS NOT NULL")
    next(folder.glob(FILES)).unlink()


def an_absolute_file(folder: Path) -> None:
    (folder.parent / "mine.txt").write_text("mine")
    mine = str(folder.parent / "mine.txt")
    change(folder, "UPDATE Cache SET filename = ? WHERE filename IS NOT NULL", mine)
    next(folder.glob(FILES)).unlink()


DAMAGES = [
    cut_off,
    a_pickle,
    a_pickled_key,
    text,
    no_json,
    a_body_of_another_kind,
    a_file_gone,
    a_file_elsewhere,
    an_absolute_file,
]


@pytest.mark.parametrize("spoil", DAMAGES, ids=lambda one: one.__name__)
def test_one_damaged_entry_is_found_and_dropped_and_the_others_stay(
    folder: Path, spoil: Callable[[Path], None]
) -> None:
    spoil(folder)
    cache = CacheFolder(folder)
    found = cache.check()
    assert found.entries == 4
    assert len(found.damaged) == 1
    assert found.damaged[0].damage
    assert (found.structure, found.strays, found.statistics) == ("", (), "")
    cache.repair(found)
    assert not cache.check()
    assert len(list(cache.entries())) == 3
    with DiskLevel(folder) as disk:  # what diskcache counts agrees
        assert disk.size()[0] == 3
    mine = folder.parent / "mine.txt"
    assert not mine.exists() or mine.read_text() == "mine"


def test_a_file_without_an_entry_is_found_unless_it_may_be_under_way(folder: Path) -> None:
    stray = folder / "ab" / "cd" / f"{0:028x}.val"
    stray.parent.mkdir(parents=True, exist_ok=True)
    stray.write_bytes(b"x")
    cache = CacheFolder(folder)
    assert not cache.check()
    old(stray)
    found = cache.check()
    assert found.strays == (stray,)
    cache.repair(found)
    assert not stray.exists()
    assert not cache.check()


def garbage(folder: Path) -> None:
    (folder / "cache.db").write_bytes(os.urandom(9000))


def a_broken_page(folder: Path) -> None:
    with database(folder) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = bytearray((folder / "cache.db").read_bytes())
    data[4096:] = os.urandom(len(data) - 4096)
    (folder / "cache.db").write_bytes(data)


def another_database(folder: Path) -> None:
    (folder / "cache.db").unlink()
    change(folder, "CREATE TABLE Settings (unexpected TEXT)")


@pytest.mark.parametrize("way", ["repair", "clear"])
@pytest.mark.parametrize("spoil", [garbage, a_broken_page, another_database])
def test_a_broken_database_is_told_and_begins_anew(
    folder: Path, spoil: Callable[[Path], None], way: str
) -> None:
    for ending in ("-wal", "-shm"):
        (folder / f"cache.db{ending}").unlink(missing_ok=True)
    spoil(folder)
    cache = CacheFolder(folder)
    with pytest.raises(DamagedError):
        list(cache.entries())
    found = cache.check()
    assert found.structure
    assert not cache.is_sound()
    cache.repair(found) if way == "repair" else cache.clear()
    assert not cache.check()
    assert not list(folder.glob(FILES))
    again = ResponseCache(folder, clock=Time(), warn=pytest.fail)
    again.put("x", entry())
    again.close()
    assert len(list(cache.entries())) == 1


def test_damaged_statistics_are_found_and_begin_anew(folder: Path) -> None:
    (folder / STATISTICS).write_bytes(b"no database" * 100)
    cache = CacheFolder(folder)
    found = cache.check()
    assert found.statistics
    cache.repair(found)
    assert not cache.check()
    assert len(list(cache.entries())) == 4
    assert CacheStatistics.load(folder).counts == {}


def test_a_cache_of_another_program_is_left_alone(tmp_path: Path) -> None:
    diskcache.Cache(str(tmp_path), disk=diskcache.JSONDisk, disk_compress_level=6).close()
    cache = CacheFolder(tmp_path)
    for act in (lambda: list(cache.entries()), cache.check, cache.clear, lambda: cache.forget([1])):
        with pytest.raises(DiskError, match="another program"):
            act()


def test_what_is_no_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    cache = CacheFolder(tmp_path / "file")
    for act in (lambda: list(cache.entries()), cache.check, cache.clear):
        with pytest.raises(DiskError, match="not a folder"):
            act()
    assert (tmp_path / "file").read_text() == "mine"


# -- forgetting -----------------------------------------------------------------------------------


def test_what_is_forgotten_leaves_no_file(folder: Path) -> None:
    cache = CacheFolder(folder)
    rows = [kept.row for kept in cache.entries() if kept.view.character_id == 90]
    assert cache.forget(rows) == 1
    assert cache.forget(rows) == 0
    assert not list(folder.glob(FILES))
    assert len(list(cache.entries())) == 3


def test_clearing_forgets_entries_and_counts(folder: Path) -> None:
    statistics = CacheStatistics()
    statistics.count("/status", Tally.FRESH)
    statistics.save(folder)
    cache = CacheFolder(folder)
    assert cache.clear() == 4
    assert CacheStatistics.load(folder).counts == {}
    assert not list(folder.glob(FILES))
    assert not cache.check()


def test_a_run_beside_a_clearing_goes_on(folder: Path) -> None:
    running = ResponseCache(folder, clock=Time(), memory_mb=0, warn=pytest.fail)
    assert running.get(f"{KEY}/a")
    CacheFolder(folder).clear()
    assert running.get(f"{KEY}/b") is None
    running.put(f"{KEY}/d", entry())
    running.close()
    assert [kept.view.url for kept in CacheFolder(folder).entries()] == ["https://esi.test/d"]


def test_what_is_of_no_more_use(folder: Path) -> None:
    cut_off(folder)
    kept = list(CacheFolder(folder).entries())
    size = sum(one.bytes for one in kept)

    def urls(**limits: float | None) -> set[str]:
        given = {"now": START, "unused": None, "most": size} | limits
        return {one.view.url[-1] for one in useless(kept, **given)}  # type: ignore[arg-type]

    assert urls() == {"a"}  # damaged
    assert urls(now=START + 3600) == {"a"}  # expired, but the ETag is of use
    assert urls(now=START + 3600, unused=START + 1) == {"a", "b", "c", "e"}
    assert urls(now=START + 3600, unused=START - 1) == {"a"}
    assert urls(now=1 + max(one.until or 0 for one in kept)) == {"a", "b", "c", "e"}
    assert len(urls(most=FILE_FROM)) >= 2
    assert urls(most=0) == {"a", "b", "c", "e"}
