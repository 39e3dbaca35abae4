"""The counts of all runs add up, whoever makes them and whenever."""

from __future__ import annotations

import sys
from pathlib import Path
from subprocess import Popen

import pytest

from eveobs.esi.cache_statistics import FOLDER, KEY, CacheStatistics, Tally
from eveobs.esi.disk import DiskError, DiskLevel

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


def test_saving_twice_counts_once(tmp_path: Path) -> None:
    statistics = CacheStatistics()
    statistics.count("/status", Tally.FRESH)
    assert statistics
    statistics.save(tmp_path)
    assert not statistics
    statistics.save(tmp_path)
    assert CacheStatistics.load(tmp_path).counts == {"/status": {"fresh": 1}}


def test_a_run_that_counted_nothing_makes_no_folder(tmp_path: Path) -> None:
    CacheStatistics().save(tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


def test_counts_that_are_damaged_start_anew(tmp_path: Path) -> None:
    with DiskLevel(tmp_path / FOLDER) as disk:
        disk.set_many([(KEY, b"\xc1 no counts", None)])
    save(tmp_path, "/status", Tally.FRESH)
    assert CacheStatistics.load(tmp_path).counts == {"/status": {"fresh": 1}}


def test_a_folder_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / FOLDER).write_text("a file")
    with pytest.raises(DiskError):
        CacheStatistics.load(tmp_path)


ADD = """
import sys
from pathlib import Path
from eveobs.esi.cache_statistics import CacheStatistics, Tally
for _ in range(40):
    statistics = CacheStatistics()
    statistics.count("/status", Tally.FRESH)
    statistics.save(Path(sys.argv[1]), patience=30)
"""


@pytest.mark.integration
def test_processes_at_once_add_up(tmp_path: Path) -> None:
    both = [Popen([sys.executable, "-c", ADD, str(tmp_path)]) for _ in range(2)]
    assert [process.wait() for process in both] == [0, 0]
    assert CacheStatistics.load(tmp_path).counts == {"/status": {"fresh": 80}}
