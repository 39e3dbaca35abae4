"""What is private can be read by nobody else, from its first byte on and whatever the umask."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from eveobs import files
from tests.conftest import Eveobs, process

OTHERS = stat.S_IRWXG | stat.S_IRWXO
pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes say nothing there")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def loose(home: Path) -> dict[str, str]:
    """What other users may do with anything below `home`, links aside."""
    return {
        str(path.relative_to(home)): oct(mode(path))
        for path in sorted(home.rglob("*"))
        if not path.is_symlink() and mode(path) & OTHERS
    }


@contextmanager
def umask(value: int) -> Iterator[None]:
    before = os.umask(value)
    try:
        yield
    finally:
        os.umask(before)


# -- the door -------------------------------------------------------------------------------------


@pytest.fixture(params=[0o000, 0o022, 0o077], ids=oct)
def any_umask(request: pytest.FixtureRequest) -> Iterator[int]:
    with umask(request.param):
        yield request.param


@pytest.mark.unit
def test_the_door_makes_private_what_is_private(any_umask: int, tmp_path: Path) -> None:
    deep = tmp_path / "a" / "b"
    files.private_folder(deep)
    files.private_database(deep / "c" / "d.sqlite3")
    os.close(files.open_private(deep / "e", os.O_WRONLY | os.O_CREAT))
    files.open_lock(deep / "f" / "g.lock").close()
    files.write_bytes(deep / "h", b"h", private=True)
    with files.atomic_path(deep / "i", private=True) as part:
        part.write_bytes(b"i")
    assert loose(tmp_path) == {}


@pytest.mark.unit
def test_the_door_leaves_what_is_for_others_to_the_umask(any_umask: int, tmp_path: Path) -> None:
    files.write_bytes(tmp_path / "a", b"a", private=False)
    with files.atomic_path(tmp_path / "b", private=False) as part:
        part.write_bytes(b"b")
    assert mode(tmp_path / "a") == mode(tmp_path / "b") == 0o666 & ~any_umask


@pytest.mark.unit
def test_a_private_file_is_private_while_it_is_written(tmp_path: Path) -> None:
    target = tmp_path / "wallet.csv"
    target.write_text("old")
    target.chmod(0o644)
    with umask(0), files.atomic_write(target, private=True) as out:
        out.write(b"secret")
        out.flush()
        (part,) = (one for one in tmp_path.iterdir() if one != target)
        assert mode(part) == 0o600
    assert mode(target) == 0o600


@pytest.mark.unit
def test_a_file_for_others_keeps_the_mode_that_it_has(tmp_path: Path) -> None:
    target = tmp_path / "public.csv"
    target.write_text("old")
    target.chmod(0o640)
    files.write_bytes(target, b"new", private=False)
    assert mode(target) == 0o640


# -- commands -------------------------------------------------------------------------------------

WATCHED = """
import os, sys, threading
from pathlib import Path
os.umask(int(sys.argv[1], 8))
home, loose, done = Path(os.environ["EVEOBS_HOME"]), set(), threading.Event()
def watch():
    while not done.is_set():
        for path in list(home.rglob("*")) if home.exists() else []:
            try:
                if path.lstat().st_mode & 0o077:
                    loose.add(f"{path.relative_to(home)} {path.lstat().st_mode:o}")
            except FileNotFoundError:
                pass
watcher = threading.Thread(target=watch)
watcher.start()
sys.argv = ["eveobs", *sys.argv[2:]]
from eveobs.__main__ import main
try:
    main()
finally:
    done.set()
    watcher.join()
    print("LOOSE", sorted(loose), file=sys.stderr)
"""


@pytest.mark.integration
@pytest.mark.parametrize("mask", ["000", "022"])
def test_nothing_of_a_home_can_be_read_by_others_at_any_moment(
    eveobs: Eveobs, tmp_path: Path, mask: str
) -> None:
    home = tmp_path / "home"
    log = home / "state" / "log" / "eveobs.log"
    env = {**os.environ, **eveobs.env, "EVEOBS_LOG__FILE": str(log)}
    for command in (
        ["config", "set", "publish.language", "en"],
        ["fetch", "contracts", "--no-bids"],
        ["static-data", "update"],
        ["cache", "clear", "--yes"],
    ):
        ended = subprocess.run(
            [sys.executable, "-c", WATCHED, mask, *command],
            env=env,
            capture_output=True,
            text=True,
            timeout=120,
        )
        told = ended.stderr.rpartition("LOOSE ")[2]
        assert "LOOSE" in ended.stderr
        assert told.strip() == "[]", (command, told)
    assert (home / "data" / "eveobs.sqlite3").exists()
    assert loose(home) == {}


@pytest.mark.integration
@pytest.mark.integration
def test_a_home_without_a_store_is_private_too(eveobs: Eveobs, tmp_path: Path) -> None:
    for words in (("api", "/status"), ("cache", "clear", "--private"), ("cache", "clear")):
        ran = eveobs(*words)
        assert ran.exit_code == 0, ran.output
        assert "could be read by other users" not in ran.stderr
        assert loose(tmp_path / "home") == {}


def test_the_files_beside_a_database_are_as_private_as_it_is(tmp_path: Path) -> None:
    with umask(0):
        files.private_database(tmp_path / "a.sqlite3")
        database = sqlite3.connect(tmp_path / "a.sqlite3")
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE t (a)")
        names = {path.name for path in tmp_path.iterdir()}
        assert names == {"a.sqlite3", "a.sqlite3-wal", "a.sqlite3-shm"}
        assert loose(tmp_path) == {}
        database.close()


# -- what is there already ------------------------------------------------------------------------


@pytest.fixture
def loose_home(tmp_path: Path) -> Path:
    """A home as older versions made it."""
    home = tmp_path / "home"
    for folder in ("data", "state", "cache/esi/ab", "config"):
        (home / folder).mkdir(parents=True)
    for file in ("data/eveobs.sqlite3", "state/audit.jsonl", "cache/esi/ab/x", "config/notes"):
        (home / file).touch()
    for path in [home, *home.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    return home


@pytest.mark.unit
def test_what_is_loose_is_tightened_once_with_a_notice(loose_home: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "file").touch()
    for path in (elsewhere, elsewhere / "file"):
        path.chmod(0o755)
    (loose_home / "data" / "folder").symlink_to(elsewhere)
    (loose_home / "data" / "link").symlink_to(elsewhere / "file")
    run = Eveobs({"EVEOBS_HOME": str(loose_home)})
    ended = run("limits")
    assert {line for line in ended.stderr.splitlines() if line.startswith("notice")} == {
        f"notice: {loose_home / name} could be read by other users; it is private now"
        for name in ("data", "state", "cache")
    }
    assert loose(loose_home) == {"config": "0o755", "config/notes": "0o644"}
    assert mode(loose_home) == 0o755, "the folder of the home is the person's"
    assert mode(elsewhere) == mode(elsewhere / "file") == 0o755, "links are not followed"
    assert "notice" not in run("limits").stderr


@pytest.mark.unit
def test_a_file_of_settings_with_a_secret_is_tightened(loose_home: Path) -> None:
    file = loose_home / "config" / "eveobs.toml"
    for text, expected in (
        ("[log]\nlevel = 'info'\n", 0o644),
        ("[wordpress]\napp_password = 'abcd efgh'\n", 0o600),
    ):
        file.write_text(text)
        file.chmod(0o644)
        ended = Eveobs({"EVEOBS_HOME": str(loose_home)})("limits")
        assert mode(file) == expected
        assert (f"notice: {file}" in ended.stderr) is (expected == 0o600)


@pytest.mark.unit
def test_a_cache_that_was_chosen_with_a_setting_may_be_shared(
    loose_home: Path, tmp_path: Path
) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o775)
    run = Eveobs({"EVEOBS_HOME": str(loose_home), "EVEOBS_CACHE__DIR": str(shared)})
    run("limits")
    assert mode(shared) == 0o775


def modes(folder: Path) -> dict[str, int]:
    return {str(path.relative_to(folder)): mode(path) for path in [folder, *folder.rglob("*")]}


@pytest.mark.integration
def test_a_published_site_in_the_data_folder_stays_open_to_others(eveobs: Eveobs) -> None:
    assert eveobs("fetch", "contracts", "--no-items", "--no-bids").exit_code == 0
    publish = ("publish", "contract", "--from", "contracts")
    with umask(0o022):
        ran = eveobs(*publish)
    assert ran.exit_code == 0, ran.output
    site = Path(eveobs.env["EVEOBS_HOME"]) / "data" / "site"
    assert (site / files.SITE_MANIFEST).is_file()
    before = modes(site)
    assert before["."] == 0o755
    assert before["index.html"] == 0o644
    for words in (("limits",), publish, ("list", "contracts")):
        ran = eveobs(*words)
        assert "could be read by other users" not in ran.stderr
        assert modes(site) == before
    loose_log = site.parent / "notes"
    loose_log.touch(0o644)
    assert "could be read by other users" in eveobs("limits").stderr
    assert mode(loose_log) == 0o600
    assert modes(site) == before


@pytest.mark.unit
@pytest.mark.parametrize("planted", ["nothing", "another file", "fifo", "folder", "link"])
def test_a_folder_called_site_without_a_manifest_is_tightened(
    loose_home: Path, tmp_path: Path, planted: str
) -> None:
    manifest = loose_home / "data" / "site" / files.SITE_MANIFEST
    manifest.parent.mkdir()
    manifest.parent.chmod(0o755)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(files.SITE_MANIFEST_HEAD)
    match planted:
        case "another file":
            manifest.write_text("{}")
        case "fifo":
            os.mkfifo(manifest)
        case "folder":
            manifest.mkdir()
        case "link":
            manifest.symlink_to(elsewhere)
    files.tighten([loose_home / "data"])
    assert mode(manifest.parent) == 0o700


@pytest.mark.unit
def test_a_manifest_in_the_data_folder_itself_does_not_keep_it_open(loose_home: Path) -> None:
    (loose_home / "data" / files.SITE_MANIFEST).write_bytes(files.SITE_MANIFEST_HEAD)
    assert files.tighten([loose_home / "data"]) == [loose_home / "data"]
    assert loose(loose_home / "data") == {}


@pytest.mark.unit
def test_a_link_in_the_place_of_a_folder_is_not_followed(loose_home: Path, tmp_path: Path) -> None:
    (loose_home / "data").rename(tmp_path / "disk")
    (loose_home / "data").symlink_to(tmp_path / "disk")
    Eveobs({"EVEOBS_HOME": str(loose_home)})("limits")
    assert mode(tmp_path / "disk") == 0o755


# -- exports --------------------------------------------------------------------------------------


@pytest.mark.integration
@pytest.mark.parametrize("form", ["csv", "json", "ndjson", "parquet", "sqlite"])
@pytest.mark.parametrize("kind", ["own-contracts", "wallet-journal", "assets", "contracts"])
def test_exports_of_signed_in_data_are_private(
    filled: Eveobs, tmp_path: Path, form: str, kind: str
) -> None:
    seen: set[int] = set()
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            with suppress(FileNotFoundError):
                seen.update(mode(path) for path in tmp_path.rglob("*"))

    target = tmp_path / f"x.{form}"
    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        with umask(0):
            result = filled("export", kind, "-o", str(target))
    finally:
        done.set()
        watcher.join()
    assert result.exit_code == 0, result.output
    if kind == "contracts":
        assert mode(target) == 0o666
    else:
        assert mode(target) == 0o600
        assert not [found for found in seen if found & OTHERS]


@pytest.mark.integration
def test_a_backup_of_settings_is_private(tmp_path: Path) -> None:
    env = {"EVEOBS_HOME": str(tmp_path / "home")}
    file = tmp_path / "home" / "config" / "eveobs.toml"
    assert process(env, "config", "init").returncode == 0
    file.chmod(0o644)
    assert process(env, "config", "init", "--force").returncode == 0
    assert mode(file.with_name("eveobs.toml.bak")) == 0o600
