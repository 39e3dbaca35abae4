"""Whatever is wrong with the database is one sentence with a hint, and nothing is lost."""

from __future__ import annotations

import sqlite3
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text as sql

from eveobs.errors import ConfigError, EveobsError, StoreError
from eveobs.records.contracts import CONTRACTS
from eveobs.records.universe import Name
from eveobs.store import engine as engines
from eveobs.store.query import Query
from eveobs.store.store import Store
from tests.store.drafts import START, asked, contract, done, everything, path_of, reading

pytestmark = pytest.mark.unit

MANY = [contract(number, title="x" * 200) for number in range(2000)]


def test_sqlite_writes_ahead_so_that_readers_never_wait(url: str, store: Store) -> None:
    assert asked(url, "PRAGMA journal_mode") == [{"journal_mode": "wal"}]
    store.apply(reading([contract(1)]))
    with closing(sqlite3.connect(path_of(url), isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE contracts SET title = 'unfinished'")
        assert [row["title"] for row in store.rows(CONTRACTS, Query())] == [None]
        writer.execute("ROLLBACK")


def test_the_folder_is_made(tmp_path: Path) -> None:
    Store(f"sqlite:///{tmp_path}/a/b/e.sqlite3").close()
    assert (tmp_path / "a/b/e.sqlite3").is_file()


def _under_a_file(tmp_path: Path) -> str:
    (tmp_path / "file").touch()
    return f"sqlite:///{tmp_path}/file/e.sqlite3"


def _a_folder(tmp_path: Path) -> str:
    (tmp_path / "folder").mkdir()
    return f"sqlite:///{tmp_path}/folder"


def _read_only(tmp_path: Path) -> str:
    (tmp_path / "e.sqlite3").touch()
    return f"sqlite:///file:{tmp_path}/e.sqlite3?mode=ro&uri=true"


@pytest.mark.parametrize("make", [_under_a_file, _a_folder, _read_only])
def test_a_place_that_cannot_be_written(tmp_path: Path, make: Callable[[Path], str]) -> None:
    with pytest.raises(ConfigError, match="cannot be written") as caught:
        Store(make(tmp_path))
    assert "EVEOBS_HOME" in (caught.value.hint or "")


@pytest.mark.parametrize("url", ["nonsense", "mysql+nonsense://x", "", "://"])
def test_no_database_url(url: str) -> None:
    with pytest.raises(ConfigError, match=r"store\.url is not a database URL") as caught:
        Store(url)
    assert "sqlite:///" in (caught.value.hint or "")


def test_a_driver_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(ConfigError, match="needs the package psycopg") as caught:
        Store("postgresql+psycopg://eve@127.0.0.1/eve")
    assert caught.value.hint == "pip install 'eveobs[postgres]'"


@pytest.mark.parametrize("content", [b"this is a letter, not a database\n" * 200, b"SQLite format"])
def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "letter.txt"
    file.write_bytes(content)
    with pytest.raises(StoreError, match="not a database") as caught:
        Store(f"sqlite:///{file}")
    assert "backup" in (caught.value.hint or "")
    assert file.read_bytes() == content


def test_a_damaged_store_is_told(url: str) -> None:
    with Store(url) as store:
        store.apply(reading(MANY))
    with path_of(url).open("r+b") as file:
        file.seek(4096 * 2)
        file.write(b"\xff" * 4096 * 60)
    with Store(url) as store, pytest.raises(StoreError, match="damaged") as caught:
        store.apply(reading([], at=START.replace(hour=9)))
    assert "Move the file away" in (caught.value.hint or "")


def test_a_locked_store_is_waited_for_then_told(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "PATIENCE", 0.05)
    with Store(url) as store, closing(sqlite3.connect(path_of(url))) as other:
        store.apply(reading([contract(1)]))
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match=r"locked by another program for 0\.05 s") as caught:
            store.apply(reading([contract(2)], at=START.replace(hour=9)))
        assert "run it again" in (caught.value.hint or "")
        assert store.count(CONTRACTS, Query()) == 1
        other.rollback()
        store.apply(reading([contract(2)], at=START.replace(hour=9)))
    assert asked(url, "SELECT contract_id FROM contracts WHERE gone_at IS NULL") == [
        {"contract_id": 2}
    ]


def test_a_writer_waits_for_the_other_to_end(url: str) -> None:
    with Store(url) as store, closing(sqlite3.connect(path_of(url), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        waiting = threading.Thread(target=store.apply, args=(reading([contract(1)]),))
        waiting.start()
        waiting.join(0.05)
        assert waiting.is_alive()
        other.execute("COMMIT")
        waiting.join(10)
        assert store.count(CONTRACTS, Query()) == 1


def _shrunk(store: Store, url: str) -> None:
    """As good as a full disk: not one page more than there is."""
    pages = asked(url, "PRAGMA page_count")[0]["page_count"]

    def limit(connection: sqlite3.Connection, *_: object) -> None:
        connection.execute(f"PRAGMA max_page_count={pages}")

    from sqlalchemy import event

    store._engine.dispose()
    event.listen(store._engine, "connect", limit)


def test_a_full_disk_stops_an_observation_without_a_trace(url: str, store: Store) -> None:
    store.apply(reading([contract(1)]))
    before = everything(url)
    _shrunk(store, url)
    with pytest.raises(StoreError, match="disk is full") as caught:
        store.apply(reading(MANY, at=START.replace(hour=9)))
    assert "intact" in (caught.value.hint or "")
    with pytest.raises(StoreError, match="disk is full"):
        store.keep_names([Name(category="x", id=n, name="y" * 99) for n in range(9999)], (), START)
    assert everything(url) == before
    assert [row["contract_id"] for row in store.rows(CONTRACTS, Query())] == [1]


def test_a_number_of_more_than_64_bits_is_an_error_not_a_crash(url: str, store: Store) -> None:
    before = everything(url)
    with pytest.raises(StoreError, match="64 bits"):
        store.apply(reading([contract(1), contract(2**63)]))
    assert everything(url) == before
    store.apply(reading([contract(2**63 - 1)]))
    assert store.row(CONTRACTS, 2**63 - 1) is not None


def test_an_unknown_failure_is_told_in_the_databases_words(url: str, store: Store) -> None:
    store.apply(reading([contract(1)]))
    done(url, "DROP TABLE contracts")
    for ask in (
        lambda: store.row(CONTRACTS, 1),
        lambda: store.count(CONTRACTS, Query()),
        lambda: store.apply(reading([contract(2)], at=START.replace(hour=9))),
        lambda: list(store.rows(CONTRACTS, Query())),
    ):
        with pytest.raises(StoreError, match="failed: no such table: contracts"):
            ask()


def test_a_password_is_never_told() -> None:
    with pytest.raises(ConfigError, match="cannot be reached") as caught:
        Store("postgresql+psycopg://eve:geheim@127.0.0.1:1/eve")
    assert "geheim" not in f"{caught.value.message}{caught.value.hint}"
    assert isinstance(caught.value, EveobsError)


def test_memory_is_one_database_for_all_threads() -> None:
    with Store("sqlite:///:memory:") as store:
        thread = threading.Thread(target=store.apply, args=(reading([contract(1)]),))
        thread.start()
        thread.join(10)
        assert store.count(CONTRACTS, Query()) == 1


def test_lower_knows_every_alphabet(store: Store) -> None:
    with store._engine.connect() as connection:
        found = connection.execute(sql("SELECT lower('ПРОДАМ ÉTÉ'), lower(NULL), lower(7)")).one()
    assert tuple(found) == ("продам été", None, 7)


def test_writers_of_postgresql_queue_up() -> None:
    said: list[str] = []

    class Connection:
        def __init__(self, **options: bool) -> None:
            self.options = options

        def get_execution_options(self) -> dict[str, bool]:
            return self.options

        def exec_driver_sql(self, statement: str) -> None:
            said.append(statement)

    engines._queue(Connection(writes=True))
    engines._queue(Connection())
    assert said == [f"SELECT pg_advisory_xact_lock({engines.WRITERS})"]
    assert engines.WRITERS < 2**63
