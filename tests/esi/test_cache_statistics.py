"""The counts of all runs add up, whoever makes them and whenever, and whoever is killed meanwhile."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from subprocess import PIPE, Popen

import pytest

from eveobs.esi.cache_file import changing
from eveobs.esi.cache_statistics import FILE, MOST_HITS, CacheStatistics, Tally
from eveobs.esi.disk import DamagedError, DiskError

pytestmark = pytest.mark.unit


def save(folder: Path, route: str, tally: Tally, by: int = 1) -> None:
    statistics = CacheStatistics()
    statistics.count(route, tally, by)
    statistics.save(folder)


def test_runs_add_up(tmp_path: Path) -> None:
    for _ in range(3):
        save(tmp_path, "/status", Tally.FRESH, 2)
    save(tmp_path, "/status", Tally.MISSED)
    save(tmp_path, "/wars", Tally.FRESH)
    saved = CacheStatistics.load(tmp_path)
    assert saved.counts == {"/status": {"fresh": 6, "missed": 1}, "/wars": {"fresh": 1}}
    assert saved.since is not None


def test_saving_twice_counts_once(tmp_path: Path) -> None:
    statistics = CacheStatistics()
    statistics.count("/status", Tally.FRESH)
    statistics.served("a")
    assert statistics
    statistics.save(tmp_path)
    assert not statistics
    statistics.save(tmp_path)
    saved = CacheStatistics.load(tmp_path)
    assert (saved.counts, saved.hits) == ({"/status": {"fresh": 1}}, {"a": 1})


def test_a_run_that_counted_nothing_makes_no_folder(tmp_path: Path) -> None:
    CacheStatistics().save(tmp_path / "cache")
    assert not (tmp_path / "cache").exists()
    assert CacheStatistics.load(tmp_path / "cache") == (None, {}, {})
    assert not (tmp_path / "cache").exists()


def test_a_folder_that_another_process_holds_is_said_soon_and_not_changed(tmp_path: Path) -> None:
    save(tmp_path, "/status", Tally.FRESH)
    statistics = CacheStatistics()
    statistics.count("/status", Tally.FRESH)
    with changing(tmp_path / FILE), pytest.raises(DiskError, match="another process"):
        statistics.take().save(tmp_path, patience=0.05)
    assert CacheStatistics.load(tmp_path).counts == {"/status": {"fresh": 1}}


def test_the_most_used_keys_are_remembered_and_their_number_is_bounded(tmp_path: Path) -> None:
    for run in range(4):
        statistics = CacheStatistics()
        statistics.count("/status", Tally.FRESH)
        for number in range(MOST_HITS - 100):
            statistics.served(f"seldom {run} {number}")
        for _ in range(3):
            statistics.served("often")
        statistics.save(tmp_path)
    hits = CacheStatistics.load(tmp_path).hits
    assert hits["often"] == 12
    assert len(hits) <= MOST_HITS


@pytest.mark.parametrize("content", [b"no database at all", b"SQLite format 3\x00" + b"x" * 5000])
def test_counts_that_are_damaged_are_told_and_left(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(DamagedError):
        CacheStatistics.load(tmp_path)
    with pytest.raises(DiskError):
        save(tmp_path, "/status", Tally.FRESH)
    assert (tmp_path / FILE).read_bytes() == content


def test_a_place_that_is_none_is_said(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    with pytest.raises(DiskError):
        CacheStatistics.load(tmp_path)


ADD = """
import sys
from pathlib import Path
from eveobs.esi.cache_statistics import CacheStatistics, Tally
for number in range(1, 41):
    statistics = CacheStatistics()
    statistics.count("/status", Tally.FRESH)
    statistics.take().save(Path(sys.argv[1]), patience=30)
    print(number, flush=True)
"""


@pytest.mark.integration
def test_processes_at_once_add_up(tmp_path: Path) -> None:
    both = [Popen([sys.executable, "-c", ADD, str(tmp_path)], stdout=PIPE) for _ in range(2)]
    assert [len(process.communicate()[0].split()) for process in both] == [40, 40]
    assert CacheStatistics.load(tmp_path).counts == {"/status": {"fresh": 80}}


FOREVER = ADD.replace("range(1, 41)", "range(1, 10**9)")


@pytest.mark.integration
def test_a_process_that_is_killed_loses_at_most_what_it_was_saving(tmp_path: Path) -> None:
    told = 0
    for kill_after in (1, 3, 17, 40):
        with Popen([sys.executable, "-c", FOREVER, str(tmp_path)], stdout=PIPE, text=True) as one:
            assert one.stdout
            for line in one.stdout:
                if int(line) == kill_after:
                    one.send_signal(signal.SIGKILL)
            told += int(line)
        counted = CacheStatistics.load(tmp_path).counts["/status"]["fresh"]
        assert told <= counted <= told + 1
        told = counted
