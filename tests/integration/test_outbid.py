"""`eveobs outbid` and `find` on a whole region of the sandbox, against the slow and obvious way."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from eveobs.cli.context import Run
from tests.analysis import markets
from tests.analysis.markets import Sale, reference
from tests.conftest import Eveobs

pytestmark = [pytest.mark.integration, pytest.mark.slow]

ITEMS = (
    *("type_id", "quantity", "is_included", "is_blueprint_copy", "runs"),
    *("material_efficiency", "time_efficiency"),
)


@pytest.fixture(scope="module")
def market(filled: Eveobs) -> list[Sale]:
    """What the tables hold, read past all of eveobs."""
    (path,) = Path(filled.env["EVEOBS_HOME"]).rglob("eveobs.sqlite3")
    now = datetime.now(UTC)
    with closing(sqlite3.connect(path)) as store:
        store.row_factory = sqlite3.Row
        items: dict[int, list[dict[str, Any]]] = {}
        for row in store.execute("SELECT * FROM contract_items ORDER BY record_id"):
            items.setdefault(row["contract_id"], []).append({name: row[name] for name in ITEMS})
        return [
            _sale(row, items.get(row["contract_id"], []), now)
            for row in store.execute("SELECT * FROM contracts")
        ]


def _sale(row: sqlite3.Row, items: list[dict[str, Any]], now: datetime) -> Sale:
    ends = datetime.fromisoformat(row["date_expired"])
    return Sale(
        contract_id=row["contract_id"],
        type=row["type"],
        issuer=row["issuer_id"],
        corporation=row["issuer_corporation_id"],
        for_corporation=bool(row["for_corporation"]),
        price=row["price"] or 0.0,
        buyout=row["buyout"],
        station=row["start_location_id"] or 0,
        hours_left=1 if ends > now else -1,
        gone=row["gone_at"] is not None,
        items=tuple(items),
    )


@pytest.mark.parametrize("scope", ["station", "region", "everywhere"])
def test_every_contract_of_a_region(
    scope: str, filled: Eveobs, market: list[Sale], monkeypatch: pytest.MonkeyPatch
) -> None:
    blueprints = {
        row["type_id"]
        for row in filled.json("outbid", "--issuer", "e", "--issuer", "a", "--issuer", "i")
        if row["kind"] in {"copy", "original"}
    }
    monkeypatch.setattr(markets, "BLUEPRINTS", blueprints)
    monkeypatch.setattr(markets, "ours", lambda sale: False)
    places = {sale.station: (10000002, sale.station) for sale in market}
    monkeypatch.setattr(markets, "STATIONS", places)
    by_id = {sale.contract_id: sale for sale in market}
    rows = filled.json("outbid", "--scope", scope, *(f"--issuer={one}" for one in "aeiou"))
    assert len(rows) > 150
    undercut = 0
    for row in rows:
        expected = reference(market, by_id[row["contract_id"]], scope)
        assert {*row["rivals"]} == expected, row
        undercut += bool(expected)
    assert undercut > 20 or scope == "station"


def test_for_scripts(filled: Eveobs) -> None:
    rows = filled.json("outbid", "--issuer", "a", "--undercut")
    (worst, *_), free = (
        rows,
        [row for row in filled.json("outbid", "--issuer", "a") if row["rank"] == 1],
    )
    one = str(worst["contract_id"])
    assert filled("outbid", "--contract", one, "--check").exit_code == 1
    assert filled("outbid", "--contract", str(free[0]["contract_id"]), "--check").exit_code == 0
    assert filled("outbid", "--contract", one).exit_code == 0
    assert filled("outbid", "--contract", "1").exit_code == 1
    assert filled("outbid", "--contract", one, "--issuer", "a").exit_code == 2
    assert worst["best_price"] < worst["price"]
    past = filled.json("outbid", "--contract", one, "--history")
    assert {row["rival_id"] for row in past if row["until"] is None} == {*worst["rivals"]}


def test_my_other_characters_are_no_rivals(filled: Eveobs) -> None:
    rows = filled.json("outbid", "--issuer", "a", "--undercut")
    row = next(row for row in rows if len(row["rivals"]) == 1)
    asked = ("outbid", "--contract", str(row["contract_id"]), "--json")
    me = ("--set", f'me.characters=["{row["rival_issuer_name"]}"]')
    alone = json.loads(filled(*me, *asked).stdout)[0]
    assert (alone["undercut"], alone["rank"]) == (False, 1)
    by_id = ("--set", f'me.characters=["{row["rival_issuer_id"]}"]')
    assert json.loads(filled(*by_id, *asked).stdout)[0]["undercut"] is False


def test_with_nothing_of_ones_own(eveobs: Eveobs) -> None:
    result = eveobs("outbid", "--check", "--quiet")
    assert (result.exit_code, result.stdout) == (4, "")
    assert "error: not signed in, and me.characters is not set" in result.stderr
    mine = eveobs("outbid", "--check", "--set", "me.characters=2112000001")
    assert mine.exit_code == 0, mine.output
    assert "no active contracts" in mine.stderr


def test_an_issuer_is_unknown_or_has_nothing_on_offer(
    filled: Eveobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    some = filled.json("list", "contracts", "--limit", "1")[0]
    unknown = filled("outbid", "--issuer", str(some["issuer_id"]), "--issuer", "Zork Zork")
    assert unknown.exit_code == 1
    assert "error: issuer 'Zork Zork' not found" in unknown.stderr
    ends = datetime.now(UTC) + timedelta(days=400)
    monkeypatch.setattr(Run, "now", staticmethod(lambda: ends))
    for name in (str(some["issuer_id"]), some["issuer_name"]):
        ended = filled("outbid", "--issuer", name, "--check")
        assert ended.exit_code == 0, ended.output
        assert "no active contracts" in ended.stderr


# -- find -----------------------------------------------------------------------------------------


def test_everything_that_is_sold_is_found(filled: Eveobs, market: list[Sale]) -> None:
    names = {row["type_id"]: row["type_name"] for row in _items_of(filled)}
    common = max(names, key=lambda one: sum(_sells(sale, one) for sale in market))
    expected = {sale.contract_id: sale for sale in market if _sells(sale, common)}
    assert len(expected) > 2
    for asked in (names[common].upper(), str(common)):
        rows = filled.json("find", asked)
        assert {row["contract_id"] for row in rows} == {*expected}
        assert [row["unit_price"] for row in rows] == sorted(row["unit_price"] for row in rows)
        for row in rows:
            exact = float(markets.a_piece(expected[row["contract_id"]]))
            assert row["unit_price"] == pytest.approx(exact)


def _items_of(filled: Eveobs) -> list[dict[str, Any]]:
    shown = filled.json("list", "contracts", "--limit", "60", "--type", "item_exchange")
    details = (filled.json("show", "contract", str(row["contract_id"])) for row in shown)
    return [one for detail in details for one in detail["items"] if one["is_included"]]


def _sells(sale: Sale, type_id: int) -> bool:
    """Whether it is for sale, and of this type and of one sort alone."""
    sorts = {
        (*markets.kind(one)[:1], one["type_id"], one["runs"], *markets.research(one))
        for one in sale.items
    }
    alive = sale.hours_left > 0 and not sale.gone
    return alive and markets.for_sale(sale) and len(sorts) == 1 and next(iter(sorts))[1] == type_id


def test_blueprints_as_they_are_wished_for(filled: Eveobs) -> None:
    everything = filled.json("find", "blueprint")
    copies = filled.json("find", "blueprint", "--bpc")
    originals = filled.json("find", "blueprint", "--bpo")
    assert len(copies) + len(originals) == len(everything)
    assert {row["kind"] for row in copies} == {"copy"}
    good = filled.json(
        "find", "blueprint", "--bpc", "--min-me", "8", "--min-te", "10", "--min-runs", "5"
    )
    assert [row["contract_id"] for row in good] == [
        row["contract_id"]
        for row in copies
        if row["material_efficiency"] >= 8 and row["time_efficiency"] >= 10 and row["runs"] >= 5
    ]
    limit = copies[len(copies) // 2]["unit_price"]
    cheap = filled.json("find", "blueprint", "--bpc", "--max-price-per-run", f"{limit:.2f}")
    assert 0 < len(cheap) <= len(copies) // 2 + 1
    here = filled.json("find", "blueprint", "--region", "the forge")
    assert here == everything


@pytest.mark.parametrize(
    "words",
    [("nonsense",), ("",), ("rifter", "--region", "Nowhere"), ("rifter", "--bpc", "--bpo"),
     ("rifter", "--max-price-per-run", "much")],
)  # fmt: skip
def test_what_cannot_be_found(words: tuple[str, ...], filled: Eveobs) -> None:
    result = filled("find", *words)
    assert result.exit_code == (1 if words == ("nonsense",) else 2)
    assert "hint: " in result.stderr
