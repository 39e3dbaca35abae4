from __future__ import annotations

import pytest

from tests.esi.fakes import Time


@pytest.fixture
def time() -> Time:
    return Time()
