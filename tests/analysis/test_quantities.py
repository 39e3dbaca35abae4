"""Numbers as players and clients of every language write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eveobs.analysis.quantities import (
    NO_MARKS,
    Marks,
    Quantity,
    looks_numeric,
    marks_of,
    read_quantity,
)

pytestmark = pytest.mark.unit

SPACES = [" ", "\u00a0", "\u2009", "\u202f", "\u2007", "\u200a"]
APOSTROPHES = ["'", "’", "ʼ", "`"]


@pytest.mark.parametrize("mark", [*SPACES, *APOSTROPHES], ids=ascii)
def test_thousands(mark: str) -> None:
    assert read_quantity(f"1{mark}000") == Quantity(1000)
    assert read_quantity(f"12{mark}345{mark}678") == Quantity(12_345_678)


@pytest.mark.parametrize(
    ("text", "value", "cut"),
    [
        ("12,5", 12, True),
        ("12.5", 12, True),
        ("331.0", 331, False),
        ("0.500", 0, True),
        ("1e3", 1000, False),
        ("1E+03", 1000, False),
        ("1.5e3", 1500, False),
        ("1.234,50", 1234, True),
        ("1,234.0", 1234, False),
        ("1234.567", 1234, True),
        ("1000 Stück", 1000, False),
        ("4662 Units", 4662, False),
        ("١٢٣", 123, False),
    ],
)
def test_decimals_and_exponents(text: str, value: int, cut: bool) -> None:
    assert read_quantity(text) == Quantity(value, cut=cut)


@pytest.mark.parametrize("text", ["1,000", "1.000", "12.345"])
def test_a_number_with_two_readings_is_thousands_and_says_so(text: str) -> None:
    assert read_quantity(text) == Quantity(int(text.translate({44: "", 46: ""})), two_readings=True)


@pytest.mark.parametrize(
    ("others", "text", "expected"),
    [
        (["4.150,00 ISK"], "1.000", Quantity(1000)),
        (["4,150.00 ISK"], "1,000", Quantity(1000)),
        (["1.234.567"], "1.000", Quantity(1000)),
        (["10.82 m3"], "1,080", Quantity(1080)),
        (["123.12"], "1.500", Quantity(1, cut=True)),
        (["0.500"], "1.500", Quantity(1, cut=True)),
        (["331.0"], "1.000", Quantity(1)),
        (["1.5", "1.234.567"], "1.500", Quantity(1500, two_readings=True)),
    ],
)
def test_the_other_numbers_of_a_text_decide(
    others: list[str], text: str, expected: Quantity
) -> None:
    found = read_quantity(text, marks_of([*others, text]))
    assert found is not None
    assert found.value == expected.value
    assert found.two_readings == expected.two_readings


@pytest.mark.parametrize(
    "text",
    ["", "-5", "12..5", "1,00,000", "1,000,5", "5k", "Mineral", "10 m3", "x", "1 000\u00a0000"],
)
def test_what_is_no_number(text: str) -> None:
    assert read_quantity(text) is None


@pytest.mark.parametrize("text", ["12..5", "5k", "-5", "1,00,000", "1 000\u00a0000", "1.5m"])
def test_what_is_meant_as_one(text: str) -> None:
    assert looks_numeric(text)


@pytest.mark.parametrize("text", ["1DQ1-A", "10 m3", "Mineral", "", "4,150.00 ISK", "C-J6MT"])
def test_what_is_not_meant_as_one(text: str) -> None:
    assert not looks_numeric(text)


@given(st.integers(0, 10**18), st.sampled_from([*SPACES, *APOSTROPHES, ",", ".", ""]))
def test_whole_numbers_are_read_as_they_are(number: int, mark: str) -> None:
    found = read_quantity(f"{number:,}".replace(",", mark))
    assert found is not None
    assert (found.value, found.cut) == (number, False)


@given(st.text(max_size=100))
def test_any_text_is_a_number_or_none(text: str) -> None:
    for marks in (NO_MARKS, Marks(frozenset("."), frozenset(",")), marks_of([text])):
        found = read_quantity(text, marks)
        assert found is None or found.value >= 0
