"""However many processes ask and whatever they are answered, an honest ESI never has to refuse."""

from __future__ import annotations

import sqlite3
from collections import deque
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eveobs.esi.bounds import parse_limit
from eveobs.esi.limits import (
    COSTLIEST,
    ERROR_LIMIT,
    ERROR_MARGIN,
    HOLDER_LIFE,
    Bucket,
    Ledger,
    cost,
)
from eveobs.esi.routes import BY_PATH
from eveobs.esi.shared_limits import FILE, SharedLimits

pytestmark = pytest.mark.unit

BLUEPRINTS = BY_PATH["GET", "/characters/{character_id}/blueprints"]


@given(
    st.integers(1, 12),
    st.lists(
        st.tuples(
            st.integers(0, 11), st.booleans(), st.floats(0, 3), st.sampled_from(["send", "answer"])
        ),
        max_size=400,
    ),
)
@settings(max_examples=200)
def test_together_they_never_have_more_errors_than_the_limit(
    processes: int, steps: list[tuple[int, bool, float, str]]
) -> None:
    """The server counts errors in fixed windows of a minute; all that is under way may fail."""
    ledger = Ledger()
    now, window, counted = 0.0, 60.0, 0
    under_way = [0] * processes
    for who, fails, later, act in steps:
        now += later
        if now >= window:
            window, counted = now - now % 60 + 60, 0
        process = who % processes
        name = str(process)
        if act == "send":
            if under_way[process] < ledger.allow(name, 20, under_way[process], now):
                under_way[process] += 1
        elif under_way[process]:
            under_way[process] -= 1
            if fails:
                counted += 1
                ledger.failed(name, now)
                ledger.learn_errors(ERROR_LIMIT - counted, window - now, now)
        assert counted <= ERROR_LIMIT
        fresh = [n for n, other in ledger.holders.items() if other.heard > now - HOLDER_LIFE]
        if len(fresh) == len(ledger.holders):
            assert counted + sum(under_way) <= ERROR_LIMIT - ERROR_MARGIN + processes


def test_none_starves() -> None:
    ledger = Ledger()
    for round_ in range(5):
        got = [ledger.allow(str(n), 20, 0, float(round_)) for n in range(10)]
    assert min(got) >= 1
    assert sum(got) <= ERROR_LIMIT - ERROR_MARGIN


def test_alone_it_gets_what_it_wants_and_dead_processes_are_forgotten() -> None:
    ledger = Ledger()
    for n in range(9):
        ledger.allow(f"dead {n}", 10, 10, 0.0)
    assert ledger.allow("alive", 20, 0, 1.0) < 20
    assert ledger.allow("alive", 20, 0, HOLDER_LIFE + 1) == 20


def test_at_the_edge_nothing_goes_until_the_window_ends() -> None:
    ledger = Ledger()
    ledger.learn_errors(ERROR_MARGIN, 30.0, 100.0)
    assert ledger.allow("one", 20, 0, 101.0) == 0
    assert ledger.errors_left(101.0) == 0
    assert ledger.allow("one", 20, 0, 130.0) == 20


@given(
    st.lists(st.tuples(st.floats(0, 40), st.sampled_from([200, 304, 404, 500, 429])), max_size=300),
    st.integers(COSTLIEST, 60),
)
@settings(max_examples=200)
def test_a_bucket_never_spends_more_than_its_window_allows(
    steps: list[tuple[float, int]], limit: int
) -> None:
    """The server's floating window: tokens come back a window after they were spent."""
    bucket = Bucket(limit, 900.0)
    now = 0.0
    spent: deque[tuple[float, int]] = deque()
    for later, status in steps:
        now += later
        delay = bucket.delay(COSTLIEST, now)
        if delay:
            assert delay <= 900
            continue
        bucket.take(COSTLIEST, now)
        bucket.give_back(COSTLIEST - cost(status))
        spent.append((now, cost(status)))
        in_window = sum(tokens for when, tokens in spent if when > now - 900)
        assert in_window <= limit


def test_waiting_as_told_is_enough() -> None:
    bucket = Bucket(15, 900.0)
    now = 0.0
    for _ in range(40):
        while delay := bucket.delay(COSTLIEST, now):
            now += delay
        bucket.take(COSTLIEST, now)
    assert now < 40 * COSTLIEST / 15 * 900 + 900


def test_a_bucket_learns_from_headers() -> None:
    bucket = Bucket(600, 900.0)
    bucket.learn("1200/30m", "1190", 0.0, 0)
    assert (bucket.limit, bucket.window, bucket.used(1.0)) == (1200, 1800.0, 10)
    bucket.learn("nonsense", "?", 2.0, 0)
    assert bucket.limit == 1200


def test_what_is_under_way_is_not_mistaken_for_another_program() -> None:
    bucket = Bucket(600, 900.0)
    bucket.take(COSTLIEST, 0.0)
    bucket.learn("600/15m", "590", 1.0, 2 * COSTLIEST)
    assert bucket.used(2.0) == COSTLIEST


@pytest.mark.parametrize(
    ("text", "limit"), [("600/15m", (600, 900.0)), ("15/1h", (15, 3600.0)), ("x", None), ("", None)]
)
def test_limits_are_read(text: str, limit: tuple[int, float] | None) -> None:
    assert parse_limit(text) == limit


def test_buckets_and_pauses_are_by_group_and_owner() -> None:
    ledger = Ledger()
    assert ledger.bucket(BLUEPRINTS, "1") is ledger.bucket(BLUEPRINTS, "1")
    assert ledger.bucket(BLUEPRINTS, "1") is not ledger.bucket(BLUEPRINTS, "2")
    ledger.pause("", 50.0)
    ledger.pause("char-industry", 70.0)
    assert ledger.paused("char-industry", 20.0) == 50.0
    assert ledger.paused("market-order", 20.0) == 30.0
    assert ledger.paused("market-order", 51.0) == 0.0
    ledger.pause("char-industry|1", 90.0)
    assert ledger.paused("char-industry|1", 51.0) == 39.0
    assert ledger.paused("char-industry|2", 51.0) == 19.0  # of when it was the group's alone


def test_what_came_back_long_ago_is_not_carried_along() -> None:
    ledger = Ledger()
    for owner, when in (("1", 0.0), ("2", 500.0)):
        ledger.bucket(BLUEPRINTS, owner).take(5, when)
    ledger.tidy(1000.0)
    assert [len(bucket.spent) for bucket in ledger.buckets.values()] == [0, 1]


def test_who_does_not_wait_spends_all_without_a_pause() -> None:
    bucket = Bucket(100, 900.0)
    for _ in range(20):
        assert bucket.delay(5, 0.0, paced=False) == 0.0
        bucket.take(5, 0.0)
    assert bucket.delay(5, 1.0, paced=False) == 899.0


def test_a_ledger_of_before_characters_were_told_apart_is_read(tmp_path: Path) -> None:
    shared = SharedLimits(tmp_path, "https://esi.test", clock=lambda: 1000.0)
    shared.look()
    old = {
        "errors": 3,
        "window_ends": 1030.0,
        "holders": {},
        "buckets": {"char-industry|": {"limit": 600, "window": 900.0, "spent": [[900.0, 590]]}},
        "pauses": {"market-order": 1040.0},
    }
    with sqlite3.connect(tmp_path / FILE) as database:
        database.execute("UPDATE ledgers SET data = ?", (msgspec.msgpack.encode(old),))
    database.close()
    assert shared.reserve(BLUEPRINTS) == 0.0
    assert shared.reserve(BLUEPRINTS, paced=False) == 0.0
    assert shared.reserve(BLUEPRINTS, paced=False) == 800.0
    assert shared.reserve(BLUEPRINTS, "1") == 0.0
    assert shared.look().paused("market-order|1", 1000.0) == 40.0
    shared.close()


def test_a_pause_keeps_its_reason_as_long_as_it_is_the_longest() -> None:
    ledger = Ledger()
    ledger.pause("char-contract|1", 70.0, "the game asks to slow down: contract items")
    ledger.pause("char-contract|1", 60.0)
    assert ledger.pause_reason("char-contract|1", 20.0).startswith("the game asks")
    assert ledger.pause_reason("char-contract|2", 20.0) == ""
    ledger.pause("", 90.0)
    assert ledger.pause_reason("char-contract|1", 20.0) == "", "the error limit takes longer"
    assert ledger.pause_reason("char-contract|1", 95.0) == ""
    assert ledger.paused("char-contract|1", 95.0) == 0.0
    assert not ledger.reasons
