"""`eveobs appraise` over a real market of the sandbox."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import Eveobs, NewEden

pytestmark = [pytest.mark.integration]


@pytest.fixture(scope="module")
def market(new_eden: NewEden, tmp_path_factory: pytest.TempPathFactory) -> Eveobs:
    home = tmp_path_factory.mktemp("market")
    run = Eveobs({"EVEOBS_HOME": str(home), "EVEOBS_ESI__BASE_URL": new_eden.url})
    for what in (["market-orders"], ["market-prices"], ["contracts", "--no-bids"]):
        assert run("fetch", *what).exit_code == 0
    return run


def prices(run: Eveobs, number: int, *, buying: bool) -> list[float]:
    (path,) = Path(run.env["EVEOBS_HOME"]).rglob("eveobs.sqlite3")
    with closing(sqlite3.connect(path)) as store:
        found = store.execute(
            "SELECT price FROM market_orders WHERE type_id = ? AND is_buy_order = ?",
            (number, buying),
        )
        return sorted((price for (price,) in found), reverse=buying)


def test_a_list_is_worth_what_the_orders_say(market: Eveobs) -> None:
    result = market("appraise", "-", "--json", stdin="Rifter x3\nTritanium\t1.000\n")
    assert result.exit_code == 0, result.output
    rifter, tritanium = json.loads(result.stdout)
    assert (rifter["quantity"], tritanium["quantity"]) == (3, 1000)
    for row in (rifter, tritanium):
        best, least = (prices(market, row["type_id"], buying=buying)[0] for buying in (True, False))
        assert (row["buy"], row["sell"]) == (best, least)
        assert row["split_total"] == pytest.approx((best + least) / 2 * row["quantity"])
    assert "split" in result.stderr


def test_a_name_with_a_slip_is_answered_with_the_nearest(market: Eveobs) -> None:
    text = "Rifter 2\ntritanum 100\nTrtianium\t5\nZork 3\n7x Riffter"
    rows = json.loads(market("appraise", "-", "--json", stdin=text).stdout)
    assert [row["unread"] for row in rows[1:]] == [
        "no type has that name; did you mean 'Tritanium'?",
        "no type has that name; did you mean 'Tritanium'?",
        "no type has that name",
        "no type has that name; did you mean 'Rifter'?",
    ]
    result = market("appraise", "-", stdin="tritanum 100")
    assert result.exit_code == 2
    assert "did you mean 'Tritanium'?" in result.stderr


def test_unknown_volumes_are_no_volume_of_0(market: Eveobs) -> None:
    result = market("appraise", "-", "--total", "--json", stdin="Rifter 2\nTritanium 5")
    assert result.exit_code == 0, result.output
    (row,) = json.loads(result.stdout)
    assert row["m3_total"] is None, "without static data no volume is known"
    assert "volume of 2 lines unknown" in result.stderr
    assert "eveobs static-data update" in result.stderr
    assert "0 m" not in market("appraise", "-", "--total", stdin="Rifter 2").stdout


def test_amounts_are_rounded_to_the_cent(market: Eveobs) -> None:
    for many in range(3, 60, 7):
        text = f"Rifter {many}\nTritanium {many * 997}"
        rows = json.loads(market("appraise", "-", "--json", stdin=text).stdout)
        (sums,) = json.loads(market("appraise", "-", "--total", "--json", stdin=text).stdout)
        for row in (*rows, sums):
            for basis in ("buy", "sell", "split", "percentile"):
                total = row[f"{basis}_total"]
                assert total == round(total, 2), (many, basis)


def test_what_is_not_read_is_said_and_counts(market: Eveobs, tmp_path: Path) -> None:
    file = tmp_path / "list.txt"
    file.write_text("Rifter 2\nno such \x1b[31mthing\n")
    result = market("appraise", str(file), "--total", "--json")
    assert result.exit_code == 7
    (row,) = json.loads(result.stdout)
    assert row["unread"] == 1
    assert "line 2 was not read" in result.stderr
    assert "\x1b" not in result.stderr


def test_quiet_keeps_the_warning_that_explains_the_exit_code(
    market: Eveobs, tmp_path: Path
) -> None:
    file = tmp_path / "list.txt"
    file.write_text("Rifter 2\n[Empty Low slot]\nno such thing\n")
    result = market("appraise", "-q", str(file))
    assert result.exit_code == 7
    (line,) = result.stderr.splitlines()
    assert line.startswith("warning: line 3 was not read: 'no such thing'")


def test_an_id_in_the_place_of_a_file_gets_the_hint_of_its_option(
    market: Eveobs, tmp_path: Path
) -> None:
    result = market("appraise", "222001499")
    assert result.exit_code == 2
    assert "hint: For a stored contract: --contract 222001499." in result.stderr
    other = market("appraise", str(tmp_path / "222001499.txt"))
    assert other.exit_code == 2
    assert "--contract" not in other.stderr


def test_every_line_that_is_not_counted_is_a_row_for_programs(market: Eveobs) -> None:
    text = "Rifter 2\nZork: 5\nTotal: 7\nTritanium\t5k\n\nTritanium 12,5"
    result = market("appraise", "-", "--json", stdin=text)
    assert result.exit_code == 7
    rows = json.loads(result.stdout)
    assert [(row["quantity"], row["line"]) for row in rows[:2]] == [(2, None), (12, None)]
    keys = ("line", "text", "unread", "no_item", "type_id")
    assert [tuple(row[key] for key in keys) for row in rows[2:]] == [
        (2, "Zork: 5", "no type has that name", None, None),
        (3, "Total: 7", None, "a sum", None),
        (4, "Tritanium\t5k", "'5k' is no quantity", None, None),
    ]
    assert "line 6 may mean something else: 'Tritanium 12,5': 12,5 is read as 12" in result.stderr
    (sums,) = json.loads(market("appraise", "-", "--total", "--json", stdin=text).stdout)
    assert (sums["unread"], sums["no_items"]) == (2, 1)
    assert [one["line"] for one in sums["unread_lines"]] == [2, 4]


def test_what_is_no_item_is_no_failure(market: Eveobs) -> None:
    result = market("appraise", "-", "--json", stdin="[Rifter, x]\n[Empty Low slot]\nTotal:\t5")
    assert result.exit_code == 0
    assert "line 2 is no item: '[Empty Low slot]': an empty slot" in result.stderr


def test_unpublished_types_and_blueprints_of_unknown_kind(market: Eveobs, tmp_path: Path) -> None:
    home = tmp_path / "copy"
    shutil.copytree(market.env["EVEOBS_HOME"], home)
    static = f"{market.env['EVEOBS_ESI__BASE_URL']}/static-data"
    run = Eveobs({**market.env, "EVEOBS_HOME": str(home), "EVEOBS_STATIC_DATA__BASE_URL": static})
    assert run("static-data", "update").exit_code == 0
    (path,) = home.rglob("eveobs.sqlite3")
    with closing(sqlite3.connect(path)) as store:
        found = store.execute(
            "SELECT static_types.name FROM static_types JOIN static_groups USING (group_id) "
            "WHERE category_id = 9 LIMIT 1"
        )
        ((blueprint,),) = found
        store.execute("UPDATE static_types SET published = 0 WHERE name = 'Tritanium'")
        store.commit()
    text = f"Tritanium 5\n{blueprint}\n{blueprint} (Copy)\n{blueprint} (Original)\nRifter"
    result = run("appraise", "-", "--json", stdin=text)
    assert result.exit_code == 0, result.output
    rows = json.loads(result.stdout)
    assert [row["copy"] for row in rows] == [None, True, False, False, None]
    assert "may be a copy" in rows[0]["remark"]
    assert rows[4]["no_item"] == "it is no item that can be owned"
    (sums,) = json.loads(run("appraise", "-", "--total", "--json", stdin="Rifter 2").stdout)
    assert sums["m3_total"] > 0
    assert "1 blueprints may be originals or copies" in result.stderr


@pytest.mark.parametrize(
    ("stdin", "words"),
    [("", "there is no list"), ("\x00\x01\x02", "no list of things"), ("Zork\n", "no type has")],
)
def test_what_is_no_list(market: Eveobs, stdin: str, words: str) -> None:
    result = market("appraise", "-", stdin=stdin)
    assert (result.exit_code, result.stdout) == (2, "")
    assert words in result.stderr


def test_a_contract(market: Eveobs) -> None:
    ids = market.json("list", "contracts", "--type", "item_exchange", "--limit", "0")
    shown = market.json("show", "contract", str(ids[0]["contract_id"]))
    rows = market.json("appraise", "--contract", str(ids[0]["contract_id"]))
    assert sorted(row["quantity"] for row in rows) == sorted(i["quantity"] for i in shown["items"])
    result = market("appraise", "--contract", "1")
    assert result.exit_code == 1
    assert "contract 1 is not stored" in result.stderr


def test_a_market_without_orders_is_told(market: Eveobs) -> None:
    result = market("appraise", "-", "--region", "Domain", "--json", stdin="Rifter")
    assert result.exit_code == 0
    assert "New Eden's averages" in result.stderr
    (row,) = json.loads(result.stdout)
    assert row["sell"] == row["average"] > 0
    result = market("appraise", "-", "--region", "Nowhere", stdin="Rifter")
    assert result.exit_code == 2
    assert "nothing is stored of a region 'Nowhere'" in result.stderr


def test_only_one_station(market: Eveobs) -> None:
    rows = market.json("list", "market-orders", "--type", "34", "--limit", "0")
    station = next(row for row in rows if not row["is_buy_order"])
    result = market(
        "appraise", "-", "--station", station["location_name"], "--json", stdin="Tritanium"
    )
    (row,) = json.loads(result.stdout)
    there = [r for r in rows if r["location_id"] == station["location_id"]]
    assert row["sell"] == min(r["price"] for r in there if not r["is_buy_order"])
    result = market("appraise", "-", "--station", "Atlantis", stdin="Tritanium")
    assert result.exit_code == 2
