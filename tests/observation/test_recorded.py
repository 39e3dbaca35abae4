"""The recorded items of 1,418 real contracts go through client and store and come out equal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from eveobs.records.contracts import CONTRACTS, ContractItem, PublicContract
from eveobs.store.query import Query
from eveobs.store.store import Store
from tests.observation.edens import ITEMS, LIST, NAMES, PEOPLE, eden_of, row, world

pytestmark = [pytest.mark.integration, pytest.mark.slow]

RECORDED = Path(__file__).parents[2].parent / "shared" / "recorded" / "contract_items.json"


@pytest.fixture(scope="module")
def recorded() -> dict[int, list[dict[str, Any]]]:
    if not RECORDED.exists():
        pytest.skip("no recorded items beside the repository")
    return {int(number): rows for number, rows in json.loads(RECORDED.read_text()).items()}


def listed(number: int) -> dict[str, Any]:
    """A contract for recorded items, with and without what ESI may leave out."""
    fields: dict[str, Any] = {"price": number / 7, "title": f"№ {number}"}
    fields |= {"for_corporation": True, "volume": 0.01} if number % 2 else {"title": ""}
    return row(number, **fields)


async def test_what_went_in_comes_out(
    recorded: dict[int, list[dict[str, Any]]], cache: Path, store: Store
) -> None:
    rows = [listed(number) for number in recorded]
    types = {item["type_id"] for items in recorded.values() for item in items}
    names = [{"id": n, "name": f"Type {n}", "category": "inventory_type"} for n in types]
    async with eden_of(world(rows, recorded, names=[*PEOPLE, *names]), cache) as eden:
        first = (await eden.observe(store)).outcome
        assert (first.status, first.new) == ("complete", len(recorded))
        sent = eden.sent()
        looks_for_a_next_page = sum(len(items) % 1000 == 0 for items in recorded.values())
        assert sent.pop((ITEMS, 404), 0) <= looks_for_a_next_page
        assert sent == {
            (LIST, 200): -(-len(recorded) // 1000),
            (ITEMS, 200): len(recorded),
            (NAMES, 200): -(-(len(types) + 3) // 1000),
        }
        assert (await eden.observe(store)).outcome.requests == 0
        eden.clock.time += 1801
        assert (await eden.observe(store)).outcome.status == "unchanged"
        assert set(eden.sent()) == {(LIST, 304)}
    _compare_lists(store, rows)
    _compare_items(store, recorded)


def _compare_lists(store: Store, rows: list[dict[str, Any]]) -> None:
    fields = PublicContract.__struct_fields__
    found = {one["contract_id"]: one for one in store.rows(CONTRACTS, Query())}
    for given in rows:
        kept = {name: found[given["contract_id"]][name] for name in fields}
        for name in ("date_issued", "date_expired"):
            kept[name] = kept[name].strftime("%Y-%m-%dT%H:%M:%SZ")
        assert kept == dict.fromkeys(fields) | given
    assert len(found) == len(rows)


def _compare_items(store: Store, recorded: dict[int, list[dict[str, Any]]]) -> None:
    fields = ContractItem.__struct_fields__
    total = 0
    for number, items in recorded.items():
        record = store.row(CONTRACTS, number)
        assert record is not None
        for item in record["items"]:
            assert item.pop("type_name") == f"Type {item['type_id']}"
        given = sorted(items, key=lambda item: int(item["record_id"]))
        assert record["items"] == [dict.fromkeys(fields) | item for item in given]
        total += len(given)
    assert total > len(recorded)
