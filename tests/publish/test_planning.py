"""The plan says what differs, and only what a whole observation declared gone is let go."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from eveobs.publish.document import Key
from eveobs.publish.plan import Action
from eveobs.publish.planning import Pruning
from eveobs.publish.publishing import Publishing
from eveobs.publish.target import Published, State
from eveobs.store.query import Query
from eveobs.store.store import Store
from eveobs.telemetry.progress import Silence
from tests.publish.homes import actions, plan_for
from tests.publish.memory_target import MemoryTarget
from tests.store.drafts import CYCLE, START, contract, item, items, reading

pytestmark = pytest.mark.unit


def publish(target: MemoryTarget, store: Store, **options: object) -> list[tuple[str, str]]:
    """Carry out what is to be done, and say what that was."""
    with plan_for(target, store, **options) as plan:  # type: ignore[arg-type]
        Publishing(target, Silence()).carry_out(plan)
        return [(action, number) for action, number, _ in actions(plan)]


def seen(store: Store, *numbers: int, at: int = 0, **fields: object) -> None:
    """A whole reading of the region's list."""
    store.apply(reading([contract(n, **fields) for n in numbers], at=START + at * CYCLE))


def test_what_is_new_is_created_and_what_is_the_same_left(store: Store) -> None:
    target = MemoryTarget()
    seen(store, 1, 2, 3)
    assert publish(target, store) == [("create", "1"), ("create", "2"), ("create", "3")]
    with plan_for(target, store) as plan:
        assert actions(plan) == []
        assert plan.unchanged == {"contract": 3}
    seen(store, 1, 2, 3, at=1)  # seen again: only last_seen differs
    assert publish(target, store) == []


def test_an_update_names_the_fields_that_change(store: Store) -> None:
    target = MemoryTarget()
    seen(store, 1, 2, price=5.0)
    publish(target, store)
    later = START + CYCLE
    store.apply(reading([contract(1, price=5.0), contract(2, price=7.5)], at=later))
    with plan_for(target, store) as plan:
        assert actions(plan) == [("update", "2", ("html", "excerpt", "meta"))]
        (change,) = plan.changes
        assert (change.post_id, plan.document(change).meta["price"]) == ("2", "7.50")
        Publishing(target, Silence()).carry_out(plan)
    assert target.writes[-1].fields == ("html", "excerpt", "meta")
    assert target.pages[Key("contract", "2")][1].meta["price"] == "7.50"


def test_what_is_executed_is_the_plan_even_if_the_store_moved_on(store: Store) -> None:
    target = MemoryTarget()
    seen(store, 1, price=5.0)
    with plan_for(target, store) as plan:
        seen(store, 1, at=1, price=9.0)
        Publishing(target, Silence()).carry_out(plan)
    assert target.pages[Key("contract", "1")][1].meta["price"] == "5.00"
    assert publish(target, store) == [("update", "1")]


def test_what_is_gone_is_marked_and_stays(store: Store) -> None:
    target = MemoryTarget()
    seen(store, 1, 2)
    publish(target, store)
    seen(store, 1, at=1)
    assert publish(target, store) == [("update", "2")]
    page = target.pages[Key("contract", "2")][1]
    assert "No longer offered" in page.html
    assert page.terms["status"] == ("Taken or withdrawn",)
    assert publish(target, store) == [], "told once"


def test_a_partial_reading_lets_nothing_go(store: Store) -> None:
    target = MemoryTarget()
    seen(store, 1, 2)
    publish(target, store)
    store.apply(reading([contract(1)], at=START + CYCLE, whole=False, error="page 2 failed"))
    assert publish(target, store, pruning=Pruning(wanted=True, share=1.0)) == []


def test_prune_puts_what_is_gone_into_the_trash_and_its_return_takes_it_out(store: Store) -> None:
    target = MemoryTarget()
    seen(store, 1, 2)
    publish(target, store)
    seen(store, 1, at=1)
    assert publish(target, store, pruning=Pruning(wanted=True, share=0.5)) == [("remove", "2")]
    assert target.pages[Key("contract", "2")][2] is State.TRASHED
    assert publish(target, store, pruning=Pruning(wanted=True, share=0.5)) == []
    seen(store, 1, 2, at=2)
    assert publish(target, store) == [("update", "2")]
    assert target.writes[-1].restore


@pytest.mark.parametrize(("share", "removed"), [(0.1, 0), (0.29, 0), (0.3, 3), (1.0, 3)])
def test_never_more_is_removed_than_allowed(store: Store, share: float, removed: int) -> None:
    target = MemoryTarget()
    seen(store, *range(1, 11))
    publish(target, store)
    seen(store, *range(4, 11), at=1)
    with plan_for(target, store, pruning=Pruning(wanted=True, share=share)) as plan:
        assert sum(one.action is Action.REMOVE for one in plan.changes) == removed
        assert plan.too_many == ({} if removed else {"contract": (3, int(share * 10))})


def test_what_is_not_chosen_is_left_alone(store: Store) -> None:
    target = MemoryTarget()
    seen(store, 1, 2, price=5.0)
    publish(target, store)
    with plan_for(target, store, query=Query(values={"min-price": 6.0})) as plan:
        assert actions(plan) == []
        assert plan.left == {"contract": 2}


def test_a_person_who_put_a_page_into_the_trash_is_respected(store: Store) -> None:
    class Forgetful(MemoryTarget):
        """A site that holds no digests: what it has in the trash was put there by a person."""

        def look_up(self, keys: Sequence[Key]) -> dict[Key, Published]:
            found = super().look_up(keys)
            return {key: Published(one.post_id, "", State.TRASHED) for key, one in found.items()}

    target = Forgetful()
    seen(store, 1)
    publish(target, store)
    with plan_for(target, store) as plan:
        assert actions(plan) == []
        assert plan.untouched == {"contract": 1}


def test_a_summary_of_all_is_published_too(store: Store) -> None:
    target = MemoryTarget()
    store.apply(reading([contract(n, price=float(n)) for n in (1, 2, 3)]))
    publish(target, store, summaries=True)
    page = target.pages[Key("summary", "contract")][1]
    assert (page.meta["count"], page.meta["price"]) == ("3", "6.00")
    assert page.html.count("<li>") == 3
    assert publish(target, store, summaries=True) == []


def test_items_and_links_come_with_a_contract(store: Store) -> None:
    target = MemoryTarget()
    answers = [items(1, item(11, quantity=3), item(12, type_id=35, is_included=False))]
    store.apply(reading([contract(1)], answers=answers))
    publish(target, store)
    html = target.pages[Key("contract", "1")][1].html
    assert html.index("Offered") < html.index("type 34") or "34" in html
    assert "Asked for in return" in html
    assert "https://images.example/types/34/icon?size=128" in html


def test_pages_do_not_wait_in_memory(store: Store) -> None:
    import tracemalloc

    def peak(numbers: range, at: int) -> tuple[int, int]:
        """The most memory a plan took, and the size of all its pages."""
        answers = [items(n, *(item(100 * n + k) for k in range(60))) for n in numbers]
        rows = [contract(n) for n in numbers]
        store.apply(reading(rows, at=START + at * CYCLE, answers=answers))
        tracemalloc.start()
        try:
            with plan_for(MemoryTarget(), store) as plan:
                most = tracemalloc.get_traced_memory()[1]
                return most, sum(len(plan.document(one).html) for one in plan.changes)
        finally:
            tracemalloc.stop()

    peak(range(1, 10), 0)  # what is made once is not counted
    (few, small), (many, large) = peak(range(1, 101), 1), peak(range(1, 301), 2)
    assert large - small > 2_500_000
    assert many - few < (large - small) / 4


def test_dates_and_times_are_utc(store: Store, tmp_path: Path) -> None:
    target = MemoryTarget()
    seen(store, 1, date_expired=START + timedelta(days=3))
    publish(target, store)
    page = target.pages[Key("contract", "1")][1]
    assert page.date == START - timedelta(days=1)
    assert '<time datetime="2026-09-26T08:00:00Z">2026-09-26 08:00 UTC</time>' in page.html
