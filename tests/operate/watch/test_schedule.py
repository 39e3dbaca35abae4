from __future__ import annotations

from eveobs.errors import StoreError
from eveobs.observation.unit import Report
from eveobs.operate.watch.pace import Pace
from eveobs.operate.watch.schedule import Schedule
from tests.operate.watch.at_a_desk import BEGIN, at, due, outcome, report


def schedule(*dues: object) -> Schedule:
    made = Schedule(Pace(0.0))
    made.take(dues, BEGIN)  # type: ignore[arg-type]
    return made


def ids(found: object) -> list[int]:
    return [one.unit.subject_id for one in found]  # type: ignore[attr-defined]


def test_what_is_new_is_due_at_once_and_what_is_fresh_when_it_expires() -> None:
    made = schedule(due(1), due(2, report(at(30))))
    assert ids(made.ready(BEGIN)) == [1]
    assert ids(made.ready(at(30))) == [1, 2]
    assert made.next() == BEGIN


def test_what_is_fresh_is_due_when_its_list_expires_and_not_its_bids() -> None:
    made = schedule(due(1, Report(outcome(at(5)), None, at(30))))
    assert made.next() == at(30)


def test_a_new_roster_keeps_the_moments_of_what_stays() -> None:
    made = schedule(due(1), due(2))
    made.done(due(1), report(at(30)), BEGIN)
    made.take([due(1), due(3)], at(10))
    assert ids(made.ready(at(10))) == [3]
    assert made.at(due(1)) == at(30)


def test_failures_add_up_until_it_works() -> None:
    made = schedule(due(1))
    for _ in range(3):
        made.done(due(1), report(status="partial"), BEGIN)
    made.failed(due(1), StoreError("full"), BEGIN)
    assert made.at(due(1)) == at(16)
    made.done(due(1), report(at(30)), at(16))
    made.done(due(1), report(status="partial"), at(30))
    assert made.at(due(1)) == at(32)


def test_an_empty_one_has_no_next() -> None:
    assert schedule().next() is None
