"""Whatever is declared whole was once the state of the list, however pages shift and expire."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import cycle

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from eveobs.esi.paging import (
    MARGIN,
    PATIENCE,
    ROUNDS,
    SLACK,
    Ask,
    PageSeen,
    Partial,
    Reading,
    Whole,
)
from tests.esi.esi_model import START, Model, Shown, Snapshot, delays, models

pytestmark = pytest.mark.unit

NOW = float(START)


@dataclass
class Reader:
    """Does what a Reading asks for, with a cache like the client's."""

    model: Model
    pauses: Iterator[float]
    now: float = NOW
    kept: dict[int, Shown] = field(default_factory=dict)
    undated: set[int] = field(default_factory=set)
    waited: float = 0.0
    broken: frozenset[int] = frozenset()

    def read(self) -> tuple[Whole | Partial, Reading]:
        reading = Reading()
        while isinstance(step := reading.next(self.now), Ask):
            self.now += step.after
            self.waited += step.after
            for number in step.numbers:
                self.now += next(self.pauses)
                self.ask(reading, number, afresh=step.afresh)
        return step, reading

    def ask(self, reading: Reading, number: int, *, afresh: bool) -> None:
        if number in self.broken:
            reading.failed(number, "broken")
            return
        kept = None if afresh else self.kept.get(number)
        if kept is None or self.now >= kept.expires:
            kept = self.fetch(number, kept)
        if kept is None:
            reading.failed(number, "no such page", vanished=True)
            return
        self.kept[number] = kept
        dated = number not in self.undated
        moment, expires = kept.last_modified, kept.expires
        rows = len(kept.rows or ())
        reading.saw(PageSeen(number, kept.pages, moment, expires, dated=dated, rows=rows))

    def fetch(self, number: int, kept: Shown | None) -> Shown | None:
        shown = self.model.ask(number, self.now, kept.etag if kept else "")
        if shown.status == 404:
            return None
        self.undated.discard(number)
        if shown.status == 200 or kept is None:
            return shown
        if shown.last_modified is not None:
            return replace(shown, rows=kept.rows)
        if shown.pages != kept.pages:
            return self.fetch(number, None)
        self.undated.add(number)
        return replace(shown, rows=kept.rows, last_modified=kept.last_modified)

    def rows(self, reading: Reading) -> tuple[int, ...]:
        return tuple(row for n in sorted(reading.seen) for row in self.kept[n].rows or ())


@settings(max_examples=400, deadline=None)
@given(models, delays, st.lists(st.integers(0, 80), min_size=1, max_size=3))
@example(  # all pages change at once, between two that are read
    Model([Snapshot(0, (1, 2, 3, 4)), Snapshot(5, (2, 3, 4, 5))], [40, 1]), [3.0], [0]
)
@example(  # only the second page changes, and a 304 does not say of when it is
    Model([Snapshot(0, (1, 2, 3, 4)), Snapshot(5, (1, 2, 3, 5))], [4], told_again=False),
    [0.1],
    [0, 10],
)
@example(  # the last page goes, the first stays as it was
    Model([Snapshot(0, (1, 2, 3, 4)), Snapshot(5, (1, 2, 3))], [4], told_again=False),
    [0.1],
    [0, 10],
)
def test_a_whole_reading_is_a_state_that_existed(
    model: Model, pauses: list[float], starts: list[int]
) -> None:
    reader = Reader(model, cycle(pauses))
    for start in starts:
        reader.now += start
        result, reading = reader.read()
        if isinstance(result, Whole):
            moments = {page.last_modified for page in reading.seen.values()}
            assert len(moments) == 1
            assert reader.rows(reading) == model.rows_of(moments.pop())


@given(models, delays, st.sets(st.integers(1, 4)))
def test_a_reading_ends_and_waits_for_a_bounded_time(
    model: Model, pauses: list[float], broken: set[int]
) -> None:
    reader = Reader(model, cycle(pauses), broken=frozenset(broken))
    result, reading = reader.read()
    pages = max(-(-len(s.rows) // 3) for s in model.snapshots) or 1
    assert len(model.asked) <= (ROUNDS + 2) * (pages + 1)
    assert reader.waited <= (ROUNDS + 1) * (PATIENCE + SLACK)
    if 1 in broken:
        assert isinstance(result, Partial)
    if isinstance(result, Whole):
        assert not broken & reading.seen.keys()


@given(models, delays)
def test_a_list_that_holds_still_is_read_whole_with_one_request_a_page(
    model: Model, pauses: list[float]
) -> None:
    still = replace(model, snapshots=model.snapshots[:1], lifetimes=[600], by_page=False, asked=[])
    reader = Reader(still, cycle(pauses))
    result, reading = reader.read()
    assert isinstance(result, Whole)
    asked = [number for number, _ in still.asked]
    beyond = len(reading.seen) + 1  # asked for where the last page is full
    assert sorted(set(asked) - {beyond}) == sorted(reading.seen)
    assert len(set(asked)) == len(asked)
    again, _ = reader.read()
    assert isinstance(again, Whole)
    assert {number for number, _ in still.asked[len(asked) :]} <= {beyond}


@given(models, delays)
def test_a_list_that_has_settled_is_read_whole_after_it_was_not(
    model: Model, pauses: list[float]
) -> None:
    model = replace(model, by_page=False, asked=[])
    reader = Reader(model, cycle(pauses))
    reader.read()
    reader.now += 1000
    result, reading = Reader(model, cycle([0.1]), reader.now, reader.kept, reader.undated).read()
    assert isinstance(result, Whole), result
    rows = tuple(row for n in sorted(reading.seen) for row in reader.kept[n].rows or ())
    assert rows == model.snapshots[-1].rows


# -- the rules, one by one ------------------------------------------------------------------------


def page(
    number: int,
    pages: int = 3,
    moment: float | None = NOW,
    expires: float = NOW + 1800,
    *,
    dated: bool = True,
) -> PageSeen:
    return PageSeen(number, pages, moment, expires, dated=dated)


def reading(*pages: PageSeen) -> Reading:
    made = Reading()
    for seen in pages:
        made.saw(seen)
    return made


def test_page_one_says_how_many_there_are() -> None:
    assert Reading().next(NOW) == Ask((1,))
    assert reading(page(1)).next(NOW) == Ask((2, 3))
    assert reading(page(1, pages=1)).next(NOW) == Whole()


def test_pages_of_one_moment_are_whole() -> None:
    assert reading(page(1), page(2), page(3)).next(NOW) == Whole()


def test_a_page_that_failed_makes_it_partial_and_is_named() -> None:
    made = reading(page(1), page(3))
    made.failed(2, "answered 502")
    assert made.next(NOW) == Partial("page 2 failed: answered 502")
    made.failed(3, "answered 504")
    assert made.next(NOW) == Partial("page 2 failed: answered 502 (and 1 more pages)")


def test_page_one_close_to_its_expiry_is_waited_out_once() -> None:
    made = reading(page(1, moment=NOW - 1796, expires=NOW + 4))
    step = made.next(NOW)
    assert isinstance(step, Ask)
    assert (step.numbers, step.after) == ((1,), 4 + SLACK)
    made.saw(page(1, moment=NOW - 1796, expires=NOW + 4))
    assert made.next(NOW) == Ask((2, 3))
    assert reading(page(1, moment=NOW - 1789, expires=NOW + MARGIN + 1)).next(NOW) == Ask((2, 3))


def test_a_list_of_one_page_is_never_waited_for() -> None:
    assert reading(page(1, pages=1, expires=NOW + 1)).next(NOW) == Whole()


def test_the_margin_shrinks_with_the_lifetime() -> None:
    short = page(1, moment=NOW - 297, expires=NOW + 3)
    assert isinstance(step := reading(short).next(NOW), Ask)
    assert step.numbers == (1,)
    fresh = page(1, moment=NOW, expires=NOW + 9)
    assert reading(fresh).next(NOW) == Ask((2, 3))


def test_an_older_page_is_read_again_when_it_has_expired() -> None:
    made = reading(page(1, moment=NOW - 9, expires=NOW + 20), page(2), page(3))
    step = made.next(NOW)
    assert isinstance(step, Ask)
    assert (step.numbers, step.after) == ((1,), 20 + SLACK)
    made.saw(page(1))
    assert made.next(NOW) == Whole()


def test_an_older_page_that_expires_too_late_makes_it_partial() -> None:
    made = reading(page(1, moment=NOW - 9, expires=NOW + PATIENCE + 1), page(2), page(3))
    step = made.next(NOW)
    assert isinstance(step, Partial)
    assert "page 1 is of an older moment" in step.why


def test_a_304_that_does_not_say_of_when_it_is_is_asked_for_its_body() -> None:
    made = reading(page(1, moment=NOW - 1800, dated=False), page(2), page(3))
    assert made.next(NOW) == Ask((1,), afresh=True)


def test_pages_that_disagree_on_their_number_are_not_whole() -> None:
    made = reading(page(1, pages=2, expires=NOW + 5), page(2, pages=3), page(3))
    step = made.next(NOW)
    assert isinstance(step, Ask)
    assert 1 in step.numbers


def test_a_list_that_never_agrees_is_given_up() -> None:
    made = reading(page(1), page(2, expires=NOW), page(3, expires=NOW))
    for turn in range(ROUNDS):
        made.saw(page(1, moment=NOW + turn + 1, expires=NOW))
        assert isinstance(made.next(NOW), Ask)
    made.saw(page(1, moment=NOW + 99, expires=NOW))
    step = made.next(NOW)
    assert isinstance(step, Partial)
    assert "kept changing" in step.why


def test_pages_without_a_moment_cannot_be_whole_unless_there_is_one() -> None:
    undated = [page(n, moment=None) for n in (1, 2, 3)]
    assert isinstance(step := reading(*undated).next(NOW), Partial)
    assert "Last-Modified" in step.why
    assert reading(page(1, pages=1, moment=None)).next(NOW) == Whole()


def test_a_page_that_vanished_starts_it_over() -> None:
    made = reading(page(1, expires=NOW + 30), page(2))
    made.failed(3, "no such page", vanished=True)
    step = made.next(NOW)
    assert isinstance(step, Ask)
    assert (step.numbers, step.after, step.reason) == ((1,), 30 + SLACK, "the list has shrunk")
    assert not made.seen
    made.saw(page(1, pages=2))
    made.saw(page(2, pages=2))
    assert made.next(NOW) == Whole()


def test_a_page_that_vanished_for_long_makes_it_partial() -> None:
    made = reading(page(1), page(2))
    made.failed(3, "no such page", vanished=True)
    assert made.next(NOW) == Partial("page 3 failed: no such page")


def test_a_list_that_shrank_forgets_the_pages_beyond() -> None:
    made = reading(page(1, pages=2, moment=NOW + 5), page(2, pages=2, moment=NOW + 5), page(3))
    assert made.next(NOW) == Whole()
    assert set(made.seen) == {1, 2}
