"""The audit: what was done is one line each, tied to the line before; whoever alters, removes or
inserts one is found out; and neither a crash, nor a crowd, nor a full disk ends the work it watches.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eveobs.settings import Secret
from eveobs.settings.secret import SecretUrl
from eveobs.telemetry import audit as module
from eveobs.telemetry.audit import Audit, Entry, head_of
from eveobs.telemetry.audit_reading import last_lines
from eveobs.telemetry.audit_verify import Finding, Kind, Verdict, verify
from tests.cli.hostile import ALL

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


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def checked(path: Path) -> tuple[Verdict, list[Finding]]:
    found: list[Finding] = []
    return verify(path, found.append), found


def kinds(path: Path) -> list[tuple[int, str]]:
    return [(one.line, str(one.kind)) for one in checked(path)[1]]


def written(audit: Audit, path: Path, number: int = 6) -> list[bytes]:
    for index in range(number):
        audit.note("config.set", f"key {index}", value=index)
    return path.read_bytes().splitlines(keepends=True)


def rewrite(path: Path, some: list[bytes]) -> None:
    path.write_bytes(b"".join(some))


def sealed_anew(line: bytes, old: bytes, new: bytes) -> bytes:
    """An altered line with a hash that fits it, as a forger would make it."""
    body = line.partition(b',"hash":"')[0].replace(old, new)
    return body + b',"hash":"' + hashlib.sha256(body).hexdigest().encode() + b'"}\n'


def test_a_line_says_who_what_when_and_how_it_ended(audit: Audit, path: Path) -> None:
    audit.note("auth.login", "sso", result="failed", character="Somebody", scopes=3)
    (line,) = path.read_text().splitlines()
    assert line.startswith(
        '{"n":1,"time":"2026-08-18T12:00:00.000Z","user":"someone","run":"c0ffee","action":"auth.login",'
        '"subject":"sso","character":"Somebody","result":"failed","facts":{"scopes":3},'
        f'"previous":"{"0" * 64}","hash":"'
    )


def test_every_line_carries_the_hash_of_the_one_before(audit: Audit, path: Path) -> None:
    written(audit, path)
    before = "0" * 64
    for line in path.read_bytes().splitlines():
        fields = json.loads(line)
        assert fields["previous"] == before
        before = fields["hash"]
        assert before == hashlib.sha256(line.partition(b',"hash":"')[0]).hexdigest()
    assert json.loads(head_of(path).read_text()) == {"lines": 6, "hash": before}


def test_a_shell_can_check_a_line(audit: Audit, path: Path) -> None:
    audit.note("cache.clear", "cache")
    command = f"sed 's/,\"hash\":.*//' {path} | tr -d '\\n' | sha256sum"
    shown = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)  # noqa: S602
    assert shown.stdout.split()[0] == lines(path)[0]["hash"]


def test_many_lines_are_as_good_as_one_by_one(audit: Audit, path: Path) -> None:
    audit.note("first", "x")
    audit.note_all(Entry("publish.create", f"page {index}") for index in range(300))
    audit.note_all([])
    audit.note("last", "x")
    assert [one["n"] for one in lines(path)] == list(range(1, 303))
    verdict, found = checked(path)
    assert (verdict.lines, verdict.damages, found) == (302, 0, [])


def test_a_secret_is_never_written(audit: Audit, path: Path) -> None:
    url = SecretUrl("postgresql://eve:hunter2@host/db")
    audit.note("config.set", "store.url", value=url, other=Secret("hunter2"))  # type: ignore[arg-type]
    audit.note("publish", "https://eve:hunter2@host/", where="https://host/?token=hunter2")
    assert b"hunter2" not in path.read_bytes()
    assert lines(path)[0]["facts"]["other"] == "***"


def test_hostile_text_is_kept_and_steers_nothing(audit: Audit, path: Path) -> None:
    texts = [*ALL, "\udcff", "\x7f", "x" * 9_999]
    audit.note_all(Entry(text, text, text, text, {text: text}) for text in texts)
    raw = path.read_bytes()
    assert all(32 <= byte < 127 or byte == 10 for byte in raw)
    for line, text in zip(lines(path), ALL, strict=False):
        assert (
            line["subject"] == text
            if len(text) <= 4000
            else text.startswith(line["subject"][:3999])
        )
    assert max(map(len, raw.splitlines())) < 500_000
    assert checked(path)[1] == []


Damage = Callable[[list[bytes]], list[bytes]]
DAMAGES: dict[str, tuple[Damage, list[tuple[int, str]]]] = {
    "altered": (
        lambda old: [*old[:2], old[2].replace(b"key 2", b"key 9"), *old[3:]],
        [(3, "altered")],
    ),
    "altered and sealed anew": (
        lambda old: [*old[:2], sealed_anew(old[2], b"key 2", b"key 9"), *old[3:]],
        [(3, "altered")],
    ),
    "the hash altered": (
        lambda old: [*old[:2], re.sub(rb'"hash":"..', b'"hash":"zz', old[2]), *old[3:]],
        [(3, "altered")],
    ),
    "removed": (lambda old: [*old[:2], *old[3:]], [(3, "removed")]),
    "two removed": (lambda old: [*old[:2], *old[4:]], [(3, "removed")]),
    "the first removed": (lambda old: old[1:], [(1, "removed")]),
    "the last removed": (lambda old: old[:-1], [(5, "cut")]),
    "a copy put in": (lambda old: [*old[:4], old[1], *old[4:]], [(5, "inserted")]),
    "a forged one put in": (
        lambda old: [*old[:3], sealed_anew(old[3], b"key 3", b"key 9"), *old[3:]],
        [(4, "inserted")],
    ),
    "a forged last one in place of another": (
        lambda old: [*old[:5], sealed_anew(old[5], b"key 5", b"key 9")],
        [(6, "head")],
    ),
    "something else put in": (lambda old: [*old[:3], b"hello\n", *old[3:]], [(4, "foreign")]),
    "an empty line put in": (lambda old: [*old[:3], b"\n", *old[3:]], [(4, "foreign")]),
    "bytes put in": (lambda old: [*old[:3], b"\x00\xff\x1b[2J\n", *old[3:]], [(4, "foreign")]),
    "everything removed": (lambda old: [], [(0, "cut")]),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_is_found_with_its_line_and_kind(name: str, audit: Audit, path: Path) -> None:
    damage, expected = DAMAGES[name]
    rewrite(path, damage(written(audit, path)))
    assert kinds(path) == expected
    assert checked(path)[0].damages == 1


def test_damage_is_found_later_too(audit: Audit, path: Path) -> None:
    """Whatever is written after it, and by whom: a cut is written down, and never forgotten."""
    old = written(audit, path)
    for damage, _ in DAMAGES.values():
        rewrite(path, damage(old))
        head_of(path).write_text(json.dumps({"lines": 6, "hash": json.loads(old[-1])["hash"]}))
        audit.note("later", "x")
        audit.note("and later", "x")
        assert checked(path)[0].damages >= 1


def test_a_head_that_was_taken_away_is_found(audit: Audit, path: Path) -> None:
    written(audit, path)
    head_of(path).unlink()
    assert kinds(path) == [(6, "head")]
    audit.note("later", "x")
    assert kinds(path) == [(7, "cut")]


def test_a_file_and_head_that_were_taken_away_begin_anew(audit: Audit, path: Path) -> None:
    """What the documentation says it cannot see."""
    written(audit, path)
    path.unlink()
    head_of(path).unlink()
    audit.note("later", "x")
    assert kinds(path) == []


@pytest.fixture(scope="module")
def six_lines(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[bytes]]:
    path = tmp_path_factory.mktemp("six") / "audit.jsonl"
    return path, written(Audit(path, user="someone", clock=lambda: NOON), path)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_change_is_found(six_lines: tuple[Path, list[bytes]], data: st.DataObject) -> None:
    path, old = six_lines
    new = list(old)
    at = data.draw(st.integers(0, 5))
    match data.draw(st.sampled_from(["byte", "remove", "copy", "swap", "cut"])):
        case "byte":
            where = data.draw(st.integers(0, len(old[at]) - 1))
            other = data.draw(st.integers(0, 255).filter(lambda one: one != old[at][where]))
            new[at] = old[at][:where] + bytes([other]) + old[at][where + 1 :]
        case "remove":
            del new[at]
        case "copy":
            new.insert(data.draw(st.integers(0, 6)), old[at])
        case "swap":
            with_ = data.draw(st.integers(0, 5).filter(lambda one: one != at))
            new[at], new[with_] = new[with_], new[at]
        case "cut":
            new = [b"".join(old)[: -data.draw(st.integers(2, 900))]]
    rewrite(path, new)
    verdict, found = checked(path)
    # the very last byte is the line break, and without it all is still said
    assert found if b"".join(new) != b"".join(old) else not found
    assert verdict.damages or b"".join(new)[:-1] == b"".join(old)[:-1]


def test_a_torn_last_line_is_told_and_the_next_run_goes_on(audit: Audit, path: Path) -> None:
    old = written(audit, path)
    rewrite(path, [*old, b'{"n":7,"time":"2026-'])
    verdict, found = checked(path)
    assert (verdict.damages, [(one.line, one.kind) for one in found]) == (0, [(7, Kind.TORN)])
    audit.note("later", "x")
    assert [(one.line, one.kind) for one in checked(path)[1]] == [(7, Kind.TORN)]
    assert checked(path)[0].damages == 0
    torn, note, later = path.read_bytes().splitlines()[6:]
    assert torn == b'{"n":7,"time":"2026-'
    assert json.loads(note)["action"] == "audit.torn"
    assert json.loads(later)["n"] == 8


def test_a_line_that_lacks_nothing_but_its_break_is_whole(audit: Audit, path: Path) -> None:
    old = written(audit, path)
    path.write_bytes(b"".join(old)[:-1])
    audit.note("later", "x")
    assert [one["n"] for one in lines(path)] == list(range(1, 8))
    assert checked(path)[1] == []


def test_a_run_that_died_before_it_moved_the_head_does_no_harm(audit: Audit, path: Path) -> None:
    written(audit, path, 3)
    before = head_of(path).read_bytes()
    written(audit, path, 3)
    head_of(path).write_bytes(before)
    assert checked(path)[1] == []
    audit.note("later", "x")
    assert checked(path)[1] == []


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
