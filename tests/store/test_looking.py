"""The store is looked at without being made, upgraded or waited for."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from eveobs.errors import ConfigError, EveobsError, StoreError
from eveobs.store.looking import LATEST, look, static_loaded
from eveobs.store.store import Store

pytestmark = pytest.mark.unit


def path_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def test_one_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/deep/down/eve.sqlite3"
    found = look(url)
    assert (found.version, found.bytes, found.busy) == (None, 0, False)
    assert found.free
    assert static_loaded(url) is None
    assert not list(tmp_path.iterdir())


def test_one_that_is_there_is_told(url: str) -> None:
    found = look(url)
    assert (found.version, found.is_newer, found.busy) == (LATEST, False, False)
    assert found.bytes == path_of(url).stat().st_size
    assert static_loaded(url) is None


@pytest.mark.parametrize(("version", "newer"), [("0001", False), ("9999", True)])
def test_another_version_is_told_and_stays(url: str, version: str, newer: bool) -> None:
    with closing(sqlite3.connect(path_of(url))) as database, database:
        database.execute("UPDATE alembic_version SET version_num = ?", (version,))
    for _ in range(2):
        found = look(url)
        assert (found.version, found.is_newer) == (version, newer)


def test_an_empty_file_has_no_version_yet(tmp_path: Path) -> None:
    (tmp_path / "eve.sqlite3").touch()
    assert look(f"sqlite:///{tmp_path}/eve.sqlite3").version is None


@pytest.mark.parametrize("statement", ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"])
def test_one_that_is_being_written_is_busy(url: str, statement: str) -> None:
    with closing(sqlite3.connect(path_of(url), isolation_level=None)) as other:
        other.execute(statement)
        assert look(url).busy


def test_static_data_that_is_loaded_is_told(url: str) -> None:
    when = datetime(2026, 9, 1, tzinfo=UTC)
    about = {"build": 7, "released": "", "language": "en", "etag": "", "loaded_at": when}
    with Store(url) as store:
        store.replace_static_data({}, about, lambda: None)
    found = static_loaded(url)
    assert found is not None
    assert (found.build, found.loaded_at) == (7, when)


def test_what_is_none_is_told(tmp_path: Path) -> None:
    file = tmp_path / "eve.sqlite3"
    file.write_bytes(b"mine" * 1000)
    with pytest.raises(StoreError, match="not a database"):
        look(f"sqlite:///{file}")
    with pytest.raises(EveobsError):
        static_loaded(f"sqlite:///{file}")
    assert file.read_bytes() == b"mine" * 1000
    with pytest.raises(ConfigError, match="cannot be written"):
        look(f"sqlite:///{file}/below/eve.sqlite3")
    with pytest.raises(ConfigError):
        look("postgresql://127.0.0.1:1/none?connect_timeout=2")
