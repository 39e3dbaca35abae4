from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from eveobs.store.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(f"sqlite:///{tmp_path / 'eve.sqlite3'}") as opened:
        yield opened
