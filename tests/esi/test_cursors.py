"""A list sorted by change, which changes while it is read by cursor: every row once, as it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eveobs.errors import LimitError, UnreachableError
from eveobs.esi import cursors
from eveobs.esi.answers import Listing
from eveobs.esi.route import Route
from tests.esi.fakes import Time, client, error, ok

pytestmark = pytest.mark.unit

ROUTE = Route("GET", "/freelance-jobs", 0, "cursor")


class Job(msgspec.Struct):
    id: str
    version: int


class Cursor(msgspec.Struct):
    before: str = ""
    after: str = ""


class Jobs(msgspec.Struct):
    freelance_jobs: list[Job]
    cursor: Cursor | None = None


@dataclass
class Board:
    """ESI's side: jobs in the order of their last change. Before an answer, those that `changes`
    names next change, or come into being.
    """

    jobs: dict[str, int]
    size: int = 3
    changes: list[list[str]] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)
    moments: dict[str, int] = field(default_factory=dict)
    moment: int = 1000

    def __post_init__(self) -> None:
        for name in self.jobs:
            self.touch(name)

    def touch(self, name: str) -> None:
        self.moment += 1
        self.moments[name] = self.moment
        self.jobs[name] = self.jobs.get(name, 0) + 1

    def __call__(self, request: httpx.Request) -> httpx.Response:
        query = {k: v[0] for k, v in parse_qs(urlsplit(str(request.url)).query).items()}
        for name in self.changes.pop(0) if self.changes and self.asked else ():
            self.touch(name)
        self.asked.append(query)
        order = sorted(self.moments, key=lambda name: self.moments[name])
        if "after" in query:
            page = [n for n in order if self.moments[n] > int(query["after"])][: self.size]
        else:
            limit = int(query["before"]) or 10**9
            page = [n for n in order if self.moments[n] < limit][-self.size :]
        body: dict[str, Any] = {
            "freelance_jobs": [{"id": n, "version": self.jobs[n]} for n in page]
        }
        if page:
            ends = {"before": self.moments[page[0]], "after": self.moments[page[-1]]}
            body["cursor"] = {name: str(moment) for name, moment in ends.items()}
        return ok(body, age=0)


def read(
    server: Callable[[httpx.Request], httpx.Response],
    parameters: Mapping[str, object] | None = None,
    shape: type[Any] = Jobs,
    **settings: Any,
) -> Listing[Any]:
    async def ask() -> Listing[Any]:
        async with client(server, Time(), **settings) as esi:
            return await esi.cursor(
                ROUTE, parameters or {}, shape=shape, rows_field="freelance_jobs"
            )

    return asyncio.run(ask())


NAMES = [f"job {number}" for number in range(30)]


@settings(max_examples=150, deadline=None)
@given(
    number=st.integers(0, 20),
    size=st.integers(1, 6),
    changes=st.lists(st.lists(st.sampled_from(NAMES), max_size=4), max_size=12),
)
def test_every_row_is_there_once_as_it_was_when_the_reading_ended(
    number: int, size: int, changes: list[list[str]]
) -> None:
    board = Board(dict.fromkeys(NAMES[:number], 0), size, [*changes])
    listing = read(board)
    assert listing.whole
    found = [job.id for job in listing.rows]
    assert len(found) == len(set(found))
    if number:
        assert {job.id: job.version for job in listing.rows} == board.jobs
    assert listing.pages == len(board.asked)


def test_it_begins_at_the_end_with_large_pages() -> None:
    board = Board(dict.fromkeys(NAMES[:7], 0))
    assert len(read(board).rows) == 7
    assert board.asked[0] == {"before": "0", "limit": "100"}
    assert [*board.asked[-1]] == ["after", "limit"]


def test_what_was_older_and_moved_past_the_beginning_is_not_lost() -> None:
    board = Board(dict.fromkeys(NAMES[:6], 0), changes=[NAMES[:3]])
    assert {job.id for job in read(board).rows} == {*NAMES[:6]}


def test_it_can_be_gone_on_with_another_day() -> None:
    board = Board(dict.fromkeys(NAMES[:7], 0))
    after = read(board).after
    board.touch("job 2")
    board.asked.clear()
    listing = read(board, {"after": after}, shape=dict)
    assert listing.rows == [{"id": "job 2", "version": 2}]
    assert all("after" in query for query in board.asked)
    assert read(board, {"after": listing.after}).rows == []


def test_a_part_can_be_asked_for() -> None:
    board = Board(dict.fromkeys(NAMES[:9], 0))
    assert [job.id for job in read(board, {"before": "1004", "limit": 10}).rows] == NAMES[:3]
    assert all(query["limit"] == "10" and "before" in query for query in board.asked)


def test_rows_without_an_id_are_told_apart_by_all_they_have() -> None:
    pages = [
        {"freelance_jobs": [{"a": 1}, {"a": 2}, {"a": 1}], "cursor": {"before": "x"}},
        {"freelance_jobs": [{"a": 2}, {"a": 3}]},
    ]
    listing = read(lambda _: ok(pages.pop(0)), shape=dict)
    assert listing.rows == [{"a": 1}, {"a": 2}, {"a": 3}]
    assert listing.whole


@pytest.mark.parametrize("circle", [1, 3])
def test_a_cursor_that_comes_back_ends_it(circle: int) -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        token = f"token {len(asked) % circle}"
        return ok({"freelance_jobs": [{"id": "a", "version": 1}], "cursor": {"before": token}})

    listing = read(answer)
    assert not listing.whole
    assert "came back" in listing.why
    assert len(asked) == circle + 1
    assert len(listing.rows) == 1


def test_a_list_without_end_has_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cursors, "MOST_STEPS", 5)
    board = Board(dict.fromkeys(NAMES, 0))
    listing = read(board)
    assert (listing.whole, listing.pages, len(board.asked)) == (False, 5, 5)


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (error(502), UnreachableError),
        (error(429, "Too many", retry_after="1000"), LimitError),
    ],
)
@pytest.mark.parametrize("number", [1, 4])
def test_a_page_that_fails_makes_it_partial(
    failure: httpx.Response, kind: type, number: int
) -> None:
    board = Board(dict.fromkeys(NAMES[:7], 0))

    def answer(request: httpx.Request) -> httpx.Response:
        return failure if len(board.asked) == number else board(request)

    listing = read(answer, max_retries=0)
    assert not listing.whole
    assert len(listing.rows) == min(3 * number, 7)
    assert listing.why.startswith(f"page {number + 1} failed")
    assert isinstance(listing.error, kind)


def test_a_first_page_that_fails_is_the_error() -> None:
    with pytest.raises(UnreachableError):
        read(lambda _: error(502), max_retries=0)
