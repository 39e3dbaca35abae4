"""Homes, disks, stores, caches and settings that cannot be used: told, and nothing of them lost."""

from __future__ import annotations

import gc
import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from eveobs.files import private_folder
from eveobs.store.migrate import REVISIONS
from tests.conftest import Eveobs, NewEden, process
from tests.integration.conftest import count, database, store_of, tables

pytestmark = pytest.mark.integration

LIST_ONLY = ("fetch", "contracts", "--no-items", "--no-bids")


# -- the home -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [("fetch", "contracts"), ("list", "contracts"), ("show", "contract", "1"), ("config", "init")],
    ids=" ".join,
)
def test_a_home_under_a_regular_file(
    command: tuple[str, ...], eveobs: Eveobs, tmp_path: Path
) -> None:
    file = tmp_path / "taken"
    file.write_text("mine\n")
    eveobs.env["EVEOBS_HOME"] = str(file / "home")
    result = eveobs(*command)
    assert result.exit_code == 3
    assert result.stdout == ""
    error, hint = result.stderr.splitlines()
    assert error.startswith("error: ")
    assert str(file / "home") in error
    assert "cannot be written" in error
    assert hint.startswith("hint: ")
    assert "EVEOBS_HOME" in hint
    assert file.read_text() == "mine\n"


def test_a_home_that_is_read_only_is_exit_3(eveobs: Eveobs, tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    if os.access(locked, os.W_OK):
        pytest.skip("this user (root) may write everywhere")
    eveobs.env["EVEOBS_HOME"] = str(locked)
    result = eveobs("fetch", "contracts")
    assert result.exit_code == 3
    assert "cannot be written" in result.stderr


# -- the disk -------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, which `resize` of these tests makes larger."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("a file system of its own can be mounted by root only")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def resize(folder: Path, size: str) -> None:
    remount = ["mount", "-o", f"remount,size={size}", str(folder)]
    subprocess.run(remount, check=True, capture_output=True)


def test_a_full_disk_is_told_and_with_room_again_it_ends_right(
    eveobs: Eveobs, small_disk: Path, tmp_path: Path
) -> None:
    eveobs.env["EVEOBS_HOME"] = str(small_disk)
    eveobs.env["EVEOBS_CACHE__DIR"] = str(tmp_path / "cache")  # which would only be a warning
    eveobs.env["EVEOBS_STORE__BATCH_SIZE"] = "20"
    full = eveobs("fetch", "contracts")
    code, out, err = full.exit_code, full.stdout, full.stderr
    del full
    gc.collect()  # a connection that was left open shows itself
    assert (code, out) == (1, "")
    assert err.splitlines()[-2:] == [
        f"error: the disk is full: nothing more can be stored in {store_of(small_disk)}",
        "hint: Free some space and run it again; what was stored before is intact.",
    ]
    resize(small_disk, "32m")
    report = eveobs.json("fetch", "contracts")[0]
    assert (report["status"], report["error"]) == ("complete", None)
    assert count(small_disk, "SELECT count(*) FROM pragma_integrity_check") == 1

    eveobs.env["EVEOBS_HOME"] = str(tmp_path / "clean")
    eveobs.json("fetch", "contracts")
    assert tables(small_disk) == tables(tmp_path / "clean")


def test_a_full_disk_under_the_cache_is_a_warning(eveobs: Eveobs, small_disk: Path) -> None:
    resize(small_disk, "16k")
    eveobs.env["EVEOBS_CACHE__DIR"] = str(small_disk)
    result = eveobs("fetch", "contracts", "--json")
    assert result.exit_code == 0
    assert result.stderr.startswith(f"warning: the cache in {small_disk}")
    assert json.loads(result.stdout)[0]["status"] == "complete"


@pytest.mark.parametrize(
    "arguments",
    [
        ("--version",),
        ("--help",),
        ("list", "contracts"),
        ("list", "contracts", "--json"),
        ("fetch", "contracts", "--json"),
        ("config", "show"),
    ],
    ids=" ".join,
)
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_an_output_that_is_full_is_exit_1(arguments: tuple[str, ...], filled: Eveobs) -> None:
    with Path("/dev/full").open("w") as full:
        result = process(
            filled.env, *arguments, stdout=full, stderr=subprocess.PIPE, capture_output=False
        )
    assert result.returncode == 1
    assert result.stderr.splitlines() == [
        "error: the output cannot be written: No space left on device",
        "hint: What was stored is not lost.",
    ]


# -- the store ------------------------------------------------------------------------------------


def test_a_store_of_a_newer_version_is_left_alone(eveobs: Eveobs, home: Path) -> None:
    eveobs.json(*LIST_ONLY)
    with database(home) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9000'")
    before = tables(home)
    for command in (("fetch", "contracts", "--region", "Domain"), ("list", "contracts")):
        result = eveobs(*command)
        assert result.exit_code == 3
        assert result.stdout == ""
        assert "written by a newer eveobs (schema 9000" in result.stderr
        assert "hint: Update eveobs, or point store.url to another database." in result.stderr
    assert tables(home) == before
    with database(home) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (REVISIONS[-1],))
    assert eveobs.json("fetch", "contracts", "--region", "Domain")[0]["status"] == "complete"


@pytest.mark.parametrize(
    "content", [b"not a database\n" * 100, os.urandom(8192)], ids=["text", "noise"]
)
def test_a_store_that_is_no_database_is_left_alone(
    content: bytes, eveobs: Eveobs, home: Path
) -> None:
    store_of(home).parent.mkdir(parents=True)
    store_of(home).write_bytes(content)
    for command in (("fetch", "contracts"), ("list", "contracts"), ("show", "contract", "1")):
        result = eveobs(*command)
        assert result.exit_code == 1
        assert result.stdout == ""
        assert f"the store {store_of(home)} is damaged or not a database" in result.stderr
        assert "hint: Move the file away and fetch anew" in result.stderr
        assert store_of(home).read_bytes() == content
    store_of(home).rename(home / "away")
    assert eveobs.json(*LIST_ONLY)[0]["status"] == "complete"


def test_a_store_that_is_a_folder(eveobs: Eveobs, home: Path) -> None:
    store_of(home).mkdir(parents=True)
    result = eveobs("fetch", "contracts")
    assert result.exit_code == 3
    assert "cannot be written" in result.stderr


def test_a_store_that_another_program_holds_is_waited_for_in_vain(
    eveobs: Eveobs, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eveobs.store.engine.PATIENCE", 0.2)
    eveobs.json(*LIST_ONLY, "--region", "Domain")
    before = tables(home)
    with closing(sqlite3.connect(store_of(home), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        result = eveobs("fetch", "contracts")
        assert result.exit_code == 1
        assert result.stdout == ""
        assert f"the store {store_of(home)} has been locked by another program" in result.stderr
        assert "hint: Wait for it to end, then run it again." in result.stderr
        assert eveobs("list", "contracts").exit_code == 0  # reading goes on
    assert tables(home) == before
    assert eveobs.json("fetch", "contracts")[0]["status"] == "complete"


def test_a_store_that_another_program_holds_for_a_moment_is_waited_for(
    eveobs: Eveobs, home: Path, tmp_path: Path
) -> None:
    eveobs.json(*LIST_ONLY, "--region", "Domain")
    holder = (
        "import sqlite3, sys, time\n"
        "held = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "held.execute('BEGIN IMMEDIATE')\n"
        "print('held', flush=True)\n"
        "time.sleep(0.8)\n"
        "held.execute('COMMIT')\n"
    )
    command = [shutil.which("python") or "python3", "-c", holder, str(store_of(home))]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        assert eveobs.json(*LIST_ONLY)[0]["status"] == "complete"


def test_a_url_that_is_none_and_a_driver_that_is_missing(eveobs: Eveobs) -> None:
    for url, said in [("nonsense", "store.url"), ("mysql://host/db", "store.url")]:
        eveobs.env["EVEOBS_STORE__URL"] = url
        result = eveobs("list", "contracts")
        assert result.exit_code == 3
        assert said in result.stderr.replace("EVEOBS_STORE__URL", "store.url")
        assert "Traceback" not in result.stderr


# -- the cache ------------------------------------------------------------------------------------


def spoil_with_garbage(cache: Path) -> None:
    private_folder(cache)
    (cache / "cache.db").write_bytes(os.urandom(4096))


def spoil_with_a_file(cache: Path) -> None:
    private_folder(cache.parent)
    cache.write_text("not a folder")
    cache.chmod(0o600)


def spoil_with_a_folder_for_the_file(cache: Path) -> None:
    private_folder(cache / "cache.db")


@pytest.mark.parametrize(
    "spoil", [spoil_with_garbage, spoil_with_a_file, spoil_with_a_folder_for_the_file]
)
def test_a_cache_that_is_none_is_one_warning_and_the_same_rows(
    spoil: object, eveobs: Eveobs, filled: Eveobs, home: Path
) -> None:
    assert callable(spoil)
    spoil(home / "cache" / "esi")
    result = eveobs("fetch", "contracts", "--json")
    assert result.exit_code == 0
    warnings = result.stderr.splitlines()
    assert len(warnings) == 1
    assert warnings[0].startswith(f"warning: the cache in {home / 'cache' / 'esi'} cannot be used")
    assert "Traceback" not in result.stderr
    assert eveobs.json("list", "contracts") == filled.json("list", "contracts")


def test_statistics_that_are_none_do_not_stop_the_cache(eveobs: Eveobs, home: Path) -> None:
    folder = home / "cache" / "esi"
    private_folder(folder)
    (folder / "statistics.db").write_bytes(os.urandom(4096))
    result = eveobs(*LIST_ONLY, "--json")
    assert result.exit_code == 0
    (warning,) = result.stderr.splitlines()
    assert warning.startswith(f"warning: what the cache in {folder} does cannot be counted")
    told = eveobs("cache", "stats")
    assert told.exit_code == 1
    assert "cache verify --repair" in told.stderr
    assert eveobs("cache", "verify", "--repair").exit_code == 0
    assert eveobs("cache", "stats").exit_code == 0


def test_an_entry_of_the_cache_that_is_damaged_is_asked_again(
    eveobs: Eveobs, home: Path, new_eden: NewEden
) -> None:
    eveobs.json(*LIST_ONLY)
    with closing(sqlite3.connect(home / "cache" / "esi" / "cache.db")) as cache, cache:
        assert cache.execute("UPDATE Cache SET value = x'80049501'").rowcount > 0
    with database(home) as connection, connection:
        connection.execute("UPDATE observations SET fresh_until = '2020-01-01T00:00:00Z'")
    new_eden.reset_counters()
    result = eveobs(*LIST_ONLY, "--json")
    assert result.exit_code == 0
    assert "damaged entr" in result.stderr
    assert new_eden.requests() == 1
    assert json.loads(result.stdout)[0]["status"] == "unchanged"


# -- the settings ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[esi]\nconcurency = 5\n", [":2:", "did you mean esi.concurrency?"]),
        ("[esi]\n\nconcurrency = 'many'\n", [":3:", "esi.concurrency", "1 to 1000", "'many'"]),
        ("[esi\nconcurrency = 5\n", [":1:", "not valid TOML"]),
        ("[esi]\nmax_retries = 500\n", [":2:", "esi.max_retries", "0 to 20", "500"]),
    ],
    ids=["wrong key", "wrong type", "no TOML", "too much"],
)
def test_a_broken_file_of_settings_names_file_and_line(
    text: str, said: list[str], new_eden: NewEden, home: Path, tmp_path: Path
) -> None:
    file = tmp_path / "eveobs.toml"
    file.write_text(text)
    new_eden.reset_counters()
    env = {"EVEOBS_HOME": str(home), "EVEOBS_ESI__BASE_URL": new_eden.url}
    result = process(env, "fetch", "contracts", cwd=tmp_path)
    assert result.returncode == 3
    assert result.stdout == ""
    for word in [str(file), *said]:
        assert word in result.stderr
    assert "Traceback" not in result.stderr
    assert new_eden.requests() == 0
    assert not home.exists()
    assert file.read_text() == text
