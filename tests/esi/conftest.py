from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from eveobs.esi.cache import ResponseCache
from tests.esi.fakes import Time


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def cache(time: Time, tmp_path: Path) -> Iterator[ResponseCache]:
    """On disk."""
    made = ResponseCache(tmp_path / "cache", clock=time)
    yield made
    made.close()
