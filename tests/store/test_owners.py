"""What is one owner's stays so, whatever another's list shows; what both have is listed once."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eveobs.records.universe import Name
from eveobs.store.chunks import CHUNK
from eveobs.store.query import Query, fields_of
from eveobs.store.store import Store
from tests.store.drafts import CYCLE, START, asked, everything
from tests.store.things import (
    ANNA,
    BERT,
    CORP,
    JOURNAL,
    THINGS,
    Mark,
    Note,
    Part,
    answer,
    hangar,
    parts,
    thing,
)

pytestmark = pytest.mark.unit

Row = dict[str, Any]


@dataclass
class Owned:
    """What should be stored of one thing of one owner."""

    value: float
    seen: datetime
    gone: bool = False
    parts: dict[int, int] = field(default_factory=dict)


READINGS = st.lists(
    st.tuples(
        st.sampled_from([ANNA, CORP]),
        st.sampled_from([1, 1, 2, 0]),  # cycles since the last one
        st.dictionaries(st.integers(1, 4), st.sampled_from([1.0, 2.0])),
        st.booleans(),  # whole
        st.dictionaries(
            st.integers(1, 4), st.dictionaries(st.integers(1, 3), st.integers(1, 2)), max_size=2
        ),
    ),
    max_size=8,
)


class Model:
    """The rules, as plainly as they can be said."""

    def __init__(self) -> None:
        self.owned: dict[tuple[int, int], Owned] = {}
        self.parts: dict[tuple[int, int], dict[int, int]] = {}
        self.whole: dict[int, datetime] = {}

    def read(
        self,
        owner: int,
        moment: datetime,
        rows: dict[int, float],
        whole: bool,
        given: dict[int, dict[int, int]],
    ) -> None:
        for key, some in given.items():
            self.parts[owner, key] = some
        if owner in self.whole and moment <= self.whole[owner]:
            return
        for key, value in rows.items():
            self.owned[owner, key] = Owned(value, moment)
        if whole:
            self.whole[owner] = moment
            for (whose, key), one in self.owned.items():
                one.gone |= whose == owner and key not in rows

    def listed(self, owners: set[int], gone: str) -> list[tuple[int, int, float, bool]]:
        best: dict[int, tuple[Any, ...]] = {}
        for (owner, key), one in self.owned.items():
            rank = (not one.gone, one.seen, -owner)
            if owner in owners and (key not in best or rank > best[key][0]):
                best[key] = (rank, owner, one)
        return [
            (key, owner, one.value, one.gone)
            for key, (_, owner, one) in sorted(best.items())
            if gone == "too" or one.gone == (gone == "only")
        ]


@settings(max_examples=60, deadline=None)
@given(readings=READINGS)
def test_each_owner_has_what_its_own_lists_say(empty_file: Path, readings: list[Any]) -> None:
    model, moment = Model(), START
    with tempfile.TemporaryDirectory() as folder:
        path = shutil.copy(empty_file, folder)
        with Store(f"sqlite:///{path}") as store:
            for owner, cycles, rows, whole, given_parts in readings:
                moment += cycles * CYCLE
                answers = [
                    parts(key, *(Part(part_id=n, amount=amount) for n, amount in some.items()))
                    for key, some in given_parts.items()
                ]
                things = [thing(key, value=value) for key, value in rows.items()]
                store.apply(hangar(owner, things, at=moment, whole=whole, answers=answers))
                model.read(owner, moment, rows, whole, given_parts)
            _agree(store, model, f"sqlite:///{path}")


def _agree(store: Store, model: Model, url: str) -> None:
    for owners, values in (
        ({ANNA, CORP}, {}),
        ({ANNA}, {"character": [str(ANNA)]}),
        ({CORP}, {"corporation": [str(CORP)]}),
        ({ANNA, CORP}, {"character": [str(ANNA)], "corporation": [str(CORP)]}),
    ):
        for gone in ("", "only", "too"):
            query = Query(values, gone_only=gone == "only", gone_too=gone == "too")
            found = [
                (row["thing_id"], row["owner_id"], row["value"], row["gone_at"] is not None)
                for row in store.rows(THINGS, query, summaries=True)
            ]
            assert found == model.listed(owners, gone)
            assert store.count(THINGS, query) == len(found)
    if not model.owned and not model.parts:
        return
    kept: dict[tuple[int, int], dict[int, int]] = {}
    for row in asked(url, "SELECT * FROM odd_thing_parts"):
        kept.setdefault((row["owner_id"], row["thing_id"]), {})[row["part_id"]] = row["amount"]
    assert kept == {key: some for key, some in model.parts.items() if some}
    for key, owner, _, _ in model.listed({ANNA, CORP}, "too"):
        shown = store.row(THINGS, key)
        assert shown is not None
        assert shown["owner_id"] == owner
        assert {row["part_id"]: row["amount"] for row in shown["parts"]} == model.parts.get(
            (owner, key), {}
        )


def test_the_fields_of_an_owned_row(store: Store) -> None:
    store.keep_names([Name(category="character", id=ANNA, name="Anna")], (), START)
    store.apply(hangar(ANNA, [thing(1)]))
    (row,) = store.rows(THINGS, Query())
    assert tuple(row) == fields_of(THINGS)
    assert (row["owner_id"], row["owner_name"]) == (ANNA, "Anna")
    assert [row["thing_id"] for row in store.rows(THINGS, Query({"character": ["ann"]}))] == []
    assert [row["thing_id"] for row in store.rows(THINGS, Query({"character": ["ANNA"]}))] == [1]
    assert len(list(store.rows(THINGS, Query(sort=["owner_name"])))) == 1


def test_filters_speak_of_the_row_that_is_listed(store: Store) -> None:
    """Anna's row of before does not answer for the corporation's of now."""
    part = Part(part_id=5)
    store.apply(hangar(ANNA, [thing(1, value=9.0)], answers=[parts(1, part)]))
    store.apply(hangar(CORP, [thing(1, value=1.0)], at=START + CYCLE))
    assert list(store.rows(THINGS, Query({"min-value": 5.0}))) == []
    assert list(store.rows(THINGS, Query({"part": 5}))) == []
    (hers,) = store.rows(THINGS, Query({"part": 5, "character": [str(ANNA)]}))
    assert (hers["owner_id"], hers["value"]) == (ANNA, 9.0)
    store.keep_answers(THINGS, [answer("notes", 1, Note(note_id=3), settled=True)], START)
    (shared,) = store.rows(THINGS, Query({"note": 3}))
    assert shared["owner_id"] == CORP


def test_changes_are_told_of_the_owner_that_is_shown(url: str, store: Store) -> None:
    for cycle, value in enumerate([1.0, 2.0, 3.0]):
        store.apply(hangar(ANNA, [thing(1, value=value)], at=START + cycle * CYCLE))
    store.apply(hangar(BERT, [thing(1, value=3.0)], at=START + 5 * CYCLE))
    shown = store.row(THINGS, 1)
    assert shown is not None
    assert (shown["owner_id"], shown["changes"], shown["changed_at"]) == (BERT, [], None)
    store.apply(hangar(ANNA, [thing(1, value=4.0)], at=START + 6 * CYCLE))
    shown = store.row(THINGS, 1)
    assert shown is not None
    assert [change["new"] for change in shown["changes"]] == ["2.0", "3.0", "4.0"]
    assert {row["owner"] for row in asked(url, "SELECT owner FROM changes")} == {ANNA}


def test_what_left_one_list_before_its_time_and_another_after_it(url: str, store: Store) -> None:
    lasting = [thing(1, until=START + 3 * CYCLE)]
    for owner in (ANNA, BERT):
        store.apply(hangar(owner, lasting))
    assert store.apply(hangar(ANNA, [], at=START + CYCLE)).gone == 1
    assert store.apply(hangar(BERT, [], at=START + 4 * CYCLE)).gone == 1
    found = asked(url, "SELECT owner_id, gone_how FROM odd_things ORDER BY owner_id")
    assert [tuple(row.values()) for row in found] == [(ANNA, "gone"), (BERT, "expired")]


def test_many_at_once(store: Store) -> None:
    things = [thing(number, value=1.0) for number in range(2 * CHUNK + 7)]
    for owner in (ANNA, CORP):
        assert store.apply(hangar(owner, things)).new == len(things)
    later = [thing(number, value=2.0) for number in range(2 * CHUNK)]
    applied = store.apply(hangar(CORP, later, at=START + CYCLE))
    assert (applied.new, applied.changed, applied.gone) == (0, 2 * CHUNK, 7)
    assert store.count(THINGS, Query()) == len(things)
    rows = list(store.rows(THINGS, Query({"min-value": 2.0}), summaries=True))
    assert [row["owner_id"] for row in rows] == [CORP] * 2 * CHUNK


# -- details ----------------------------------------------------------------------------------


def test_current_details_are_as_last_read(url: str, store: Store) -> None:
    first = [Part(part_id=1), Part(part_id=2, amount=5), Part(part_id=3)]
    store.apply(hangar(ANNA, [thing(1), thing(2)], answers=[parts(1, *first), parts(2, *first)]))
    second = [Part(part_id=2, amount=6), Part(part_id=3), Part(part_id=4)]
    told = store.apply(hangar(ANNA, [thing(1), thing(2)], at=START, answers=[parts(1, *second)]))
    assert told.status == "complete", "the parts differ, though the list is as it was"
    one, other = store.row(THINGS, 1), store.row(THINGS, 2)
    assert one is not None
    assert other is not None
    assert (one["parts_summary"], other["parts_summary"]) == ("2x6, 3x1, 4x1", "1x1, 2x5, 3x1")
    before = everything(url)["odd_thing_parts"]
    again = hangar(ANNA, [thing(1), thing(2)], at=START, answers=[parts(1, *second)])
    assert store.apply(again).status == "unchanged"
    assert everything(url)["odd_thing_parts"] == before
    gone = hangar(ANNA, [thing(1), thing(2)], at=START, answers=[parts(1)])
    assert store.apply(gone).status == "complete"
    assert {row["thing_id"] for row in everything(url)["odd_thing_parts"]} == {2}


def test_a_detail_that_is_kept_rounded_is_not_taken_for_another(store: Store) -> None:
    part = Part(part_id=1, made_at=START + timedelta(microseconds=5), label="a")
    draft = hangar(ANNA, [thing(1)], answers=[parts(1, part)])
    assert store.apply(draft).status == "complete"
    assert store.apply(draft).status == "unchanged"


def test_an_older_reading_does_not_bring_old_details_back(store: Store) -> None:
    new, old = Part(part_id=1, amount=2), Part(part_id=1, amount=1)
    store.apply(hangar(ANNA, [thing(1)], at=START + CYCLE, answers=[parts(1, new)]))
    marks = answer("marks", 1, Mark(mark_id=7))
    store.apply(hangar(ANNA, [thing(1)], at=START, answers=[parts(1, old), marks]))
    shown = store.row(THINGS, 1)
    assert shown is not None
    assert shown["parts_summary"] == "1x2"
    assert shown["marks"] == [{"mark_id": 7}], "what is only added to is, all the same"


def test_details_of_each_owner_and_of_all(store: Store) -> None:
    for owner, number in ((ANNA, 1), (BERT, 2)):
        marks = answer("marks", 1, Mark(mark_id=number), settled=True)
        store.apply(hangar(owner, [thing(1)], at=START + number * CYCLE, answers=[marks]))
    assert store.answered(THINGS, "marks", [1]) == set(), "one owner's answer is not another's"
    notes = answer("notes", 1, Note(note_id=9, runs=3), settled=True)
    assert store.keep_answers(THINGS, [notes], START) == 1
    assert store.keep_answers(THINGS, [notes], START) == 0
    assert store.answered(THINGS, "notes", [1]) == {1}
    shown = store.row(THINGS, 1)
    assert shown is not None
    assert shown["marks"] == [{"mark_id": 2}]
    assert shown["notes"] == [{"note_id": 9, "runs": 3, "ends": None}]
    assert shown["notes_answer"] == "given"
    store.keep_answers(THINGS, [answer("marks", 1, Mark(mark_id=8))], START, owner_id=ANNA)
    with pytest.raises(AssertionError, match="whose marks"):
        store.keep_answers(THINGS, [answer("marks", 1, Mark(mark_id=8))], START)


# -- ledgers ----------------------------------------------------------------------------------


def entries(*numbers: int, **fields: Any) -> Any:
    owner = fields.pop("owner", ANNA)
    return hangar(owner, [Mark(mark_id=n) for n in numbers], schema=JOURNAL, **fields)


def test_a_ledger_loses_nothing(store: Store) -> None:
    store.apply(entries(1, 2, 3))
    assert store.apply(entries(3, 4, at=START + CYCLE)).gone == 0
    assert [row["mark_id"] for row in store.rows(JOURNAL, Query())] == [1, 2, 3, 4]


def test_a_ledger_has_no_gap_up_to_what_a_whole_reading_reached(store: Store) -> None:
    assert store.newest_whole(JOURNAL, ANNA) is None
    store.apply(entries(7, 8, whole=False))
    assert store.newest_whole(JOURNAL, ANNA) is None, "it may not go all the way back"
    store.apply(entries(1, 2, 3, at=START + CYCLE))
    store.apply(entries(50, owner=BERT, at=START + CYCLE))
    assert store.newest_whole(JOURNAL, ANNA) == 8
    store.apply(entries(20, 21, at=START + 3 * CYCLE, whole=False))
    assert store.newest_whole(JOURNAL, ANNA) == 8
    store.apply(entries(1, 2, 3, at=START + CYCLE))  # from a cache: as it was, and not applied
    assert store.newest_whole(JOURNAL, ANNA) == 8
    store.apply(entries(9, 20, 21, at=START + 4 * CYCLE))
    assert store.newest_whole(JOURNAL, ANNA) == 21
    assert store.newest_whole(JOURNAL, BERT) == 50


def test_a_ledger_without_moments(store: Store) -> None:
    store.apply(entries(at=None))
    assert store.newest_whole(JOURNAL, ANNA) is None, "nothing was in it"
    store.apply(entries(1, 2, at=None))
    store.apply(entries(9, at=None, whole=False))
    assert store.newest_whole(JOURNAL, ANNA) == 2
