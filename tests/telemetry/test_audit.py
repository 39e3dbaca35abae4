"""Every line of the audit can be told from one that was altered, removed or put in afterwards."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eveobs.settings.secret import Secret
from eveobs.telemetry.audit import Audit, Entry

pytestmark = pytest.mark.unit
NOON = datetime(2026, 9, 23, 12, tzinfo=UTC)


def audit(folder: Path, told: list[str] | None = None) -> Audit:
    warn = (told if told is not None else []).append
    return Audit(folder / "audit.jsonl", user="pilot", clock=lambda: NOON, warn=warn)


def filled(folder: Path, number: int = 6) -> Audit:
    one = audit(folder)
    for n in range(number):
        one.note("publish.create", f"contract/{n}", site="https://eve.example/", post=n)
    return one


def test_a_line_says_who_did_what_when_and_with_what_result(tmp_path: Path) -> None:
    one = audit(tmp_path)
    one.note("sign-in", "Pilot", result="refused", character="Pilot", scopes=3)
    (line,) = one.lines()
    assert line.pop("before") == "0" * 64
    assert line == {
        "time": "2026-09-23T12:00:00.000Z",
        "user": "pilot",
        "character": "Pilot",
        "action": "sign-in",
        "subject": "Pilot",
        "result": "refused",
        "facts": {"scopes": 3},
    }
    assert (tmp_path / "audit.jsonl").stat().st_mode & 0o077 == 0
    assert list(one.damages()) == []


def test_a_secret_is_masked(tmp_path: Path) -> None:
    one = audit(tmp_path)
    one.note("config.set", "wordpress.app_password", value=Secret("sesame"))  # type: ignore[arg-type]
    assert "sesame" not in (tmp_path / "audit.jsonl").read_text()


def test_hostile_texts_stay_one_line(tmp_path: Path) -> None:
    one = audit(tmp_path)
    one.note("x", 'a\n{"before": "forged"}\r\u2028\x00\x1b[31m')
    assert len((tmp_path / "audit.jsonl").read_bytes().splitlines()) == 1
    assert list(one.damages()) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(data=st.data())
def test_any_change_of_any_line_is_found(tmp_path: Path, data: st.DataObject) -> None:
    for file in tmp_path.iterdir():
        file.unlink()
    one = filled(tmp_path)
    lines = one.path.read_bytes().splitlines(keepends=True)
    place = data.draw(st.integers(0, len(lines) - 1))
    how = data.draw(st.sampled_from(["alter", "remove", "insert", "swap", "cut"]))
    if how == "alter":
        lines[place] = lines[place].replace(b"contract/", b"contract\\/")
    elif how == "remove":
        del lines[place]
    elif how == "insert":
        lines.insert(place, lines[place])
    elif how == "swap":
        other = (place + 1) % len(lines)
        lines[place], lines[other] = lines[other], lines[place]
    else:
        lines = lines[:place]
    one.path.write_bytes(b"".join(lines))
    assert list(one.damages())


def test_an_altered_line_is_named(tmp_path: Path) -> None:
    one = filled(tmp_path)
    lines = one.path.read_bytes().splitlines(keepends=True)
    lines[2] = lines[2].replace(b"contract/2", b"contract/9")
    one.path.write_bytes(b"".join(lines))
    assert [found.line for found in one.damages()] == [4], "the one after no longer follows"


def test_a_line_cut_by_a_kill_is_told_and_the_next_run_goes_on(tmp_path: Path) -> None:
    one = filled(tmp_path, 3)
    with one.path.open("ab") as file:
        file.write(b'{"time": "2026-09-23T12')
    one.note("publish.create", "contract/9")
    found = list(one.damages())
    assert [(damage.line, damage.what) for damage in found] == [
        (4, "is no line of an audit, or was cut off")
    ]
    assert [line["subject"] for line in one.lines()][-1] == "contract/9"
    one.head.unlink()
    one.note("publish.create", "contract/10")
    assert [damage.line for damage in one.damages()] == [4]


def test_a_folder_that_cannot_be_written_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "audit.jsonl").mkdir()
    told: list[str] = []
    one = audit(tmp_path, told)
    one.note("x", "y")
    one.note("x", "y")
    assert len(told) == 1
    assert "cannot be written" in told[0]


WRITER = """
import sys
from pathlib import Path
from eveobs.telemetry.audit import Audit, Entry
audit = Audit(Path(sys.argv[1]), user="pilot")
for n in range(30):
    audit.note_all([Entry("x", f"{sys.argv[2]}/{n}/{m}") for m in range(3)])
"""


@pytest.mark.integration
def test_several_processes_write_one_chain(tmp_path: Path) -> None:
    one = audit(tmp_path)
    command = [sys.executable, "-c", WRITER, str(one.path)]
    writers = [subprocess.Popen([*command, str(n)]) for n in range(3)]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    assert list(one.damages()) == []
    assert sum(1 for _ in one.lines()) == 270


def test_many_at_once_are_written_in_order(tmp_path: Path) -> None:
    one = audit(tmp_path)
    one.note_all(Entry("x", str(n)) for n in range(1000))
    assert [json.loads(line)["subject"] for line in one.path.read_text().splitlines()] == [
        str(n) for n in range(1000)
    ]
    assert one.head.read_text().split()[0] == "1000"
    assert one.path.stat().st_size == int(one.head.read_text().split()[2])
