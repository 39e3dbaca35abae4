"""What an auction takes next."""

from __future__ import annotations

import pytest

from eveobs.analysis.offer import next_bid

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("start", "highest", "buyout", "least"),
    [
        (1e6, None, None, 1e6),
        (1e6, 1e6, None, 1.1e6),
        (1e6, 5e6, None, 5.1e6),  # a tenth of what it started at, not of the bid
        (100.0, 100.0, None, 1100.0),
        (1e6, 5e6, 5.05e6, 5.05e6),
        (1e6, None, 0.0, 1e6),
    ],
)
def test_the_next_bid(
    start: float, highest: float | None, buyout: float | None, least: float
) -> None:
    assert next_bid(start, highest, buyout) == least
