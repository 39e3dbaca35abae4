"""What is remembered of a site survives a kill; lost or damaged, it is no more than a reading."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from eveobs.errors import EveobsError
from eveobs.publish.document import Key, digests
from eveobs.publish.target import Published, State
from eveobs.publish.targets.wordpress.journal import Journal
from tests.conftest import missing
from tests.publish.test_publishing import document

pytestmark = pytest.mark.unit
SITE = "https://eve.example/"
ONE, TWO = Key("contract", "1"), Key("contract", "2")
HELD = Published("17", "h" * 32, digests=digests(document(1)))


def journal(folder: Path, told: list[str] | None = None) -> Journal:
    return Journal(folder, SITE, (told if told is not None else []).append)


def test_what_is_noted_is_known_next_time(tmp_path: Path) -> None:
    with closing(journal(tmp_path)) as first:
        first.begin([ONE, TWO])
        first.end({ONE: HELD})
        first.note("stamp", "7")
    with closing(journal(tmp_path)) as again:
        assert again.known() == {ONE: HELD}
        assert again.under_way() == [TWO]
        assert again.fact("stamp") == "7"
        again.end({TWO: Published("18", state=State.TRASHED)}, [ONE])
        assert again.known() == {TWO: Published("18", state=State.TRASHED)}
        assert again.under_way() == []


def test_sites_are_kept_apart(tmp_path: Path) -> None:
    with closing(journal(tmp_path)) as one:
        one.replace({ONE: HELD})
        with closing(Journal(tmp_path, "https://other.example/", print)) as other:
            assert other.known() == {}


def test_two_at_once_are_told_apart(tmp_path: Path) -> None:
    with closing(journal(tmp_path)), pytest.raises(EveobsError, match="under way"):
        journal(tmp_path)
    journal(tmp_path).close()


@pytest.mark.parametrize("damage", [b"garbage" * 500, b"SQLite format 3\0" + b"x" * 4096, b""])
def test_a_damaged_one_is_begun_anew(tmp_path: Path, damage: bytes) -> None:
    with closing(journal(tmp_path)) as one:
        one.replace({ONE: HELD})
    (file,) = tmp_path.glob("*.sqlite3")
    for extra in tmp_path.glob("*.sqlite3-*"):
        extra.unlink()
    file.write_bytes(damage)
    told: list[str] = []
    with closing(journal(tmp_path, told)) as again:
        assert again.known() == {}
        again.replace({TWO: HELD})
    assert told == (
        [f"what was remembered of {SITE} is damaged; the site is read instead"] if damage else []
    )
    with closing(journal(tmp_path)) as last:
        assert last.known() == {TWO: HELD}


def test_a_folder_that_cannot_be_written_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    told: list[str] = []
    with closing(journal(tmp_path / "file", told)) as nowhere:
        nowhere.replace({ONE: HELD})
        assert nowhere.known() == {ONE: HELD}
    assert "nothing can be remembered" in told[0]


KILLED = """
import sys
from pathlib import Path
from eveobs.publish.document import Key
from eveobs.publish.targets.wordpress.journal import Journal
journal = Journal(Path(sys.argv[1]), "https://eve.example/", print)
journal.begin([Key("contract", str(n)) for n in range(50)])
print("begun", flush=True)
sys.stdin.read()
"""


@pytest.mark.integration
def test_a_killed_run_leaves_what_was_under_way(tmp_path: Path) -> None:
    if not hasattr(signal, "SIGKILL"):
        missing("there is no kill -9")
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with process:
        assert process.stdout
        assert process.stdout.readline() == b"begun\n"
        os.kill(process.pid, signal.SIGKILL)
    with closing(journal(tmp_path)) as after:
        assert len(after.under_way()) == 50
