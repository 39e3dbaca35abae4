"""Days of a market against a slow count, and the life of a contract."""

from __future__ import annotations

import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eveobs.analysis.competition import Rival, Standing
from eveobs.analysis.history import Day, days, life
from eveobs.analysis.offer import Kind, Offer, Research, Ware
from eveobs.analysis.search import past
from eveobs.records.contracts import PublicContract
from eveobs.records.universe import Name
from eveobs.store.store import Store
from tests.conftest import Eveobs
from tests.store import drafts
from tests.store.drafts import START, reading

NOW = datetime(2026, 9, 23, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def offer(
    number: int, begin: int, length: int, gone: int | None, price: float, kind: Kind = Kind.PLAIN
) -> Offer:
    issued = NOW + begin * HOUR
    return Offer(
        contract_id=number,
        ware=Ware(kind, 587),
        units=2,
        price=price,
        research=Research(),
        issuer_id=1,
        corporation_id=None,
        station_id=None,
        region_id=1,
        issued=issued,
        expires=issued + length * HOUR,
        gone_at=None if gone is None else issued + gone * HOUR,
    )


OFFERS = st.lists(
    st.builds(
        offer,
        st.integers(1, 10**6),
        st.integers(-200, -1),
        st.integers(1, 150),
        st.one_of(st.none(), st.integers(0, 200)),
        st.sampled_from([1.0, 10.0, 99.99]),
        st.sampled_from([Kind.PLAIN, Kind.COPY]),
    ),
    max_size=8,
)


@given(OFFERS, st.integers(0, 9))
def test_every_day_is_as_a_slow_count_has_it(offers: list[Offer], back: int) -> None:
    first = (NOW - timedelta(days=back)).date()
    found = {(one.day, one.kind): one for one in days(offers, first, NOW)}
    for ago in range(back + 1):
        day = (NOW - timedelta(days=ago)).date()
        for kind in Kind:
            there = [
                one
                for one in offers
                if one.ware.kind is kind
                and one.issued.date() <= day <= min(one.ended(NOW) or NOW, NOW).date()
            ]
            mine = found.get((day, kind))
            assert (mine is not None) == bool(there)
            if mine is None:
                continue
            assert mine.on_offer == len(there)
            assert mine.lowest == min(one.price / 2 for one in there)
            assert mine.new == sum(one.issued.date() == day for one in there)
            over = [one for one in there if (end := one.ended(NOW)) and end.date() == day]
            assert mine.taken + mine.expired == len(over)
            early = [one for one in over if one.gone_at is not None and one.gone_at < one.expires]
            assert mine.taken == len(early)
    assert all(one.day >= first for one in found.values())


def row(**more: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "date_issued": NOW,
        "first_seen": NOW + HOUR,
        "bids": [{"date_bid": NOW + 3 * HOUR, "amount": 5.0}],
        "changes": [],
        "changed_at": None,
        "gone_at": None,
        "gone_how": None,
    }
    return given | more


def test_the_life_of_a_contract() -> None:
    own, rival = offer(1, 0, 99, None, 100.0), offer(2, 2, 99, 2, 50.0)
    past = Rival(rival, NOW + 2 * HOUR, NOW + 4 * HOUR)
    standing = Standing(own, 1, 1, [], None, [past])
    gone = row(gone_at=NOW + 5 * HOUR, gone_how="taken_or_withdrawn")
    told = [(one.what, one.text) for one in life(gone, standing)]
    assert told == [
        ("issued", ""),
        ("first seen", ""),
        ("undercut", "by contract 2, 50.00 ISK"),
        ("bid", "5.00 ISK"),
        ("rival gone", "contract 2, 50.00 ISK"),
        ("gone", "taken or withdrawn"),
    ]


def test_what_changed_is_told_once() -> None:
    changes = [{"field": "status"}, {"field": "status"}, {"field": "acceptor_id"}]
    changed = row(changed_at=NOW + 2 * HOUR, changes=changes, date_accepted=NOW + 2 * HOUR)
    told = [(one.what, one.text) for one in life(changed, None)]
    assert ("changed", "status, acceptor_id") in told
    assert ("accepted", "") in told


@pytest.mark.integration
def test_at_the_terminal(filled: Eveobs) -> None:
    bought = filled.json("find", "blueprint", "--limit", "1")[0]
    events = filled.json("history", "contract", str(bought["contract_id"]))
    assert [one["what"] for one in events][:2] == ["issued", "first seen"]
    (today,) = filled.json("history", "type", str(bought["type_id"]), "--days", "1")[:1]
    offers = [
        one for one in filled.json("find", str(bought["type_id"])) if one["kind"] == today["kind"]
    ]
    assert today["on_offer"] >= len(offers) > 0
    assert today["lowest"] <= offers[0]["unit_price"]
    assert filled("history", "contract", "1").exit_code == 1
    assert filled("history", "type", "nonsense").exit_code == 1
    assert filled.json("history", "type", str(bought["type_id"]), "--region", "Domain") == []


READINGS = st.lists(st.tuples(st.booleans(), st.sets(st.integers(1, 4))), max_size=6)


@settings(max_examples=25, deadline=None)
@given(READINGS)
def test_a_partial_reading_changes_nothing(
    empty_store: Path, readings: list[tuple[bool, set[int]]]
) -> None:
    """Whatever part of a known list it shows, and however often."""
    found = []
    for with_partial in (True, False):
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(empty_store, f"{folder}/eve.sqlite3")
            with Store(f"sqlite:///{folder}/eve.sqlite3") as store:
                found.append(history_of(store, readings, with_partial=with_partial))
    assert found[0] == found[1]


def history_of(
    store: Store, readings: list[tuple[bool, set[int]]], *, with_partial: bool
) -> list[Day]:
    at, there = START, {1, 2, 3, 4}
    gives = [drafts.items(number, drafts.item(number * 10, type_id=587)) for number in there]
    store.apply(reading([sale(number) for number in sorted(there)], answers=gives))
    for whole, numbers in readings:
        at += 8 * HOUR
        there = there & numbers if whole else there
        rows = [sale(number) for number in sorted(there if whole else there & numbers)]
        if whole or with_partial:
            store.apply(reading(rows, at=at, whole=whole, error=None if whole else "page 2"))
    offers = past(store, {587: False}, frozenset(), START)
    return days(offers, START.date(), START + 72 * HOUR)


def sale(number: int) -> PublicContract:
    return drafts.contract(number, price=100.0 * number)


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("history") / "empty.sqlite3"
    Store(f"sqlite:///{path}").close()
    return path


def test_days_begin_with_the_first_whole_reading(empty_store: Path, tmp_path: Path) -> None:
    """Before that nobody knows what was taken: a day without any would be a lie."""
    shutil.copy(empty_store, tmp_path / "eve.sqlite3")
    eveobs = Eveobs(
        {"EVEOBS_HOME": str(tmp_path), "EVEOBS_STORE__URL": f"sqlite:///{tmp_path}/eve.sqlite3"}
    )
    now = datetime.now(UTC).replace(microsecond=0)
    sold = drafts.contract(
        1, price=5.0, date_issued=now - 240 * HOUR, date_expired=now + 240 * HOUR
    )
    give = [drafts.items(1, drafts.item(10, type_id=587))]
    names = [Name(id=587, category="inventory_type", name="Rifter")]
    with Store(f"sqlite:///{tmp_path}/eve.sqlite3") as store:
        store.keep_names(names, [], now)
        before = reading([sold], at=now - 120 * HOUR, whole=False, error="page 2", answers=give)
        store.apply(before)
        assert len(eveobs.json("history", "type", "587")) == 1
        store.apply(reading([sold], at=now - 48 * HOUR))
    assert len(eveobs.json("history", "type", "587")) == 3
