"""The audit: what was done is one line each, tied to the line before; whoever alters, removes or
inserts one is found out; and neither a crash, nor a crowd, nor a full disk ends the work it watches.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eveobs.settings import Secret
from eveobs.settings.secret import SecretUrl
from eveobs.telemetry.audit import Audit, Entry, head_of
from eveobs.telemetry.audit_verify import Kind
from tests.cli.hostile import ALL
from tests.telemetry.chain import checked, kinds, lines, rewrite, sealed_anew, written

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
