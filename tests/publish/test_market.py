"""Pages of regions and types say what the market says, and change only with it."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine

from eveobs.publish.kinds import find_kinds
from eveobs.publish.planning import Pruning
from eveobs.records.universe import Name
from eveobs.store.store import Store
from tests.cli import hostile
from tests.publish.bazaar import (
    COPY,
    DAY,
    JITA,
    ME,
    RIFTER,
    TRITANIUM,
    copy,
    page,
    plan_for,
    publish,
    sale,
    see,
)
from tests.publish.memory_target import MemoryTarget
from tests.publish.test_rendering import OWN_TAGS, XML, Tags
from tests.store.drafts import DOMAIN, FORGE, START

pytestmark = pytest.mark.unit
OF_RIFTERS, OF_COPIES = f"{FORGE}-{RIFTER}", f"{FORGE}-{COPY}"


def rows(html: str) -> list[list[str]]:
    """The cells of all tables."""
    found = re.findall(r"<tr>(.*?)</tr>", html)
    return [[re.sub("<.*?>", "", one) for one in re.findall(r"<td.*?</td>", row)] for row in found]


def test_a_page_of_a_type_has_its_offers_by_price_a_piece(store: Store) -> None:
    see(store, [sale(1, 100.0), sale(2, 150.0), sale(3, 60.0)], {2: {"quantity": 3}})
    target = MemoryTarget()
    made = publish(target, store)
    assert made[-2:] == [f"create market/{FORGE}", f"create type/{OF_RIFTERS}"]
    found = page(target, "type", OF_RIFTERS)
    assert found.title == "Rifter in The Forge"
    assert found.excerpt == "3 offers, from 50 ISK a piece"
    assert found.meta["price"] == "50.00"
    assert found.terms["region"] == ("The Forge",)
    offers = [row for row in rows(found.html) if len(row) == 6 and "Jita" in row[4]]
    assert [row[:4] for row in offers] == [
        ["2", "50 ISK", "150 ISK", "3"],
        ["3", "60 ISK", "60 ISK", "1"],
        ["1", "100 ISK", "100 ISK", "1"],
    ]
    assert 'href="../contract/eve-contract-2.html"' in found.html
    assert f'href="../market/eve-market-{FORGE}.html"' in found.html


def test_of_many_offers_the_cheapest_are_listed_and_the_others_counted(store: Store) -> None:
    see(store, [sale(n, 100.0 + n) for n in range(1, 41)], {})
    target = MemoryTarget()
    publish(target, store)
    html = page(target, "type", OF_RIFTERS).html
    offers = [row[0] for row in rows(html) if len(row) == 6 and "Jita" in row[4]]
    assert offers == [str(n) for n in range(1, 26)]
    assert "And 15 more, none of them cheaper." in html


def test_a_page_of_a_region_has_numbers_the_newest_and_what_was_taken(store: Store) -> None:
    courier = sale(3, 0.0, type="courier", reward=7.0, date_issued=START - 5 * DAY)
    short = sale(4, 9.0, date_expired=START + DAY / 2)
    goods: dict[int, Any] = {2: copy(), 3: [], 5: copy()}
    see(store, [sale(1, 100.0, title="Taken"), sale(2, 50.0), courier, short], goods)
    fresh = sale(5, 30.0, title="Fresh", date_issued=START + DAY / 2)
    see(store, [sale(2, 50.0), courier, fresh], goods, day=1)
    target = MemoryTarget()
    publish(target, store)
    found = page(target, "market", FORGE)
    assert (found.title, found.meta["contracts"]) == ("Contracts in The Forge", "3")
    newest, _, taken = found.html.partition("Taken or withdrawn")
    table = [row for row in rows(newest) if len(row) == 4]
    assert table[0][:3] == ["Rifter Blueprint", "Fresh", "30 ISK"]
    assert table[-1][2] == "7 ISK reward"
    assert [row[1] for row in rows(taken) if len(row) == 4] == ["Taken"], "the other expired"
    assert ["Rifter Blueprint (copy)", "2", "3 ISK a run"] in rows(newest)
    counted = re.findall(r'<th scope="row">(.*?)</th>.*?class="number">(\d+)<', newest)
    assert counted == [("Item exchange", "2"), ("Courier", "1")]


def test_copies_are_priced_by_the_run_and_originals_apart(store: Store) -> None:
    goods = {1: copy(runs=10), 2: copy(runs=5, me=9), 3: {"type_id": COPY}}
    see(store, [sale(1, 100.0), sale(2, 40.0), sale(3, 9000.0)], goods)
    target = MemoryTarget()
    publish(target, store)
    found = page(target, "type", OF_COPIES)
    assert "<h2>Copies</h2>" in found.html
    assert "<h2>Originals</h2>" in found.html
    copies = [row for row in rows(found.html) if len(row) == 9]
    assert [(row[0], row[1], row[4], row[6]) for row in copies] == [
        ("2", "8 ISK", "9", "5"),
        ("1", "10 ISK", "10", "10"),
    ]


def test_the_chart_has_a_column_a_day_since_the_first_reading(store: Store) -> None:
    one = sale(1, 200.0, date_issued=START - 10 * DAY)
    see(store, [one], {})
    see(store, [one, sale(2, 50.0, date_issued=START + DAY)], {}, day=1)
    see(store, [one], {}, day=2)
    see(store, [one], {}, day=3)
    target = MemoryTarget()
    publish(target, store)
    html = page(target, "type", OF_RIFTERS).html
    columns = re.findall(r'<div title="(.*?)" style="float:left;[^"]*?;height:(\d+)px', html)
    assert columns == [
        ("2026-09-23: 200 ISK", "120"),
        ("2026-09-24: 50 ISK", "30"),
        ("2026-09-25: 50 ISK", "30"),
        ("2026-09-26: 200 ISK", "120"),
    ]
    assert 'role="img" aria-label="Offers: the lowest price a piece, by day: from 50 ISK' in html
    days = [row for row in rows(html) if row and row[0].startswith("2026-09")]
    assert days == [  # day, lowest, on offer, new, taken, expired
        ["2026-09-26", "200 ISK", "1", "0", "0", "0"],
        ["2026-09-25", "50 ISK", "2", "0", "1", "0"],
        ["2026-09-24", "50 ISK", "2", "1", "0", "0"],
        ["2026-09-23", "200 ISK", "1", "0", "0", "0"],
    ]


def test_published_again_nothing_is_written_whatever_the_clock_says(store: Store) -> None:
    sales = [sale(n, 100.0 + n) for n in range(1, 5)]
    see(store, sales, {2: copy()})
    see(store, sales, {2: copy()}, day=1)
    target = MemoryTarget()
    with time_machine.travel(START + 2 * DAY):
        assert len(publish(target, store)) == 7
    for later in (timedelta(minutes=1), 5 * DAY, 100 * DAY):
        with time_machine.travel(START + 2 * DAY + later):
            assert publish(target, store) == []
    see(store, sales, {2: copy()}, day=1.1)
    assert publish(target, store) == [], "read again, and nothing was new"


def test_a_new_offer_changes_its_type_and_region_and_nothing_else(store: Store) -> None:
    goods = {2: copy(), 3: {"type_id": TRITANIUM}}
    sales = [sale(1, 100.0), sale(2, 100.0), sale(3, 5.0)]
    see(store, sales, goods)
    target = MemoryTarget()
    publish(target, store)
    see(store, [*sales, sale(4, 90.0)], goods, day=0.1)
    assert publish(target, store) == [
        "create contract/4",
        f"update market/{FORGE}",
        f"update type/{OF_RIFTERS}",
    ]


def test_only_types_with_enough_offers_and_ones_own_have_a_page(store: Store) -> None:
    goods = {4: copy(), 5: {"type_id": TRITANIUM}}
    sales = [sale(n, 100.0) for n in (1, 2, 3, 5)] + [sale(4, 10.0, issuer_id=ME)]
    see(store, sales, goods)
    target = MemoryTarget()
    made = [one for one in publish(target, store, min_offers=3) if "type/" in one]
    assert made == [f"create type/{OF_RIFTERS}", f"create type/{OF_COPIES}"]
    see(store, sales[1:], goods, day=0.5)  # two left: the page stays, and is right
    assert f"update type/{OF_RIFTERS}" in publish(target, store, min_offers=3)
    assert page(target, "type", OF_RIFTERS).meta["offers"] == "2"


def test_without_the_public_contracts_only_what_one_sells_oneself(store: Store) -> None:
    see(store, [sale(1, 100.0), sale(2, 50.0, issuer_id=ME)], {2: copy()})
    see(store, [], {}, subject_id=DOMAIN)
    made = publish(MemoryTarget(), store, whole=False)
    assert made == [f"create market/{FORGE}", f"create type/{OF_COPIES}"]
    assert publish(MemoryTarget(), store, whole=False, ours=()) == []


def test_the_bound_keeps_ones_own_and_says_how_many_there_would_be(store: Store) -> None:
    goods = {n: {"type_id": 1000 + n} for n in range(1, 30)}
    sales = [sale(n, 100.0) for n in range(1, 31)] + [sale(31, 10.0, issuer_id=ME)]
    see(store, sales, {**goods, 31: copy()})
    target = MemoryTarget()
    plan, market = plan_for(target, store, most=3)
    with plan:
        made = [one.key.external_id for one in plan.changes if one.key.kind == "type"]
    assert len(made) == 3
    assert OF_COPIES in made
    assert market.wanted == 31


def test_what_nobody_sells_any_more_says_so_and_prune_removes_it(store: Store) -> None:
    see(store, [sale(1, 100.0), sale(2, 1.0)], {2: {"type_id": TRITANIUM}})
    target = MemoryTarget()
    publish(target, store)
    see(store, [sale(2, 1.0)], {2: {"type_id": TRITANIUM}}, day=1)
    assert f"update type/{OF_RIFTERS}" in publish(target, store)
    found = page(target, "type", OF_RIFTERS)
    assert "Nobody sells it at present" in found.html
    assert found.terms["status"] == ("Not on offer",)
    assert publish(target, store) == []
    late = sale(3, 1.0, date_issued=START + 49 * DAY, date_expired=START + 70 * DAY)
    see(store, [late], {3: {"type_id": TRITANIUM}}, day=50)
    made = publish(target, store, pruning=Pruning(wanted=True, share=1.0))
    assert f"remove type/{OF_RIFTERS}" in made


def test_a_partial_reading_takes_nothing_off_a_page(store: Store) -> None:
    see(store, [sale(1, 100.0), sale(2, 90.0)], {})
    target = MemoryTarget()
    publish(target, store)
    see(store, [sale(1, 100.0)], {}, day=0.5, whole=False, error="page 2 failed")
    assert publish(target, store) == []


def test_hostile_names_and_titles_are_text(store: Store) -> None:
    titles = [one.encode("utf-8", "replace").decode() for one in hostile.ALL]
    see(store, [sale(n, 5.0, title=one) for n, one in enumerate(titles, 1)], {})
    bad = "<script>alert(1)</script>"
    names = [(FORGE, "region"), (JITA, "station"), (RIFTER, "inventory_type")]
    store.keep_names([Name(id=n, category=kind, name=bad) for n, kind in names], (), START)
    seen = 0
    for start in range(0, len(titles), 10):
        newest = [sale(n, 5.0, title=one) for n, one in enumerate(titles[start : start + 10], 1)]
        see(store, newest, {}, day=1 + start / 100)
        store.keep_names([Name(id=n, category=kind, name=bad) for n, kind in names], (), START)
        target = MemoryTarget(100)
        publish(target, store)
        for kind, external_id in (("market", FORGE), ("type", OF_RIFTERS)):
            found = page(target, kind, external_id)
            parser = Tags()
            parser.feed(found.html)
            parser.close()
            assert parser.tags <= OWN_TAGS
            assert not parser.comments
            assert not {name for name in parser.attributes if name.startswith("on")}
            for field in (found.html, found.title, found.excerpt, *found.meta.values()):
                assert XML.fullmatch(field)
                assert not set("\u202a\u202b\u202d\u202e\u2066\u2067\u2068") & set(field)
            seen += found.html.count("&lt;script&gt;")
    assert seen


def test_templates_of_ones_own_take_the_place_of_ours(store: Store, tmp_path: Path) -> None:
    declared = find_kinds()["type"].source.partition("#}")[0] + "#}"
    (tmp_path / "type.html").write_text(declared + "<p>{{ type_name }}: {{ lowest | isk }}</p>")
    see(store, [sale(1, 100.0)], {})
    target = MemoryTarget()
    publish(target, store, templates=tmp_path)
    assert page(target, "type", OF_RIFTERS).html == "<p>Rifter: 100 ISK</p>"
