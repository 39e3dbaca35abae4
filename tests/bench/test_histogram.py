"""Percentiles are those of the durations themselves, to 0.4 %, in memory that stays small."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eveobs.bench.histogram import LONGEST, Histogram, cell_of, end_of

pytestmark = pytest.mark.unit

DURATIONS = st.lists(st.integers(0, LONGEST), min_size=1, max_size=200)
EXACT = 1 / 256


def histogram(values: list[int]) -> Histogram:
    made = Histogram()
    for value in values:
        made.add(value)
    return made


@given(st.integers(0, LONGEST))
def test_a_cell_holds_its_values_and_is_narrow(value: int) -> None:
    cell = cell_of(value)
    assert value <= end_of(cell) <= value * (1 + EXACT)
    assert cell_of(end_of(cell)) == cell
    assert cell_of(end_of(cell) + 1) == cell + 1


@given(DURATIONS, st.floats(0, 100))
def test_a_percentile_is_the_one_of_the_sorted_list(values: list[int], percent: float) -> None:
    rank = max(math.ceil(len(values) * percent / 100), 1)
    true = sorted(values)[rank - 1]
    assert true * (1 - EXACT) <= histogram(values).percentile(percent) <= true * (1 + EXACT)


@given(DURATIONS)
def test_the_last_percentile_is_the_greatest_and_the_first_the_least(values: list[int]) -> None:
    made = histogram(values)
    assert made.percentile(100) == max(values) == made.greatest
    assert made.percentile(0) <= min(values) * (1 + EXACT)
    assert (made.least, made.total, made.count) == (min(values), sum(values), len(values))


@given(DURATIONS, DURATIONS, st.floats(0, 100))
def test_merged_is_as_counted_together(one: list[int], other: list[int], percent: float) -> None:
    merged = histogram(one)
    merged.merge(histogram(other))
    together = histogram(one + other)
    assert merged.percentile(percent) == together.percentile(percent)
    assert (merged.least, merged.greatest, merged.total) == (
        together.least,
        together.greatest,
        together.total,
    )


@given(DURATIONS, st.floats(0, 100))
def test_what_a_file_keeps_tells_the_same(values: list[int], percent: float) -> None:
    made = histogram(values)
    kept = Histogram.of(made.as_json())
    assert kept.count == made.count
    assert kept.percentile(percent) == pytest.approx(made.percentile(percent), rel=EXACT, abs=1)


@pytest.mark.parametrize("counts", [{"-1": 1}, {"999999999": 1}, {"3": -1}, {"x": 1}])
def test_a_file_that_makes_no_sense_is_refused(counts: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"no cell|invalid literal"):
        Histogram.of(counts)


@given(DURATIONS, st.integers(2, 40))
def test_bars_count_everything_once(values: list[int], number: int) -> None:
    bars = histogram(values).bars(number)
    assert sum(count for _, count in bars) == len(values)
    assert [end for end, _ in bars] == sorted(end for end, _ in bars)


def test_nothing_counted_is_nothing_told() -> None:
    assert (Histogram().percentile(99), Histogram().bars(5)) == (0, [])


def test_memory_is_flat_and_a_clock_that_went_back_is_no_error() -> None:
    made = Histogram()
    for value in range(0, 10**6, 7):
        made.add(value * 1000)
    assert len(made.as_json()) < 3000
    made.add(-5)
    made.add(10**30)
    assert cell_of(LONGEST) < 11_000  # there can be no more than that
    assert (made.least, made.greatest) == (0, LONGEST)
