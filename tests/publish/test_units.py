"""A figure is shown in the unit that ESI sends it in: a tax of 10 is 10 %, and not 1,000 %."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from eveobs.cli.output.values import show
from eveobs.publish import text
from eveobs.publish.kinds import TEMPLATES
from eveobs.publish.rendering import _pages
from eveobs.records.corporations import CORPORATIONS
from eveobs.records.schema import Kind

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("value", "shown"), [(10.0, "10 %"), (5.6, "5.6 %"), (0.0, "0 %"), (100.0, "100 %"), (None, "")]
)
def test_percentages(value: float | None, shown: str) -> None:
    assert text.percent(value) == shown
    assert show(Kind.PERCENT, [value], None).full == [shown]


def test_shares_are_shown_in_percent() -> None:
    assert show(Kind.SHARE, [0.34, None, "x"], None).full == ["34 %", "", "x"]


def test_the_tax_column_is_a_percentage() -> None:
    (tax,) = (one for one in CORPORATIONS.columns if one.field == "tax_rate")
    assert tax.kind is Kind.PERCENT


def test_the_page_of_a_corporation_shows_the_tax_as_esi_sends_it() -> None:
    facts = {
        **dict.fromkeys((*CORPORATIONS.names.values(), "home_station_name"), ""),
        **dict.fromkeys(CORPORATIONS.record.__struct_fields__),
        "name": "Blueprint Works",
        "ticker": "BPW",
        "corporation_id": 98000001,
        "member_count": 3,
        "tax_rate": 10.0,
        "date_founded": datetime(2026, 1, 2, tzinfo=UTC),
        "picture": lambda *_: "",
        "page": lambda *_: "",
        "titled": False,
    }
    page = _pages(None).get_template("corporation.html").render(facts)
    assert ">10 %<" in page


def test_no_template_calculates_with_a_rate() -> None:
    for template in TEMPLATES.glob("*.html"):
        assert "100 *" not in template.read_text(encoding="utf-8"), template.name
