"""What was noticed is told once, whatever happens; what is over may be told again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from eveobs.store.notices import Notice
from eveobs.store.store import Store

NOW = datetime(2026, 9, 23, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
STATES = {"health"}


def notice(rule: str = "accepted", key: str = "1", at: datetime = NOW) -> Notice:
    return Notice(rule, key, f"{rule} {key}", at)


def keys(found: list[Notice]) -> list[str]:
    return [one.key for one in found]


def note(store: Store, *found: Notice, now: datetime = NOW) -> list[Notice]:
    return store.note(found, STATES, now, old_before=now - DAY)


def test_a_thing_is_new_once(store: Store) -> None:
    assert keys(note(store, notice(key="1"))) == ["1"]
    assert keys(note(store, notice(key="1"), notice(key="2"))) == ["2"]
    assert note(store) == []


def test_what_is_old_at_the_first_look_is_not_told(store: Store) -> None:
    old, new = notice(key="old", at=NOW - 2 * DAY), notice(key="new")
    assert keys(note(store, old, new)) == ["new"]
    assert keys([one.notice for one in store.untold()]) == ["new"]
    later = notice(key="late", at=NOW - 3 * DAY)
    assert keys(note(store, old, later)) == ["late"], "that was missed, not old"


def test_a_state_is_told_again_when_it_comes_back(store: Store) -> None:
    ill = notice("health", "store")
    assert note(store, ill) == [ill]
    assert note(store, ill) == []
    assert note(store) == []
    assert note(store, ill, now=NOW + DAY) == [ill]


def test_a_state_that_lasts_since_long_is_told_at_the_first_look(store: Store) -> None:
    assert note(store, notice("health", "store", NOW - 9 * DAY))


def test_each_is_told_what_it_does_not_know(store: Store) -> None:
    note(store, notice(key="1"))
    store.note_told(store.untold(), "mail", ["mail", "chat"], NOW)
    (left,) = store.untold()
    assert left.told_to == {"mail"}
    note(store, notice(key="2"))
    mail = [one.notice.key for one in store.untold() if "mail" not in one.told_to]
    assert mail == ["2"]
    store.note_told(store.untold(), "chat", ["mail", "chat"], NOW)
    assert [one.notice.key for one in store.untold()] == ["2"]


def test_a_chat_that_was_taken_out_keeps_nothing_open(store: Store) -> None:
    note(store, notice(key="1"))
    store.note_told(store.untold(), "mail", ["mail"], NOW)
    assert store.untold() == []


STEPS = st.lists(st.sets(st.integers(0, 4), max_size=5), max_size=8)


@settings(max_examples=30)
@given(STEPS, STEPS)
def test_any_course_of_things(moments: list[set[int]], states: list[set[int]]) -> None:
    """A moment is new the first time it is seen, a state whenever it was not there before."""
    store = Store("sqlite:///:memory:")
    seen: set[int] = set()
    before: set[int] = set()
    for number in range(max(len(moments), len(states))):
        some = moments[number] if number < len(moments) else set()
        now = states[number] if number < len(states) else set()
        found = [notice(key=str(one)) for one in some] + [notice("health", str(one)) for one in now]
        new = {(one.rule, int(one.key)) for one in note(store, *found)}
        expected = {("accepted", one) for one in some - seen}
        expected |= {("health", one) for one in now - before}
        assert new == expected
        seen |= some
        before = now
    store.close()
