"""A structure that refuses is left alone, longer each time, by the one it refused."""

from __future__ import annotations

from datetime import timedelta

import pytest

from eveobs.store.chunks import CHUNK
from eveobs.store.store import Store
from tests.store.drafts import START, asked
from tests.store.things import ANNA, BERT

pytestmark = pytest.mark.unit

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
KEEPSTAR = 10**12 + 5


def test_each_refusal_lasts_twice_as_long_up_to_a_month(store: Store) -> None:
    now = START
    for days in (1, 2, 4, 8, 16, 32, 32, 32):
        assert store.refused_structures(ANNA, [KEEPSTAR], now) == set()
        store.note_refusal(ANNA, KEEPSTAR, now)
        assert store.refused_structures(ANNA, [KEEPSTAR], now + days * DAY - SECOND) == {KEEPSTAR}
        now += days * DAY


def test_it_is_of_one_character_and_one_structure(store: Store) -> None:
    store.note_refusal(ANNA, KEEPSTAR, START)
    assert store.refused_structures(BERT, [KEEPSTAR], START) == set()
    assert store.refused_structures(ANNA, [KEEPSTAR, KEEPSTAR + 1], START) == {KEEPSTAR}
    assert store.refused_structures(ANNA, range(3 * CHUNK), START) == set()


def test_two_runs_that_are_refused_at_once_count_once(url: str, store: Store) -> None:
    store.note_refusal(ANNA, KEEPSTAR, START)
    before = asked(url, "SELECT * FROM refusals")
    store.note_refusal(ANNA, KEEPSTAR, START + SECOND)
    assert asked(url, "SELECT * FROM refusals") == before
    assert before[0]["times"] == 1


def test_who_was_let_in_starts_anew(store: Store) -> None:
    store.note_refusal(ANNA, KEEPSTAR, START)
    store.note_refusal(ANNA, KEEPSTAR, START + DAY)
    store.note_refusal(BERT, KEEPSTAR, START)
    store.forget_refusal(ANNA, KEEPSTAR)
    assert store.refused_structures(ANNA, [KEEPSTAR], START) == set()
    assert store.refused_structures(BERT, [KEEPSTAR], START) == {KEEPSTAR}
    store.note_refusal(ANNA, KEEPSTAR, START + 2 * DAY)
    assert store.refused_structures(ANNA, [KEEPSTAR], START + 3 * DAY) == set()
