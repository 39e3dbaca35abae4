"""`eveobs cache` tells what is kept and what that did for all runs, puts it right, and never
touches the store.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from eveobs.cli.caching import opened
from eveobs.cli.context import Run
from eveobs.errors import StoreError
from eveobs.esi.disk import DiskError
from tests.cli.hostile import ALL, leaked
from tests.conftest import Eveobs, NewEden, process

pytestmark = pytest.mark.integration

TYPE = "/universe/types/587"
COMMANDS = ("stats", "ls", "verify", "prune", "clear", "size", "path")


def folder_of(eveobs: Eveobs) -> Path:
    return Path(eveobs("cache", "path").stdout.strip())


def change(eveobs: Eveobs, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(folder_of(eveobs) / "cache.db")) as cache, cache:
        assert cache.execute(statement, values).rowcount > 0


# -- stats ----------------------------------------------------------------------------------------


def test_counts_of_several_runs_add_up_and_clear_forgets(eveobs: Eveobs) -> None:
    for _ in range(3):
        eveobs("api", TYPE)
    told = eveobs.json("cache", "stats")
    route = told["routes"][0]
    assert route["route"] == "/universe/types/{type_id}"
    assert (route["missed"], route["fresh"]) == (1, 2)
    assert route["hit_percent"] == told["hit_percent"] == 66.7
    assert (told["memory_percent"], told["disk_percent"]) == (0, 66.7)
    assert told["requests_saved"] == 2
    assert told["bytes_saved"] > 0
    assert (told["entries"], told["fresh_entries"], told["private_entries"]) == (1, 1, 0)
    assert told["bytes"] == int(eveobs("cache", "size").stdout)
    assert told["oldest"] <= told["since"]
    assert told["hottest"][0]["hits"] == 2
    assert told["hottest"][0]["url"].endswith(TYPE)
    table = eveobs("cache", "stats").stdout
    assert "/universe/types/{type_id}" in table
    assert eveobs("cache", "clear").exit_code == 0
    told = eveobs.json("cache", "stats")
    assert (told["entries"], told["answers"], told["since"]) == (0, 0, None)
    assert (told["routes"], told["hottest"], told["hit_percent"]) == ([], [], None)


def test_what_was_asked_again_and_had_not_changed_is_told(
    eveobs: Eveobs, new_eden: NewEden
) -> None:
    eveobs("api", TYPE)
    folder = folder_of(eveobs)
    from eveobs.esi.cache import pack, unpack

    with closing(sqlite3.connect(folder / "cache.db")) as cache, cache:
        from msgspec.structs import replace

        (data,) = cache.execute("SELECT value FROM Cache").fetchone()
        expired = pack(replace(unpack(data), expires=1.0))
        cache.execute("UPDATE Cache SET value = ?", (expired,))
    assert eveobs.json("cache", "ls", "--expired")
    eveobs("api", TYPE)
    told = eveobs.json("cache", "stats")
    assert (told["missed"], told["revalidated"]) == (1, 1)
    assert told["not_modified_percent"] == 50
    assert told["requests_saved"] == 0


# -- ls and show ----------------------------------------------------------------------------------


def test_what_is_kept_is_listed_chosen_and_ordered(eveobs: Eveobs) -> None:
    for path in (TYPE, "/status", "/universe/regions", "/status"):
        eveobs("api", path)
    rows = eveobs.json("cache", "ls")
    assert [row["path"] for row in rows] == ["/status", "/universe/regions", TYPE]
    assert all(row["fresh"] and row["status"] == 200 and not row["damage"] for row in rows)
    assert [row["path"] for row in eveobs.json("cache", "ls", "--route", "universe")] == [
        "/universe/regions",
        TYPE,
    ]
    assert eveobs.json("cache", "ls", "--sort", "-hits", "--limit", "1")[0]["path"] == "/status"
    assert eveobs.json("cache", "ls", "--private") == []
    assert eveobs.json("cache", "ls", "--expired") == []
    fields = eveobs("cache", "ls", "--csv", "--fields", "path,hits", "--limit", "1").stdout
    assert fields == "path,hits\n/status,1\n"
    wrong = eveobs("cache", "ls", "--sort", "colour")
    assert (wrong.exit_code, wrong.stdout) == (2, "")


@pytest.mark.parametrize("word", ["/status", "status", "{base}/status"])
def test_one_address_is_shown_without_asking(eveobs: Eveobs, new_eden: NewEden, word: str) -> None:
    answer = json.loads(eveobs("api", "/status").stdout)
    new_eden.reset_counters()
    word = word.format(base=new_eden.url)
    (row,) = eveobs.json("cache", "show", word)
    assert row["route"] == "/status"
    card = eveobs("cache", "show", word).stdout
    assert f"{new_eden.url}/status" in card
    assert json.loads(eveobs("cache", "show", word, "--body").stdout) == answer
    assert new_eden.requests() == 0
    assert json.loads(eveobs("cache", "show", word, "--ndjson").stdout) == row
    assert eveobs("cache", "show", word, "--field", "route").stdout == "/status\n"
    assert eveobs("cache", "show", word, "--body", "--csv").exit_code == 2
    near = eveobs("cache", "show", "/statu")
    assert (near.exit_code, near.stdout) == (1, "")
    assert "Did you mean /status?" in near.stderr


def test_what_players_typed_does_not_reach_the_terminal(eveobs: Eveobs) -> None:
    from msgspec.structs import replace

    from eveobs.esi.cache import pack, unpack
    from eveobs.esi.decompress import compress

    eveobs("api", "/status")
    some = [text for text in ALL[::7] if text.isprintable() or text.encode("utf-8", "ignore")]
    with closing(sqlite3.connect(folder_of(eveobs) / "cache.db")) as cache, cache:
        (data,) = cache.execute("SELECT value FROM Cache").fetchone()
        for number, text in enumerate(some):
            body = compress(json.dumps([text]).encode())
            bad = pack(replace(unpack(data), body=body, route=text, etag=text))
            cache.execute(
                "INSERT INTO Cache (key, raw, mode, store_time, size, value) VALUES (?,1,1,1,1,?)",
                (f"a|b|c|http://x/{number}|7|{text.replace('|', '')}", bad),
            )
    shown = eveobs("cache", "ls", "--limit", "0").stdout + eveobs("cache", "stats").stdout
    for number in range(0, len(some), 10):
        address = f"http://x/{number}"
        shown += eveobs("cache", "show", address).stdout
        shown += eveobs("cache", "show", address, "--body").stdout
    assert not leaked(shown)


# -- prune, clear, verify -------------------------------------------------------------------------


def test_clearing_costs_requests_and_nothing_else(eveobs: Eveobs) -> None:
    eveobs("fetch", "contracts", "--no-bids", "--no-items")
    before = eveobs.json("list", "contracts")
    eveobs("cache", "clear", "--all")
    assert eveobs.json("list", "contracts") == before


def test_some_can_be_cleared(eveobs: Eveobs) -> None:
    for path in (TYPE, "/status"):
        eveobs("api", path)
    assert eveobs("cache", "clear", "--private").stderr == "0 entries forgotten\n"
    assert eveobs("cache", "clear", "--route", "types").stderr == "1 entry forgotten\n"
    assert [row["path"] for row in eveobs.json("cache", "ls")] == ["/status"]
    assert eveobs.json("cache", "stats")["answers"] == 2
    both = eveobs("cache", "clear", "--all", "--private")
    assert both.exit_code == 2


def test_pruning_forgets_what_is_of_no_use(eveobs: Eveobs) -> None:
    for path in (TYPE, "/status", "/universe/regions"):
        eveobs("api", path)
    change(eveobs, "UPDATE Cache SET expire_time = 5 WHERE key LIKE '%types%'")
    change(eveobs, "UPDATE Cache SET value = x'00' WHERE key LIKE '%regions%'")
    assert eveobs("cache", "prune", "--dry-run").stderr.startswith("2 entries would be forgotten")
    assert eveobs("cache", "prune").stderr.startswith("2 entries forgotten")
    assert [row["path"] for row in eveobs.json("cache", "ls")] == ["/status"]
    assert eveobs("cache", "prune", "--older-than", "soon").exit_code == 2


def test_damage_is_found_dropped_and_asked_anew(eveobs: Eveobs, new_eden: NewEden) -> None:
    for path in (TYPE, "/status"):
        eveobs("api", path)
    assert eveobs("cache", "verify").exit_code == 0
    change(eveobs, "UPDATE Cache SET value = zeroblob(20) WHERE key LIKE '%types%'")
    found = eveobs("cache", "verify", "--json")
    assert found.exit_code == 1
    (row,) = json.loads(found.stdout)
    assert row["what"].endswith(TYPE)
    assert eveobs("cache", "show", TYPE, "--body").exit_code == 1
    assert eveobs("cache", "verify", "--repair").exit_code == 0
    assert eveobs.json("cache", "verify") == []
    new_eden.reset_counters()
    assert json.loads(eveobs("api", TYPE).stdout)["type_id"] == 587
    assert new_eden.requests() == 1


def test_a_database_that_is_none_is_put_right(eveobs: Eveobs) -> None:
    eveobs("api", "/status")
    folder = folder_of(eveobs)
    for file in folder.glob("cache.db*"):
        file.write_bytes(os.urandom(5000))
    for command in ("stats", "ls", "prune"):
        told = eveobs("cache", command)
        assert (told.exit_code, told.stdout) == (1, "")
        assert "`eveobs cache verify --repair`" in told.stderr
    assert eveobs("cache", "verify").exit_code == 1
    assert eveobs("cache", "verify", "--repair").exit_code == 0
    for command in COMMANDS:
        assert eveobs("cache", command).exit_code == 0
    assert eveobs("api", "/status").stderr == ""


# -- places ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS)
def test_with_nothing_kept_every_command_is_content(eveobs: Eveobs, command: str) -> None:
    result = eveobs("cache", command)
    assert result.exit_code == 0, result.stderr
    assert not Path(eveobs.env["EVEOBS_HOME"]).exists()


def test_a_folder_that_is_no_cache_is_told_apart(eveobs: Eveobs) -> None:
    folder = folder_of(eveobs)
    folder.parent.mkdir(parents=True)
    folder.write_text("not a folder")
    for command in ("stats", "ls", "verify", "prune", "clear"):
        result = eveobs("cache", command)
        assert (result.exit_code, result.stdout) == (1, "")
        assert str(folder) in result.stderr
        assert "hint: " in result.stderr
    assert folder.read_text() == "not a folder"


def test_one_that_another_process_writes_is_read_and_not_changed(eveobs: Eveobs) -> None:
    eveobs("api", "/status")
    with closing(sqlite3.connect(folder_of(eveobs) / "cache.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for command in ("stats", "ls", "verify"):
            assert eveobs("cache", command).exit_code == 0
    assert len(eveobs.json("cache", "ls")) == 1


@pytest.mark.parametrize(
    ("words", "way_out"),
    [
        ("another process holds it", "Wait for it"),
        ("attempt to write a readonly database", "cache.dir"),
        ("[Errno 13] Permission denied: 'x'", "cache.dir"),
        ("database or disk is full", "`eveobs cache clear` needs none"),
        ("unable to open database file", "cache.dir"),
        ("it is not a folder", "Delete that folder"),
    ],
)
def test_what_cannot_be_done_says_what_to_do(tmp_path: Path, words: str, way_out: str) -> None:
    run = Run(environ={"EVEOBS_HOME": str(tmp_path)}, cwd=tmp_path)
    with pytest.raises(StoreError) as caught, opened(run):
        raise DiskError(words)
    assert words in caught.value.message
    assert way_out in (caught.value.hint or "")


def test_in_ascii_without_a_terminal_and_into_a_closed_pipe(eveobs: Eveobs) -> None:
    eveobs("api", TYPE)
    plain = eveobs.env | {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    for command in ("stats", "ls"):
        ran = process(plain, "cache", command)
        assert (ran.returncode, ran.stderr) == (0, "")
        assert ran.stdout.isascii()
    closed = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m eveobs cache ls | :; echo $?"],
        env={**os.environ, **eveobs.env},
        capture_output=True,
        text=True,
    )
    assert closed.stderr == ""
