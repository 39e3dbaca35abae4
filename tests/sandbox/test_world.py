"""A world is a value: the same seed gives the same rows, and all that ESI does occurs in it."""

from __future__ import annotations

import time
from collections import Counter
from itertools import pairwise

import msgspec
import pytest

from eveobs.records.contracts import ContractItem, PublicContract
from eveobs.sandbox.calendar import Calendar
from eveobs.sandbox.generated import sizes
from eveobs.sandbox.market import ACCEPTED, EXPIRED_OR_ACCEPTED, NOT_FOUND, NOT_PUBLIC, Refusal
from eveobs.sandbox.people import People
from eveobs.sandbox.titles import HOSTILE
from eveobs.sandbox.universe import BLUEPRINTS
from eveobs.sandbox.world import World

pytestmark = pytest.mark.unit

FORGE, DOMAIN, SOLITUDE = 10000002, 10000043, 10000044
CALENDAR = Calendar(1_790_000_000)
CYCLES = range(6)


def everything(seed: int, cycle: int = 3) -> bytes:
    market = World.generate(seed=seed, contracts=80, regions=[FORGE]).market
    rows = market.contracts(FORGE, CALENDAR, cycle)
    until = CALENDAR.start(cycle)
    return msgspec.json.encode(
        [rows]
        + [market.items(row.contract_id, CALENDAR, cycle) for row in rows]
        + [market.bids(row.contract_id, CALENDAR, cycle, until) for row in rows]
    )


def test_the_same_seed_gives_the_same_rows_and_another_seed_others() -> None:
    assert everything(1) == everything(1)
    assert everything(1) != everything(2)


def test_a_cycle_does_not_depend_on_those_shown_before(world: World) -> None:
    fresh = World.generate(seed=7, contracts=1200, regions=[FORGE, DOMAIN, SOLITUDE]).market
    for cycle in CYCLES:
        world.market.contracts(FORGE, CALENDAR, cycle)
    assert world.market.contracts(FORGE, CALENDAR, 5) == fresh.contracts(FORGE, CALENDAR, 5)


def test_contracts_are_spread_over_the_regions_by_weight() -> None:
    assert sizes(None, [FORGE]) == {FORGE: 2500}
    assert sum(sizes(None, []).values()) == 5000
    assert sizes(1000, [DOMAIN, FORGE, SOLITUDE]) == {FORGE: 781, DOMAIN: 219, SOLITUDE: 0}
    assert sizes(10, [SOLITUDE]) == {}
    assert sum(sizes(77, []).values()) == 77


@pytest.mark.parametrize("number", [0, 1, 5, 60])
def test_the_number_of_contracts_is_the_one_asked_for(number: int) -> None:
    market = World.generate(contracts=number, regions=[FORGE]).market
    rows = market.contracts(FORGE, CALENDAR, 0)
    assert len(rows) == number
    assert [row.contract_id for row in rows] == sorted({row.contract_id for row in rows})
    assert isinstance(market.items(222_000_000, CALENDAR, 0), list | Refusal)


@pytest.mark.parametrize("size", [100, 1000])
def test_in_every_cycle_contracts_go_and_others_appear_with_higher_ids(size: int) -> None:
    market = World.generate(contracts=size, regions=[FORGE]).market
    lists = [market.contracts(FORGE, CALENDAR, cycle) for cycle in range(40)]
    ids = [{row.contract_id for row in rows} for rows in lists]
    for before, after in pairwise(ids):
        assert before - after or after - before
        assert min(after - before, default=1 << 60) > max(before)
        assert size * 0.9 <= len(after) <= size


def test_what_is_gone_was_taken_or_has_expired(world: World) -> None:
    market = world.market
    gone = Counter[bool]()
    for cycle in range(1, 60):
        before = {row.contract_id: row for row in market.contracts(FORGE, CALENDAR, cycle - 1)}
        after = {row.contract_id for row in market.contracts(FORGE, CALENDAR, cycle)}
        for contract_id in before.keys() - after:
            row = before[contract_id]
            gone[row.date_expired.timestamp() <= CALENDAR.start(cycle)] += 1
            assert isinstance(market.items(contract_id, CALENDAR, cycle), Refusal)
    assert gone[True] > 5
    assert gone[False] > 5


def test_what_has_expired_is_remembered_for_a_day(world: World) -> None:
    market = world.market
    rows = market.contracts(FORGE, CALENDAR, 0)
    row = next(row for row in rows if market.items(row.contract_id, CALENDAR, 0) == (204, ""))
    assert market.items(row.contract_id, CALENDAR, 48) == EXPIRED_OR_ACCEPTED
    assert market.items(row.contract_id, CALENDAR, 49) == NOT_FOUND
    assert market.bids(row.contract_id, CALENDAR, 48, 0) == EXPIRED_OR_ACCEPTED
    new = max(row.contract_id for row in market.contracts(FORGE, CALENDAR, 9))
    assert market.items(new, CALENDAR, -2000) == NOT_FOUND


def test_a_short_cycle_makes_everything_shorter(world: World) -> None:
    quick = Calendar(CALENDAR.begin, 2)
    slow_rows = world.market.contracts(FORGE, CALENDAR, 9)
    quick_rows = world.market.contracts(FORGE, quick, 9)
    assert [row.contract_id for row in slow_rows] == [row.contract_id for row in quick_rows]
    for slow, fast in zip(slow_rows, quick_rows, strict=True):
        lives = [(row.date_expired - row.date_issued).total_seconds() for row in (slow, fast)]
        assert lives[0] == lives[1] * 900
    assert quick.ttl(3600) == 4
    assert quick.ttl(300) == 1


class TestWhatOccurs:
    """Even in a region of forty contracts."""

    market = World.generate(seed=3, contracts=40, regions=[FORGE]).market
    rows = market.contracts(FORGE, CALENDAR, 0)

    def answers(self) -> list[object]:
        return [self.market.items(row.contract_id, CALENDAR, 0) for row in self.rows]

    def items(self) -> list[ContractItem]:
        return [item for rows in self.answers() if isinstance(rows, list) for item in rows]

    def of_type(self, kind: str) -> list[PublicContract]:
        return [row for row in self.rows if row.type == kind]

    def test_refusals(self) -> None:
        for refusal in (EXPIRED_OR_ACCEPTED, NOT_PUBLIC, ACCEPTED, NOT_FOUND):
            assert refusal in self.answers()

    def test_a_row_that_has_expired_but_is_listed(self) -> None:
        late = [row for row in self.rows if row.date_expired.timestamp() <= CALENDAR.begin]
        assert late
        for row in late:
            assert self.market.items(row.contract_id, CALENDAR, 0) == EXPIRED_OR_ACCEPTED

    def test_types_have_the_fields_they_should(self) -> None:
        auctions, couriers = self.of_type("auction"), self.of_type("courier")
        assert all(row.collateral is None for row in auctions)
        assert {row.buyout is None for row in auctions} == {True, False}
        assert all(row.reward and row.collateral and row.days_to_complete for row in couriers)
        assert all(row.end_location_id is not None for row in couriers)
        assert all(row.buyout is None for row in self.rows if row.type != "auction")
        assert all(
            self.market.items(row.contract_id, CALENDAR, 0) in ([], EXPIRED_OR_ACCEPTED)
            for row in couriers
        )

    def test_details(self) -> None:
        assert {row.for_corporation for row in self.rows} <= {True, None}
        assert set(HOSTILE) <= {row.title for row in self.rows}
        assert "" in {row.title for row in self.rows}
        assert any((row.start_location_id or 0) > 10**12 for row in self.rows)
        assert all(200_000_000 < row.contract_id < 240_000_000 for row in self.rows)

    def test_items(self) -> None:
        blueprints = [item for item in self.items() if item.type_id in {t.id for t in BLUEPRINTS}]
        copies = [item for item in blueprints if item.is_blueprint_copy and item.is_included]
        originals = [item for item in blueprints if not item.is_blueprint_copy]
        assert copies
        assert all(item.runs and item.material_efficiency is not None for item in copies)
        assert all(item.runs is None and item.is_blueprint_copy is None for item in originals)
        assert {item.time_efficiency is None for item in originals if item.is_included} == {
            True,
            False,
        }
        wanted = [item for item in self.items() if not item.is_included]
        assert wanted
        assert all(item.item_id is None for item in wanted)
        offered = [item for item in self.items() if item.is_included]
        assert all((item.item_id or 0) > 2**40 for item in offered)
        assert any(isinstance(rows, list) and len(rows) > 1000 for rows in self.answers())

    def test_record_ids_are_unique(self) -> None:
        ids = [item.record_id for item in self.items()]
        assert len(ids) == len(set(ids))

    def test_bids_come_and_stay(self) -> None:
        seen = []
        for row in self.of_type("auction"):
            earlier = self.market.bids(row.contract_id, CALENDAR, 0, CALENDAR.begin)
            later = self.market.bids(row.contract_id, CALENDAR, 1, CALENDAR.start(1))
            assert isinstance(earlier, list)
            assert isinstance(later, list)
            assert later[: len(earlier)] == earlier
            amounts = [row.price or 0.0] + [bid.amount for bid in later]
            assert amounts == sorted(amounts)
            assert max(amounts) < (row.buyout or float("inf"))
            assert all(bid.date_bid >= row.date_issued for bid in later)
            seen.append((len(earlier), len(later)))
        assert 0 in [before for before, _ in seen]
        assert any(after > before for before, after in seen)


def test_a_given_world_shows_what_was_given_and_nothing_else() -> None:
    row = {
        "contract_id": 5,
        "type": "auction",
        "issuer_id": 1,
        "issuer_corporation_id": 2,
        "date_issued": "2026-09-01T00:00:00Z",
        "date_expired": "2026-09-08T00:00:00Z",
    }
    world = World.of(
        contracts={77: [row, row | {"contract_id": 4, "type": "item_exchange"}]},
        items={4: [{"record_id": 1, "type_id": 34, "quantity": 2, "is_included": True}]},
        bids={9: NOT_PUBLIC},
        names=[{"id": 77, "name": "Elsewhere", "category": "region"}],
    )
    market = world.market
    assert {77, FORGE} <= market.regions
    assert [found.contract_id for found in market.contracts(77, CALENDAR, 9)] == [4, 5]
    assert market.contracts(FORGE, CALENDAR, 0) == []
    assert market.items(4, CALENDAR, 0) == [
        ContractItem(record_id=1, type_id=34, quantity=2, is_included=True)
    ]
    assert market.items(5, CALENDAR, 0) == []
    assert market.items(6, CALENDAR, 0) == NOT_FOUND
    assert market.bids(5, CALENDAR, 0, 0) == []
    assert market.bids(9, CALENDAR, 0, 0) == NOT_PUBLIC
    assert isinstance(market.bids(4, CALENDAR, 0, 0), Refusal)
    assert [name.name for name in world.names.resolve([77, 34]) or []] == ["Elsewhere", "Tritanium"]


def test_worlds_in_turn(world: World) -> None:
    empty = World.of(contracts={FORGE: []})
    both = World.in_turn(world, empty)
    assert both.market.contracts(FORGE, CALENDAR, 0) == world.market.contracts(FORGE, CALENDAR, 0)
    assert both.market.contracts(FORGE, CALENDAR, 1) == []
    assert both.market.contracts(FORGE, CALENDAR, 99) == []
    number = world.market.contracts(FORGE, CALENDAR, 0)[0].contract_id
    assert both.market.items(number, CALENDAR, 0) == world.market.items(number, CALENDAR, 0)
    assert both.market.bids(number, CALENDAR, 1, 0) == NOT_FOUND
    assert both.market.regions == world.market.regions
    assert len(both.names.all) == len(world.names.all)


def test_nobody_shares_a_name() -> None:
    names = [name.name for name in People(1, 30_000, 6_000).names()]
    assert len(set(names)) == len(names)
    assert any(not name.isascii() for name in names)


def test_every_issuer_and_station_has_a_name(world: World) -> None:
    for row in world.market.contracts(DOMAIN, CALENDAR, 0):
        assert world.names.resolve([row.issuer_id, row.issuer_corporation_id])
        station = row.start_location_id or 0
        assert (world.names.resolve([station]) is None) == (station > 10**12)


@pytest.mark.slow
def test_a_large_world_is_ready_in_seconds() -> None:
    started = time.process_time()
    market = World.generate(contracts=20_000, regions=[FORGE]).market
    rows = market.contracts(FORGE, CALENDAR, 0)
    answers = [market.items(row.contract_id, CALENDAR, 0) for row in rows]
    assert time.process_time() - started < 10
    items = sum(len(answer) for answer in answers if not isinstance(answer, Refusal))
    assert 50_000 < items < 120_000
    errors = sum(isinstance(answer, Refusal) and answer.status >= 400 for answer in answers)
    assert errors < 100, "one fetch must not use up the error limit"
