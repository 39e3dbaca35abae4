"""What ESI sends that eveobs does not know is counted, bounded, and there for later runs."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from eveobs.esi.drift import (
    FILE,
    MAX_ENTRIES,
    MAX_LENGTH,
    MAX_VALUES,
    OTHERS,
    DriftRecorder,
    Sighting,
    seen,
)

pytestmark = pytest.mark.unit

ROUTE = "GET /contracts/public/{region_id}"


def test_what_several_runs_saw_adds_up(tmp_path: Path) -> None:
    for moment in (100.0, 200.0):
        recorder = DriftRecorder(tmp_path, clock=lambda now=moment: now)  # type: ignore[misc]
        recorder.note(ROUTE, "type", "lease", 3)
        recorder.note(ROUTE, "type", "lease", 2)
        recorder.note(ROUTE, "rank")
        recorder.flush()
    assert seen(tmp_path) == [
        Sighting(ROUTE, "rank", None, 100.0, 200.0, 2),
        Sighting(ROUTE, "type", "lease", 100.0, 200.0, 10),
    ]
    assert (tmp_path / FILE).stat().st_mode & 0o077 == 0


def test_each_field_is_said_once_a_run() -> None:
    told: list[str] = []
    recorder = DriftRecorder(None, warn=told.append)
    for value in ("lease", "rent", "lease"):
        recorder.note(ROUTE, "type", value)
    recorder.note(ROUTE, "rank")
    recorder.flush()
    assert len(told) == 2
    assert "value lease of type" in told[0]
    assert "field rank" in told[1]


def test_a_flood_of_names_is_bounded_and_printable(tmp_path: Path) -> None:
    told: list[str] = []
    for run in range(3):
        recorder = DriftRecorder(tmp_path, warn=told.append)
        for number in range(2 * MAX_ENTRIES):
            recorder.note(ROUTE, "type", f"\x1b[31m\u202e{run}.{number}" + "x" * 1000)
            recorder.note(ROUTE, f"field {run}.{number}")
        recorder.flush()
    found = seen(tmp_path)
    assert len(found) <= MAX_ENTRIES
    values = [one.value for one in found if one.value is not None]
    assert len(values) <= MAX_VALUES + 2
    assert OTHERS in values
    assert all(value.isascii() and value.isprintable() for value in values)
    assert max(map(len, values)) <= MAX_LENGTH + 3
    assert len(told) <= 3 * MAX_VALUES
    assert all(line.isprintable() for line in told)
    assert (tmp_path / FILE).stat().st_size < 1 << 20


def test_several_processes_may_write_at_once(tmp_path: Path) -> None:
    def run() -> None:
        recorder = DriftRecorder(tmp_path)
        recorder.note(ROUTE, "type", "lease")
        recorder.flush()

    threads = [threading.Thread(target=run) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert [one.count for one in seen(tmp_path)] == [8]


def test_a_file_that_cannot_be_used_costs_the_counts_and_no_more(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"no database at all" * 100)
    recorder = DriftRecorder(tmp_path)
    recorder.note(ROUTE, "type", "lease")
    recorder.flush()
    assert seen(tmp_path) == []
    assert seen(tmp_path / "nowhere") == []


def test_an_altered_row_is_read_as_what_it_can_be(tmp_path: Path) -> None:
    recorder = DriftRecorder(tmp_path)
    recorder.note(ROUTE, "type", "lease")
    recorder.flush()
    with sqlite3.connect(tmp_path / FILE) as database:
        database.execute("UPDATE drift SET first_seen = 'x', count = x'00', value = char(27)")
    database.close()
    (found,) = seen(tmp_path)
    assert (found.value, found.first_seen, found.count) == ("?", 0.0, 0)
