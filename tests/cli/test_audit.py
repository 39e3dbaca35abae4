"""`eveobs audit` shows what was changed, and says which line is not as it was written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.hostile import ALL
from tests.conftest import Eveobs

pytestmark = pytest.mark.integration


@pytest.fixture
def eveobs(tmp_path: Path) -> Eveobs:
    """The command line with an empty home, and nobody to ask."""
    return Eveobs(
        {"EVEOBS_HOME": str(tmp_path / "home"), "EVEOBS_ESI__BASE_URL": "http://127.0.0.1:9"}
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "state" / "audit.jsonl"


def changed(eveobs: Eveobs) -> None:
    Path(eveobs.env["EVEOBS_HOME"], "cache", "esi").mkdir(parents=True)
    eveobs("config", "init")
    eveobs("config", "set", "esi.concurrency", "7")
    eveobs("cache", "clear")


def test_what_was_changed_comes_newest_last(eveobs: Eveobs, path: Path) -> None:
    changed(eveobs)
    rows = eveobs.json("audit", "tail")
    assert [row["action"] for row in rows] == ["config.init", "config.set", "cache.clear"]
    assert rows[2]["facts"] == {"entries": 0}
    assert [row["n"] for row in eveobs.json("audit", "tail", "-n", "2")] == [2, 3]
    table = eveobs("audit", "tail").stdout
    assert "esi.concurrency" in table
    csv = eveobs("audit", "tail", "--csv", "--fields", "action,facts").stdout.splitlines()
    assert csv[0] == "action,facts"
    assert csv[2].startswith('config.set,"file=')
    assert eveobs("audit", "path").stdout == f"{path}\n"


def test_nothing_yet_is_no_error(eveobs: Eveobs) -> None:
    for command in ("tail", "verify"):
        result = eveobs("audit", command)
        assert (result.exit_code, result.stdout) == (0, "")
    assert "nothing was written down yet" in eveobs("audit", "tail").stderr
    assert eveobs.json("audit", "tail") == []


def test_an_audit_as_it_was_written_is_exit_0_with_its_last_hash(
    eveobs: Eveobs, path: Path
) -> None:
    changed(eveobs)
    result = eveobs("audit", "verify")
    assert (result.exit_code, result.stdout) == (0, "")
    last = json.loads(path.read_text().splitlines()[-1])["hash"]
    assert last in result.stderr
    told = json.loads(eveobs("audit", "verify", "--json").stdout)
    assert (told["lines"], told["hash"], told["findings"]) == (3, last, [])


def test_damage_is_exit_1_and_says_where(eveobs: Eveobs, path: Path) -> None:
    changed(eveobs)
    path.write_text(path.read_text().replace("concurrency", "concurrenzy"))
    result = eveobs("audit", "verify")
    assert result.exit_code == 1
    assert result.stdout.splitlines()[1].split()[:2] == ["2", "altered"]
    assert "is not as it was written" in result.stderr
    assert "hint: " in result.stderr
    told = json.loads(eveobs("audit", "verify", "--json").stdout)
    assert [(one["line"], one["kind"]) for one in told["findings"]] == [(2, "altered")]
    tail = eveobs("audit", "tail")
    assert tail.exit_code == 0
    assert "1 of these lines are not as they were written" in tail.stderr


def test_a_file_that_is_gone_is_found_by_its_head(eveobs: Eveobs, path: Path) -> None:
    changed(eveobs)
    path.unlink()
    result = eveobs("audit", "verify")
    assert result.exit_code == 1
    assert "3 lines are missing" in result.stdout


def test_a_file_of_garbage_is_told_in_bounds(eveobs: Eveobs, path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes("\n".join(ALL).encode("utf-8", "surrogatepass") * 10)
    result = eveobs("audit", "verify")
    assert result.exit_code == 1
    assert len(result.stdout.splitlines()) == 1001
    assert "more are not shown" in result.stderr
    assert eveobs("audit", "tail").exit_code == 0


def test_hostile_words_in_the_audit_steer_no_terminal(eveobs: Eveobs) -> None:
    for text in ALL[:5]:
        eveobs("config", "set", "site.title", text)
    result = eveobs("audit", "tail")
    assert all(line.isprintable() for line in result.stdout.splitlines())


def test_a_file_that_cannot_be_read_is_one_sentence(eveobs: Eveobs, path: Path) -> None:
    path.mkdir(parents=True)
    result = eveobs("audit", "verify")
    assert result.exit_code == 1
    assert "cannot be read: Is a directory" in result.stderr
