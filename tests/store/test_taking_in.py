"""What an archive says of items is known for good; what it does not say is asked for as ever."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest

from eveobs.errors import EveobsError
from eveobs.records.collected import DetailAnswer, Meaning
from eveobs.records.contracts import CONTRACTS
from eveobs.records.schema import SubjectKind
from eveobs.store import glance
from eveobs.store.store import Store
from eveobs.store.taking_in import FULL_PAGE, Hanging, Intake, Seen, TakenIn
from tests.store.drafts import CYCLE, FORGE, START, asked, contract, everything, items, reading
from tests.store.drafts import item as item_of

pytestmark = pytest.mark.unit

LATER = START + CYCLE


def hangs(parent: int, number: int, at: datetime = START) -> Hanging:
    return Hanging(at, (parent, number, 34, 1, True, None, None, None, None, None))


def take_in(store: Store, *rows: Hanging, parents: tuple[int, ...] = (1,)) -> TakenIn:
    seen = [Seen(FORGE, START, contract(parent)) for parent in parents]
    (done,) = store.take_in(Intake(CONTRACTS, seen, {"items": rows}, START, LATER))
    return done


def meanings(url: str) -> list[tuple[int, str]]:
    rows = asked(url, "SELECT parent, meaning FROM answers WHERE detail = 'items' ORDER BY 1")
    return [(row["parent"], row["meaning"]) for row in rows]


def test_items_are_known_for_good_and_what_has_none_is_asked_for(store: Store) -> None:
    done = take_in(store, hangs(1, 11), hangs(1, 12), hangs(3, 31), parents=(1, 2, 3))
    assert (done.rows, done.new, done.details["items"], done.settled) == (3, 3, 3, 2)
    assert store.answered(CONTRACTS, "items", [1, 2, 3]) == {1, 3}


def test_a_full_page_may_lack_the_next(store: Store, url: str) -> None:
    """EVE Ref drops pages that fail."""
    take_in(store, *(hangs(1, number) for number in range(FULL_PAGE)), hangs(2, 5000))
    assert store.answered(CONTRACTS, "items", [1, 2]) == {2}
    assert asked(url, "SELECT count(*) AS n FROM contract_items") == [{"n": FULL_PAGE + 1}]


def test_what_esi_said_no_more_of_is_given_now(store: Store, url: str) -> None:
    told = [items(1, meaning=Meaning.OVER), items(2, meaning=Meaning.NOT_FOUND)]
    store.apply(reading([contract(1)], at=LATER, answers=told))
    done = take_in(store, hangs(1, 11))
    assert done.settled == 1
    assert meanings(url) == [(1, "given"), (2, "not_found")]


def test_what_esi_gave_is_not_added_to(store: Store, url: str) -> None:
    given: DetailAnswer = items(1, item_of(11))  # type: ignore[type-arg]
    store.apply(reading([contract(1)], at=LATER, answers=[given]))
    done = take_in(store, hangs(1, 11), hangs(1, 666))
    assert done.details["items"] == done.settled == 0
    assert asked(url, "SELECT record_id FROM contract_items") == [{"record_id": 11}]


def test_an_error_half_way_leaves_nothing(store: Store, url: str) -> None:
    store.apply(reading([contract(1)], at=START))
    before = everything(url)

    def broken() -> Iterator[Hanging]:
        for number in range(7000):
            yield hangs(1, number)
        raise EveobsError("that is all")

    with pytest.raises(EveobsError, match="that is all"):
        store.take_in(Intake(CONTRACTS, [], {"items": broken()}, START, LATER))
    assert everything(url) == before


def test_a_list_that_was_fresh_stays_so_and_none_becomes_so(store: Store, url: str) -> None:
    def fresh(region: int) -> bool:
        now = START.strftime("%Y-%m-%dT%H:%M:%SZ")
        found = glance.fresh(url, CONTRACTS, SubjectKind.REGION, region, ("items",), now)
        return found is not None

    store.apply(reading([contract(1)], at=START, fresh_until=LATER))
    store.take_in(
        Intake(CONTRACTS, [Seen(FORGE + 1, START, contract(7))], {}, moment=START, now=LATER)
    )
    assert fresh(FORGE)
    assert not fresh(FORGE + 1)
    assert [one.subject_id for one in store.standings()] == [FORGE]


def test_it_is_an_observation_once(store: Store, url: str) -> None:
    how = "SELECT status, whole, rows, new FROM observations WHERE subject_kind = 'archive'"
    take_in(store, hangs(1, 11))
    take_in(store, hangs(1, 11))
    assert asked(url, how) == [{"status": "complete", "whole": 0, "rows": 1, "new": 1}]
