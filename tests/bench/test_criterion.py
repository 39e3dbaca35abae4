"""A limit is what a person means by it, and what cannot be meant is refused with an example."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eveobs.bench.criterion import criterion
from eveobs.bench.sample import FIGURES
from eveobs.errors import UsageError

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "beyond", "within"),
    [
        ("p99>+10%", 10.1, 9.9),
        ("p99.9 > +10 %", 10.1, 10),
        ("p99_9>+10%", 10.1, 10),
        ("throughput<-5%", -5.1, -4.9),
        ("errors>0", 1, 0),
        ("p50>20ms", 20_001, 20_000),
        ("p50>1.5s", 1_500_001, 1_500_000),
        ("max>+200us", 201, 200),
        ("max>+200µs", 201, 200),
        ("throughput<1k", 999, 1000),
        ("THROUGHPUT<100/s", 99, 100),
        ("bytes>+1%", 1.1, 1),
        ("cpu>.5", 0.6, 0.5),
    ],
)
def test_limits_as_people_write_them(text: str, beyond: float, within: float) -> None:
    limit = criterion(text)
    assert limit.broken_by(beyond)
    assert not limit.broken_by(within)
    assert limit.compares is ("+" in text or "-" in text)


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_that_is_shown_can_be_limited(name: str) -> None:
    assert criterion(f"{name}>+10%").figure.name == name
    assert criterion(f"{name}>10").figure.name == name


@pytest.mark.parametrize(
    "text",
    [
        *("p99", "p99>", ">10%", "p42>+10%", "p99>+10x", "p99>ten", "p99>10%", "errors>5ms"),
        *("p99>-10%", "throughput<+10%", "p99=5", "p99>>5", "", "\x1b[31m", "p99>+10%%"),
    ],
)
def test_what_is_no_limit_is_refused_with_what_would_be_one(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        criterion(text)
    assert refused.value.hint
    assert text in refused.value.message


@given(st.text(max_size=20))
def test_no_text_at_all_breaks_it(text: str) -> None:
    try:
        criterion(text)
    except UsageError as refused:
        assert refused.hint
