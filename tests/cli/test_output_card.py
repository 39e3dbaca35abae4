"""One record reads as a card: its facts, then its lists, at any width, whatever it contains."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pytest

from eveobs.cli.output import Format, write_record
from eveobs.cli.output.card import folded
from eveobs.cli.plain import cells
from eveobs.errors import UsageError
from eveobs.records.contracts import BIDS, CONTRACTS, ITEMS
from tests.cli.hostile import ALL, leaked

pytestmark = pytest.mark.unit

NOW = datetime(2026, 9, 23, 8, 11, 31, tzinfo=UTC)
FIELDS = [
    *("contract_id", "type", "title", "price", "buyout", "for_corporation", "date_issued"),
    *("date_expired", "issuer_id", "issuer_name", "start_location_id", "items_summary"),
]
RECORD: dict[str, object] = {
    "contract_id": 218_390_925,
    "type": "auction",
    "title": "",
    "price": 1_000_000.5,
    "buyout": None,
    "for_corporation": True,
    "date_issued": NOW - timedelta(days=2),
    "date_expired": NOW + timedelta(days=3, hours=4),
    "issuer_id": 95_465_499,
    "issuer_name": "Oveg Drust",
    "start_location_id": 60_003_760,
    "items_summary": "PLEX, 1 more",
    "items": [
        {"is_included": True, "quantity": 1, "type_name": "PLEX"},
        {"is_included": False, "quantity": 25_000, "type_name": "Large Skill Injector"},
    ],
    "bids": [{"bid_id": 1, "amount": 1.5e9, "date_bid": NOW - timedelta(hours=3)}],
}


def card(
    record: dict[str, object],
    width: int | None = 80,
    *,
    colour: bool = False,
    fields: list[str] | None = None,
    encoding: str = "utf-8",
) -> str:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="")
    write_record(
        record,
        columns=CONTRACTS.columns,
        details={"items": ITEMS.columns, "bids": BIDS.columns},
        format=Format.TABLE,
        fields=fields,
        stream=stream,
        width=width,
        colour=colour,
        now=NOW,
        all_fields=FIELDS,
    )
    return stream.detach().getvalue().decode(encoding)


def test_on_a_terminal() -> None:
    assert card(RECORD).splitlines() == [
        "Contract           218390925",
        "Type               auction",
        "Price              1,000,000.50",
        "Issuer             Oveg Drust (95465499)",
        "Ends               2026-09-26 12:11 UTC (in 3d 4h)",
        "For corporation    yes",
        "Date issued        2026-09-21 08:11 UTC (2d ago)",
        "Start location id  60003760",
        "",
        "Items (2)",
        "Offered  Quantity  Type",
        "✓               1  PLEX",
        "           25,000  Large Skill Injector",
        "",
        "Bids (1)",
        "Bid         Amount  When",
        "  1  1,500,000,000  3h ago",
    ]


def test_into_a_pipe_times_are_as_esi_writes_them() -> None:
    lines = card(RECORD, None).splitlines()
    assert "Ends               2026-09-26T12:11:31Z" in lines
    assert "  1  1,500,000,000  2026-09-23T05:11:31Z" in lines


def test_lists_that_are_empty_or_unknown_are_left_out() -> None:
    text = card({**RECORD, "items": [], "bids": None})
    assert "Items" not in text
    assert "Bids" not in text


def test_fields_select_facts_and_lists() -> None:
    lines = card(RECORD, fields=["price", "bids", "contract_id"]).splitlines()
    assert lines[:2] == ["Price     1,000,000.50", "Contract  218390925"]
    assert lines[3] == "Bids (1)"
    assert not any("Items" in line for line in lines)
    with pytest.raises(UsageError, match="did you mean 'items'"):
        card(RECORD, fields=["item"])


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
@pytest.mark.parametrize("width", [None, 80, 40])
def test_hostile_texts_are_harmless_and_folded(width: int | None, encoding: str) -> None:
    for text in ALL:
        items = [{"is_included": True, "quantity": 1, "type_name": text}] * 2
        printed = card(
            {**RECORD, "title": text, "issuer_name": text, "items": items}, width, encoding=encoding
        )
        assert leaked(printed) == set()
        lines = printed.split("\n")
        assert width is None or max(map(cells, lines)) <= width
        assert lines[-3].startswith("Bid")
        assert "Items (2)" in lines


def test_colour_is_on_labels_alone() -> None:
    hostile = card({**RECORD, "title": "\x1b[31mred"}, colour=True)
    assert "\x1b[31m" not in hostile
    assert "\x1b[2mTitle\x1b[0m" in hostile
    assert "\x1b" not in card(RECORD)


def test_folding_breaks_at_spaces_and_within_words_that_are_too_long() -> None:
    assert folded("Sobaseki VII - Caldari Logistics", 22) == ["Sobaseki VII - Caldari", "Logistics"]
    assert folded("abcdefgh ij", 3) == ["abc", "def", "gh", "ij"]
    assert folded("格安格安", 3) == ["格", "安", "格", "安"]
    assert folded("", 3) == [""]
