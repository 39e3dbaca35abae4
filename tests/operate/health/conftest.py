from __future__ import annotations

from pathlib import Path

import pytest

from eveobs.operate.health.home import Home
from tests.esi.fakes import Time
from tests.operate.health.homes import Esi, home_at


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def esi(time: Time) -> Esi:
    return Esi(time)


@pytest.fixture
def home(tmp_path: Path, esi: Esi, time: Time) -> Home:
    """One where nothing was ever done."""
    return home_at(tmp_path / "home", esi, time)
