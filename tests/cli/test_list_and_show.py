"""`eveobs list` and `eveobs show` answer from the store: filters, order, formats, near misses."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.conftest import Eveobs

pytestmark = pytest.mark.integration

OWN_FIELDS = [
    "contract_id",
    "type",
    "issuer_id",
    "issuer_corporation_id",
    "date_issued",
    "date_expired",
    "for_corporation",
    "title",
    "price",
    "reward",
    "collateral",
    "buyout",
    "volume",
    "days_to_complete",
    "start_location_id",
    "end_location_id",
    "region_id",
    "first_seen",
    "last_seen",
    "gone_at",
    "gone_how",
    "region_name",
    "issuer_name",
    "issuer_corporation_name",
    "start_location_name",
    "end_location_name",
    "items_summary",
]


@pytest.fixture(scope="module")
def everything(filled: Eveobs) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = filled.json("list", "contracts")
    return rows


def ids(rows: list[dict[str, Any]]) -> list[int]:
    return [row["contract_id"] for row in rows]


def test_rows_have_esis_fields_and_where_when_and_names(everything: list[dict[str, Any]]) -> None:
    assert list(everything[0]) == OWN_FIELDS
    assert everything[0]["region_name"] == "The Forge"
    assert all(row["issuer_name"] for row in everything)


def test_newest_first_unless_told_otherwise(
    filled: Eveobs, everything: list[dict[str, Any]]
) -> None:
    issued = [row["date_issued"] for row in everything]
    assert issued == sorted(issued, reverse=True)
    prices = [row["price"] for row in filled.json("list", "contracts", "--sort", "price")]
    assert prices == sorted(prices)
    by_two = filled.json("list", "contracts", "--sort", "type,-price")
    assert ids(by_two) == ids(
        sorted(everything, key=lambda row: (row["type"], -row["price"], row["contract_id"]))
    )


def test_filters_choose_exactly_what_they_say(
    filled: Eveobs, everything: list[dict[str, Any]]
) -> None:
    def check(*options: str, expected: Any) -> None:
        found = ids(filled.json("list", "contracts", *options))
        wanted = ids([row for row in everything if expected(row)])
        assert sorted(found) == sorted(wanted), options
        assert 0 < len(wanted) < len(everything), options

    soon = datetime.now(UTC) + timedelta(days=3)
    check("--type", "auction", expected=lambda r: r["type"] == "auction")
    check(
        *("--type", "auction", "--type", "courier"),
        expected=lambda r: r["type"] in ("auction", "courier"),
    )
    check("--min-price", "1b", expected=lambda r: r["price"] >= 1e9)
    check("--max-price", "1,000,000", expected=lambda r: r["price"] <= 1e6)
    check(
        "--expires-before",
        "3d",
        expected=lambda r: datetime.fromisoformat(r["date_expired"]) < soon,
    )
    check("--title", "WTS", expected=lambda r: "wts" in (r["title"] or "").lower())
    issuer = everything[0]
    check(
        "--issuer",
        str(issuer["issuer_id"]),
        expected=lambda r: r["issuer_id"] == issuer["issuer_id"],
    )
    check("--issuer", "ar", expected=lambda r: "ar" in r["issuer_name"].lower())


def test_items_are_found_by_part_of_their_name_and_by_id(filled: Eveobs) -> None:
    blueprints = filled.json("list", "contracts", "--item", "blueprint", "--limit", "5")
    assert blueprints
    for row in blueprints:
        items = filled.json("show", "contract", str(row["contract_id"]))["items"]
        assert any("Blueprint" in item["type_name"] for item in items)
    one = filled.json("show", "contract", str(blueprints[0]["contract_id"]))["items"][0]
    by_id = filled.json("list", "contracts", "--item", str(one["type_id"]))
    assert blueprints[0]["contract_id"] in ids(by_id)


def test_a_pipe_gets_all_and_a_limit_is_kept(
    filled: Eveobs, everything: list[dict[str, Any]]
) -> None:
    lines = filled("list", "contracts").stdout.splitlines()
    assert len(lines) == len(everything) + 1
    limited = filled("list", "contracts", "--limit", "3")
    assert len(limited.stdout.splitlines()) == 4
    assert f"3 of {len(everything)} contracts" in limited.stderr
    assert len(filled("list", "contracts", "--limit", "0").stdout.splitlines()) == len(lines)


def test_csv_and_ndjson_carry_the_same_rows(
    filled: Eveobs, everything: list[dict[str, Any]]
) -> None:
    lines = filled("list", "contracts", "--ndjson").stdout.splitlines()
    assert [json.loads(line) for line in lines] == everything
    rows = list(csv.DictReader(io.StringIO(filled("list", "contracts", "--csv").stdout)))
    assert [int(row["contract_id"]) for row in rows] == ids(everything)


def test_fields_choose_and_order_also_the_summary(filled: Eveobs) -> None:
    chosen = filled.json(
        "list", "contracts", "--fields", "items_summary,contract_id", "--limit", "1"
    )
    assert list(chosen[0]) == ["items_summary", "contract_id"]


def test_nothing_found_is_no_error_and_says_so(filled: Eveobs, eveobs: Eveobs) -> None:
    none = filled("list", "contracts", "--title", "no such title anywhere")
    assert (none.exit_code, none.stdout, none.stderr) == (0, "", "no contracts match\n")
    assert json.loads(filled("list", "contracts", "--gone", "--json").stdout) == []
    fresh = eveobs("list", "contracts")
    assert (fresh.exit_code, fresh.stdout) == (0, "")
    assert "eveobs fetch contracts" in fresh.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--region", "The Froge"), "'The Forge'"),
        (("--sort", "-pricee"), "'pricee'"),
        (("--fields", "pric"), "'price'"),
        (("--min-price", "lots"), "2b"),
        (("--expires-before", "soon"), "12h"),
        (("--type", "barter"), "auction"),
        (("--gone", "--all"), "exclude each other"),
        (("--limit", "-1"), "-1"),
    ],
)
def test_slips_of_the_pen(filled: Eveobs, arguments: tuple[str, ...], said: str) -> None:
    result = filled("list", "contracts", *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stdout == ""


def test_show_is_one_object_with_items_and_bids(
    filled: Eveobs, everything: list[dict[str, Any]]
) -> None:
    auction = next(row for row in everything if row["type"] == "auction")
    shown = filled.json("show", "contract", str(auction["contract_id"]))
    assert {name: shown[name] for name in OWN_FIELDS} == auction
    assert isinstance(shown["items"], list)
    assert isinstance(shown["bids"], list)
    card = filled("show", "contract", str(auction["contract_id"])).stdout
    assert str(auction["contract_id"]) in card
    assert auction["issuer_name"] in card


def test_show_says_what_was_never_seen(filled: Eveobs) -> None:
    result = filled("show", "contract", "17")
    assert result.exit_code == 1
    assert "17" in result.stderr
    assert filled("show", "contract", "seventeen").exit_code == 2
