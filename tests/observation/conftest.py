from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from eveobs.store.store import Store


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store without a row: copying it is quicker than migrating a new one."""
    path = tmp_path_factory.mktemp("store") / "empty.sqlite3"
    Store(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def url(empty_file: Path, tmp_path: Path) -> str:
    path = tmp_path / "eve.sqlite3"
    shutil.copy(empty_file, path)
    return f"sqlite:///{path}"


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with Store(url) as opened:
        yield opened


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"
