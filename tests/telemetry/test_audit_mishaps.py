"""Neither a crash, nor a crowd, nor a full disk ends the work that the audit watches."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from eveobs.telemetry import audit as module
from eveobs.telemetry.audit import Audit, head_of
from eveobs.telemetry.audit_reading import last_lines
from eveobs.telemetry.audit_verify import Kind
from tests.telemetry.chain import checked, lines

pytestmark = pytest.mark.unit

NOON = datetime(2026, 8, 18, 12, 0, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "audit.jsonl"


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def audit(path: Path, told: list[str]) -> Audit:
    return Audit(path, user="someone", run="c0ffee", clock=lambda: NOON, warn=told.append)


KILLED = """
import sys
from pathlib import Path
from eveobs.telemetry.audit import Audit, Entry
audit = Audit(Path(sys.argv[1]), user="someone")
print("ready", flush=True)
while True:
    audit.note_all(Entry("killed", "x", facts={"padding": "p" * 400}) for _ in range(200))
"""


@pytest.mark.integration
def test_kill_9_leaves_an_audit_that_goes_on(path: Path) -> None:
    for round_ in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout
        process.stdout.readline()
        while not path.exists() or path.stat().st_size < 200_000 * (round_ + 1):
            assert process.poll() is None
        process.kill()
        process.wait()
        process.stdout.close()
    Audit(path, user="someone").note("later", "x")
    verdict, found = checked(path)
    assert verdict.damages == 0
    assert verdict.lines > 1_000
    assert all(one.kind is Kind.TORN for one in found)


CROWD = """
import sys
from pathlib import Path
from eveobs.telemetry.audit import Audit, Entry
audit = Audit(Path(sys.argv[1]), user="someone")
for index in range(40):
    audit.note("one", sys.argv[2], index=index)
    audit.note_all(Entry("many", sys.argv[2]) for _ in range(5))
"""


@pytest.mark.integration
def test_several_processes_write_one_chain(path: Path) -> None:
    crowd = [
        subprocess.Popen([sys.executable, "-c", CROWD, str(path), str(one)]) for one in range(4)
    ]
    assert [one.wait(timeout=60) for one in crowd] == [0] * 4
    verdict, found = checked(path)
    assert (verdict.lines, found) == (4 * 40 * 6, [])
    for one in range(4):
        mine = [line for line in lines(path) if line["subject"] == str(one)]
        assert [line["facts"]["index"] for line in mine if line["action"] == "one"] == [*range(40)]


@pytest.mark.parametrize("place", ["/proc/nothing/here.jsonl", "/dev/full"])
def test_what_cannot_be_written_is_a_warning_once(place: str, told: list[str]) -> None:
    audit = Audit(Path(place), user="someone", warn=told.append)
    for _ in range(3):
        audit.note("config.set", "x")
    assert len(told) == 1
    assert told[0].startswith(f"the audit {place} cannot be written: ")


def test_nobody_waits_twice_for_a_process_that_never_lets_go(
    audit: Audit, path: Path, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.05)
    audit.note("before", "x")
    with module.locked(path):
        for _ in range(100):
            audit.note("config.set", "x")
    assert told == [f"the audit {path} cannot be written: another eveobs holds it"]


def test_what_was_lost_is_written_down_when_writing_works_again(
    audit: Audit, path: Path, told: list[str]
) -> None:
    path.mkdir(parents=True)
    for _ in range(3):
        audit.note("config.set", "x")
    path.rmdir()
    audit.note("later", "x")
    audit.note("later", "x")
    assert [one["action"] for one in lines(path)] == ["audit.lost", "later", "later"]
    assert lines(path)[0]["facts"] == {"lines": 3}
    assert len(told) == 1


def test_a_folder_in_place_of_the_file_is_a_warning(
    audit: Audit, path: Path, told: list[str]
) -> None:
    path.mkdir(parents=True)
    audit.note("config.set", "x")
    assert told == [f"the audit {path} cannot be written: Is a directory"]


@pytest.mark.skipif(os.name == "nt", reason="there are no such modes")
def test_only_its_user_can_read_it(audit: Audit, path: Path) -> None:
    audit.note("config.set", "x")
    assert [one.stat().st_mode & 0o777 for one in (path, head_of(path))] == [0o600] * 2


@pytest.mark.parametrize("garbage", [b"\x00" * 300_000, b"no break", b"{}\n[]\nnull\n", b"\n\n\n"])
def test_garbage_in_place_of_the_audit_is_found_and_followed(
    garbage: bytes, audit: Audit, path: Path
) -> None:
    path.parent.mkdir()
    path.write_bytes(garbage)
    assert checked(path)[1]
    audit.note("later", "x")
    verdict, found = checked(path)
    assert path.read_bytes().startswith(garbage)
    assert found
    assert verdict.number >= 1


def test_the_last_lines_come_oldest_first(tmp_path: Path) -> None:
    file = tmp_path / "lines"
    for text in (b"", b"a", b"a\n", b"a\nb", b"a\nb\n", b"\n", b"x" * 100_000 + b"\ny\n" * 50_000):
        file.write_bytes(text)
        every = text.splitlines(keepends=True)
        for number in (1, 2, 3, 70_000):
            assert list(last_lines(file, number)) == every[-number:]


def test_no_place_for_it_is_a_warning_too(told: list[str]) -> None:
    for _ in range(2):
        Audit(None, user="someone", warn=told.append).note("config.set", "x")
    assert told == ["the audit cannot be written: your user has no home folder"] * 2


@pytest.mark.skipif(not Path("/bin/sh").exists(), reason="there is no shell to limit a file with")
def test_a_disk_that_fills_up_leaves_what_the_next_run_can_follow(path: Path) -> None:
    """`ulimit -f` stands for the disk: a write stops in the middle of a line."""
    code = (
        "import signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "from pathlib import Path; from eveobs.telemetry.audit import Audit, Entry\n"
        "audit = Audit(Path(sys.argv[1]), user='someone', warn=print)\n"
        "audit.note('before', 'x')\n"
        "audit.note_all(Entry('many', 'x') for _ in range(300))\n"
        "audit.note('after', 'x')\n"
    )
    shell = 'ulimit -f 32; exec "$0" -c "$1" "$2"'
    run = subprocess.run(
        ["/bin/sh", "-c", shell, sys.executable, code, str(path)], capture_output=True, text=True
    )
    assert run.stdout.splitlines() == [f"the audit {path} cannot be written: File too large"]
    assert run.returncode == 0
    Audit(path, user="someone").note("later", "x")
    verdict, found = checked(path)
    assert (verdict.damages, [one.kind for one in found]) == (0, [Kind.TORN])
    assert [one["action"] for one in map(json.loads, path.read_bytes().splitlines()[-2:])] == [
        "audit.torn",
        "later",
    ]
