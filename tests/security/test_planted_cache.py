"""A cache that somebody planted reads, changes and deletes nothing outside of its folder."""

from __future__ import annotations

import os
import pickle
import resource
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import diskcache
import pytest
from msgspec.structs import replace

from eveobs.bench import saving as bench_saving
from eveobs.cli import said_before
from eveobs.cli.completing import keeping
from eveobs.errors import ConfigError, EveobsError
from eveobs.esi import downloading, drift
from eveobs.esi.cache import Entry, ResponseCache, pack
from eveobs.esi.cache_folder import CacheFolder
from eveobs.esi.cache_schema import OBJECTS, check_cache
from eveobs.esi.decompress import compress
from eveobs.esi.denials import Denials
from eveobs.esi.disk import FILE_FROM, DamagedError, DiskError, DiskLevel
from eveobs.publish.targets.static import manifest
from eveobs.telemetry.audit import first_line
from eveobs.telemetry.audit_reading import last_lines
from tests.conftest import Eveobs, process

NAME = f"ab/cd/{7:028x}.val"
SECRET = b"a file of the user, who needs it"


def entry(body: bytes = b"{}", *, route: str = "/status") -> Entry:
    now = time.time()
    return Entry(route, 200, compress(body), "", None, now + 60, 1, now)


class Planted:
    """A cache folder with rows that name files elsewhere, and what must not be touched."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.folder = folder
        self.victim = home / "thesis.txt"
        self.victims = home / "victims"
        home.mkdir(parents=True, exist_ok=True)
        self.victim.write_bytes(SECRET)
        (self.victims / "cd").mkdir(parents=True)
        (self.victims / "cd" / NAME[6:]).write_bytes(pack(entry()))
        (home / "empty").mkdir()
        self.before = self.look()
        DiskLevel(folder).close()

    def look(self) -> dict[str, bytes | None]:
        """Every file and folder of the home with its content."""
        home = self.victim.parent
        return {
            str(path.relative_to(home)): path.read_bytes() if path.is_file() else None
            for path in sorted(home.rglob("*"))
        }

    def names(self) -> list[object]:
        """File names for rows; those below the folder lead outside through links."""
        if not (self.folder / "ab").exists():
            (self.folder / "ab").symlink_to(self.victims)
            (self.folder / "ef" / "01").mkdir(parents=True)
            (self.folder / "ef" / "01" / NAME[6:]).symlink_to(self.victim)
            (self.folder / "23" / "45" / NAME[6:]).mkdir(parents=True)
            os.mkfifo(self.folder / "ef" / "01" / f"{8:028x}.val")
        return [
            str(self.victim),
            os.path.relpath(self.victim, self.folder),
            f"ab/../{os.path.relpath(self.victim, self.folder)}",
            NAME,
            f"ef/01/{NAME[6:]}",
            f"ef/01/{8:028x}.val",
            f"23/45/{NAME[6:]}",
            str(self.victim.parent / "empty"),
            "cache.db",
            "",
            "\0",
            f"{NAME}\n",
            str(self.victim).encode(),
            17,
        ]

    def plant(self, keys: list[str]) -> int:
        """A row for each name and mode, of `keys` and beyond; returns how many."""
        number = 0
        names = self.names()
        with closing(sqlite3.connect(self.folder / "cache.db")) as database, database:
            for name in names:
                for mode in (0, 1, 2, 3, 4, 5, "2", None):
                    key = keys[number] if number < len(keys) else f"key-{number}"
                    number += 1
                    database.execute("DELETE FROM Cache WHERE key = ?", (key,))
                    database.execute(
                        "INSERT INTO Cache (key, raw, store_time, expire_time, mode, filename, size)"
                        " VALUES (?, 1, 0, ?, ?, ?, 5)",
                        (key, None if number % 2 else 9e9, mode, name),
                    )
        return number


@pytest.fixture
def planted(tmp_path: Path) -> Planted:
    return Planted(tmp_path / "cache", tmp_path / "user")


def keys(folder: Path) -> list[str]:
    with closing(sqlite3.connect(folder / "cache.db")) as database:
        return [key for (key,) in database.execute("SELECT key FROM Cache")]


# -- rows that name files -------------------------------------------------------------------------


@pytest.mark.unit
def test_reading_planted_rows_drops_them_and_touches_no_file(planted: Planted) -> None:
    planted.plant([])
    warnings: list[str] = []
    noted: list[tuple[int, str]] = []
    cache = ResponseCache(
        planted.folder, warn=warnings.append, note_refused=lambda *found: noted.append(found)
    )
    all_keys = keys(planted.folder)
    assert [cache.get(key) for key in all_keys] == [None] * len(all_keys)
    cache.close()
    assert planted.look() == planted.before
    assert len(warnings) == 1
    # Several rows name the link and the fifo below the folder, which go with the first of them;
    # the two of each that should have a file have none then, and are misses.
    left = keys(planted.folder)
    assert len(left) == 4
    assert noted[0][0] == len(all_keys) - len(left)


@pytest.mark.unit
@pytest.mark.parametrize(
    "act",
    [
        lambda disk: disk.clear(),
        lambda disk: disk._cache.expire(now=9e10),
        lambda disk: disk._cache.evict(None),
        lambda disk: disk._cache.reset("size_limit", 1) and disk._cache.cull(),
        lambda disk: [disk.delete(key) for key in keys(Path(disk._cache.directory))],
        lambda disk: disk.set_many(
            (key, b"new", None) for key in keys(Path(disk._cache.directory))
        ),
        lambda disk: disk.set_many((str(n), b"n" * FILE_FROM, None) for n in range(70)),
        lambda disk: [disk._cache.pop(key) for key in keys(Path(disk._cache.directory))[:0]],
    ],
    ids=["clear", "expire", "evict", "cull", "delete", "replace", "eviction", "pop"],
)
def test_no_way_of_diskcache_to_drop_a_row_touches_its_file(
    planted: Planted, act: Callable[[DiskLevel], object]
) -> None:
    planted.plant([])
    with DiskLevel(planted.folder) as disk:
        act(disk)
    assert planted.look() == planted.before


@pytest.mark.unit
@pytest.mark.parametrize("act", ["repair", "forget", "clear"])
def test_putting_the_folder_right_touches_no_file_elsewhere(planted: Planted, act: str) -> None:
    number = planted.plant([])
    folder = CacheFolder(planted.folder)
    found = folder.check()
    assert len(found.damaged) == number
    assert all(SECRET.decode() not in kept.damage for kept in found.damaged)
    if act == "repair":
        folder.repair(found)
    elif act == "forget":
        folder.forget(kept.row for kept in found.damaged)
    else:
        folder.clear()
    assert planted.look() == planted.before
    assert keys(planted.folder) == []


@pytest.mark.unit
def test_files_without_a_row_are_not_looked_for_behind_a_link(planted: Planted) -> None:
    planted.names()
    found = CacheFolder(planted.folder).check()
    assert not [file for file in found.strays if file.is_relative_to(planted.folder / "ab")]
    CacheFolder(planted.folder).clear()
    assert planted.look() == planted.before


@pytest.mark.unit
def test_nothing_is_written_through_a_link_in_the_folder(planted: Planted) -> None:
    for number in range(256):
        (planted.folder / f"{number:02x}").symlink_to(planted.victims)
    with DiskLevel(planted.folder) as disk:
        with pytest.raises(DiskError, match="links"):
            disk.set_many([("large", b"l" * FILE_FROM, None)])
        disk.set_many([("small", b"s", None)])
        assert disk.get("small") == b"s"
    assert planted.look() == planted.before


@pytest.mark.unit
def test_the_files_that_the_cache_makes_are_read_and_deleted(planted: Planted) -> None:
    planted.names()
    with DiskLevel(planted.folder) as disk:
        disk.set_many([("large", b"l" * FILE_FROM, None)])
        (file,) = (
            one for one in planted.folder.glob("*/*/*.val") if one.lstat().st_size == FILE_FROM
        )
        assert disk.get("large") == b"l" * FILE_FROM
        disk.delete("large")
        assert not file.exists()
        assert not file.parent.exists()


@pytest.mark.integration
def test_commands_over_a_planted_cache_touch_no_file_elsewhere(
    eveobs: Eveobs, tmp_path: Path
) -> None:
    folder = tmp_path / "home" / "cache" / "esi"
    eveobs("api", "GET", "/status")
    eveobs("fetch", "contracts", "--no-items", "--no-bids")
    planted = Planted(folder, tmp_path / "user")
    real = keys(folder)
    assert real
    planted.plant(real)
    assert eveobs("cache", "stats").exit_code == 0
    assert eveobs("cache", "ls", "--json").exit_code == 0
    assert eveobs("api", "GET", "/status").exit_code == 0
    assert eveobs("fetch", "contracts", "--no-items", "--no-bids").exit_code == 0
    eveobs("health", "--offline")
    assert eveobs("cache", "verify").exit_code == 1
    assert "cache.refused" in eveobs("audit", "tail", "--json").stdout
    assert eveobs("cache", "prune").exit_code == 0
    assert planted.look() == planted.before
    planted.plant([])
    assert eveobs("cache", "clear").exit_code == 0
    assert planted.look() == planted.before


# -- pickles --------------------------------------------------------------------------------------


class Bomb:
    """Leaves a mark where it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Callable[..., None], tuple[str, ...]]:
        return os.mkdir, (str(self.mark),)


@pytest.mark.unit
def test_a_pickle_in_a_file_that_has_one_of_our_names_is_not_run(
    planted: Planted, tmp_path: Path
) -> None:
    mark = tmp_path / "executed"
    file = planted.folder / NAME
    file.parent.mkdir(parents=True)
    file.write_bytes(pickle.dumps(Bomb(mark)))
    with closing(sqlite3.connect(planted.folder / "cache.db")) as database, database:
        for mode in range(6):
            database.execute(
                "INSERT INTO Cache (key, raw, store_time, mode, filename) VALUES (?, 1, 0, ?, ?)",
                (f"key-{mode}", mode, NAME),
            )
    cache = ResponseCache(planted.folder)
    assert [cache.get(f"key-{mode}") for mode in range(6)] == [None] * 6
    cache.close()
    CacheFolder(planted.folder).check()
    assert not mark.exists()


# -- entries that are too large -------------------------------------------------------------------

BOUNDED = """
import resource, sys
from pathlib import Path
from eveobs.esi.cache import ResponseCache
from eveobs.esi.cache_folder import CacheFolder
from eveobs.esi.decompress import DecompressError
folder = Path(sys.argv[1])
cache = ResponseCache(folder)
entry = cache.get("bomb")
try:
    entry.text()
except DecompressError as error:
    print(error)
cache.close()
(kept,) = CacheFolder(folder).check().damaged
print(kept.damage)
"""


@pytest.mark.integration
def test_an_entry_of_kilobytes_does_not_become_gigabytes(tmp_path: Path) -> None:
    cache = ResponseCache(tmp_path)
    bomb = entry()
    body = compress(bytes(2_000_000_000))
    assert len(body) < 100_000
    cache.put(
        "bomb",
        replace(bomb, body=body),
    )
    cache.close()
    ended = subprocess.run(
        [sys.executable, "-c", BOUNDED, str(tmp_path)],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (1_500_000_000,) * 2),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.count("larger than") == 2


@pytest.mark.unit
def test_a_row_or_a_file_larger_than_any_entry_is_not_read(planted: Planted) -> None:
    file = planted.folder / NAME
    file.parent.mkdir(parents=True)
    with file.open("wb") as sparse:
        sparse.truncate(10**11)
    with closing(sqlite3.connect(planted.folder / "cache.db")) as database, database:
        insert = "INSERT INTO Cache (key, raw, store_time, mode, filename, value) VALUES "
        database.execute(f"{insert} ('row', 1, 0, 1, NULL, zeroblob(200000000))")
        database.execute(f"{insert} ('file', 1, 0, 2, ?, NULL)", (NAME,))
    found = CacheFolder(planted.folder).check()
    assert [kept.key for kept in found.damaged] == ["row", "file"]
    cache = ResponseCache(planted.folder)
    assert cache.get("row") is None
    assert cache.get("file") is None
    cache.close()
    assert keys(planted.folder) == []
    assert not file.exists(), "it had one of our names"


# -- what SQLite, and diskcache, would do by themselves -------------------------------------------


@pytest.mark.unit
def test_the_schema_that_is_expected_is_the_one_that_diskcache_makes(tmp_path: Path) -> None:
    """Fails where another version of diskcache makes another one: see what it does."""
    DiskLevel(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / "cache.db")) as database:
        check_cache(database)
        names = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
    assert names == set(OBJECTS)
    with closing(diskcache.Cache(str(tmp_path / "plain"))):
        pass
    with closing(sqlite3.connect(tmp_path / "plain" / "cache.db")) as database:
        check_cache(database)


PLANTED = {
    "a trigger": "CREATE TRIGGER t AFTER INSERT ON Cache BEGIN DELETE FROM Cache; END",
    "a trigger in the place of ours": (
        "DROP TRIGGER Settings_size_insert; CREATE TRIGGER Settings_size_insert "
        "AFTER INSERT ON Cache BEGIN UPDATE Cache SET filename = '/x'; END"
    ),
    "a view": "CREATE VIEW Other AS SELECT 1",
    "a view in the place of the table": (
        "ALTER TABLE Cache RENAME TO Old; CREATE VIEW Cache AS WITH RECURSIVE n(i) AS "
        "(SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS rowid, 'k' AS key, 1 AS raw, "
        "0 AS store_time, NULL AS expire_time, NULL AS tag, 0 AS size, 1 AS mode, "
        "NULL AS filename, x'00' AS value FROM n"
    ),
    "a computed column": "ALTER TABLE Cache ADD COLUMN c AS (key || key)",
    "a virtual table": "CREATE VIRTUAL TABLE f USING fts5(t)",
    "an attribute of the cache": "INSERT INTO Settings VALUES ('_directory', '/x')",
    "an attribute of the disk": "INSERT INTO Settings VALUES ('disk__directory', '/x')",
    "a pragma": "INSERT INTO Settings VALUES ('sqlite_writable_schema', 1)",
    "a pragma with more behind it": (
        "UPDATE Settings SET value = 'off; x' WHERE key = 'sqlite_journal_mode'"
    ),
    "a number that is none": "UPDATE Settings SET value = 'x' WHERE key = 'count'",
    "a binary setting": "INSERT INTO Settings VALUES (x'00', 1)",
}


@pytest.fixture(params=PLANTED)
def altered(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    cache = ResponseCache(tmp_path)
    cache.put("a", entry())
    cache.close()
    with closing(sqlite3.connect(tmp_path / "cache.db")) as database:
        database.executescript(PLANTED[request.param])
    return tmp_path


@pytest.mark.unit
@pytest.mark.timeout(20)
def test_a_database_that_would_do_something_by_itself_is_not_used(altered: Path) -> None:
    warnings: list[str] = []
    cache = ResponseCache(altered, warn=warnings.append)
    cache.put("b", entry())
    cache.flush()
    assert cache.get("b") is not None, "it is kept in memory"
    assert cache.get("a") is None
    cache.close()
    assert len(warnings) == 1
    assert "cannot be used" in warnings[0]


@pytest.mark.unit
@pytest.mark.timeout(20)
def test_a_database_that_would_do_something_by_itself_can_be_cleared(altered: Path) -> None:
    folder = CacheFolder(altered)
    try:
        found = folder.check()
    except DiskError as error:
        assert not isinstance(error, DamagedError)
        assert "another program" in str(error)
        return
    assert "unexpected" in found.structure
    folder.clear()
    with DiskLevel(altered) as disk:
        assert disk.size()[0] == 0


@pytest.mark.unit
def test_statistics_that_would_do_something_by_themselves_are_not_used(tmp_path: Path) -> None:
    from eveobs.esi.cache_statistics import CacheStatistics, Tally

    statistics = CacheStatistics()
    statistics.count("/status", Tally.FRESH)
    statistics.save(tmp_path)
    with closing(sqlite3.connect(tmp_path / "statistics.db")) as database:
        database.execute("CREATE TRIGGER t AFTER INSERT ON counts BEGIN DELETE FROM hits; END")
    statistics.count("/status", Tally.FRESH)
    with pytest.raises(DamagedError, match="unexpected"):
        statistics.save(tmp_path)
    with pytest.raises(DamagedError, match="unexpected"):
        CacheStatistics.load(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="of Unix")
@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("data/sign-ins.json", ("auth", "list")),
        ("state/audit.head", ("audit", "verify")),
        ("state/audit.jsonl", ("audit", "verify")),
        ("state/audit.jsonl", ("audit", "tail")),
        ("state/audit.jsonl", ("health", "--check", "audit")),
        ("state/audit.jsonl", ("cache", "clear", "--yes")),
        ("data/audit.first", ("health", "--check", "audit")),
        ("state/drift.sqlite3", ("health", "--check", "contract")),
        ("state/denials.sqlite3", ("fetch", "contracts", "--region", "10000002")),
        ("cache/completion.json", ("config", "path")),
    ],
)
def test_a_pipe_in_the_place_of_a_file_does_not_hang(
    tmp_path: Path, name: str, arguments: tuple[str, ...]
) -> None:
    file = tmp_path / name
    file.parent.mkdir(parents=True)
    os.mkfifo(file)
    environ = {"EVEOBS_HOME": str(tmp_path), "EVEOBS_ESI__BASE_URL": "http://127.0.0.1:1"}
    done = process(environ, *arguments, timeout=25)
    assert "internal error" not in done.stderr
    assert "Traceback" not in done.stderr


def _in_time(work: Callable[[], object]) -> object:
    """What `work` returns or raises; fails where it waits for the writer of a pipe."""
    found: list[object] = []

    def run() -> None:
        try:
            found.append(work())
        except (EveobsError, OSError) as error:
            found.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(10)
    assert found, "it hangs"
    return found[0]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="of Unix")
def test_readers_of_eveobs_own_files_read_no_pipe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eveobs.settings.bounded_read.TIMEOUT", 0.5)  # of a saved run of `bench`
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    (tmp_path / manifest.NAME).symlink_to(pipe)
    (tmp_path / said_before.FILE).symlink_to(pipe)
    run: Any = SimpleNamespace(
        loaded=lambda: SimpleNamespace(places=SimpleNamespace(state=tmp_path))
    )
    assert _in_time(lambda: keeping._read(pipe)) == {}
    assert _in_time(lambda: manifest.is_site(tmp_path)) is False
    assert _in_time(lambda: list(manifest.entries(tmp_path))) == []
    assert _in_time(lambda: said_before.said_before(run, "line")) is False
    assert isinstance(_in_time(lambda: first_line(pipe)), OSError)
    assert isinstance(_in_time(lambda: list(last_lines(pipe, 3))), OSError)
    assert isinstance(_in_time(lambda: bench_saving.load(pipe)), ConfigError)
    os.mkfifo(tmp_path / "x.part.json")
    assert _in_time(lambda: downloading._Partial(tmp_path / "x").note("http://x")) is None
    denials = Denials(tmp_path, "http://127.0.0.1")
    (tmp_path / "denials.sqlite3").symlink_to(pipe)
    (tmp_path / "drift.sqlite3").symlink_to(pipe)
    assert _in_time(lambda: denials.forget(1)) is None
    assert _in_time(lambda: drift.seen(tmp_path)) == []
    seen = drift.DriftRecorder(tmp_path)
    seen.note("/status", "field")
    assert _in_time(seen.flush) is None
