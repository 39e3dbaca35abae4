"""However a site fails: what is published in the end is what was planned, each page once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eveobs.errors import SignInError, UnreachableError
from eveobs.publish.document import Document, Key, digests
from eveobs.publish.plan import Action, Change, Plan
from eveobs.publish.publishing import TRIES, Publishing, Report
from eveobs.publish.target import Outcome, Published, Result, State, UnknownOutcomeError, Write
from eveobs.telemetry.progress import Silence
from tests.publish.memory_target import MemoryTarget, broken

pytestmark = pytest.mark.unit


def document(number: int, **fields: object) -> Document:
    given: dict[str, object] = {
        "kind": "contract",
        "external_id": str(number),
        "slug": f"eve-contract-{number}",
        "title": f"Contract {number}",
        "html": "<p>Text</p>",
        "excerpt": "",
        "date": datetime(2026, 9, 1, tzinfo=UTC),
        "meta": {},
        "terms": {},
        "image": "",
        "hash": f"hash {number}",
    }
    return Document(**(given | fields))  # type: ignore[arg-type]


def plan_of(documents: Sequence[Document], known: dict[Key, Published] | None = None) -> Plan:
    plan = Plan()
    for one in documents:
        plan.add(one, (known or {}).get(one.key))
    return plan


class Slept(list[float]):
    """The pauses that were made."""


def carry_out(plan: Plan, target: MemoryTarget) -> tuple[Slept, Report]:
    slept = Slept()
    with plan:
        return slept, Publishing(target, Silence(), sleep=slept.append).carry_out(plan)


@given(
    number=st.integers(0, 12),
    batch=st.integers(1, 5),
    faults=st.lists(st.sampled_from(["fine", "before", "after"]), max_size=30),
)
def test_any_fault_at_any_moment_ends_with_each_page_once(
    number: int, batch: int, faults: list[str]
) -> None:
    target = MemoryTarget(batch)
    left = iter(faults)
    now = [""]

    def before(_: int) -> None:
        now[0] = next(left, "fine")
        if now[0] == "before":
            broken()

    def after(_: int) -> None:
        if now[0] == "after":
            broken()

    target.before, target.after = before, after
    documents = [document(n) for n in range(number)]
    for _ in range(len(faults) + 1):
        known = target.published(["contract"])
        todo = [one for one in documents if one.key not in known]
        try:
            _, report = carry_out(plan_of(todo), target)
        except UnreachableError:
            continue
        if not report.failed:
            break
    assert {*target.pages} == {one.key for one in documents}


def test_an_unknown_outcome_is_looked_up_and_not_sent_again() -> None:
    target = MemoryTarget(10)
    target.after = lambda number: broken() if number == 0 else None
    slept, report = carry_out(plan_of([document(1), document(2)]), target)
    assert len(target.requests) == 1, "all of it had arrived"
    assert slept == [1.0]
    assert report.done["contract"][Action.CREATE] == 2


def test_only_what_did_not_arrive_is_sent_again() -> None:
    target = MemoryTarget(10)
    keep = target._keep

    def stops(one: Write) -> Result:
        if one.document.external_id == "3" and len(target.requests) == 1:
            broken()
        return keep(one)

    target._keep = stops  # type: ignore[method-assign]
    carry_out(plan_of([document(n) for n in (1, 2, 3, 4)]), target)
    assert [[key.external_id for key in some] for some in target.requests] == [
        ["1", "2", "3", "4"],
        ["3", "4"],
    ]


def test_a_site_that_stays_broken_ends_the_run_and_loses_nothing() -> None:
    target = MemoryTarget(1)
    target.before = lambda number: broken() if number >= 1 else None
    with pytest.raises(UnknownOutcomeError, match="connection broke"):
        carry_out(plan_of([document(1), document(2)]), target)
    assert len(target.requests) == 1 + TRIES
    assert [key.external_id for key in target.pages] == ["1"]
    assert target.finished == 0


def test_a_page_that_breaks_the_site_keeps_no_other_from_it() -> None:
    target = MemoryTarget(10)
    keep = target._keep

    def breaks(one: Write) -> Result:
        if one.document.external_id == "3":
            broken()
        return keep(one)

    target._keep = breaks  # type: ignore[method-assign]
    slept, report = carry_out(plan_of([document(n) for n in range(1, 8)]), target)
    assert [key.external_id for key in target.pages] == ["1", "2", "4", "5", "6", "7"]
    ((change, result),) = report.failed
    assert (change.key.external_id, result.outcome) == ("3", Outcome.UNKNOWN)
    assert "connection broke" in str(result.error)
    assert slept == [1.0, 2.0, 4.0]


def test_what_was_half_written_is_completed() -> None:
    """A page that is there in another state than was sent is updated where it differs."""
    target = MemoryTarget(10)

    def half(number: int) -> None:
        if number == 0:
            older = document(1, title="Half", hash="older")
            target.pages[Key("contract", "1")] = ("9", older, State.SHOWN)
            broken()

    target.before = half
    carry_out(plan_of([document(1)]), target)
    assert (target.writes[-1].post_id, target.writes[-1].fields) == ("9", ("title",))


def test_a_site_that_cannot_say_it_yet_is_asked_again() -> None:
    target = MemoryTarget(10)
    look_up, asked = target.look_up, [0]

    def later(keys: Sequence[Key]) -> dict[Key, Published]:
        asked[0] += 1
        if asked[0] == 1:
            raise UnreachableError("away")
        return look_up(keys)

    target.after = lambda number: broken() if number == 0 else None
    target.look_up = later  # type: ignore[method-assign]
    slept, report = carry_out(plan_of([document(1)]), target)
    assert (slept, report.failed, len(target.requests)) == ([1.0, 2.0], [], 1)


def test_every_change_is_recorded_when_it_is_made() -> None:
    target, recorded = MemoryTarget(2), []
    target.refused = {Key("contract", "2")}

    def record(some: Sequence[tuple[Change, Result]]) -> None:
        recorded.append([(change.key.external_id, one.outcome.value) for change, one in some])

    for at_once in (False, True):
        target.at_once = at_once
        with plan_of([document(n) for n in (1, 2, 3)]) as plan:
            Publishing(target, Silence(), record=record).carry_out(plan)
        assert recorded == [[("1", "done"), ("2", "refused")], [("3", "done")]]
        recorded.clear()
        target.pages.clear()


def test_a_wrong_password_ends_it_at_once() -> None:
    def refuse(_: int) -> None:
        raise SignInError("no")

    target = MemoryTarget()
    target.before = refuse
    with pytest.raises(SignInError):
        carry_out(plan_of([document(1)]), target)
    assert len(target.requests) == 1


def test_a_page_that_is_not_there_any_more_is_made_again() -> None:
    target = MemoryTarget()
    known = {Key("contract", "1"): Published("77", "older", digests=digests(document(1)))}
    _, report = carry_out(plan_of([document(1)], known), target)
    assert target.writes[-1].post_id is None
    assert report.failed == []
    assert Key("contract", "1") in target.pages


def test_a_refusal_concerns_one_page_only() -> None:
    target = MemoryTarget()
    target.refused = {Key("contract", "2")}
    _, report = carry_out(plan_of([document(n) for n in (1, 2, 3)]), target)
    ((change, result),) = report.failed
    assert (change.key.external_id, result.outcome) == ("2", Outcome.REFUSED)
    assert len(target.pages) == 2
    assert target.finished == 1


def test_removals_are_repeated_until_they_are_known() -> None:
    target = MemoryTarget()
    carry_out(plan_of([document(1)]), target)
    plan = Plan()
    plan.remove(Key("contract", "1"), "Contract 1", Published("1"))
    target.before = lambda number: broken() if number == 1 else None
    slept, report = carry_out(plan, target)
    assert slept == [1.0]
    assert report.done["contract"][Action.REMOVE] == 1
    target.before = broken
    with pytest.raises(UnknownOutcomeError):
        carry_out(plan, target)
