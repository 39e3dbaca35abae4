"""What is said of courier contracts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from eveobs.analysis.hauling import traps
from eveobs.store.couriers import Courier

pytestmark = pytest.mark.unit


def courier(**fields: Any) -> Courier:
    told: dict[str, Any] = {
        "contract_id": 1,
        "title": None,
        "reward": 5e6,
        "collateral": 1e8,
        "volume": 1000.0,
        "days_to_complete": 3,
        "start_location_id": 60003760,
        "end_location_id": 60008494,
        "region_id": 10000002,
        "issuer_id": 9,
        "date_expired": datetime(2026, 9, 30, tzinfo=UTC),
    }
    return Courier(**(told | fields))


def test_an_honest_one_has_none() -> None:
    assert list(traps(courier())) == []


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"collateral": 1e9}, "the collateral is 200 times the reward"),
        ({"collateral": 1e7}, "the reward is 50% of the collateral"),
        ({"collateral": 0.0}, "no collateral"),
        ({"end_location_id": 10**12 + 1}, "in a structure"),
        ({"start_location_id": 10**12 + 1}, "in a structure"),
    ],
)
def test_each_trap_is_named(fields: dict[str, Any], words: str) -> None:
    (told,) = traps(courier(**fields))
    assert words in told
