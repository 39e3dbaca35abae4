"""What people type for ISK and moments is read as they mean it, or refused with an example."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eveobs.cli.amounts import SUFFIXES, isk, moment, number
from eveobs.errors import UsageError

pytestmark = pytest.mark.unit

NOW = datetime(2026, 9, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1500000", 1.5e6),
        ("1,500,000", 1.5e6),
        ("1.5m", 1.5e6),
        ("2B", 2e9),
        ("0", 0),
        (" 7 k ", 7e3),
        ("1,234.5", 1234.5),
        ("1,500k", 1.5e6),
        ("1.5e9", 1.5e9),
        ("2E+6", 2e6),
    ],
)
def test_isk(text: str, amount: float) -> None:
    assert isk(text, "min-price") == amount


@pytest.mark.parametrize(
    ("text", "hinted"),
    [
        ("1,5m", "1.5m"),
        ("1,5", "1.5"),
        ("12,34 b", "12.34 b"),
        ("1,5000", "1.5000"),
        ("1234,567", "1234.567"),
        ("1,500,00", "1.5m"),
        (",500", "1.5m"),
        ("1,,500", "1.5m"),
        ("1.500.000", "1.5m"),
        ("1.500,000", "1.5m"),
        ("1e999", "1.5m"),
        ("9" * 400, "1.5m"),
        ("1.5e-3", "1.5m"),
    ],
)
def test_a_comma_that_parts_no_thousands_is_refused(text: str, hinted: str) -> None:
    with pytest.raises(UsageError, match="--min-price") as refused:
        isk(text, "min-price")
    assert (refused.value.hint or "").startswith(f"Such as {hinted}, ")


@given(st.integers(0, 10**6), st.sampled_from(sorted(SUFFIXES)))
def test_isk_is_number_times_suffix(number: int, suffix: str) -> None:
    assert isk(f"{number}{suffix}", "max-price") == number * SUFFIXES[suffix]


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("12h", NOW + timedelta(hours=12)),
        ("3d", NOW + timedelta(days=3)),
        ("2W", NOW + timedelta(weeks=2)),
        ("30m", NOW + timedelta(minutes=30)),
        ("2026-10-01", datetime(2026, 10, 1, tzinfo=UTC)),
        ("2026-10-01T08:00Z", datetime(2026, 10, 1, 8, tzinfo=UTC)),
        ("2026-10-01T08:00:00+02:00", datetime(2026, 10, 1, 6, tzinfo=UTC)),
    ],
)
def test_moments(text: str, when: datetime) -> None:
    assert moment(text, "expires-before", NOW) == when


@given(st.text(max_size=20))
def test_whatever_is_typed_is_read_or_refused(text: str) -> None:
    for read in (lambda: isk(text, "min-price"), lambda: moment(text, "expires-before", NOW)):
        try:
            read()
        except UsageError as error:
            assert error.hint is not None
            assert error.hint.startswith("Such as")


def test_a_span_beyond_time_is_refused() -> None:
    with pytest.raises(UsageError, match="999999w"):
        moment("999999w", "expires-before", NOW)


@pytest.mark.parametrize(("text", "meant"), [("3", 3), (" 1,200 ", 1200), ("0", 0)])
def test_whole_numbers(text: str, meant: int) -> None:
    assert number(text, "division") == meant


@pytest.mark.parametrize("text", ["", "three", "-1", "1.5", "1,5", "12,00", "1,2000", "9" * 19])
def test_what_is_no_whole_number_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--division"):
        number(text, "division")


def test_a_span_may_be_counted_back() -> None:
    assert moment("3d", "since", NOW, back=True) == NOW - timedelta(days=3)
    assert moment("2026-09-23", "since", NOW, back=True) == moment("2026-09-23", "since", NOW)
