"""What several lists of a subject come to, and what stops the asking for more."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from eveobs.errors import AnswerError, EveobsError, LimitError, SignInError
from eveobs.esi.answers import Listing
from eveobs.processors.reading import Failures, collected

pytestmark = pytest.mark.unit

LIMIT = LimitError("used up", retry_at=datetime(2026, 9, 23, 8, 15, tzinfo=UTC).timestamp())


def listing(**fields: Any) -> Listing[Any]:
    given: dict[str, Any] = {"rows": [], "whole": True, "expires": 100.0, "last_modified": 10.0}
    return Listing(**given | fields)


def test_of_several_lists_the_newest_moment_and_the_first_expiry_count() -> None:
    lists = [
        listing(pages=2),
        listing(last_modified=20.0, expires=60.0),
        listing(last_modified=None),
    ]
    end = collected([], lists, Failures(expires=50.0), of=3)
    assert (end.whole, end.missing, end.pages, end.stopped) == (True, "", 4, None)
    assert end.moment == datetime.fromtimestamp(20, UTC)
    assert end.expires == datetime.fromtimestamp(60, UTC)
    assert end.fresh_until == datetime.fromtimestamp(50, UTC)


@pytest.mark.parametrize(
    ("lists", "why"),
    [
        ([listing()], ""),
        ([listing(), listing(status=204)], "the list was answered with 204"),
        ([listing(whole=False, why="page 2 failed"), listing()], "page 2 failed"),
    ],
    ids=["one is not there", "one is no list", "one is partial"],
)
def test_it_is_whole_when_all_lists_are(lists: list[Listing[Any]], why: str) -> None:
    end = collected([], lists, Failures(), of=2)
    assert not end.whole
    assert end.missing == why


def test_lists_without_moment_have_none_together() -> None:
    assert collected([], [listing(last_modified=None)], Failures()).moment is None


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (LIMIT, "2 items and 1 bids left for the next run: used up, until 08:15:00 UTC"),
        (SignInError("signed out"), "2 items and 1 bids left for the next run: signed out"),
    ],
)
async def test_what_stops_the_asking_is_told_with_what_is_left(
    error: EveobsError, words: str
) -> None:
    asked = []

    async def ask(key: int) -> int:
        asked.append(key)
        raise error

    failures = Failures()
    failures.add("bids of contract 1", AnswerError("no", status=400), stage="bids")
    guarded = failures.while_allowed(ask)
    for number, stage in ((1, "items"), (2, "items"), (3, "bids")):
        with pytest.raises(type(error)) as caught:
            await guarded(number)
        failures.add("this", caught.value, stage=stage)
    assert asked == [1]
    assert failures.stopped is error
    assert failures.text() == f"bids of contract 1: no; {words}"


async def test_other_errors_stop_nothing() -> None:
    asked = []

    async def ask(key: int) -> int:
        asked.append(key)
        raise AnswerError("no", status=400)

    guarded = (failures := Failures()).while_allowed(ask)
    for number in (1, 2):
        with pytest.raises(AnswerError):
            await guarded(number)
    assert asked == [1, 2]
    assert failures.stopped is None


@pytest.mark.parametrize(
    ("error", "stops"), [(None, False), (AnswerError("no", status=400), False), (LIMIT, True)]
)
def test_a_list_that_broke_off_at_a_limit_is_noted(error: EveobsError | None, stops: bool) -> None:
    failures = Failures()
    failures.note(listing(whole=False, why="page 2 failed", error=error))
    assert failures.stopped is (error if stops else None)
    assert failures.text() == "", "the list says itself what it lacks"
